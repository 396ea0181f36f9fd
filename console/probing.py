"""Addresses that are being looked at to become sources: a job of its own each, whose page may be left and opened again.

The prober is a process (``crawler/probe.py``); a thread of the console hears what it says. What it found is kept in the
state database, so that another console, or this one after a restart, shows it and writes the source's file.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from config.database import UtcDateTime, metadata
from config.errors import DuskwatchError, StopError
from config.settings import Settings
from console.adding import Asked, Proposal, asked_for, probe, proposed

probe_table = sa.Table(
    "source_probe",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("adapter", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("says", sa.Text, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("told", sa.JSON(none_as_null=True)),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)
_columns = probe_table.c
_MOST = 3  # at once, in one console
_SILENT = timedelta(minutes=6)  # the longest that one page takes, and more


class ProbeState(StrEnum):
    """How far an address is."""

    RUNNING = "running"
    READ = "read"  # what was read waits for a person
    FAILED = "failed"
    WRITTEN = "written"  # it is a source
    DROPPED = "dropped"


class ProbeUnknown(StopError):
    """No address is looked at under this name."""


class ProbesBusy(StopError):
    """As many addresses are looked at as may be at once."""


@dataclass(frozen=True, slots=True)
class Probed:
    """One address that is or was looked at. ``says``: the page that is read now, or why nothing was read."""

    id: str
    url: str
    name: str
    adapter: str
    state: ProbeState
    says: str
    pages: int
    told: dict[str, Any] | None
    who: str
    at: datetime
    updated_at: datetime


class Probes:
    """The addresses of one console. ``now``: the clock."""

    def __init__(
        self, config: Path | None, settings: Settings, database: sa.Engine, now: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._settings = settings
        self._database = database
        self._now = now
        self._lock = threading.Lock()
        self._running: dict[str, subprocess.Popen[str] | None] = {}
        self._forget_dead()

    def begin(self, url: str, name: str, adapter: str, who: str) -> str:
        """Look at an address; the job's id. Raises ``AddressRefused`` at once, ``ProbesBusy``."""
        asked = asked_for(url, name or None, adapter or None)
        key = secrets.token_hex(8)
        with self._lock:
            if len(self._running) >= _MOST:
                raise ProbesBusy(cure="wait until one of them has ended")
            self._running[key] = None
        now = self._now()
        values = {"id": key, "url": url, "name": asked.name, "adapter": adapter, "who": who, "at": now}
        state = {"state": ProbeState.RUNNING.value, "says": "", "pages": 0, "holder": _holder()}
        with self._database.begin() as connection:
            connection.execute(sa.insert(probe_table).values(**values, **state, updated_at=now))
        threading.Thread(target=self._run, args=(key, asked), name=f"probe {key}", daemon=True).start()
        return key

    def get(self, key: str) -> Probed:
        """One job. Raises ``ProbeUnknown``."""
        with self._database.connect() as connection:
            row = connection.execute(sa.select(probe_table).where(_columns.id == key)).first()
        if row is None:
            raise ProbeUnknown
        return self._probed(row)

    def recent(self, limit: int = 10) -> list[Probed]:
        """The newest jobs that somebody still has to look at."""
        open_ = (ProbeState.RUNNING.value, ProbeState.READ.value, ProbeState.FAILED.value)
        query = (
            sa.select(probe_table).where(_columns.state.in_(open_)).order_by(_columns.at.desc()).limit(limit)
        )
        with self._database.connect() as connection:
            return [self._probed(row) for row in connection.execute(query)]

    def proposal(self, job: Probed) -> Proposal:
        """What was found, as a source. Raises ``SourceNotFound``."""
        asked = asked_for(job.url, job.name, job.adapter or None)
        return proposed(asked, job.told or {}, self._settings)

    def settle(self, key: str, state: ProbeState, says: str = "") -> None:
        """Say what became of a job."""
        self._set(key, state=state.value, says=says)

    def close(self) -> None:
        """End the probers that still run; their jobs are shown as failed."""
        with self._lock:
            running = [each for each in self._running.values() if each]
        for process in running:
            process.terminate()
        for process in running:
            process.wait(5)

    def _run(self, key: str, asked: Asked) -> None:
        try:
            told = probe(
                asked.as_json(),
                self._config,
                heard=lambda pages, url: self._set(key, pages=pages, says=url),
                started=lambda process: self._running.__setitem__(key, process),
            )
            proposed(asked, told, self._settings)
            self._set(key, state=ProbeState.READ.value, says="", told=told, pages=told["pages"])
        except DuskwatchError as error:
            self._set(key, state=ProbeState.FAILED.value, says=str(error))
        except Exception as error:
            self._set(key, state=ProbeState.FAILED.value, says=f"{type(error).__name__}: {error}"[:500])
            raise
        finally:
            with self._lock:
                self._running.pop(key, None)

    def _set(self, key: str, **values: Any) -> None:
        with self._database.begin() as connection:
            connection.execute(
                sa.update(probe_table).where(_columns.id == key).values(**values, updated_at=self._now())
            )

    def _probed(self, row: sa.Row[Any]) -> Probed:
        values = {name: value for name, value in row._mapping.items() if name != "holder"}
        state, says = ProbeState(row.state), row.says
        if state is ProbeState.RUNNING and row.updated_at < self._now() - _SILENT:
            state, says = ProbeState.FAILED, "nothing was heard of it for long: look again"
        return Probed(**values | {"state": state, "says": says})

    def _forget_dead(self) -> None:
        """Jobs of a console of this machine that ended meanwhile."""
        query = sa.select(_columns.id, _columns.holder).where(_columns.state == ProbeState.RUNNING.value)
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        for key, holder in rows:
            machine, _, process = holder.rpartition(" ")
            if machine == _machine() and not os.path.exists(f"/proc/{process}"):
                self.settle(key, ProbeState.FAILED, "the console ended meanwhile: look again")


def _machine() -> str:
    # a container's processes have numbers of their own
    return f"{socket.gethostname()}-{os.stat('/proc/self/ns/pid').st_ino}"


def _holder() -> str:
    return f"{_machine()} {os.getpid()}"
