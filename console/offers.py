"""What one handle offers, and how it wants to be reached."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from indexer.fact import facts
from indexer.store import SearchPage, Store

#: Kinds of facts by which a seller can be reached or paid.
CONTACTS = frozenset({"telegram", "tox", "session", "jabber", "mail", "wickr", "pgp", "wallet", "onion"})


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to a seller, and in how many of the listings shown it stands."""

    kind: str
    value: str
    listings: int


@dataclass(frozen=True, slots=True)
class Offers:
    """A handle: its newest listings (``found``, with counts by source and board), and the contacts in them."""

    name: str
    query: str
    found: SearchPage
    contacts: tuple[Contact, ...]


def offers(
    store: Store, name: str, source: str = "", *, limit: int = 100, after: str | None = None
) -> Offers:
    """What one handle offers, on one source or on all."""
    query = f"author:{_quoted(name)}" + (f" AND source:{_quoted(source)}" if source else "")
    found = store.search(query, limit=limit, after=after, facets=("source", "board"), by_listing=True)
    counted: Counter[tuple[str, str]] = Counter()
    for hit in found.hits:
        post = hit.stored.post
        counted.update(
            {(fact.kind, str(fact.value)) for fact in facts(post.title, post.text) if fact.kind in CONTACTS}
        )
    order = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return Offers(name, query, found, tuple(Contact(kind, value, count) for (kind, value), count in order))


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
