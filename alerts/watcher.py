"""From the change feed to alerts: reads on from its cursor; alerts, deliveries and cursor are written at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from alerts import cases
from alerts.matching.port import Match, Matcher
from alerts.message import matches_json, message
from alerts.outbox import enqueue
from alerts.severity import severity
from alerts.watchlist import Organisation
from config.database import UtcDateTime, metadata
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


@dataclass(frozen=True, slots=True)
class WatchRun:
    """What one run of the watcher did."""

    changes: int
    matches: int
    alerts_new: int
    alerts_joined: int


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
        """Handle everything that the feed holds; one transaction a batch."""
        total = [0, 0, 0, 0]
        while True:
            # the lock on the cursor's row keeps two watchers from handling one batch at the same time
            with self._database.begin() as connection:
                page = self._store.changes(self._cursor(connection), batch)
                counts = [0, 0, 0]
                for change in page.changes:
                    for number, count in enumerate(self._handle(connection, change)):
                        counts[number] += count
                if page.changes:
                    self._move(connection, page.cursor)
            total = [total[0] + len(page.changes), *(a + b for a, b in zip(total[1:], counts, strict=True))]
            if len(page.changes) < batch:
                return WatchRun(*total)

    def _handle(self, connection: sa.Connection, change: Change) -> tuple[int, int, int]:
        """Matches, new alerts and joined alerts of one change."""
        now = self._clock()
        stored = change.stored
        key = stored.post.key
        there = cases.alerts_of(connection, key.source, key.thread)
        found: dict[str, list[Match]] = defaultdict(list)
        if change.kind is not ChangeKind.REMOVED:
            for match in self._matcher.match(stored.post.title, stored.post.text):
                found[match.organisation].append(match)
        new = 0
        for organisation, matches in found.items():
            name = cases.alert_id(organisation, key.source, key.thread)
            if name not in there:
                self._raise(connection, name, organisation, change, matches, now)
                there.append(name)
                new += 1
        joined = 0
        for alert in there:
            if cases.join_post(connection, alert, str(key), stored.revision, change.kind.value, now):
                joined += 1
                cases.note(connection, alert, now, "duskwatch", f"post {change.kind.value}", str(key))
        return sum(map(len, found.values())), new, joined - new

    def _raise(
        self,
        connection: sa.Connection,
        name: str,
        organisation: str,
        change: Change,
        matches: Sequence[Match],
        now: datetime,
    ) -> None:
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
        payload = message(name, organisation, stored, matches, grade.value, tlp, change.stored_at, now)
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
