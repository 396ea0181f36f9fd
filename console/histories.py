"""What history says, as one user may see it: baseline reports, and what waits for the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa

from alerts.baseline import Entry, entry_table
from alerts.baseline_report import Report, list_reports
from alerts.tables import alert_table
from config.database import reading
from console.accounts import User


@dataclass(frozen=True, slots=True)
class Listed:
    """A listing that history told, with how grave its case is and what became of it."""

    entry: Entry
    severity: str
    state: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What one report says to a user; ``report`` None: what waits for its report. ``sources`` and ``organisations``:
    those that it is about, by name; ``first`` and ``last``: the dates of what it tells."""

    report: Report | None
    listings: tuple[Listed, ...]
    sources: tuple[str, ...]
    organisations: tuple[str, ...]
    first: datetime | None
    last: datetime | None

    def by_organisation(self) -> list[tuple[str, list[Listed]]]:
        """Listings of each organisation, the strongest first."""
        ordered = sorted(self.listings, key=_strongest)
        return [(name, list(its)) for name, its in groupby(ordered, key=lambda each: each.entry.organisation)]


def digests(
    database: sa.Engine,
    user: User,
    sees: Callable[[str], bool],
    *,
    report: str | None = None,
    limit: int = 100,
    listings: int = 20_000,
) -> list[Digest]:
    """Reports of which the user may see something, newest first, before them what waits. ``sees``: whether a source is
    theirs to see; ``report``: this one only; ``listings``: read at most so many of the newest."""
    columns, alert = entry_table.c, alert_table.c
    query = sa.select(entry_table, alert.severity, alert.state).join(alert_table, alert.id == columns.alert)
    query = query.where(alert.tlp.in_(user.tlps))
    if user.organisations:
        query = query.where(columns.organisation.in_(user.organisations))
    if report is not None:
        query = query.where(columns.report == report)
    with reading(database) as connection:
        rows = connection.execute(query.order_by(columns.at.desc(), columns.post).limit(listings)).all()
    waiting: list[Listed] = []
    told: dict[str, list[Listed]] = {}
    for row in rows:
        values = dict(row._mapping)
        severity, state = values.pop("severity"), values.pop("state")
        if sees(row.source):
            its = waiting if row.report is None else told.setdefault(row.report, [])
            its.append(Listed(Entry(**values), severity, state))
    made = [each for each in list_reports(database, limit=10_000) if each.id in told]
    found = [_digest(None, waiting)] if waiting else []
    return [*found, *(_digest(each, told[each.id]) for each in made)][:limit]


def _digest(report: Report | None, its: Sequence[Listed]) -> Digest:
    dated = sorted(each.entry.posted_at for each in its if each.entry.posted_at)
    return Digest(
        report,
        tuple(its),
        tuple(sorted({each.entry.source for each in its})),
        tuple(sorted({each.entry.organisation for each in its})),
        dated[0] if dated else None,
        dated[-1] if dated else None,
    )


def _strongest(each: Listed) -> tuple[object, ...]:
    entry = each.entry
    newest = -entry.posted_at.timestamp() if entry.posted_at else 0.0
    return entry.organisation, -entry.strength, newest, entry.alert, entry.post
