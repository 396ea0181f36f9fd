"""What facets and histograms count by, column by column in memory: to look up 150,000 posts in the table takes seconds,
to count them here some ten milliseconds. 29 bytes a post, and its authors' names once each.

Read from the store when it is first needed and kept up to date from its feed. Shared by all who have the same file open
in this process.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from indexer.store import FACETS

#: From so many hits on it is worth it.
WORTH = 500
_AT_ONCE = 50_000  # rows
_MOST_VALUES = 100  # of a facet
_KEPT = 8  # queries whose rows are remembered
_ROWS = "SELECT rowid, posted, " + ", ".join(f"coalesce({name}, '')" for name in FACETS) + " FROM post"
_HOUR, _DAY = 3600, 86_400
_MONDAY = 4 * _DAY  # 1970-01-05

Numbers = NDArray[np.int64]
_shared: WeakValueDictionary[str, Columns] = WeakValueDictionary()
_sharing = threading.Lock()


class Columns:
    """The columns of one store. Safe in several threads; ``db`` is the caller's connection, within a transaction."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_to = 0  # of the feed
        self._purges = ""
        self._live: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._posted: NDArray[np.float64] = np.zeros(0, np.float64)
        self._codes: dict[str, NDArray[np.int32]] = {}
        self._code_of: dict[str, dict[str, int]] = {}
        self._kept: dict[tuple[object, ...], Numbers] = {}
        self._clear()

    def rows(self, db: sqlite3.Connection, query: str, values: Sequence[object]) -> Numbers:
        """The numbers of rows that a query of SQL gives, for the calls below; of every post for "". The last ones are
        remembered: a page asks for facets and histogram of the same hits."""
        with self._lock:
            self._read_on(db)
            if not query:
                return np.flatnonzero(self._live)
            asked = (query, *values, self._read_to)
            kept = self._kept.get(asked)
        if kept is None:
            kept = np.fromiter((row[0] for row in db.execute(query, values)), np.int64)
            with self._lock:
                self._kept[asked] = kept
                while len(self._kept) > _KEPT:
                    del self._kept[next(iter(self._kept))]
        return kept

    def count(self, name: str, rows: Numbers) -> dict[str, int]:
        """How many of these posts have each value of a facet: the most frequent first, then by value."""
        with self._lock:
            codes, values = self._codes[name], list(self._code_of[name])
        counts = np.bincount(codes[rows], minlength=len(values))
        there = np.flatnonzero(counts)
        if len(there) > _MOST_VALUES:
            least = np.partition(counts[there], -_MOST_VALUES)[-_MOST_VALUES]
            there = there[counts[there] >= least]
        found = sorted(
            ((values[code], int(counts[code])) for code in there), key=lambda one: (-one[1], one[0])
        )
        return dict(found[:_MOST_VALUES])

    def bars(self, rows: Numbers, interval: str) -> list[tuple[datetime, int]]:
        """How many of these posts were written in each hour, day, week or month, the oldest first."""
        with self._lock:
            posted = self._posted
        seconds = np.floor(posted[rows]).astype(np.int64)
        if interval == "month":
            months, counts = np.unique(
                seconds.astype("datetime64[s]").astype("datetime64[M]"), return_counts=True
            )
            starts = months.astype("datetime64[s]").astype(np.int64)
        else:
            size, begin = {"hour": (_HOUR, 0), "day": (_DAY, 0), "week": (7 * _DAY, _MONDAY)}[interval]
            starts, counts = np.unique((seconds - begin) // size * size + begin, return_counts=True)
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return [
            (epoch + timedelta(seconds=int(at)), int(count)) for at, count in zip(starts, counts, strict=True)
        ]

    def _clear(self) -> None:
        self._read_to = 0
        self._live = np.zeros(0, np.bool_)
        self._posted = np.zeros(0, np.float64)
        self._kept = {}
        self._codes = {name: np.zeros(0, np.int32) for name in FACETS}
        self._code_of = {name: {} for name in FACETS}

    def _read_on(self, db: sqlite3.Connection) -> None:
        """Read what changed since. A purge, which the feed tells nothing of, has everything read again."""
        purges = db.execute("SELECT coalesce((SELECT value FROM meta WHERE key = 'purges'), '')").fetchone()[
            0
        ]
        last = db.execute("SELECT coalesce(max(seq), 0) FROM feed").fetchone()[0]
        if purges != self._purges:
            self._clear()
            self._purges = purges
        if last <= self._read_to:
            return
        changed = f"{_ROWS} WHERE rowid IN (SELECT post FROM feed WHERE seq > ?)"
        found = db.execute(changed, (self._read_to,)) if self._read_to else db.execute(_ROWS)
        self._make_room(db.execute("SELECT coalesce(max(rowid), 0) + 1 FROM post").fetchone()[0])
        while part := found.fetchmany(_AT_ONCE):
            self._take(part)
        self._read_to = last

    def _take(self, part: list[tuple[Any, ...]]) -> None:
        rowids, posted, *values = zip(*part, strict=True)
        at = np.array(rowids, np.int64)
        self._posted[at] = posted
        for name, column in zip(FACETS, values, strict=True):
            code_of = self._code_of[name]
            self._codes[name][at] = [code_of.setdefault(value, len(code_of)) for value in column]
        self._live[at] = True

    def _make_room(self, size: int) -> None:
        """Others may be counting: what they hold stays as it is, and is a little older."""
        if size <= len(self._live):
            return
        more = max(size, len(self._live) * 5 // 4) - len(self._live)
        self._live = np.pad(self._live, (0, more))
        self._posted = np.pad(self._posted, (0, more))
        self._codes = {name: np.pad(codes, (0, more)) for name, codes in self._codes.items()}


def columns_of(store: str) -> Columns:
    """The columns of the store with this identity."""
    with _sharing:
        found = _shared.get(store)
        if found is None:
            found = _shared[store] = Columns()
        return found
