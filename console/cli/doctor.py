"""``duskwatch doctor``: is everything in order, and how to mend what is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.text import Text

from alerts.channels import Unready
from alerts.loading import load_watchlists
from config.errors import DuskwatchError
from config.inputs import nearest, yaml_files
from config.settings import Settings, load_settings
from console.cli.output import options, show
from console.copies import known_copies
from console.wiring import (
    ailing,
    channels,
    database,
    dating_of,
    read_routes,
    read_sources,
    readers,
    spool,
    store,
)
from crawler.tor.control import connection
from crawler.tor.wait import wait_for_tor
from indexer.spool import FULL


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    what: str
    good: bool
    says: str


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(context: typer.Context) -> None:
    """Check settings, data folder, databases, feed, spool, Tor, sources, watchlists, channels, heartbeat and clock."""
    findings = examine(options(context).config)
    shown = Text("\n").join(
        Text.assemble(
            ("ok    " if finding.good else "FAULT ", "green" if finding.good else "bold red"),
            (f"{finding.what:<12}", "bold"),
            finding.says,
        )
        for finding in findings
    )
    show(context, [asdict(finding) for finding in findings], shown)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def examine(config: Path | None) -> list[Finding]:
    """Check everything; faults do not hide one another, save that nothing works without settings."""
    try:
        settings = load_settings(config)
    except DuskwatchError as error:
        return [Finding("settings", False, str(error))]
    findings = [Finding("settings", True, "read")]
    checks = (
        _data,
        _database,
        _store,
        _feed,
        _spool,
        _tor,
        _sources,
        _watchlists,
        _channels,
        _routes,
        _heartbeat,
        _clock,
    )
    for check in checks:
        findings.append(_guarded(check, settings))
    return findings


def _guarded(check: Callable[[Settings], str], settings: Settings) -> Finding:
    name = check.__name__.lstrip("_")
    try:
        return Finding(name, True, check(settings))
    except (DuskwatchError, OSError, ValueError) as error:
        return Finding(name, False, str(error))
    except Exception as error:  # noqa: BLE001 - a check that breaks is itself a finding; the rest are still made
        return Finding(name, False, f"{type(error).__name__}: {error}")


def _data(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not os.access(settings.data_dir, os.W_OK):
        raise OSError(f"{settings.data_dir} cannot be written to (change its owner or data_dir)")
    return str(settings.data_dir)


def _database(settings: Settings) -> str:
    with database(settings) as engine:
        return f"{engine.dialect.name}, schema up to date"


def _store(settings: Settings) -> str:
    with store(settings) as posts:
        stats = posts.stats()
        ailments = posts.ailments()
    if ailments:
        raise ValueError("; ".join(map(str, ailments)))
    about = "".join(f", {name} {value}" for name, value in stats.detail.items() if name != "kind")
    return f"{stats.posts:,} posts, {stats.revisions:,} revisions, {stats.size_bytes / 1e6:.1f} MB{about}"


def _feed(settings: Settings) -> str:
    now = datetime.now(UTC)
    with store(settings) as posts:
        found = readers(settings, posts)
    if stuck := [reader for reader in found if reader.stuck(settings.watch.every, now)]:
        since = f"{min(reader.moved_at for reader in stuck):%Y-%m-%d %H:%M}Z"
        raise ValueError(f"{', '.join(map(str, stuck))} since {since} (is duskwatch run running?)")
    return ", ".join(map(str, found)) or "not read yet"


def _spool(settings: Settings) -> str:
    with spool(settings) as waiting:
        figures = waiting.figures()
    faults = []
    if figures.alarm:
        faults.append(f"{figures} ({FULL})")
    elif figures.waiting:
        faults.append(f"{figures} (duskwatch store drain, or duskwatch run, puts them into it)")
    if figures.refused:
        faults.append(f"{figures.refused:,} posts were refused (duskwatch store refused lists them)")
    if faults:
        raise ValueError("; ".join(faults))
    return str(figures)


def _tor(settings: Settings) -> str:
    connected = connection(settings.tor)
    wait_for_tor(settings.tor.socks, timeout=0, connected=connected)
    return f"answers at {settings.tor.socks}{', connected' if connected else ''}"


def _sources(settings: Settings) -> str:
    sources = read_sources(settings)
    if not sources:
        raise ValueError(f"none in {settings.sources_dir} (write one, or set sources_dir)")
    with database(settings) as engine:
        found = ailing(sources, engine)
        same = known_copies(sources, engine)
        dates = {name: each for name, each in dating_of(engine, datetime.now(UTC)).items() if name in sources}
    faults = [f"{name} is {why}" for name, why in found.items()]
    faults += [
        f"{name} is a phishing copy of {original} (switch it off)"
        for name, original in same.phishing(sources)
    ]
    if faults:
        raise ValueError("; ".join(faults))
    copied = [f"{name} is a copy of {original}" for name, original in same.of(sources)]
    copied += [
        f"{name}: {each.state} (source coverage tells more)" for name, each in dates.items() if each.state
    ]
    return f"{', '.join(sources)}{'; ' if copied else ''}{'; '.join(copied)}"


def _watchlists(settings: Settings) -> str:
    found = load_watchlists(settings.watchlists_dir)
    if not found:
        raise ValueError(f"none in {settings.watchlists_dir} (write one, or set watchlists_dir)")
    return f"{len(found)} organisations"


def _channels(settings: Settings) -> str:
    with channels(settings) as opened:
        if not opened:
            raise ValueError(f"none in {settings.channels_dir} (write one: alerts reach nobody without)")
        for channel in opened.values():
            if isinstance(channel, Unready):
                channel.check()  # raises, and says what it lacks
        return ", ".join(f"{name} ({channel.redacted()})" for name, channel in opened.items())


def _routes(settings: Settings) -> str:
    ways = read_routes(settings)
    return ", ".join(way.route.name for way in ways) or "none: every alert goes to every channel"


def _heartbeat(settings: Settings) -> str:
    beat = settings.heartbeat
    if beat.channel and beat.channel not in (
        names := [path.stem for path in yaml_files(settings.channels_dir)]
    ):
        raise ValueError(f"there is no channel {beat.channel!r} ({nearest(beat.channel, names)})")
    to = [*(["its address"] if beat.url else []), *([f"channel {beat.channel}"] if beat.channel else [])]
    return f"to {' and '.join(to)}" if to else "none: nobody hears when all stands still (set heartbeat.url)"


def _clock(settings: Settings) -> str:
    newest = max((path.stat().st_mtime for path in settings.data_dir.glob("*.db*")), default=0.0)
    now = datetime.now(UTC)
    if newest > now.timestamp() + 60:
        raise ValueError(
            "the clock stands before the last write of the data (set it: systemctl start chrony)"
        )
    return f"{now:%Y-%m-%d %H:%M:%S}Z"
