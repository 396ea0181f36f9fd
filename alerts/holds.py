"""Which evidence may not be removed: that of open alerts, and that of alerts under a legal hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from alerts.cases import CLOSED, find_alert, note
from alerts.handling import Actor
from alerts.tables import alert_table, post_table
from config.database import UtcDateTime, metadata, reading, transaction

hold_table = sa.Table(
    "evidence_hold",
    metadata,
    sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold: since when, by whom and why."""

    alert: str
    at: datetime
    who: str
    why: str


def hold(database: sa.Engine | sa.Connection, name: str, *, by: Actor, at: datetime, why: str) -> Hold:
    """Hold an alert's evidence until it is released; a hold that is there stays as it is. Raises ``AlertUnknown``."""
    with transaction(database) as connection:
        alert = find_alert(connection, name, lock=True)
        found = _of(connection, alert.id)
        if found is None:
            connection.execute(sa.insert(hold_table).values(alert=alert.id, at=at, who=by.who, why=why))
            note(connection, alert.id, at, by.who, "evidence held", why, by.origin)
        return found or Hold(alert.id, at, by.who, why)


def release(database: sa.Engine | sa.Connection, name: str, *, by: Actor, at: datetime, why: str) -> bool:
    """End a hold; False where there is none. Raises ``AlertUnknown``."""
    with transaction(database) as connection:
        alert = find_alert(connection, name, lock=True)
        done = connection.execute(sa.delete(hold_table).where(hold_table.c.alert == alert.id))
        if done.rowcount:
            note(connection, alert.id, at, by.who, "evidence no longer held", why, by.origin)
        return bool(done.rowcount)


def hold_of(database: sa.Engine | sa.Connection, alert: str) -> Hold | None:
    """The hold on an alert's evidence, by the alert's whole id."""
    with reading(database) as connection:
        return _of(connection, alert)


def held_posts(database: sa.Engine) -> list[str]:
    """The ids of all posts whose pages may not be removed."""
    alert = alert_table.c
    kept = sa.or_(alert.state.not_in(CLOSED), alert.id.in_(sa.select(hold_table.c.alert)))
    query = (
        sa.select(post_table.c.post)
        .join(alert_table, alert.id == post_table.c.alert)
        .where(kept)
        .distinct()
        .order_by(post_table.c.post)
    )
    with database.connect() as connection:
        return list(connection.scalars(query))


def posts_of(database: sa.Engine, alert: str) -> list[str]:
    """The ids of the posts that an alert rests on, by its whole id."""
    query = (
        sa.select(post_table.c.post).where(post_table.c.alert == alert).distinct().order_by(post_table.c.post)
    )
    with reading(database) as connection:
        return list(connection.scalars(query))


def _of(connection: sa.Connection, alert: str) -> Hold | None:
    row = connection.execute(sa.select(hold_table).where(hold_table.c.alert == alert)).first()
    return Hold(**row._mapping) if row else None
