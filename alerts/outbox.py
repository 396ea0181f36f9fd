"""The durable outbox: what must leave, what left, and what could not.

A delivery is written in the transaction that makes its alert. A deliverer leases it, sends it outside of any
transaction, and writes down the outcome. Killed in between, the lease runs out and it is sent again under the same
key: at least once, and a receiver that keeps keys sees it once.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from alerts.channel import Channel, Delivery
from config.database import UtcDateTime, metadata
from config.errors import ChannelBusy, ChannelRefused
from config.settings import DeliverSettings

delivery_table = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # waiting, sent, parked
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("leased_until", UtcDateTime),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
)
_LEASE = timedelta(minutes=2)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeliverRun:
    """What one run of the deliverer did, in deliveries."""

    sent: int
    retried: int
    parked: int


def delivery_key(alert: str, event: str, channel: str) -> str:
    """The idempotency key of one message to one channel."""
    return hashlib.sha256("\0".join((alert, event, channel)).encode()).hexdigest()[:32]


def enqueue(
    connection: sa.Connection, alert: str, event: str, channel: str, payload: dict[str, Any], at: datetime
) -> bool:
    """Put a message into the outbox; False when it is there already."""
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
            next_at=at,
            last_error="",
            created_at=at,
        )
    )
    return True


def list_deliveries(database: sa.Engine, state: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Deliveries without their payload, newest first."""
    columns = [column for column in delivery_table.c if column.name != "payload"]
    query = sa.select(*columns).order_by(delivery_table.c.id.desc()).limit(limit)
    if state:
        query = query.where(delivery_table.c.state == state)
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


class Deliverer:
    """Empties the outbox. Several may run at once."""

    def __init__(
        self,
        database: sa.Engine,
        channels: Mapping[str, Channel],
        settings: DeliverSettings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._channels = channels
        self._settings = settings
        self._clock = clock
        self._chance = chance

    def run_once(self, limit: int = 500) -> DeliverRun:
        """Send what is due, one after another."""
        counts = {"sent": 0, "retried": 0, "parked": 0}
        for _ in range(limit):
            row = self._lease()
            if row is None:
                break
            counts[self._deliver(row)] += 1
        return DeliverRun(**counts)

    def _lease(self) -> Any:
        now = self._clock()
        columns = delivery_table.c
        free = sa.or_(columns.leased_until.is_(None), columns.leased_until < now)
        with self._database.begin() as connection:
            row = connection.execute(
                sa.select(delivery_table)
                .where(columns.state == "waiting", columns.next_at <= now, free)
                .order_by(columns.next_at, columns.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if row is not None:
                self._write(connection, row.id, leased_until=now + _LEASE, attempts=row.attempts + 1)
        return row

    def _deliver(self, row: Any) -> str:
        attempt = row.attempts + 1
        channel = self._channels.get(row.channel)
        try:
            if channel is None:
                raise ChannelRefused(f"there is no channel {row.channel!r}")
            channel.send(Delivery(row.key, row.channel, attempt, row.created_at, row.payload))
        except ChannelBusy as busy:
            if attempt < self._settings.attempts:
                return self._later(row.id, attempt, busy)
            return self._park(row.id, f"gave up after {attempt} attempts: {busy}")
        except ChannelRefused as refused:
            return self._park(row.id, str(refused))
        except Exception as error:  # noqa: BLE001 - one channel's fault must not keep the others' deliveries
            return self._park(row.id, f"{type(error).__name__}: {error}")
        with self._database.begin() as connection:
            self._write(
                connection, row.id, state="sent", sent_at=self._clock(), leased_until=None, last_error=""
            )
        return "sent"

    def _later(self, number: int, attempt: int, busy: ChannelBusy) -> str:
        pause = min(self._settings.backoff * 2 ** min(attempt - 1, 30), self._settings.backoff_limit)
        pause = max(pause * (0.5 + self._chance() / 2), busy.retry_after or 0)
        with self._database.begin() as connection:
            next_at = self._clock() + timedelta(seconds=pause)
            self._write(connection, number, next_at=next_at, leased_until=None, last_error=str(busy))
        _log.warning("delivery will be tried again", delivery=number, seconds=round(pause), reason=str(busy))
        return "retried"

    def _park(self, number: int, reason: str) -> str:
        with self._database.begin() as connection:
            self._write(connection, number, state="parked", leased_until=None, last_error=reason)
        _log.error("delivery parked", delivery=number, reason=reason)
        return "parked"

    @staticmethod
    def _write(connection: sa.Connection, number: int, **values: Any) -> None:
        connection.execute(sa.update(delivery_table).where(delivery_table.c.id == number).values(values))
