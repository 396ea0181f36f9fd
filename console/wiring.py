"""Where the rooms are put together: settings in, working objects out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from alerts.cases import hot_threads
from alerts.channel import Channel
from alerts.channels import open_channels
from alerts.loading import load_watchlists
from alerts.matching import build_matcher
from alerts.outbox import Deliverer, DeliverRun
from alerts.watcher import Watcher, WatchRun
from alerts.watchlist import Organisation
from config.database import migrate, open_database
from config.errors import StopError
from config.settings import Settings, load_settings
from crawler.source import Source, load_sources
from crawler.state import mark_hot
from indexer.opening import open_store
from indexer.store import Store


class CrawlBroken(StopError):
    """A crawl's process ended without telling what it did."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that people write, read whole and free of faults."""

    settings: Settings
    sources: dict[str, Source]
    organisations: tuple[Organisation, ...]


def read_inputs(config: Path | None) -> Inputs:
    """Read settings, sources and watchlists. Raises ``InputError``."""
    settings = load_settings(config)
    return Inputs(settings, load_sources(settings.sources_dir), load_watchlists(settings.watchlists_dir))


@contextmanager
def database(settings: Settings) -> Iterator[sa.Engine]:
    """The migrated state database."""
    engine = open_database(settings.database_url)
    try:
        migrate(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def store(settings: Settings) -> Iterator[Store]:
    """The open store."""
    opened = open_store(settings.store_url)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def channels(settings: Settings) -> Iterator[dict[str, Channel]]:
    """The open channels by name."""
    opened = open_channels(settings.channels_dir)
    try:
        yield opened
    finally:
        for channel in opened.values():
            channel.close()


def watch(inputs: Inputs) -> WatchRun:
    """One run of the watcher; afterwards every listing with an alert is looked at in each crawl."""
    settings = inputs.settings
    with database(settings) as engine, store(settings) as posts, channels(settings) as opened:
        watcher = Watcher(
            posts,
            engine,
            build_matcher(inputs.organisations),
            inputs.organisations,
            tuple(opened),
            {name: source.tlp.value for name, source in inputs.sources.items()},
        )
        run = watcher.run_once(settings.watch.batch)
        for name in inputs.sources:
            mark_hot(engine, name, hot_threads(engine, name))
    return run


def deliver(settings: Settings) -> DeliverRun:
    """One run of the deliverer."""
    with database(settings) as engine, channels(settings) as opened:
        return Deliverer(engine, opened, settings.deliver).run_once()


def crawl_command(source: str) -> list[str]:
    """The command of a crawl's process."""
    return [sys.executable, "-m", "crawler.run", source]


def crawl_environment(config: Path | None) -> dict[str, str]:
    """Its environment: the same settings file."""
    return os.environ | ({"DUSKWATCH_CONFIG": str(config.resolve())} if config else {})


def crawl(sources: Sequence[str], config: Path | None) -> list[dict[str, Any]]:
    """Crawl sources one after another, each in a process of its own; what each did. Raises ``CrawlBroken``."""
    return [
        crawl_summary(
            name,
            subprocess.run(
                crawl_command(name),
                env=crawl_environment(config),
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            ),
        )
        for name in sources
    ]


def crawl_summary(source: str, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The last line that a crawl's process printed."""
    lines = done.stdout.strip().splitlines()
    try:
        summary: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise CrawlBroken(
            f"the crawl of {source} ended with status {done.returncode}", cure="its reason stands above"
        ) from None
    return summary
