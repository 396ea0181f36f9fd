"""The durable outbox: what must leave, what left, and what could not.

A delivery is written in the transaction that makes its alert. A deliverer leases it, sends it outside of any
transaction, and writes down the outcome. Killed in between, the lease runs out and it is sent again under the same
key: at least once, and a receiver that keeps keys sees it once.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Collection, Mapping
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
    sa.Column("event", sa.Text, nullable=False, server_default="new"),
    sa.Column("lease", sa.Text, nullable=False, server_default=""),
)
_LEASE = timedelta(minutes=2)
_LONGEST_ASKED = 86_400.0  # seconds; a peer that names a longer pause is asked again after this one
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
        """Send what is due, one after another. A channel that is busy rests until the next run, so that its
        timeouts do not keep the others' deliveries."""
        counts = {"sent": 0, "retried": 0, "parked": 0}
        resting: set[str] = set()
        for _ in range(limit):
            row = self._lease(resting)
            if row is None:
                break
            counts[self._deliver(row, resting)] += 1
        return DeliverRun(**counts)

    def _lease(self, resting: Collection[str] = ()) -> Any:
        """The next delivery that is due, with its attempt counted and its lease begun; None when there is none."""
        now = self._clock()
        columns = delivery_table.c
        free = sa.or_(columns.leased_until.is_(None), columns.leased_until < now)
        with self._database.begin() as connection:
            row = connection.execute(
                sa.select(delivery_table)
                .where(
                    columns.state == "waiting", columns.next_at <= now, free, columns.channel.not_in(resting)
                )
                .order_by(columns.next_at, columns.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if row is None:
                return None
            leased = {"leased_until": now + _LEASE, "attempts": row.attempts + 1}
            connection.execute(sa.update(delivery_table).where(delivery_table.c.id == row.id).values(leased))
            return connection.execute(sa.select(delivery_table).where(delivery_table.c.id == row.id)).one()

    def _deliver(self, row: Any, resting: set[str]) -> str:
        attempt = row.attempts
        channel = self._channels.get(row.channel)
        try:
            if channel is None:
                raise ChannelRefused(f"there is no channel {row.channel!r}")
            channel.send(Delivery(row.key, row.channel, attempt, row.created_at, row.payload))
        except ChannelBusy as busy:
            resting.add(row.channel)
            if attempt < self._settings.attempts:
                return self._later(row, attempt, busy)
            return self._park(row, f"gave up after {attempt} attempts: {busy}")
        except ChannelRefused as refused:
            return self._park(row, str(refused))
        except Exception as error:  # noqa: BLE001 - one channel's fault must not keep the others' deliveries
            return self._park(row, f"{type(error).__name__}: {error}")
        with self._database.begin() as connection:  # whoever holds the lease by now: the peer has it
            connection.execute(
                sa.update(delivery_table)
                .where(delivery_table.c.id == row.id)
                .values(state="sent", sent_at=self._clock(), leased_until=None, last_error="")
            )
        return "sent"

    def _later(self, row: Any, attempt: int, busy: ChannelBusy) -> str:
        pause = min(self._settings.backoff * 2 ** min(attempt - 1, 30), self._settings.backoff_limit)
        pause = max(pause * (0.5 + self._chance() / 2), min(busy.retry_after or 0, _LONGEST_ASKED))
        if self._failed(row, next_at=self._clock() + timedelta(seconds=pause), last_error=str(busy)):
            _log.warning(
                "delivery will be tried again", delivery=row.id, seconds=round(pause), reason=str(busy)
            )
        return "retried"

    def _park(self, row: Any, reason: str) -> str:
        if not self._failed(row, state="parked", last_error=reason):
            return "retried"
        _log.error("delivery parked", delivery=row.id, reason=reason)
        return "parked"

    def _failed(self, row: Any, **values: Any) -> bool:
        """Write down a failure; False when the lease ran out meanwhile and the delivery is another's."""
        columns = delivery_table.c
        mine = (columns.id == row.id, columns.state == "waiting", columns.leased_until == row.leased_until)
        with self._database.begin() as connection:
            done = connection.execute(
                sa.update(delivery_table).where(*mine).values(leased_until=None, **values)
            )
        if not done.rowcount:
            _log.warning("a delivery outlived its lease and is another deliverer's", delivery=row.id)
        return bool(done.rowcount)
