"""From the change feed to alerts: reads on from its cursor; alerts, deliveries and cursor are written at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from alerts.backtest import backtest
from alerts.baseline import Historian, Past, waits
from alerts.baseline_report import make_reports
from alerts.copies import keeping
from alerts.copies.groups import copies
from alerts.dispatch import Dispatch
from alerts.hits import count
from alerts.intake import Intake
from alerts.matching.port import Matcher
from alerts.reading import Reading, Thread, read
from alerts.routes import Way
from alerts.tables import listing_table
from alerts.unnamed.tier import DAILY
from alerts.versions import digest_of, in_force, put_in_force, supersede, versions_of
from alerts.watchlist import Organisation
from config.database import UtcDateTime, metadata, reading
from config.errors import CursorUnknown
from indexer.post import Change
from indexer.store import Store

if TYPE_CHECKING:
    from alerts.unnamed.index import Profiles

cursor_table = sa.Table(
    "watch_cursor",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("cursor", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
_NAME = "watcher"
_PARAMETERS = 500  # values in one statement


@dataclass(frozen=True, slots=True)
class WatchRun:
    """What one run of the watcher did."""

    changes: int
    matches: int
    alerts_new: int
    alerts_joined: int
    alerts_again: int = 0  # raised again for a material change
    failed: int = 0  # posts that could not be read; each is named in the log
    history: int = 0  # cases of history made: told in a report
    possible: int = 0  # possible alerts, of listings that name nobody


class Watcher:
    """One pass over what is new in the store. ``channels``: the names of all channels. ``tlps``: the marking
    of each source; a source that is not named is amber. ``ways``: the routes; without any every alert goes to its
    organisation's channels, or to all. ``reliabilities``: of the sources by the Admiralty code, F where none is
    given. ``past``: how sources had been read; without it all is news. ``profiles``: what data look like, for listings
    that name nobody. ``daily``: possible alerts that are told of an organisation in a day, the others in a digest.
    ``versions``: of the organisations' watches, where they are known already."""

    def __init__(
        self,
        store: Store,
        database: sa.Engine,
        matcher: Matcher,
        organisations: Sequence[Organisation],
        channels: Sequence[str],
        tlps: Mapping[str, str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        ways: Sequence[Way] = (),
        reliabilities: Mapping[str, str] | None = None,
        past: Past | None = None,
        profiles: Profiles | None = None,
        daily: int = DAILY,
        versions: Mapping[str, str] | None = None,
    ) -> None:
        self._store = store
        self._database = database
        self._matcher = matcher
        self._organisations = {each.id: each for each in organisations}
        self._dispatch = Dispatch(ways, tuple(channels))
        self._versions = versions_of(organisations) if versions is None else versions
        self._digest = digest_of(self._versions)
        self._past = past
        self._historian = Historian(past)
        self._intake = Intake(
            organisations, self._dispatch, tlps, reliabilities or {}, self._historian, daily=daily
        )
        self._profiles = profiles
        self._clock = clock

    def run_once(self, batch: int = 500) -> WatchRun:
        """Handle everything that the feed holds; one transaction a batch.

        Texts are read before it: a hostile one may take long, and meanwhile nobody else could write.
        """
        total, first = WatchRun(0, 0, 0, 0), True
        with self._database.begin() as connection:
            cursor = self._cursor(connection)
            if not in_force(connection, self._digest):
                revisions = self._store.stats().revisions
                put_in_force(connection, self._versions, cursor, revisions, self._clock())
        while True:
            with self._database.begin() as connection:
                cursor = self._cursor(connection)
            looked = self._clock()
            try:
                page = self._store.changes(cursor, batch)
            except CursorUnknown as error:
                cure = "duskwatch watch restart reads the feed of the store in use from its beginning"
                raise CursorUnknown(error.message, cure=cure) from error
            if not page.changes:
                self._report(looked)
                return total
            if first:
                self._intake.know_copies(copies(self._database)[0])
                first = False
            watched = self._watched(page.changes)
            readings = read(page.changes, self._matcher, watched, self._organisations, self._profiles)
            self._historian.look_back(self._store, _of_interest(readings, watched))
            with self._database.begin() as connection:
                if self._cursor(connection) != cursor:
                    continue  # another watcher handled these
                if not in_force(connection, self._digest):
                    return total  # another watcher has other watches, and read on by them
                keeping.take(connection, page.changes)
                self._historian.observe(connection, page.changes)
                runs = [self._take(connection, reading) for reading in readings]
                count(connection, readings, self._clock())
                self._move(connection, page.cursor)
            total = WatchRun(*(sum(column) for column in zip(*map(astuple, (total, *runs)), strict=True)))
            if len(readings) < batch:
                self._report(looked)
                return total

    def _report(self, looked: datetime | None) -> None:
        """Tell what history said, where it is due. ``looked``: when the feed was looked at and read to its end; None:
        it was not, and only back-tests are told."""
        with self._database.connect() as connection:
            if not waits(connection):
                return
        with self._database.begin() as connection:
            self._cursor(connection)  # locked, so that two watchers do not make the same report
            make_reports(
                connection,
                self._dispatch,
                self._intake.own_channels,
                self._past,
                self._clock(),
                looked=looked,
            )

    def go_back(
        self,
        build: Callable[[Sequence[Organisation]], Matcher],
        batch: int = 500,
        stop: Callable[[], bool] = lambda: False,
    ) -> int:
        """Hold watches that were added or changed against what was read before, to the end or until ``stop``; how many
        back-tests ended. ``build``: makes the matcher of some organisations."""
        ended = backtest(
            self._database,
            self._store,
            self._intake,
            build,
            self._cursor,
            self._clock,
            batch=batch,
            stop=stop,
        )
        if ended:
            self._report(None)
        return ended

    def restart(self) -> None:
        """Have the next run read the feed from its beginning. What has an alert gets no second one."""
        with self._database.begin() as connection:
            self._cursor(connection)
            supersede(connection, None, self._clock())
            connection.execute(sa.delete(cursor_table).where(cursor_table.c.name == _NAME))

    def _take(self, connection: sa.Connection, reading: Reading) -> WatchRun:
        taken = self._intake.take(connection, reading, self._clock())
        return WatchRun(
            1,
            taken.matches,
            taken.new,
            taken.joined,
            taken.again,
            int(reading.failed),
            taken.history,
            taken.possible,
        )

    def _watched(self, changes: Sequence[Change]) -> set[Thread]:
        """Those threads of the changes that an alert is about."""
        columns = listing_table.c
        threads = sorted({change.stored.post.key.thread for change in changes})
        sources = sorted({change.stored.post.key.source for change in changes})
        found: set[Thread] = set()
        with self._database.connect() as connection:
            for start in range(0, len(threads), _PARAMETERS):
                part = threads[start : start + _PARAMETERS]
                query = sa.select(columns.source, columns.thread).where(
                    columns.source.in_(sources), columns.thread.in_(part)
                )
                found |= {(source, thread) for source, thread in connection.execute(query.distinct())}
        return found

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


def _of_interest(readings: Sequence[Reading], watched: Collection[Thread]) -> Iterator[Change]:
    """The changes that may do something to an alert."""
    for each in readings:
        key = each.change.stored.post.key
        if each.found or each.possible or (key.source, key.thread) in watched:
            yield each.change


def feed_cursors(database: sa.Engine) -> dict[str, tuple[str | None, datetime]]:
    """Where each reader of the feed stands, by its name, and since when; None: at the beginning."""
    with reading(database) as connection:
        found = connection.execute(sa.select(cursor_table))
        return {row.name: (row.cursor or None, row.at) for row in found}
