"""Alerts as they are kept: one for one organisation and one offer, with everything that joined it and everything
that was done to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import sqlalchemy as sa

from alerts.claims import Claims
from alerts.severity import Severity
from alerts.tables import alert_table, change_table, event_table, insert_new, listing_table, post_table
from config.database import reading
from config.errors import StopError

#: Who has done what nobody did.
US = "duskwatch"
# made once: in a storm of posts, making these costs more than to run them
_LISTINGS_AT = sa.select(listing_table).where(
    listing_table.c.source == sa.bindparam("source"), listing_table.c.thread == sa.bindparam("thread")
)
_RANK = sa.case({each.value: number for number, each in enumerate(Severity)}, value=alert_table.c.severity)
_INSERT_LISTING = sa.insert(listing_table)
_INSERT_EVENT = sa.insert(event_table)
_LOCKED = sa.select(alert_table).where(alert_table.c.id == sa.bindparam("alert")).with_for_update()


class AlertState(StrEnum):
    """What people have done with an alert."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    FALSE_POSITIVE = "false positive"
    BASELINE = "baseline"  # history told it; nobody was alarmed (``alerts/baseline.py``)


CLOSED = (AlertState.RESOLVED.value, AlertState.FALSE_POSITIVE.value)


class AlertUnknown(StopError):
    """There is no such alert."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Times are aware UTC; ``matches`` are JSON-ready, as the matcher gave them, with spans in ``post``;
    ``claims`` are those of all its listings (``alerts/claims.py``). ``muted_by``: the mute that kept it from being
    delivered, else None. ``tier``: possible where its listings name nobody; then ``possible`` says what speaks for and
    against it."""

    id: str
    organisation: str
    source: str
    thread: str
    title: str
    url: str
    severity: str
    state: str
    tlp: str
    created_at: datetime
    updated_at: datetime
    posted_at: datetime | None
    first_seen_at: datetime
    stored_at: datetime
    matches: list[dict[str, Any]]
    post: str = ""
    kind: str = ""
    author: str = ""
    precision: str = ""
    claims: Mapping[str, Any] | None = None
    assignee: str = ""
    due_at: datetime | None = None
    acknowledged_at: datetime | None = None
    muted_by: int | None = None
    tier: str = "certain"
    possible: Mapping[str, Any] | None = None

    def overdue(self, now: datetime) -> bool:
        """Whether it should have been closed by ``now``."""
        return self.due_at is not None and self.due_at < now and self.state not in CLOSED


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an alert's audit; ``origin`` is from where it was done, empty for Duskwatch itself."""

    at: datetime
    who: str
    what: str
    detail: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """One place where an alert's offer stands or stood. ``how``: why it belongs to the alert."""

    alert: str
    organisation: str
    source: str
    thread: str
    url: str
    title: str
    author: str
    post: str
    how: str
    likeness: float
    claims: Claims
    joined_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToldChange:
    """One material change of an alert."""

    at: datetime
    kind: str
    before: str
    after: str
    post: str


def alert_id(organisation: str, source: str, thread: str) -> str:
    """The name of the alert that a listing raises; the same wherever it is computed."""
    return "a" + hashlib.sha256("\0".join((organisation, source, thread)).encode()).hexdigest()[:15]


def insert_alert(connection: sa.Connection, values: dict[str, Any]) -> None:
    """Keep a new alert."""
    connection.execute(sa.insert(alert_table).values(values))


def insert_listing(connection: sa.Connection, listing: Listing) -> None:
    """Put a listing to an alert."""
    values = {name: getattr(listing, name) for name in Listing.__slots__}
    connection.execute(_INSERT_LISTING, {**values, "claims": listing.claims.json()})


def listings_at(connection: sa.Connection, source: str, thread: str) -> dict[str, Listing]:
    """What a thread is to the alerts that it belongs to: its listing by organisation."""
    found = connection.execute(_LISTINGS_AT, {"source": source, "thread": thread})
    return {row.organisation: _listing(row) for row in found}


def listings_of(connection: sa.Connection, alert: str) -> list[Listing]:
    """The listings of an alert, the first one first."""
    columns = listing_table.c
    query = sa.select(listing_table).where(columns.alert == alert)
    order = (columns.joined_at, columns.source, columns.thread)
    return [_listing(row) for row in connection.execute(query.order_by(*order))]


def _listing(row: sa.Row[Any]) -> Listing:
    return Listing(**{**row._mapping, "claims": Claims.of(row.claims)})


def standing_elsewhere(connection: sa.Connection, listing: Listing) -> int:
    """How many other listings of its alert are on their boards; counted to two at most."""
    columns = listing_table.c
    others = sa.select(columns.source).where(
        columns.alert == listing.alert,
        columns.removed_at.is_(None),
        sa.or_(columns.source != listing.source, columns.thread != listing.thread),
    )
    return len(connection.execute(others.limit(2)).all())


def join_post(
    connection: sa.Connection,
    alert: str,
    post: str,
    revision: int,
    change: str,
    at: datetime,
    claims: Claims | None = None,
) -> bool:
    """Put a post's revision to an alert; False when it is there already. ``claims``: where it is the seller's."""
    row = {
        "alert": alert,
        "post": post,
        "revision": revision,
        "change": change,
        "at": at,
        "claims": None if claims is None else claims.json(),
    }
    return insert_new(connection, post_table, [row]) == 1


def claims_before(connection: sa.Connection, alert: str, post: str, revision: int) -> Claims | None:
    """What an earlier revision of a seller's post claimed; None where none is known."""
    columns = post_table.c
    kept = connection.scalar(
        sa.select(columns.claims)
        .where(columns.alert == alert, columns.post == post, columns.revision < revision)
        .where(columns.change != "removed")
        .order_by(columns.revision.desc())
        .limit(1)
    )
    return None if kept is None else Claims.of(kept)


def note(
    connection: sa.Connection,
    alert: str,
    at: datetime,
    who: str,
    what: str,
    detail: str = "",
    origin: str = "",
) -> int:
    """Write a line into an alert's audit; its number."""
    values = {"alert": alert, "at": at, "who": who, "what": what, "detail": detail, "origin": origin}
    made = connection.execute(_INSERT_EVENT, values)
    return int((made.inserted_primary_key or (0,))[0])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts are asked for; None and empty ask for all, but for cases of history, which are found by their state
    only. ``muted``: only those that a mute kept back, or only the
    others. ``overdue_at``: those that should have been closed by then and are not. ``before``: what follows that time
    and id, the newest first. ``also``: further conditions on the table of alerts. ``tier``: alerts of listings that
    name the organisation, or those that are possible; None asks for both."""

    state: str | None = None
    organisation: str | None = None
    source: str | None = None
    severity: str | None = None
    assignee: str | None = None
    muted: bool | None = None
    overdue_at: datetime | None = None
    states: Sequence[str] = ()
    organisations: Sequence[str] = ()
    tlps: Sequence[str] = ()
    before: tuple[datetime, str] | None = None
    also: Sequence[sa.ColumnElement[bool]] = ()
    tier: Literal["certain", "possible"] | None = "certain"

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What a query narrows the table of alerts to."""
        columns = alert_table.c
        names = ("state", "organisation", "source", "severity", "assignee", "tier")
        found = [columns[name] == getattr(self, name) for name in names if getattr(self, name) is not None]
        if self.muted is not None:
            found.append(columns.muted_by.is_not(None) if self.muted else columns.muted_by.is_(None))
        if self.overdue_at is not None:
            found += [columns.due_at < self.overdue_at, columns.state.not_in(CLOSED)]
        among = (
            (columns.state, self.states),
            (columns.organisation, self.organisations),
            (columns.tlp, self.tlps),
        )
        found += [column.in_(values) for column, values in among if values]
        if self.state is None and not self.states:
            found.append(columns.state != AlertState.BASELINE.value)
        if self.before is not None:
            at, name = self.before
            found.append(
                sa.or_(columns.created_at < at, sa.and_(columns.created_at == at, columns.id > name))
            )
        return [*found, *self.also]


def list_alerts(
    database: sa.Engine,
    wanted: Wanted = Wanted(),
    *,
    gravest_first: bool = False,
    limit: int = 100,
    offset: int = 0,
) -> list[Alert]:
    """A page of alerts, newest first; ``gravest_first``: by severity, within each the oldest first."""
    columns = alert_table.c
    with reading(database) as connection:
        if gravest_first:
            which: Any = _gravest(connection, wanted, limit + offset)[offset:]
            order: list[Any] = [_RANK.desc(), columns.created_at, columns.id]
        else:
            order = [columns.created_at.desc(), columns.id]
            ids = sa.select(columns.id).where(*wanted.conditions()).order_by(*order)
            which = ids.limit(limit).offset(offset).scalar_subquery()
        query = sa.select(alert_table).where(columns.id.in_(which)).order_by(*order)
        return [Alert(**row._mapping) for row in connection.execute(query)]


def _gravest(connection: sa.Connection, wanted: Wanted, most: int) -> list[str]:
    """The ids of the gravest alerts, within each severity the oldest first: each off an index that is in this order
    already, so that of a hundred thousand only the first are looked at."""
    columns = alert_table.c
    found: list[str] = []
    for severity in reversed(Severity):
        if len(found) < most:
            query = sa.select(columns.id).where(columns.severity == severity.value, *wanted.conditions())
            order = (columns.created_at, columns.id)
            found += connection.scalars(query.order_by(*order).limit(most - len(found)))
    return found


def count_alerts(
    database: sa.Engine,
    by: Literal["state", "organisation", "source", "severity", "assignee"],
    wanted: Wanted = Wanted(),
) -> dict[str, int]:
    """How many alerts there are of each, the most first."""
    column, number = alert_table.c[by], sa.func.count()
    query = sa.select(column, number).where(*wanted.conditions()).group_by(column)
    with reading(database) as connection:
        rows = connection.execute(query.order_by(number.desc(), column))
        return {row[0]: row[1] for row in rows}


def marking_of(connection: sa.Connection, alert: str) -> str:
    """The marking of an alert."""
    return str(connection.scalars(sa.select(alert_table.c.tlp).where(alert_table.c.id == alert)).one())


def locked_alert(connection: sa.Connection, alert: str) -> Alert:
    """An alert that is there, by its whole id; nobody else changes it until the transaction ends."""
    return Alert(**connection.execute(_LOCKED, {"alert": alert}).one()._mapping)


def find_alert(connection: sa.Connection, name: str, *, lock: bool = False) -> Alert:
    """An alert by its id or the beginning of it; ``lock``: nobody else changes it until the transaction ends. Raises
    ``AlertUnknown``."""
    # the whole id by its index; its beginning costs a look at every alert
    rows: Sequence[sa.Row[Any]] = []
    for where in (alert_table.c.id == name, alert_table.c.id.startswith(name, autoescape=True)):
        query = sa.select(alert_table).where(where).limit(2)
        rows = rows or connection.execute(query.with_for_update() if lock else query).all()
    if len(rows) != 1:
        many = "more than one alert begins with" if rows else "no alert begins with"
        raise AlertUnknown(f"{many} {name!r}", cure="duskwatch alerts list names them")
    return Alert(**rows[0]._mapping)


def get_alert(database: sa.Engine | sa.Connection, name: str) -> tuple[Alert, list[Event]]:
    """An alert with its audit, by its id or the beginning of it. Raises ``AlertUnknown``."""
    with reading(database) as connection:
        alert = find_alert(connection, name)
        events = connection.execute(
            sa.select(event_table).where(event_table.c.alert == alert.id).order_by(event_table.c.id)
        )
        return alert, [Event(row.at, row.who, row.what, row.detail, row.origin) for row in events]


def changes_of(connection: sa.Connection, alert: str) -> list[ToldChange]:
    """The material changes of an alert, oldest first."""
    columns = change_table.c
    query = sa.select(change_table).where(columns.alert == alert).order_by(columns.at, columns.key)
    return [
        ToldChange(row.at, row.kind, row.before, row.after, row.post) for row in connection.execute(query)
    ]


def listings(database: sa.Engine) -> frozenset[tuple[str, str]]:
    """Every listing that has an alert, whatever became of it: source and thread."""
    query = sa.select(listing_table.c.source, listing_table.c.thread).distinct()
    with database.connect() as connection:
        return frozenset((source, thread) for source, thread in connection.execute(query))


def hot_threads(database: sa.Engine, source: str) -> set[str]:
    """The listings of a source that have an alert which is not closed as false."""
    query = (
        sa.select(listing_table.c.thread)
        .join(alert_table, alert_table.c.id == listing_table.c.alert)
        .where(listing_table.c.source == source, alert_table.c.state != AlertState.FALSE_POSITIVE.value)
    )
    with database.connect() as connection:
        return set(connection.scalars(query))
