"""A watcher with its back-test as a process of its own that is quick to start: the state database, the store, how many
watches there are, and which of them at least are to be read whole."""

from __future__ import annotations

import sys
from contextlib import closing

import sqlalchemy as sa

from alerts.matching import build_matcher
from alerts.watcher import Watcher
from alerts.watchlist import Organisation
from config.database import open_database
from indexer.opening import open_store
from indexer.store import Store

NAMES = (
    "Invented Bank",
    "Pretended Clinic",
    "Fictional Railway",
    "Imaginary Mills",
    "Sham Insurance",
    "Feigned Harbour",
    "Bogus Airlines",
    "Dreamt Telecom",
    "Unreal Hospital",
)
BATCH = 6


def watches(count: int) -> tuple[Organisation, ...]:
    """The first so many watches."""
    return tuple(Organisation(id=name.split()[0].lower(), name=name) for name in NAMES[:count])


def watcher_of(database: sa.Engine, store: Store, count: int) -> Watcher:
    """A watcher that has so many watches."""
    watched = watches(count)
    return Watcher(store, database, build_matcher(watched), watched, ("soc",), {})


def main() -> None:
    url, posts, count = sys.argv[1:]
    with closing(open_store(posts)) as store:
        watcher = watcher_of(open_database(url), store, int(count))
        watcher.run_once(BATCH)
        watcher.go_back(build_matcher, BATCH)
