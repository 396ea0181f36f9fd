"""Figures over time, a day each: posts by their boards' dates, alerts by severity, sources that were read."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from alerts.cases import Wanted
from alerts.severity import Severity
from alerts.tables import alert_table
from crawler.health import State
from crawler.state import run_table
from indexer.store import Filters, Store


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of what is counted, with a count for each day."""

    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Days, the oldest first, and what was counted on each, series upon series."""

    days: tuple[date, ...]
    series: tuple[Series, ...]

    @property
    def totals(self) -> tuple[int, ...]:
        """All series together, by day."""
        return tuple(map(sum, zip(*(one.counts for one in self.series), strict=True)))


def days_until(now: datetime, count: int) -> tuple[date, ...]:
    """The last days up to today, UTC."""
    return tuple((now - timedelta(days=back)).date() for back in reversed(range(count)))


def posts_by_day(store: Store, now: datetime, days: int) -> Chart:
    """Posts by the day of their posting."""
    shown = days_until(now, days)
    since = datetime.combine(shown[0], datetime.min.time(), now.tzinfo)
    filters = Filters(since=since, until=now + timedelta(days=1))
    counts = {at.date(): count for at, count in store.histogram("", filters=filters, interval="day")}
    return Chart(shown, (Series("posts", tuple(counts.get(day, 0) for day in shown)),))


def alerts_by_day(database: sa.Engine, wanted: Wanted, now: datetime, days: int) -> Chart:
    """Alerts by the day that they were made, the gravest first."""
    shown = days_until(now, days)
    columns = alert_table.c
    since = datetime.combine(shown[0], datetime.min.time(), now.tzinfo)
    query = sa.select(columns.created_at, columns.severity).where(columns.created_at >= since)
    with database.connect() as connection:
        found = Counter(
            (row.severity, row.created_at.date())
            for row in connection.execute(query.where(*wanted.conditions()))
        )
    levels = [each.value for each in reversed(Severity)]
    return Chart(shown, tuple(Series(level, tuple(found[level, day] for day in shown)) for level in levels))


def sources_by_day(database: sa.Engine, known: int, now: datetime, days: int) -> Chart:
    """How many sources were read on each day, and how many of all that there are now were not."""
    shown = days_until(now, days)
    columns = run_table.c
    since = datetime.combine(shown[0], datetime.min.time(), now.tzinfo)
    read = columns.state.in_((State.OK.value, State.PARTIAL.value))
    by_day: dict[date, set[str]] = defaultdict(set)
    with database.connect() as connection:
        query = sa.select(columns.source, columns.ended_at).where(columns.ended_at >= since, read)
        for row in connection.execute(query):
            by_day[row.ended_at.date()].add(row.source)
    counts = [len(by_day[day]) for day in shown]
    missed = tuple(max(known - count, 0) for count in counts)
    return Chart(shown, (Series("read", tuple(counts)), Series("not read", missed)))
