"""What a watch would find, before it is saved, and which watches find nothing or too much."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.cases import AlertState
from alerts.likeness import Copies
from alerts.matching.port import Matcher
from alerts.message import excerpt
from alerts.reading import Reading, read
from alerts.severity import severity
from alerts.tables import alert_table
from alerts.watchlist import Organisation
from indexer.post import Change, ChangeKind
from indexer.store import Filters, Sort, Store

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Example:
    """One post that a watch would find."""

    post: str
    title: str
    excerpt: str
    term: str
    kind: str
    strength: float
    severity: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What one organisation's watch finds in the days before now. ``hits``: posts by source; ``alerts``: offers, copies
    counted once; ``days``: those that were looked at and that the store has anything of; ``terms``: posts by the term
    that speaks most for them; ``listings``: source and thread of what was found."""

    organisation: str
    hits: dict[str, int]
    alerts: int
    days: float
    examples: tuple[Example, ...]
    terms: dict[str, int] = field(default_factory=dict)
    listings: frozenset[tuple[str, str]] = frozenset()

    @property
    def alerts_a_week(self) -> float:
        """The alerts that are to be expected."""
        return self.alerts / max(self.days, 1.0) * 7


@dataclass
class _Seen:
    hits: Counter[str] = field(default_factory=Counter)
    terms: Counter[str] = field(default_factory=Counter)
    threads: set[tuple[str, str]] = field(default_factory=set)
    copies: Copies = field(default_factory=Copies)
    alerts: int = 0
    examples: list[Example] = field(default_factory=list)


def preview(
    store: Store,
    organisations: Sequence[Organisation],
    matcher: Matcher,
    *,
    since: datetime,
    now: datetime,
    examples: int = 5,
    progress: Callable[[int], None] = lambda _read: None,
) -> list[Preview]:
    """Read what was stored since a time as the watcher would; ``progress`` hears of the changes read."""
    seen: dict[str, _Seen] = defaultdict(_Seen)
    known = {each.id: each for each in organisations}
    cursor: str | None = None
    first: datetime | None = None
    count = 0
    while True:
        page = store.changes(cursor, 1000)
        if not page.changes:
            break
        cursor = page.cursor
        count += len(page.changes)
        recent = [change for change in page.changes if change.stored_at >= since]
        if recent:
            first = first or recent[0].stored_at
        _count(read(recent, matcher, (), known), seen, examples)
        progress(count)
    return _previews(organisations, seen, (now - first).total_seconds() / 86_400 if first else 0.0)


@dataclass(frozen=True, slots=True)
class Glance:
    """Previews of the newest posts; ``posts``: so many were read; ``whole``: they are all of the days asked for, and
    the time did not end before."""

    previews: tuple[Preview, ...]
    posts: int
    whole: bool


def glance(
    store: Store,
    organisations: Sequence[Organisation],
    matcher: Matcher,
    *,
    since: datetime,
    now: datetime,
    seconds: float,
    examples: int = 5,
) -> Glance:
    """Read the newest posts, as they stand now, until they are older than ``since`` or the seconds are over: for an
    editor that waits."""
    seen: dict[str, _Seen] = defaultdict(_Seen)
    known = {each.id: each for each in organisations}
    ends = time.monotonic() + seconds
    posts, oldest, whole = 0, now, False
    for changes in _newest(store, since):
        _count(read(changes, matcher, (), known), seen, examples)
        posts += len(changes)
        oldest = changes[-1].stored_at
        if time.monotonic() > ends:
            break
    else:
        whole = True
    days = (now - oldest).total_seconds() / 86_400
    return Glance(tuple(_previews(organisations, seen, days)), posts, whole)


def _newest(store: Store, since: datetime) -> Iterator[list[Change]]:
    after: str | None = None
    while True:
        found = store.search("", filters=Filters(since=since), sort=Sort.NEWEST, limit=500, after=after)
        changes = [
            Change(ChangeKind.NEW, hit.stored, hit.stored.post.posted_at or hit.stored.first_seen_at)
            for hit in found.hits
        ]
        if changes:
            yield changes
        after = found.after
        if after is None:
            return


def _count(readings: Iterable[Reading], seen: dict[str, _Seen], examples: int) -> None:
    for reading in readings:
        post = reading.change.stored.post
        for organisation, matches in reading.found.items():
            one = seen[organisation]
            best = matches[0]
            one.hits[post.key.source] += 1
            one.terms[best.term] += 1
            thread = (post.key.source, post.key.thread)
            if thread in one.threads:
                continue
            one.threads.add(thread)
            if one.copies.find(post.id, reading.sketch):
                continue
            one.alerts += 1
            if len(one.examples) < examples:
                grade = severity(best.strength, post.kind).value
                shown = excerpt(post.text, matches)[:300]
                one.examples.append(
                    Example(post.id, post.title, shown, best.term, best.kind, best.strength, grade)
                )


def _previews(organisations: Iterable[Organisation], seen: dict[str, _Seen], days: float) -> list[Preview]:
    return [
        Preview(
            organisation.id,
            dict(seen[organisation.id].hits.most_common()),
            seen[organisation.id].alerts,
            days,
            tuple(seen[organisation.id].examples),
            dict(seen[organisation.id].terms.most_common()),
            frozenset(seen[organisation.id].threads),
        )
        for organisation in organisations
    ]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What people made of the alerts of one organisation that a preview finds again, and of all of them."""

    false_found: int
    false: int
    true_found: int
    true: int


def judged(database: sa.Engine, organisation: str, listings: Collection[tuple[str, str]]) -> Judgement:
    """How many alerts that people judged false, and how many that they worked on, would be raised for these
    listings."""
    columns = alert_table.c
    query = sa.select(columns.source, columns.thread, columns.state).where(
        columns.organisation == organisation, columns.state != AlertState.NEW.value
    )
    with database.connect() as connection:
        rows = [
            (state == AlertState.FALSE_POSITIVE.value, (source, thread) in listings)
            for source, thread, state in connection.execute(query)
        ]
    return Judgement(
        sum(false and found for false, found in rows),
        sum(false for false, _ in rows),
        sum(found and not false for false, found in rows),
        sum(not false for false, _ in rows),
    )


@dataclass(frozen=True, slots=True)
class WatchReport:
    """How a watch did: alerts in the days asked for, how many of those that people judged were false, and what to make
    of it. ``verdict`` is never, always, false or fine."""

    organisation: str
    alerts: int
    alerts_a_week: float
    judged: int
    false: int
    last_at: datetime | None
    verdict: str
    says: str


def report(
    database: sa.Engine,
    organisations: Sequence[Organisation],
    *,
    since: datetime,
    now: datetime,
    many: float = 20.0,
) -> list[WatchReport]:
    """Every watch, those that want looking at first. ``many``: alerts a week from which one is too busy."""
    columns = alert_table.c
    query = (
        sa.select(columns.organisation, columns.state, sa.func.count(), sa.func.max(columns.created_at))
        .where(
            columns.created_at >= since,
            columns.state != AlertState.BASELINE.value,
            columns.tier == "certain",
        )
        .group_by(columns.organisation, columns.state)
    )
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    last: dict[str, datetime] = {}
    with database.connect() as connection:
        for organisation, state, number, newest in connection.execute(query):
            counted[organisation][state] = number
            last[organisation] = max(newest, last.get(organisation, newest))
    weeks = max((now - since) / _WEEK, 1 / 7)
    found = [
        _judged(organisation.id, counted[organisation.id], last.get(organisation.id), weeks, many)
        for organisation in organisations
    ]
    order = ("false", "always", "never", "fine")
    return sorted(found, key=lambda each: (order.index(each.verdict), -each.alerts, each.organisation))


def _judged(
    organisation: str, states: dict[str, int], last: datetime | None, weeks: float, many: float
) -> WatchReport:
    alerts = sum(states.values())
    false = states.get(AlertState.FALSE_POSITIVE.value, 0)
    judged = alerts - states.get(AlertState.NEW.value, 0)
    rate = alerts / weeks
    if judged >= 4 and false * 2 >= judged:
        verdict, says = "false", "most are false: duskwatch alerts propose names rules against them"
    elif rate >= many:
        verdict, says = "always", "it fires all the time: duskwatch watch preview shows on what"
    elif not alerts:
        verdict, says = (
            "never",
            "nothing yet: are all its names there? duskwatch watch hunt looks at the past",
        )
    else:
        verdict, says = "fine", ""
    return WatchReport(organisation, alerts, rate, judged, false, last, verdict, says)
