"""From the change feed to alerts: reads on from its cursor; alerts, deliveries and cursor are written at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog

from alerts import cases
from alerts.matching.port import Match, Matcher, telling
from alerts.message import matches_json, message
from alerts.outbox import enqueue
from alerts.severity import severity
from alerts.watchlist import Organisation
from config.database import UtcDateTime, metadata
from config.errors import CursorUnknown
from indexer.fact import Fact, facts
from indexer.post import Change, ChangeKind
from indexer.store import Store

cursor_table = sa.Table(
    "watch_cursor",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("cursor", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
_NAME = "watcher"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WatchRun:
    """What one run of the watcher did."""

    changes: int
    matches: int
    alerts_new: int
    alerts_joined: int
    failed: int = 0  # posts that could not be read; each is named in the log


@dataclass(frozen=True, slots=True)
class _Reading:
    """A change with the matches of each organisation, and what the post claims where there are any."""

    change: Change
    found: Mapping[str, list[Match]]
    claimed: tuple[Fact, ...] = ()
    failed: bool = False


class Watcher:
    """One pass over what is new in the store. ``channels``: the names of all channels. ``tlps``: the marking
    of each source; a source that is not named is amber."""

    def __init__(
        self,
        store: Store,
        database: sa.Engine,
        matcher: Matcher,
        organisations: Sequence[Organisation],
        channels: Sequence[str],
        tlps: Mapping[str, str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._database = database
        self._matcher = matcher
        self._organisations = {organisation.id: organisation for organisation in organisations}
        self._channels = tuple(channels)
        self._tlps = tlps
        self._clock = clock

    def run_once(self, batch: int = 500) -> WatchRun:
        """Handle everything that the feed holds; one transaction a batch.

        Texts are read before it: a hostile one may take long, and meanwhile nobody else could write.
        """
        total = WatchRun(0, 0, 0, 0)
        while True:
            with self._database.begin() as connection:
                cursor = self._cursor(connection)
            try:
                page = self._store.changes(cursor, batch)
            except CursorUnknown as error:
                cure = "duskwatch watch restart reads the feed of the store in use from its beginning"
                raise CursorUnknown(error.message, cure=cure) from error
            readings = [self._read(change) for change in page.changes]
            if not readings:
                return total
            with self._database.begin() as connection:
                if self._cursor(connection) != cursor:
                    continue  # another watcher handled these
                runs = [self._handle(connection, reading) for reading in readings]
                self._move(connection, page.cursor)
            total = WatchRun(*(sum(column) for column in zip(*map(astuple, (total, *runs)), strict=True)))
            if len(readings) < batch:
                return total

    def restart(self) -> None:
        """Have the next run read the feed from its beginning. What has an alert gets no second one."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(cursor_table).where(cursor_table.c.name == _NAME))

    def _read(self, change: Change) -> _Reading:
        """What a change names and claims. A text that cannot be read must not keep the feed from moving on."""
        post = change.stored.post
        found: dict[str, list[Match]] = defaultdict(list)
        if change.kind is ChangeKind.REMOVED:
            return _Reading(change, found)
        try:
            for match in telling(self._matcher.match(post.title, post.text)):
                found[match.organisation].append(match)
            return _Reading(change, found, facts(post.title, post.text) if found else ())
        except Exception as error:  # noqa: BLE001 - told, counted, and the next post is read
            _log.error("post cannot be read", post=post.id, reason=f"{type(error).__name__}: {error}")
            return _Reading(change, found, failed=True)

    def _handle(self, connection: sa.Connection, reading: _Reading) -> WatchRun:
        now = self._clock()
        change = reading.change
        key = change.stored.post.key
        there = cases.alerts_of(connection, key.source, key.thread)
        new = 0
        for organisation, matches in reading.found.items():
            name = cases.alert_id(organisation, key.source, key.thread)
            if name not in there:
                self._raise(connection, name, organisation, reading, matches, now)
                there.append(name)
                new += 1
        joined = 0
        for alert in there:
            if cases.join_post(connection, alert, str(key), change.stored.revision, change.kind.value, now):
                joined += 1
                cases.note(connection, alert, now, "duskwatch", f"post {change.kind.value}", str(key))
        return WatchRun(1, sum(map(len, reading.found.values())), new, joined - new, int(reading.failed))

    def _raise(
        self,
        connection: sa.Connection,
        name: str,
        organisation: str,
        reading: _Reading,
        matches: Sequence[Match],
        now: datetime,
    ) -> None:
        change = reading.change
        stored, post = change.stored, change.stored.post
        grade = severity(matches[0].strength, post.kind)
        tlp = self._tlps.get(post.key.source, "amber")
        cases.insert_alert(
            connection,
            {
                "id": name,
                "organisation": organisation,
                "source": post.key.source,
                "thread": post.key.thread,
                "title": post.title,
                "url": post.url,
                "severity": grade.value,
                "state": cases.AlertState.NEW.value,
                "tlp": tlp,
                "created_at": now,
                "updated_at": now,
                "posted_at": post.posted_at,
                "first_seen_at": stored.first_seen_at,
                "stored_at": change.stored_at,
                "matches": matches_json(matches),
            },
        )
        cases.note(connection, name, now, "duskwatch", "alert", f"{organisation} named in {post.id}")
        payload = message(
            name, organisation, stored, matches, reading.claimed, grade.value, tlp, change.stored_at, now
        )
        for channel in self._organisations[organisation].channels or self._channels:
            enqueue(connection, name, "new", channel, payload, now)

    def _cursor(self, connection: sa.Connection) -> str | None:
        here = cursor_table.c.name == _NAME
        query = sa.select(cursor_table.c.cursor).where(here).with_for_update()
        found = connection.scalar(query)
        if found is None:  # a row that is not there cannot be locked, and two watchers may begin at once
            begin = sa.text(
                "INSERT INTO watch_cursor (name, cursor, at) VALUES (:name, '', :at) ON CONFLICT DO NOTHING"
            ).bindparams(sa.bindparam("at", type_=UtcDateTime))
            connection.execute(begin, {"name": _NAME, "at": self._clock()})
            found = connection.scalar(query)
        return found or None

    def _move(self, connection: sa.Connection, cursor: str) -> None:
        connection.execute(
            sa.update(cursor_table)
            .where(cursor_table.c.name == _NAME)
            .values(cursor=cursor, at=self._clock())
        )
