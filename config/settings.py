"""Duskwatch's settings: name, type, default and help together, read once.

Precedence: environment (``DUSKWATCH_<SECTION>__<KEY>``, or ``DUSKWATCH_<KEY>`` for keys without a section),
then ``duskwatch.toml``, then the defaults below. Relative paths are relative to the file's folder.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from config.errors import InputError, Problem
from config.inputs import problems_of

_PREFIX = "DUSKWATCH_"
_FILE = "duskwatch.toml"
_TOR_BROWSER = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
_ADDRESS = r"^(127\.\d+\.\d+\.\d+|\[::1\]|[A-Za-z0-9.-]+):\d{1,5}$"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TorSettings(_Section):
    """How Tor is reached."""

    socks: Annotated[str, Field(pattern=_ADDRESS, description="host:port of Tor's SOCKS port")] = (
        "127.0.0.1:9050"
    )
    control: Annotated[
        str | None, Field(pattern=_ADDRESS, description="host:port of its control port; doctor asks there")
    ] = None
    control_password: Annotated[SecretStr | None, Field(description="its password, where it has one")] = None
    wait: Annotated[
        float, Field(ge=0, le=3600, description="seconds that a crawl waits for Tor to answer")
    ] = 60.0


class CrawlSettings(_Section):
    """What holds for every crawl."""

    max_page_bytes: Annotated[
        int, Field(ge=10_000, le=100_000_000, description="reading of a page stops here, decompressed bytes")
    ] = 5_000_000
    user_agent: Annotated[str, Field(min_length=1, description="User-Agent header")] = _TOR_BROWSER


class WatchSettings(_Section):
    """How the change feed is read."""

    every: Annotated[float, Field(ge=0.1, le=3600, description="pause between two runs, seconds")] = 10.0
    batch: Annotated[int, Field(ge=1, le=10_000, description="changes handled in one transaction")] = 500


class DeliverSettings(_Section):
    """How deliveries leave."""

    every: Annotated[float, Field(ge=0.1, le=3600, description="pause between two runs, seconds")] = 2.0
    attempts: Annotated[int, Field(ge=1, le=1000, description="tries before a delivery is parked")] = 12
    backoff: Annotated[
        float, Field(gt=0, le=3600, description="pause after the first failure, seconds; then doubled")
    ] = 5.0
    backoff_limit: Annotated[float, Field(gt=0, le=86_400, description="longest pause, seconds")] = 3600.0


class LogSettings(_Section):
    """What is logged."""

    level: Annotated[
        str, Field(pattern="^(debug|info|warning|error)$", description="debug, info, warning or error")
    ] = "info"
    format: Annotated[
        str,
        Field(pattern="^(auto|text|json)$", description="text, json, or auto: text on a terminal, else json"),
    ] = "auto"


class Settings(_Section):
    """All settings. Paths are absolute once loaded."""

    data_dir: Annotated[Path, Field(description="folder for databases, evidence and cookies")] = Path("var")
    sources_dir: Annotated[Path, Field(description="folder of source files")] = Path("config/sources")
    watchlists_dir: Annotated[Path, Field(description="folder of watchlist files")] = Path(
        "config/watchlists"
    )
    channels_dir: Annotated[Path, Field(description="folder of channel files")] = Path("config/channels")
    database_url: Annotated[str, Field(description="state database; empty: SQLite in data_dir")] = ""
    store_url: Annotated[str, Field(description="store of posts; empty: SQLite in data_dir")] = ""
    tor: TorSettings = TorSettings()
    crawl: CrawlSettings = CrawlSettings()
    watch: WatchSettings = WatchSettings()
    deliver: DeliverSettings = DeliverSettings()
    log: LogSettings = LogSettings()


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. ``path``: the file; else ``$DUSKWATCH_CONFIG``; else ``./duskwatch.toml`` if there.

    Raises ``InputError`` with every fault, and for a file that was named but is not there.
    """
    environment = os.environ if environ is None else environ
    named = path or (Path(environment[f"{_PREFIX}CONFIG"]) if environment.get(f"{_PREFIX}CONFIG") else None)
    file = named or Path(_FILE)
    values: dict[str, Any] = {}
    if named or file.exists():
        values = _read_toml(file)
    known = set(Settings.model_fields)
    for name, value in sorted(environment.items()):
        if name.startswith(_PREFIX) and name != f"{_PREFIX}CONFIG":
            section, _, key = name.removeprefix(_PREFIX).lower().partition("__")
            if key:
                values[section] = {**values.get(section, {}), key: value}
            elif section in known:
                values[section] = value
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise InputError(problems_of(error, Settings, str(file), _toml_lines(file))) from None
    base = file.resolve().parent
    data = base / settings.data_dir
    return settings.model_copy(
        update={
            "data_dir": data,
            "sources_dir": base / settings.sources_dir,
            "watchlists_dir": base / settings.watchlists_dir,
            "channels_dir": base / settings.channels_dir,
            "database_url": settings.database_url or f"sqlite:///{data / 'state.db'}",
            "store_url": settings.store_url or f"sqlite:///{data / 'posts.db'}",
        }
    )


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError([Problem(str(file), None, "file", str(error), "mend the TOML")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Problem(str(file), None, "file", str(error), "check path and encoding")]) from None


def _toml_lines(file: Path) -> dict[tuple[str | int, ...], int]:
    """The line of every section and key, by a plain scan: tomllib tells none."""
    lines: dict[tuple[str | int, ...], int] = {}
    if not file.exists():
        return lines
    section: tuple[str, ...] = ()
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            section = tuple(part.strip(' "') for part in text.strip("[]").split("."))
            lines[section] = number
        elif "=" in text and not text.startswith("#"):
            lines[(*section, text.split("=", 1)[0].strip(' "'))] = number
    return lines
