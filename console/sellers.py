"""A seller: everything that one handle wrote, how they are reached and paid, and which other handles are the same hand.

Two handles belong together where posts of both name the same contact or wallet; quotes count for nothing. From each
handle found so the search goes on, and every step says by what it was taken.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alerts.reposts import CONTACTS
from config.errors import QueryError
from console.pivots import named, pivot
from indexer.fact import Fact
from indexer.post import Stored
from indexer.store import Filters, SearchPage, Store
from indexer.text import fold

_MOST_POSTS, _MOST_CONTACTS, _MOST_READ = 100, 12, 60
_MOST_HANDLES = 25
#: A contact that so many handles name is a market's, an escrow's or a forum's, and tells nothing of who they are.
COMMON: Final = 8


@dataclass(frozen=True, slots=True, order=True)
class Handle:
    """A name on one source."""

    source: str
    name: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach or pay somebody; ``posts`` of the handle name it, ``handles`` do on all sources (0: not
    looked up)."""

    kind: str
    value: str
    unit: str
    posts: int
    handles: int = 0

    @property
    def common(self) -> bool:
        """Whether too many use it to say anything."""
        return self.handles > COMMON


@dataclass(frozen=True, slots=True)
class Alias:
    """A handle that shares a contact with ``known``, which is the seller or another alias: ``post`` of the alias and
    ``beside`` of the other name it. ``steps``: how many contacts lie between it and the seller."""

    handle: Handle
    known: Handle
    kind: str
    value: str
    post: str
    beside: str
    steps: int


@dataclass(frozen=True, slots=True)
class Network:
    """The aliases of a seller, the nearest first; ``common``: contacts that were not followed; ``cut``: whether there
    was more than is looked at."""

    aliases: tuple[Alias, ...]
    contacts: tuple[Contact, ...]
    common: tuple[Contact, ...]
    cut: bool


def posts_by(store: Store, name: str, source: str = "", most: int = _MOST_POSTS) -> tuple[list[Stored], int]:
    """The newest posts of a handle, and how many there are about. On all sources where none is named. None where the
    name has no letter or digit to search for."""
    found = _by(store, name, source, most)
    return [hit.stored for hit in found.hits], found.total


def listings_by(
    store: Store, name: str, source: str = "", *, limit: int = 100, after: str | None = None
) -> SearchPage:
    """A page of the listings that a handle wrote in, the newest first, with counts by source and board; as
    ``posts_by`` otherwise."""
    return _by(store, name, source, limit, after, ("source", "board"), by_listing=True)


def contacts_of(posts: Iterable[Stored]) -> dict[tuple[str, str], tuple[Fact, list[str]]]:
    """Every contact that posts name, the most named first, with the ids of these posts."""
    found: dict[tuple[str, str], tuple[Fact, list[str]]] = {}
    for stored in posts:
        for fact in named(stored.post):
            if fact.kind in CONTACTS:
                found.setdefault((fact.kind, str(fact.value)), (fact, []))[1].append(stored.post.id)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1][1]), item[0])))


def network(store: Store, seller: Handle, posts: list[Stored], steps: int = 3) -> Network:
    """Who shares contacts with a seller, with whom these share theirs, and so on for so many steps. ``posts``: the
    seller's."""
    waiting = deque([(seller, posts, 0)])
    seen, aliases = {seller}, list[Alias]()
    looked: dict[tuple[str, str], int] = {}
    own: list[Contact] = []
    common: list[Contact] = []
    cut = False
    while waiting:
        handle, wrote, step = waiting.popleft()
        contacts = contacts_of(wrote)
        cut |= len(contacts) > _MOST_CONTACTS
        for (kind, value), (fact, ids) in list(contacts.items())[:_MOST_CONTACTS]:
            if (kind, value) in looked:
                continue
            holders, passed = _holders(store, kind, value)
            cut |= passed
            contact = Contact(kind, value, fact.unit, len(ids), len(holders | {handle: ""}.keys()))
            looked[kind, value] = contact.handles
            if handle == seller:
                own.append(contact)
            if contact.common:
                common.append(contact)
                continue
            for other, post in sorted(holders.items()):
                if other in seen:
                    continue
                if len(aliases) >= _MOST_HANDLES:
                    cut = True
                    break
                seen.add(other)
                aliases.append(Alias(other, handle, kind, value, post, ids[0], step + 1))
                if step + 1 < steps:
                    waiting.append((other, posts_by(store, other.name, other.source)[0], step + 1))
    return Network(tuple(aliases), tuple(own), tuple(common), cut)


def elsewhere(store: Store, seller: Handle) -> Counter[str]:
    """On which other sources somebody writes under the same name, with how many posts: it may be somebody else."""
    posts, _ = posts_by(store, seller.name)
    return Counter(one.post.key.source for one in posts if one.post.key.source != seller.source)


def _holders(store: Store, kind: str, value: str) -> tuple[dict[Handle, str], bool]:
    """Whose own words name a contact, each with a post that does; whether there may be more."""
    found = pivot(store, kind, value, _MOST_READ)
    holders: dict[Handle, str] = {}
    for seen in found.sightings:
        post = seen.stored.post
        own = any(fact.kind == kind and str(fact.value) == value for fact in named(post))
        if post.author.strip() and own:
            holders.setdefault(Handle(post.key.source, post.author), post.id)
    return holders, found.passed > 0


def _by(
    store: Store,
    name: str,
    source: str,
    most: int,
    after: str | None = None,
    facets: Sequence[str] = (),
    by_listing: bool = False,
) -> SearchPage:
    """What is written under a name. Its words find longer names as well, which are left out; ``total`` counts those of
    other pages."""
    words, filters = fold(name), Filters(sources=(source,) if source else ())
    nothing = SearchPage((), 0, facets={each: {} for each in facets})
    if not words:
        return nothing
    try:
        found = store.search(
            f'author:"{words}"',
            filters=filters,
            limit=most,
            after=after,
            facets=facets,
            by_listing=by_listing,
        )
    except QueryError:
        return nothing
    hits = tuple(hit for hit in found.hits if _same(hit.stored.post.author, name))
    return replace(found, hits=hits, total=found.total - len(found.hits) + len(hits))


def _same(author: str, name: str) -> bool:
    return author.strip().casefold() == name.strip().casefold()
