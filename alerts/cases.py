"""Alerts as they are kept: one for one organisation and one listing, with everything that joined it and everything
that was done to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from config.database import UtcDateTime, metadata
from config.errors import StopError

alert_table = sa.Table(
    "alert",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("thread", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tlp", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("posted_at", UtcDateTime),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    sa.Column("stored_at", UtcDateTime, nullable=False),
    sa.Column("matches", sa.JSON, nullable=False),
)
post_table = sa.Table(
    "alert_post",
    metadata,
    sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), primary_key=True),
    sa.Column("post", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("change", sa.Text, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)
event_table = sa.Table(
    "alert_event",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)


class AlertState(StrEnum):
    """What people have done with an alert."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    FALSE_POSITIVE = "false positive"


class AlertUnknown(StopError):
    """There is no such alert."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Times are aware UTC; ``matches`` are JSON-ready, as the matcher gave them."""

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


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an alert's audit."""

    at: datetime
    who: str
    what: str
    detail: str


def alert_id(organisation: str, source: str, thread: str) -> str:
    """The name of the one alert for an organisation and a listing; the same wherever it is computed."""
    return "a" + hashlib.sha256("\0".join((organisation, source, thread)).encode()).hexdigest()[:15]


def insert_alert(connection: sa.Connection, values: dict[str, Any]) -> None:
    """Keep a new alert, one that ``alerts_of`` does not name."""
    connection.execute(sa.insert(alert_table).values(values))


def alerts_of(connection: sa.Connection, source: str, thread: str) -> list[str]:
    """The alerts of a listing."""
    query = sa.select(alert_table.c.id).where(alert_table.c.source == source, alert_table.c.thread == thread)
    return list(connection.scalars(query))


def join_post(
    connection: sa.Connection, alert: str, post: str, revision: int, change: str, at: datetime
) -> bool:
    """Put a post's revision to an alert; False when it is there already."""
    columns = post_table.c
    known = connection.scalar(
        sa.select(sa.func.count())
        .select_from(post_table)
        .where(
            columns.alert == alert,
            columns.post == post,
            columns.revision == revision,
            columns.change == change,
        )
    )
    if known:
        return False
    connection.execute(
        sa.insert(post_table).values(alert=alert, post=post, revision=revision, change=change, at=at)
    )
    connection.execute(sa.update(alert_table).where(alert_table.c.id == alert).values(updated_at=at))
    return True


def note(connection: sa.Connection, alert: str, at: datetime, who: str, what: str, detail: str = "") -> None:
    """Write a line into an alert's audit."""
    connection.execute(sa.insert(event_table).values(alert=alert, at=at, who=who, what=what, detail=detail))


def list_alerts(database: sa.Engine, *, state: str | None = None, limit: int = 100) -> list[Alert]:
    """Alerts, newest first."""
    query = sa.select(alert_table).order_by(alert_table.c.created_at.desc(), alert_table.c.id).limit(limit)
    if state:
        query = query.where(alert_table.c.state == state)
    with database.connect() as connection:
        return [Alert(**row._mapping) for row in connection.execute(query)]


def get_alert(database: sa.Engine, name: str) -> tuple[Alert, list[Event]]:
    """An alert with its audit, by its id or the beginning of it. Raises ``AlertUnknown``."""
    with database.connect() as connection:
        rows = connection.execute(
            sa.select(alert_table).where(alert_table.c.id.startswith(name, autoescape=True)).limit(2)
        ).all()
        if len(rows) != 1:
            many = "more than one alert begins with" if rows else "no alert begins with"
            raise AlertUnknown(f"{many} {name!r}", cure="duskwatch alerts list names them")
        alert = Alert(**rows[0]._mapping)
        events = connection.execute(
            sa.select(event_table).where(event_table.c.alert == alert.id).order_by(event_table.c.id)
        )
        return alert, [Event(row.at, row.who, row.what, row.detail) for row in events]


def set_state(
    database: sa.Engine, name: str, state: AlertState, *, who: str, at: datetime, why: str
) -> Alert:
    """Change an alert's state, audited. Raises ``AlertUnknown``."""
    alert, _ = get_alert(database, name)
    with database.begin() as connection:
        connection.execute(
            sa.update(alert_table)
            .where(alert_table.c.id == alert.id)
            .values(state=state.value, updated_at=at)
        )
        note(connection, alert.id, at, who, f"{alert.state} -> {state.value}", why)
    return get_alert(database, alert.id)[0]


def hot_threads(database: sa.Engine, source: str) -> set[str]:
    """The listings of a source that have an alert which is not closed as false."""
    query = sa.select(alert_table.c.thread).where(
        alert_table.c.source == source, alert_table.c.state != AlertState.FALSE_POSITIVE.value
    )
    with database.connect() as connection:
        return set(connection.scalars(query))
