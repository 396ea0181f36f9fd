"""Who crawls a source: one process at a time, on however many machines, and when the next may begin.

A crawl holds a lease that it renews; one that is not heard of for ``crawl.lease`` seconds may be taken over, and one
whose process is dead at once by any process of the same machine. Every step is one guarded UPDATE, so it is the same
on SQLite and on PostgreSQL, and needs no lock that a dead process could keep.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from config.errors import RetryError
from crawler.state import source_table

_columns = source_table.c
# a container's processes have numbers of their own
_MACHINE = f"{socket.gethostname()}-{os.stat('/proc/self/ns/pid').st_ino}"
#: Nothing here is later than this after now, save where a clock stood ahead and was set right.
_AHEAD = timedelta(seconds=3600 + 300)  # the longest lease, and what clocks differ
_NEVER = datetime.min.replace(tzinfo=UTC)


class LeaseHeld(RetryError):
    """Another process crawls this source."""


class LeaseLost(RetryError):
    """The crawl was not heard of for too long, and another process took its source over."""


@dataclass(frozen=True, slots=True)
class Stand:
    """When a source was last begun with, until when it is left alone, and whether it is crawled now."""

    started_at: datetime | None
    rests_until: datetime | None
    crawled: bool

    def next_run(self, pause: timedelta, now: datetime) -> datetime:
        """When its next crawl may begin, read so often."""
        due = self.started_at + pause if self.started_at else now
        return max(due, self.rests_until or now, now)


class Leases:
    """The leases of all sources. ``length``: seconds until a crawl that is not heard of may be taken over."""

    def __init__(self, database: sa.Engine, length: float) -> None:
        self._database = database
        self.length = length

    def take(self, source: str, token: str | None = None) -> str:
        """Take a source, or take over the lease ``token`` that was taken for this crawl; the crawl's own token.
        Raises ``LeaseHeld``."""
        fresh = _token()
        with self._database.begin() as connection:
            now = _now(connection)
            self._known(connection, [source])
            owner = connection.scalar(sa.select(_columns.lease_owner).where(_columns.source == source))
            ours = token or (owner if owner and _dead(owner) else None)
            until = _columns.lease_until
            free = until.is_(None) | (until < now) | (until > now + _AHEAD)
            done = connection.execute(
                sa.update(source_table)
                .where(_columns.source == source, free | (_columns.lease_owner == ours))
                .values(lease_owner=fresh, lease_until=self._until(now), started_at=now)
            )
        if not done.rowcount:
            raise LeaseHeld(f"{source} is crawled by another process", cure="wait until it has ended")
        return fresh

    def due(self, every: Mapping[str, timedelta], limit: int) -> dict[str, str]:
        """Take up to ``limit`` sources of ``every`` whose time has come, the longest waiting first: source to token.

        A source is due when its last crawl began that long ago, when it was never crawled, or when its crawl is not
        heard of any more; but not while it rests.
        """
        with self._database.begin() as connection:
            now = _now(connection)
            self._known(connection, list(every))
            rows = connection.execute(sa.select(source_table).where(_columns.source.in_(list(every)))).all()
        waiting = [row for row in rows if _is_due(row, every[row.source], now)]
        waiting.sort(key=lambda row: (row.started_at or _NEVER, row.source))
        taken: dict[str, str] = {}
        for row in waiting:
            if len(taken) >= limit:
                break
            if token := self._claim(row):
                taken[row.source] = token
        return taken

    def _claim(self, seen: sa.Row[Any]) -> str | None:
        """Take a source unless somebody took it, or its crawl was heard of, since it was seen."""
        token = _token()
        with self._database.begin() as connection:
            now = _now(connection)
            done = connection.execute(
                sa.update(source_table)
                .where(
                    _columns.source == seen.source,
                    _columns.started_at.is_not_distinct_from(seen.started_at),
                    _columns.lease_until.is_not_distinct_from(seen.lease_until),
                )
                .values(lease_owner=token, lease_until=self._until(now), started_at=now)
            )
        return token if done.rowcount else None

    def renew(self, source: str, token: str) -> None:
        """Say that the crawl goes on. Raises ``LeaseLost``."""
        with self._database.begin() as connection:
            done = connection.execute(
                sa.update(source_table)
                .where(_columns.source == source, _columns.lease_owner == token)
                .values(lease_until=self._until(_now(connection)))
            )
        if not done.rowcount:
            raise LeaseLost(f"{source} was taken over by another process")

    def release(self, source: str, token: str, *, rest: float = 0.0) -> None:
        """Say that the crawl has ended, and that its source is to be left alone for ``rest`` seconds. Does nothing when
        the lease is another's by now."""
        with self._database.begin() as connection:
            until = _now(connection) + timedelta(seconds=rest) if rest else None
            connection.execute(
                sa.update(source_table)
                .where(_columns.source == source, _columns.lease_owner == token)
                .values(lease_owner=None, lease_until=None, rest_until=until)
            )

    def wake(self, sources: list[str]) -> None:
        """Leave these sources alone no longer."""
        with self._database.begin() as connection:
            connection.execute(
                sa.update(source_table).where(_columns.source.in_(sources)).values(rest_until=None)
            )

    def stands(self, sources: Sequence[str]) -> dict[str, Stand]:
        """When each source was begun with, and what it waits for; those that were never begun with left out."""
        with self._database.begin() as connection:
            now = _now(connection)
            rows = connection.execute(sa.select(source_table).where(_columns.source.in_(sources))).all()
        return {
            row.source: Stand(
                row.started_at,
                row.rest_until if row.rest_until and row.rest_until > now else None,
                row.lease_until is not None
                and now <= row.lease_until <= now + _AHEAD
                and not _dead(row.lease_owner),
            )
            for row in rows
        }

    def hasten(self, source: str) -> bool:
        """Have a source crawled as soon as somebody can; False where it is crawled now."""
        with self._database.begin() as connection:
            self._known(connection, [source])
            done = connection.execute(
                sa.update(source_table)
                .where(_columns.source == source, _columns.lease_until.is_(None))
                .values(rest_until=None, started_at=None)
            )
        return bool(done.rowcount)

    def ended(self, source: str, token: str, process: int) -> None:
        """Say that a process of this machine has ended, for which ``token`` was taken: also one that broke off."""
        its = _columns.lease_owner.startswith(f"{_MACHINE} {process} ", autoescape=True)
        with self._database.begin() as connection:
            connection.execute(
                sa.update(source_table)
                .where(_columns.source == source, its | (_columns.lease_owner == token))
                .values(lease_owner=None, lease_until=None)
            )

    def _until(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.length)

    @staticmethod
    def _known(connection: sa.Connection, sources: list[str]) -> None:
        """Have a row for each source."""
        there = set(connection.scalars(sa.select(_columns.source).where(_columns.source.in_(sources))))
        begin = sa.text(
            "INSERT INTO crawl_source (source, generation) VALUES (:source, 0) ON CONFLICT DO NOTHING"
        )
        for source in sources:
            if source not in there:
                connection.execute(begin, {"source": source})


class Hold:
    """One crawl's lease while it goes on. A crawl that stood still for longer than its lease (its process was stopped,
    its machine slept) may hold pages that are older than what another crawl has stored meanwhile: before anything is
    stored it must be ``sure``. ``clocks``: seconds; one alone may stand still or be set back while a machine sleeps."""

    def __init__(
        self,
        leases: Leases,
        source: str,
        token: str,
        clocks: Sequence[Callable[[], float]] = (time.monotonic, time.time),
    ) -> None:
        self._leases = leases
        self._source = source
        self._token = token
        self._clocks = clocks
        self._renewed = [clock() for clock in clocks]

    def renew(self) -> None:
        """Say that the crawl goes on. Raises ``LeaseLost``, and what the database's driver raises."""
        at = [clock() for clock in self._clocks]
        self._leases.renew(self._source, self._token)
        self._renewed = at

    def sure(self) -> None:
        """Make sure that nobody took the source over. Costs nothing while the lease cannot have run out. Raises as
        ``renew``."""
        if any(
            not 0 <= clock() - before < self._leases.length
            for clock, before in zip(self._clocks, self._renewed, strict=True)
        ):
            self.renew()


def _is_due(row: sa.Row[Any], every: timedelta, now: datetime) -> bool:
    if row.lease_until is not None:
        there = now <= row.lease_until <= now + _AHEAD
        return not there or _dead(row.lease_owner)
    if row.rest_until is not None and row.rest_until > now:
        return False
    return row.started_at is None or not now - every < row.started_at <= now + _AHEAD


def _token() -> str:
    """Whose a lease is: machine, process, and a number that nobody else has."""
    return f"{_MACHINE} {os.getpid()} {secrets.token_hex(8)}"


def _dead(token: str) -> bool:
    """Whether the process that took a lease is known to have ended."""
    machine, process, _ = token.split(" ")
    return machine == _MACHINE and not os.path.exists(f"/proc/{process}")


def _now(connection: sa.Connection) -> datetime:
    """The database's time: the clocks of several machines differ."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    found: datetime = connection.execute(
        sa.select(sa.func.clock_timestamp(type_=_columns.started_at.type))
    ).scalar_one()
    return found
