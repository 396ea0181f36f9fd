"""What every request needs: settings and files as they are now, the databases, and who asks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, cast

import sqlalchemy as sa
import structlog

from alerts.matching.port import Matcher
from config.database import migrate, open_database
from config.errors import DuskwatchError, InputError
from config.settings import Settings, load_settings
from console.freshness import Stamps, stamps
from console.wiring import Inputs, read_inputs
from indexer.opening import open_store
from indexer.store import Store

T = TypeVar("T")
_log = structlog.get_logger()
_MOST_KEPT = 200  # figures
_FRESH = 10.0  # seconds after which changed files are looked at


class Context:
    """One for the whole console. ``inputs`` are the last files without a fault."""

    def __init__(
        self, config: Path | None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.config = config
        self.now = clock
        self.settings: Settings = load_settings(config)
        self.engine: sa.Engine = open_database(self.settings.database_url)
        migrate(self.engine)
        self._inputs = read_inputs(config)
        self._stamped = self._stamps()
        self._read_at = time.monotonic()
        self._lock = threading.Lock()
        self._lately: dict[object, tuple[float, object]] = {}
        self._local = threading.local()
        self._stores: list[Store] = []
        #: What is wrong with the files, as it was last read; "" when nothing is.
        self.faults = ""

    @property
    def inputs(self) -> Inputs:
        """Sources, watchlists and settings, at most some seconds old."""
        with self._lock:
            if time.monotonic() - self._read_at > _FRESH:
                self._read_at = time.monotonic()
                self._read_changed()
            return self._inputs

    def short(self, text: object) -> str:
        """Words with the paths of people's files from the folder above them, as they were set up."""
        settings = self.settings
        folders = [settings.sources_dir, settings.watchlists_dir, settings.channels_dir, settings.routes_dir]
        above = os.path.dirname(os.path.commonpath(folders))
        return str(text).replace(f"{above}/", "") if above != "/" else str(text)

    def look_again(self) -> None:
        """Have the files read at the next request: this console has just changed one."""
        with self._lock:
            self._read_at = -_FRESH

    def _read_changed(self) -> None:
        """Read the files again where one was changed; reading them all takes longer than a page may."""
        now = self._stamps()
        if now == self._stamped:
            return
        self._stamped = now
        try:
            fresh = read_inputs(self.config)
            self.faults = ""
            if fresh != self._inputs:
                self._inputs = fresh
        except InputError as error:
            self.faults = str(error)

    def _stamps(self) -> Stamps:
        settings = self._inputs.settings
        places = [
            settings.sources_dir,
            settings.watchlists_dir,
            settings.routes_dir,
            settings.channels_dir,
        ]
        return stamps([*places, *([self.config] if self.config else [])])

    def lately(self, name: object, seconds: float, make: Callable[[], T]) -> T:
        """What ``make`` gave at most so many seconds ago: figures over many alerts need not be counted for every page.
        ``name`` tells them apart, and whose they are."""
        now = time.monotonic()
        kept = self._lately.get(name)
        if kept is None or now - kept[0] > seconds:
            kept = (now, make())
            with self._lock:
                self._lately[name] = kept
                while len(self._lately) > _MOST_KEPT:
                    del self._lately[next(iter(self._lately))]
        return cast(T, kept[1])

    @property
    def store(self) -> Store:
        """The store, opened once in each thread."""
        opened: Store | None = getattr(self._local, "store", None)
        if opened is None:
            opened = open_store(self.settings.store_url, self.settings.elasticsearch)
            self._local.store = opened
            with self._lock:
                self._stores.append(opened)
        return opened

    @property
    def matcher(self) -> Matcher:
        """What finds the organisations of the watchlists that are in force."""
        return self.inputs.matcher

    def sees(self, source: str) -> bool:  # noqa: ARG002
        """Whether what a source holds is shown: all of it, to the console itself."""
        return True

    def warm(self) -> None:
        """Have the store read what it counts by, before somebody waits for it."""
        try:
            self.store.histogram("", interval="month")
        except DuskwatchError as error:
            _log.warning("the store is not warm", reason=str(error))

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            for opened in self._stores:
                opened.close()
            self._stores.clear()
        self.engine.dispose()
