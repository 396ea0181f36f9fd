"""Watches that were added or changed, against what was read before: what is found becomes history, told in one report.

A back-test ends at the place of the feed from which the watcher reads by the new version. Each batch moves its cursor
in the transaction that writes what it found, under the lock of the watcher's cursor: killed at any point, it goes on
where it was, and no watch is put in force meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa

from alerts.history import Reason, Verdict
from alerts.hits import count
from alerts.intake import Intake
from alerts.matching.port import Matcher
from alerts.reading import read
from alerts.retro import Hunt, find_hunt
from alerts.tables import hunt_table
from alerts.versions import kept_versions, version_of
from alerts.watchlist import Organisation
from indexer.store import Store

_PAST = Verdict(False, Reason.WATCH)


def backtest(
    database: sa.Engine,
    store: Store,
    intake: Intake,
    build: Callable[[Sequence[Organisation]], Matcher],
    lock: Callable[[sa.Connection], object],
    clock: Callable[[], datetime],
    *,
    batch: int = 500,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Go on with every back-test that is under way, to its end or until ``stop``; how many ended. ``build``: makes the
    matcher of some organisations; ``lock``: holds the watcher's cursor for the rest of a transaction. A back-test
    whose watches are not those of ``intake`` is left to who has them."""
    ended = 0
    for number in _running(database):
        matcher: Matcher | None = None
        built: tuple[str, ...] = ()
        while not stop():
            with database.connect() as connection:
                hunt = find_hunt(connection, number)
            if hunt.state != "running":
                break
            watched = [
                intake.organisations[name] for name in hunt.organisations if name in intake.organisations
            ]
            if matcher is None or built != hunt.organisations:
                matcher, built = build(watched), hunt.organisations
            page = store.changes(hunt.cursor, batch, until=hunt.until)
            readings = read(page.changes, matcher, (), {each.id: each for each in watched})
            with database.begin() as connection:
                lock(connection)
                if not _unmoved(connection, hunt):
                    continue
                if not _in_force(connection, hunt, watched):
                    break
                now = clock()
                for reading in readings:
                    intake.take(connection, reading, now, _PAST, number, only=hunt.organisations)
                count(connection, readings, now, past=True)
                values = {"cursor": page.cursor, "revisions_read": hunt.revisions_read + len(readings)}
                state = "running" if readings else "done"
                connection.execute(
                    sa.update(hunt_table)
                    .where(hunt_table.c.id == number)
                    .values(**values, state=state, updated_at=now)
                )
            ended += not readings
    return ended


def _running(database: sa.Engine) -> list[int]:
    columns = hunt_table.c
    query = sa.select(columns.id).where(columns.kind == "history", columns.state == "running")
    with database.connect() as connection:
        return list(connection.scalars(query.order_by(columns.id)))


def _unmoved(connection: sa.Connection, hunt: Hunt) -> bool:
    now = find_hunt(connection, hunt.id, lock=True)
    return (now.state, now.cursor, now.organisations) == (hunt.state, hunt.cursor, hunt.organisations)


def _in_force(connection: sa.Connection, hunt: Hunt, watched: Sequence[Organisation]) -> bool:
    kept = kept_versions(connection)
    return {each.id: version_of(each) for each in watched} == {
        name: kept.get(name) for name in hunt.organisations
    }
