"""Empties the outbox: every channel by itself, so that a slow one keeps nobody waiting.

A deliverer leases a delivery, sends it outside of any transaction, renews the lease while the channel takes its time,
and writes down the outcome. Killed in between, the lease runs out and it is sent again under the same key: at least
once, and a receiver that keeps keys sees it once.
"""

from __future__ import annotations

import math
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from alerts.channel import Channel, Delivery
from alerts.outbox import delivery_table
from alerts.tables import mark_table
from config.errors import ChannelBusy, ChannelRefused
from config.settings import DeliverSettings

_LEASE = timedelta(minutes=2)
_RENEWED = 30.0  # seconds between two renewals of a lease
#: Seconds; a channel that takes longer is given up, and its delivery is anybody's again.
LONGEST_SENT = 900.0
_LONGEST_ASKED = 86_400.0  # seconds; a peer that names a longer pause is asked again after this one
_SET_BACK = timedelta(minutes=1)  # clocks of several machines differ by less
_LOOK = 0.5  # seconds between two looks for channels that have something to send
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeliverRun:
    """What one run of the deliverer did, in deliveries."""

    sent: int
    retried: int
    parked: int


@dataclass
class _Work:
    """What is under way in one run. Its lock guards all of it."""

    left: int
    changed: threading.Condition = field(default_factory=threading.Condition)
    counts: dict[str, int] = field(default_factory=lambda: {"sent": 0, "retried": 0, "parked": 0})
    #: By channel since when its delivery is sent, monotonic; infinite until then.
    busy: dict[str, float] = field(default_factory=dict)
    resting: dict[str, datetime] = field(default_factory=dict)  # channel: until when
    fault: BaseException | None = None


class Deliverer:
    """Sends what is due. Several may run at once, in one process or many."""

    def __init__(
        self,
        database: sa.Engine,
        channels: Mapping[str, Channel],
        settings: DeliverSettings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
        *,
        renewed: float = _RENEWED,
        longest_sent: float = LONGEST_SENT,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._channels = channels
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._renewed = renewed
        self._longest_sent = longest_sent
        self._elapsed = elapsed
        self._marking = threading.Lock()
        self._marked = clock(), elapsed()

    def run_once(self, limit: int = 500) -> DeliverRun:
        """Send what is due, at most ``limit`` deliveries. The channels send side by side; while one takes its time,
        what becomes due for the others leaves. A channel that is busy rests for the first pause of the backoff, so
        that its timeouts do not add up."""
        self._notice_a_clock_set_back()
        work = _Work(limit)
        while True:
            with work.changed:
                self._give_up_the_stuck(work)
                at_work, fault, left = set(work.busy), work.fault, work.left
                resting = {name for name, until in work.resting.items() if until > self._clock()}
            due = self._due(at_work | resting) if left > 0 and fault is None else []
            for name in due:
                with work.changed:
                    work.busy[name] = math.inf
                threading.Thread(target=self._empty, args=(name, work), daemon=True).start()
            if not due and not at_work:
                break
            with work.changed:
                if work.busy:
                    work.changed.wait(_LOOK)
        if work.fault is not None:
            raise work.fault
        return DeliverRun(**work.counts)

    def _due(self, without: set[str]) -> list[str]:
        """Channels that have something to send."""
        query = sa.select(delivery_table.c.channel).where(*self._ready()).distinct()
        with self._database.connect() as connection:
            return sorted(set(connection.scalars(query)) - without)

    def _empty(self, name: str, work: _Work) -> None:
        """Send what is due for one channel, one after another; in a thread of its own."""
        begun = math.inf
        try:
            while True:
                with work.changed:
                    if work.left <= 0 or work.busy.get(name) != begun:
                        break
                    begun = work.busy[name] = math.inf  # until it sends, only the database is waited for
                    work.left -= 1
                row = self._lease(name)
                if row is None:
                    with work.changed:
                        work.left += 1
                    break
                with work.changed:
                    begun = work.busy[name] = time.monotonic()
                outcome, well = self._deliver(row)
                with work.changed:
                    work.counts[outcome] += 1
                    if not well:
                        work.resting[name] = self._clock() + timedelta(seconds=self._settings.backoff)
                        break
        except BaseException as error:  # noqa: BLE001 - told by the run's own thread
            with work.changed:
                work.fault = work.fault or error
        finally:
            with work.changed:
                if work.busy.get(name) == begun:
                    del work.busy[name]
                work.changed.notify_all()

    def _give_up_the_stuck(self, work: _Work) -> None:
        """Go on without channels that never return; their threads write down what they still achieve."""
        now = time.monotonic()
        for name in [name for name, since in work.busy.items() if now - since > self._longest_sent]:
            _log.error("a channel does not return and is given up", channel=name)
            del work.busy[name]
            work.resting[name] = self._clock() + timedelta(seconds=self._longest_sent)

    def _ready(self) -> tuple[sa.ColumnElement[bool], ...]:
        """What makes a delivery due. One for the same channel and alert that is in trouble goes first: nobody is
        told of a retraction before the alert."""
        now = self._clock()
        columns = delivery_table.c
        first = delivery_table.alias().c
        held_up = (
            sa.select(first.id)
            .where(
                first.alert == columns.alert,
                first.channel == columns.channel,
                first.state == "waiting",
                first.attempts > 0,
                first.id < columns.id,
            )
            .exists()
        )
        until = columns.leased_until
        free = sa.or_(until.is_(None), until < now, until > now + _LEASE + _SET_BACK)
        # what was never told to wait is due whatever time it was: whoever wrote it may have had a clock that ran ahead
        due = sa.or_(
            columns.next_at <= now, (columns.attempts == 0) & (columns.next_at <= columns.created_at)
        )
        return columns.state == "waiting", due, free, ~held_up

    def _lease(self, channel: str | None = None) -> Any:
        """The next delivery that is due, with its attempt counted and its lease begun; None when there is none."""
        columns = delivery_table.c
        self._keep_time()
        with self._database.begin() as connection:
            query = sa.select(delivery_table).where(*self._ready())
            if channel is not None:
                query = query.where(columns.channel == channel)
            row = connection.execute(
                query.order_by(columns.id).limit(1).with_for_update(skip_locked=True, of=delivery_table)
            ).first()
            if row is None:
                return None
            leased = {
                "leased_until": self._clock() + _LEASE,
                "lease": secrets.token_hex(8),
                "attempts": row.attempts + 1,
            }
            connection.execute(sa.update(delivery_table).where(columns.id == row.id).values(leased))
            return connection.execute(sa.select(delivery_table).where(columns.id == row.id)).one()

    def _deliver(self, row: Any) -> tuple[str, bool]:
        """Send a delivery; what became of it, and whether its channel takes more."""
        attempt = row.attempts
        channel = self._channels.get(row.channel)
        try:
            if channel is None:
                raise ChannelRefused(f"there is no channel {row.channel!r}")
            with _Renewal(self, row):
                channel.send(Delivery(row.key, row.channel, attempt, row.created_at, row.payload))
        except ChannelBusy as busy:
            if attempt < self._settings.attempts:
                return self._later(row, attempt, busy), False
            return self._park(row, f"gave up after {attempt} attempts: {busy}"), False
        except ChannelRefused as refused:
            return self._park(row, str(refused)), True
        except Exception as error:  # noqa: BLE001 - one channel's fault must not keep the others' deliveries
            return self._park(row, f"{type(error).__name__}: {error}"), True
        with self._database.begin() as connection:  # whoever holds the lease by now: the peer has it
            connection.execute(
                sa.update(delivery_table)
                .where(delivery_table.c.id == row.id)
                .values(state="sent", sent_at=self._clock(), leased_until=None, last_error="")
            )
        return "sent", True

    def _later(self, row: Any, attempt: int, busy: ChannelBusy) -> str:
        pause = min(self._settings.backoff * 2 ** min(attempt - 1, 30), self._settings.backoff_limit)
        pause = max(pause * (0.5 + self._chance() / 2), min(busy.retry_after or 0, _LONGEST_ASKED))
        self._keep_time()
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
        done = self._while_mine(row, leased_until=None, **values)
        if not done:
            _log.warning("a delivery outlived its lease and is another deliverer's", delivery=row.id)
        return done

    def renew(self, row: Any) -> bool:
        """Hold a delivery for longer; False when it is another deliverer's by now, or settled."""
        return self._while_mine(row, leased_until=self._clock() + _LEASE)

    def _while_mine(self, row: Any, **values: Any) -> bool:
        columns = delivery_table.c
        mine = (columns.id == row.id, columns.state == "waiting", columns.lease == row.lease)
        with self._database.begin() as connection:
            return bool(connection.execute(sa.update(delivery_table).where(*mine).values(values)).rowcount)

    def _keep_time(self) -> None:
        """Look at the mark again where the clock was moved while this run goes on: a time that nobody knows to be
        wrong must not be written down."""
        now, at = self._clock(), self._elapsed()
        with self._marking:
            (then, before), self._marked = self._marked, (now, at)
        if abs((now - then) - timedelta(seconds=at - before)) > _SET_BACK / 2:
            self._notice_a_clock_set_back()

    def _notice_a_clock_set_back(self) -> None:
        """What was to wait by a clock that ran ahead is due now, and leases that it gave end: else all would stand
        still until that time comes again."""
        now = self._clock()
        columns = delivery_table.c
        here = mark_table.c.name == "deliverer"
        with self._database.begin() as connection:
            last = connection.scalar(sa.select(mark_table.c.at).where(here).with_for_update())
            if last is None:
                begin = sa.text(
                    "INSERT INTO clock_mark (name, at) VALUES ('deliverer', :at) ON CONFLICT DO NOTHING"
                ).bindparams(sa.bindparam("at", type_=mark_table.c.at.type))
                connection.execute(begin, {"at": now})
                return
            if now < last - _SET_BACK:
                _log.warning("the clock was set back", seconds=round((last - now).total_seconds()))
                waiting = columns.state == "waiting"
                # what was due by the old time or in backoff; what waits for a time of day still does
                due = sa.or_(columns.next_at <= last + _SET_BACK, columns.attempts > 0)
                connection.execute(
                    sa.update(delivery_table).where(waiting, columns.next_at > now, due).values(next_at=now)
                )
                connection.execute(
                    sa.update(delivery_table)
                    .where(waiting, columns.leased_until > now + _LEASE)
                    .values(leased_until=None)
                )
            if abs(now - last) > _SET_BACK / 2:
                connection.execute(sa.update(mark_table).where(here).values(at=now))


class _Renewal:
    """Renews a delivery's lease for as long as its channel takes, within bounds. A context manager."""

    def __init__(self, deliverer: Deliverer, row: Any) -> None:
        self._deliverer = deliverer
        self._row = row
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def _renew(self) -> None:
        every, most = self._deliverer._renewed, self._deliverer._longest_sent
        begun = time.monotonic()
        while not self._over.wait(every) and time.monotonic() - begun < most:
            try:
                if not self._deliverer.renew(self._row):
                    return
            except (
                sa.exc.SQLAlchemyError
            ) as error:  # the database is away; the lease may hold until it is back
                _log.warning("a lease could not be renewed", delivery=self._row.id, reason=str(error))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()
