"""Keeps the prints of threads and counts, as they come, how many each two sources have in common.

A new thread costs its row and three look-ups by an index; counts are never made anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa

from alerts.copies.prints import Prints, prints_listed, prints_of
from alerts.copies.tables import pair_table, source_table, thread_table
from alerts.tables import insert_new
from indexer.post import Change, ChangeKind

_PARAMETERS = 500  # values in one statement
_MOST_SOURCES = 50  # with one print; of a title that stands everywhere nothing is learnt
_KINDS = ("title", "place", "act")
_COUNTS = {"title": "titles", "place": "places", "act": "acts"}

Thread = tuple[str, str]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _New:
    source: str
    thread: str
    post: str
    prints: Prints
    at: datetime


def take(connection: sa.Connection, changes: Iterable[Change]) -> int:
    """Keep what is new of some changes; how many threads. The same changes again do nothing."""
    found: dict[Thread, _New] = {}
    for change in changes:
        post = change.stored.post
        prints = prints_of(post) if change.kind is not ChangeKind.REMOVED else None
        if prints:
            key = post.key
            found.setdefault(
                (key.source, key.thread),
                _New(key.source, key.thread, key.post, prints, change.stored.first_seen_at),
            )
    if not found:
        return 0
    for known in _known(connection, found):
        del found[known]
    new = list(found.values())
    if not new:
        return 0
    _count_pairs(connection, new)
    rows = [
        {
            "source": each.source,
            "thread": each.thread,
            "post": each.post,
            "title": each.prints.title,
            "place": each.prints.place,
            "act": each.prints.act,
        }
        for each in new
    ]
    connection.execute(sa.insert(thread_table), rows)
    _count_sources(connection, new)
    return len(new)


def _known(connection: sa.Connection, found: Collection[Thread]) -> list[Thread]:
    columns = thread_table.c
    by_source: dict[str, list[str]] = defaultdict(list)
    for source, thread in found:
        by_source[source].append(thread)
    known: list[Thread] = []
    for source, threads in by_source.items():
        for part in _parts(threads):
            query = sa.select(columns.thread).where(columns.source == source, columns.thread.in_(part))
            known += [(source, thread) for thread in connection.scalars(query)]
    return known


def _count_pairs(connection: sa.Connection, new: Sequence[_New]) -> None:
    """Count every new thread once for each other source that has its print, those of the same page included."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for kind in _KINDS:
        column = thread_table.c[kind]
        printed = [(each.source, value) for each in new if (value := getattr(each.prints, kind)) is not None]
        there: dict[int, set[str]] = defaultdict(set)
        for part in _parts(sorted({value for _, value in printed})):
            query = sa.select(column, thread_table.c.source).where(column.in_(part)).distinct()
            for value, source in connection.execute(query.limit(_PARAMETERS * _MOST_SOURCES)):
                there[value].add(source)
        for source, value in printed:
            others = there[value] - {source}
            if len(others) <= _MOST_SOURCES:
                for other in others:
                    counts[min(source, other), max(source, other)][_COUNTS[kind]] += 1
            there[value].add(source)
    rows = [
        {"one": one, "other": other, "titles": 0, "places": 0, "acts": 0, "compared": 0, "named": 0}
        for one, other in sorted(counts)
    ]
    insert_new(connection, pair_table, rows)
    columns = pair_table.c
    for (one, other), more in sorted(counts.items()):
        connection.execute(
            sa.update(pair_table)
            .where(columns.one == one, columns.other == other)
            .values({name: columns[name] + count for name, count in more.items()})
        )


def _count_sources(connection: sa.Connection, new: Sequence[_New]) -> None:
    by_source: dict[str, list[_New]] = defaultdict(list)
    for each in new:
        by_source[each.source].append(each)
    columns = source_table.c
    for source, threads in sorted(by_source.items()):
        more = {
            "threads": len(threads),
            "placed": sum(each.prints.place is not None for each in threads),
            "acted": sum(each.prints.act is not None for each in threads),
        }
        first = min(each.at for each in threads)
        done = connection.execute(
            sa.update(source_table)
            .where(columns.source == source)
            .values({name: columns[name] + count for name, count in more.items()})
        )
        if not done.rowcount:
            connection.execute(sa.insert(source_table).values(source=source, first_at=first, **more))


def twins(connection: sa.Connection, source: str, thread: str, copies: Collection[str] = ()) -> list[Thread]:
    """The same thread on other sources: the same title by the same author in the same minute; on ``copies``, which are
    known to be copies of ``source``, also under the same key."""
    columns = thread_table.c
    here = connection.execute(
        sa.select(columns.act, columns.place).where(columns.source == source, columns.thread == thread)
    ).one_or_none()
    if here is None:
        return []
    same = []
    if here.act is not None:
        same.append(columns.act == here.act)
    if here.place is not None and copies:
        same.append(sa.and_(columns.place == here.place, columns.source.in_(sorted(copies))))
    if not same:
        return []
    query = (
        sa.select(columns.source, columns.thread)
        .where(sa.or_(*same), columns.source != source)
        .order_by(columns.source, columns.thread)
        .limit(_MOST_SOURCES)
    )
    return [(row.source, row.thread) for row in connection.execute(query)]


def resembling(connection: sa.Connection, threads: Sequence[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Sources on which threads are known, each a key and a title: how many of them under the same key, and how many by
    their title."""
    listed = [prints_listed(key, title) for key, title in threads[:_PARAMETERS]]
    columns = thread_table.c
    found: dict[str, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for at, (column, values) in enumerate(
        (
            (columns.place, {each.place for each in listed if each.place is not None}),
            (columns.title, {each.title for each in listed if each.title is not None}),
        )
    ):
        query = sa.select(columns.source, column).where(column.in_(sorted(values))).distinct()
        for source, value in connection.execute(query):
            found[source][at].add(value)
    return {source: (len(places), len(titles)) for source, (places, titles) in found.items()}


def _parts(values: Sequence[_T]) -> Iterable[Sequence[_T]]:
    return (values[start : start + _PARAMETERS] for start in range(0, len(values), _PARAMETERS))
