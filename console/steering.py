"""What an operator does with a source that is there: pause and resume it, run it now, lend it a session.

A source's file says whether it is crawled and where its session is kept; a secret stands in a file of its own that only
this user may read, or in the environment, and is shown nowhere.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from alerts.handling import Actor
from config.errors import InputError, Problem, StopError
from config.settings import Settings
from console.editing import Piece, change, filled, there
from console.versions import SOURCE, ReasonWanted
from crawler.leases import Leases
from crawler.sessions import lent_cookies
from crawler.source import Session, load_source
from crawler.state import CrawlState
from crawler.tor.control import close_circuits


class SourcePaused(StopError):
    """The source is paused."""


def set_enabled(
    settings: Settings, database: sa.Engine, name: str, enabled: bool, *, by: Actor, why: str, at: datetime
) -> tuple[str, ...]:
    """Pause a source or resume it, in its file; the fields whose comments were lost. Raises as ``change``."""
    return _set(settings, database, name, {"schedule": {"enabled": enabled}}, by, why, at)


def run_now(settings: Settings, database: sa.Engine, name: str) -> bool:
    """Have a source crawled as soon as the service can; False where it is crawled now. Raises ``SourceUnknown``,
    ``SourcePaused``."""
    source = load_source(settings.sources_dir, name)
    if not source.schedule.enabled:
        raise SourcePaused(f"{name} is paused", cure=f"duskwatch source resume {name}")
    return Leases(database, settings.crawl.lease).hasten(name)


def new_circuits(settings: Settings, database: sa.Engine, name: str) -> tuple[int, int | None]:
    """Have a source read through circuits of its own from now on: their number, and how many of a crawl under way were
    closed, None where Tor cannot be asked. Raises ``SourceUnknown``."""
    load_source(settings.sources_dir, name)
    return CrawlState(database, name).new_circuits(), close_circuits(settings.tor, name)


def lend_cookies(
    settings: Settings, database: sa.Engine, name: str, cookies: str, *, by: Actor, why: str, at: datetime
) -> Path:
    """Lend a source the cookies of a session, as a browser sends them or as a cookies.txt: kept in a file that only
    this user may read, which the source's file then names. Raises ``SecretMissing`` for what holds no cookie."""
    source = load_source(settings.sources_dir, name)
    path = settings.data_dir / "sessions" / f"{name}.cookies"
    before = path.read_bytes() if path.exists() else None
    _write_secret(path, cookies.replace("\r\n", "\n").encode("utf-8"))
    try:
        lent_cookies(source.model_copy(update={"session": Session(cookie_file=path)}))
        field = {"session": {"cookie_env": None, "cookie_file": str(path)}}
        _set(settings, database, name, field, by, why, at)
    except BaseException:
        if before is None:
            path.unlink()
        else:
            _write_secret(path, before)
        raise
    Leases(database, settings.crawl.lease).wake([name])
    return path


def name_cookies(
    settings: Settings, database: sa.Engine, name: str, variable: str, *, by: Actor, why: str, at: datetime
) -> None:
    """Have a source's session read from a variable of the service's environment. Raises as ``change``."""
    _set(settings, database, name, {"session": {"cookie_file": None, "cookie_env": variable}}, by, why, at)
    _forget(settings, name)


def take_session_back(
    settings: Settings, database: sa.Engine, name: str, *, by: Actor, why: str, at: datetime
) -> None:
    """Lend a source no session any more, and remove what was kept of one here."""
    _set(settings, database, name, {"session": None}, by, why, at)
    _forget(settings, name)


def _forget(settings: Settings, name: str) -> None:
    with suppress(FileNotFoundError):
        (settings.data_dir / "sessions" / f"{name}.cookies").unlink()


def _set(
    settings: Settings,
    database: sa.Engine,
    name: str,
    values: dict[str, Any],
    by: Actor,
    why: str,
    at: datetime,
) -> tuple[str, ...]:
    load_source(settings.sources_dir, name)
    if not why.strip():
        raise ReasonWanted(cure="a few words that tell the next person the reason")
    found: Piece = there(settings, SOURCE, name)
    text, lost = filled(found.text, values)
    if text.strip("\n") == found.text.strip("\n"):
        return ()
    change(settings, database, SOURCE, name, base=found.text, text=text, by=by, why=why, at=at)
    return lost


def _write_secret(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        number, made = tempfile.mkstemp(prefix=".session-", dir=path.parent)  # mode 0600
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, path)
    except OSError as error:
        fault = error.strerror or "cannot be written"
        raise InputError([Problem(str(path), None, "session", fault, "check its folder")]) from None
