"""Copies of boards among the sources: which they are, by what evidence, and how search folds them into one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from alerts.copies.groups import compare_texts, copies, fellows
from alerts.copies.keeping import Thread, resembling, twins
from alerts.copies.overrides import DECISIONS, OverrideRefused, decide
from alerts.copies.verdict import Group, Judged, Signed, Verdict
from alerts.handling import Actor
from config.inputs import nearest
from config.settings import Settings
from console.wiring import database, store
from crawler.memory import Memory
from crawler.source import Source, host_port
from indexer.store import Filters, Hit, Store

_SIGNED = "signed list"
_RESEMBLES, _RESEMBLES_SHARE = 5, 0.5  # threads of a first page that are known, and their share


@dataclass(frozen=True, slots=True)
class Said:
    """What a source is to another: a copy by ``verdict`` of ``original``, with evidence; or, where ``verdict`` is None,
    the original of ``copies``."""

    original: str
    verdict: Verdict | None
    says: tuple[str, ...]
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """All copies that are known, and pairs of which it cannot be decided."""

    groups: tuple[Group, ...]
    undecided: tuple[Judged, ...]

    def said(self, source: str) -> Said | None:
        """What a source is; None where it is nobody's copy and nobody is its."""
        for group in self.groups:
            if group.original == source:
                return Said(source, None, (), tuple(member.source for member in group.members))
            for member in group.members:
                if member.source == source:
                    return Said(group.original, member.verdict, member.says)
        return None

    def phishing(self, sources: Mapping[str, Source]) -> Iterator[tuple[str, str]]:
        """Sources that are read though they are phishing copies, with the board that they copy."""
        for name, verdict, original in self._all(sources):
            if verdict is Verdict.PHISHING:
                yield name, original

    def of(self, sources: Mapping[str, Source]) -> Iterator[tuple[str, str]]:
        """Other copies that are read, with the board that they copy."""
        for name, verdict, original in self._all(sources):
            if verdict is not Verdict.PHISHING:
                yield name, original

    def _all(self, sources: Mapping[str, Source]) -> Iterator[tuple[str, Verdict, str]]:
        for group in self.groups:
            for member in group.members:
                source = sources.get(member.source)
                if source and source.schedule.enabled:
                    yield member.source, member.verdict, group.original


def known_copies(
    sources: Mapping[str, Source], engine: sa.Engine, sees: Callable[[str], bool] = lambda _source: True
) -> Known:
    """The copies among all that was read, by what is counted and compared so far; ``sees``: whether a source is there
    for whoever asks."""
    groups, undecided = copies(engine, signed_lists(sources, engine))
    pairs = tuple(each for each in undecided if sees(each.one) and sees(each.other))
    return Known(seen_groups(groups, sees), pairs)


#: What people may decide, by the word for each, as it is told; empty: to be judged automatically again.
WORDS: Final = {
    word: "no copy" if verdict is Verdict.DISTINCT else verdict.value if verdict else ""
    for word, verdict in DECISIONS.items()
}


def decide_on(
    engine: sa.Engine,
    sources: Mapping[str, Source],
    source: str,
    word: str,
    original: str,
    *,
    by: Actor,
    why: str,
    at: datetime,
) -> None:
    """Decide what a source is to another, by one of ``WORDS``. Raises ``OverrideRefused`` for sources that are not
    there, a source and itself, or where no reason is given."""
    for name in (source, original):
        if name not in sources:
            raise OverrideRefused(f"there is no source {name!r}", cure=nearest(name, sources))
    decide(engine, source, original, DECISIONS[word], by=by, why=why, at=at)


def signed_lists(sources: Mapping[str, Source], engine: sa.Engine) -> Signed:
    """What the mirror lists say that boards signed with the key that their source trusts."""
    of_host = {host: name for name, source in sources.items() for host in source.hosts}
    lists, named = set(), set()
    for name, source in sources.items():
        if not source.mirrors_path:
            continue
        for address, (how, _) in Memory(engine, name).proposed().items():
            if how == _SIGNED:
                lists.add(name)
                other = of_host.get(host_port(address))
                if other and other != name:
                    named.add((name, other))
    return Signed(frozenset(lists), frozenset(named))


def compare_copies(settings: Settings, sources: Mapping[str, Source]) -> dict[str, tuple[str, str]]:
    """Compare what was not compared yet; every copy that is known, what it is and of which source."""
    own = {
        name: frozenset(host.split(":")[0].removesuffix(".onion") for host in source.hosts)
        for name, source in sources.items()
    }
    with database(settings) as engine, store(settings) as posts:
        compare_texts(engine, posts, own)
        found = known_copies(sources, engine)
    return {
        member.source: (member.verdict.value, group.original)
        for group in found.groups
        for member in group.members
    }


def resembled(engine: sa.Engine, threads: Sequence[tuple[str, str]], source: str) -> str:
    """Whether the threads that a first page lists, each a key and a title, are mostly those of a source that is known;
    "" where they are not."""
    if not threads:
        return ""
    with engine.connect() as connection:
        found = resembling(connection, threads)
    found.pop(source, None)
    for name, (places, titles) in sorted(found.items(), key=lambda item: (-max(item[1]), item[0])):
        if max(places, titles) >= max(_RESEMBLES, _RESEMBLES_SHARE * len(threads)):
            how = "under the same number and title" if places >= titles else "by their title"
            shown = f"{max(places, titles)} of {len(threads)} threads on its page are known from there {how}"
            return f"this looks like a copy of {name}: {shown}; duskwatch source copies tells more once it was crawled"
    return ""


@dataclass(frozen=True, slots=True)
class Folded:
    """A hit, and where else the same listing stands: ``source/thread``."""

    hit: Hit
    also_at: tuple[str, ...] = ()


def folded(
    engine: sa.Engine,
    posts: Store,
    query: str,
    hits: Sequence[Hit],
    by_listing: bool,
    filters: Filters = Filters(),
    sees: Callable[[str], bool] = lambda _source: True,
) -> list[Folded]:
    """Hits of listings with copies folded into the hit on the original board. A copy whose original fits the query, but
    stands on another page, is left out; one whose original does not fit stays. Other hits stay as they are.
    ``filters``: of the search; ``sees``: whether a source is there for whoever searches."""
    groups = seen_groups(copies(engine)[0], sees) if by_listing else ()
    if not groups:
        return [Folded(hit) for hit in hits]
    others = fellows(groups)
    original = {member.source: group.original for group in groups for member in group.members}
    same: dict[Thread, set[Thread]] = {}
    with engine.connect() as connection:
        for hit in hits:
            here = hit.stored.post.key.source, hit.stored.post.key.thread
            if here[0] in others:
                found = twins(connection, *here, others[here[0]])
                same[here] = {twin for twin in found if twin[0] in others[here[0]]}
    made: list[Folded] = []
    shown = {(hit.stored.post.key.source, hit.stored.post.key.thread) for hit in hits}
    for hit in hits:
        here = hit.stored.post.key.source, hit.stored.post.key.thread
        there = same.get(here, set())
        if here[0] in original:
            first = [twin for twin in there if twin[0] == original[here[0]]]
            if any(twin in shown or _fits(posts, query, filters, twin) for twin in first):
                continue
            if not first and any(twin in shown and twin < here for twin in there):
                continue
        made.append(Folded(hit, tuple("/".join(twin) for twin in sorted(there))))
    return made


def seen_groups(groups: Iterable[Group], sees: Callable[[str], bool]) -> tuple[Group, ...]:
    """Groups as somebody sees them for whom not every source is there: whose original they do not see is no copy."""
    seen = []
    for group in groups:
        members = tuple(
            replace(member, says=tuple(line for line in member.says if _may_be_told(line, sees)))
            for member in group.members
            if sees(member.source)
        )
        if members and sees(group.original):
            seen.append(replace(group, members=members))
    return tuple(seen)


def _may_be_told(line: str, sees: Callable[[str], bool]) -> bool:
    """Whether a line of evidence, ``with forum: 60 of 60 threads``, is of a source that is seen."""
    named = re.match(r"with (\S+):", line)
    return named is None or sees(named[1])


def _fits(posts: Store, query: str, filters: Filters, thread: Thread) -> bool:
    """Whether a search finds something in a thread."""
    source, key = (part.replace("\\", "\\\\").replace('"', '\\"') for part in thread)
    narrow = f'source:"{source}" AND thread:"{key}"'
    asked = f"({query}) AND {narrow}" if query.strip() else narrow
    return bool(posts.search(asked, filters=filters, limit=1).hits)
