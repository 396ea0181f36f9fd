"""The durable outbox: what must leave, what left, and what could not.

A delivery is written in the transaction that makes its alert; ``alerts/deliverer.py`` sends it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from config.database import UtcDateTime, metadata

delivery_table = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # waiting, sent, parked, withdrawn
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("leased_until", UtcDateTime),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.Column("event", sa.Text, nullable=False, server_default="new"),
    sa.Column("lease", sa.Text, nullable=False, server_default=""),
)


def delivery_key(alert: str, event: str, channel: str) -> str:
    """The idempotency key of one message to one channel."""
    return hashlib.sha256("\0".join((alert, event, channel)).encode()).hexdigest()[:32]


def enqueue(
    connection: sa.Connection,
    alert: str,
    event: str,
    channel: str,
    payload: dict[str, Any],
    at: datetime,
    not_before: datetime | None = None,
) -> bool:
    """Put a message into the outbox; False when it is there already. ``event`` names what is told, after a colon what
    makes it differ from others of its kind. ``not_before``: it waits until then."""
    key = delivery_key(alert, event, channel)
    if connection.scalar(sa.select(delivery_table.c.id).where(delivery_table.c.key == key)) is not None:
        return False
    connection.execute(
        sa.insert(delivery_table).values(
            key=key,
            alert=alert,
            channel=channel,
            payload=payload,
            state="waiting",
            attempts=0,
            next_at=max(at, not_before or at),
            last_error="",
            created_at=at,
            event=event.partition(":")[0],
        )
    )
    return True


def list_deliveries(
    database: sa.Engine, state: str | None = None, limit: int = 200, *, alert: str | None = None
) -> list[dict[str, Any]]:
    """Deliveries without their payload, newest first; those of one alert where it is named."""
    columns = [column for column in delivery_table.c if column.name != "payload"]
    query = sa.select(*columns).order_by(delivery_table.c.id.desc()).limit(limit)
    if state:
        query = query.where(delivery_table.c.state == state)
    if alert:
        query = query.where(delivery_table.c.alert == alert)
    with database.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def retry_parked(database: sa.Engine, at: datetime) -> int:
    """Let every parked delivery be tried again from the beginning; how many."""
    with database.begin() as connection:
        done = connection.execute(
            sa.update(delivery_table)
            .where(delivery_table.c.state == "parked")
            .values(state="waiting", attempts=0, next_at=at, leased_until=None)
        )
        return done.rowcount
