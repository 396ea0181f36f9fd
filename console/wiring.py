"""Where the rooms are put together: settings in, working objects out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from alerts.agenda import digest_due, keep_agenda
from alerts.cases import hot_threads, listings
from alerts.channel import Channel
from alerts.channels import open_channels
from alerts.clocks import warn
from alerts.dating import Dating, datings
from alerts.deliverer import Deliverer, DeliverRun
from alerts.dispatch import Dispatch
from alerts.history import Beginning
from alerts.hits import hits_of
from alerts.hygiene import TermReport, term_reports, told
from alerts.intake import Intake
from alerts.loading import load_negative, load_watchlists
from alerts.matching import build_matcher
from alerts.matching.port import Matcher
from alerts.retro import list_hunts
from alerts.routes import Way, load_routes
from alerts.versions import since, versions_of
from alerts.watcher import Watcher, WatchRun, feed_cursors
from alerts.watchlist import Organisation
from config.database import database_faults, migrate, open_database
from config.errors import CursorUnknown, DuskwatchError, InputError, Problem, StopError
from config.inputs import NOTHING, Instead, yaml_files
from config.settings import Settings, load_settings
from console.blind import blind_spots, not_seen
from crawler.adapters import AdapterUnknown, load_adapter
from crawler.beginnings import began
from crawler.coverage import pause
from crawler.health import CURES, Standing
from crawler.source import Source, load_sources
from crawler.state import expectation, mark_hot, standings
from crawler.tor.process import OwnTor
from indexer.ingest import Ingest
from indexer.masking import open_masking
from indexer.opening import open_store
from indexer.post import PostKey, Stored
from indexer.spool import Spool, SpoolFigures
from indexer.store import PurgePolicy, Store

if TYPE_CHECKING:
    from alerts.unnamed.index import Profiles

_STUCK = 300.0  # seconds


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of the change feed: about how many changes it is behind, and when it last moved on. ``lost``: its
    cursor is of another store."""

    name: str
    behind: int
    moved_at: datetime
    lost: bool = False

    def stuck(self, every: float, now: datetime) -> bool:
        """Whether it should have moved on since, where it is run so often (seconds)."""
        late = (now - self.moved_at).total_seconds() > max(10 * every, _STUCK)
        return self.lost or (self.behind > 0 and late)

    def __str__(self) -> str:
        if self.lost:
            return (
                f"{self.name} has a cursor of another store (duskwatch watch restart reads this one's feed)"
            )
        return f"{self.name} is {self.behind:,} changes behind"


@dataclass(frozen=True, slots=True)
class Drained:
    """How many deposits left the spool, what it holds now, and why no more left it."""

    count: int
    spool: SpoolFigures
    away: DuskwatchError | None


BROKEN = "broken"  # the state of a crawl whose process ended without telling what it did


class CrawlBroken(StopError):
    """A crawl's process ended without telling what it did."""


@dataclass(frozen=True)
class Inputs:
    """Everything that people write, read whole and free of faults."""

    settings: Settings
    sources: dict[str, Source]
    organisations: tuple[Organisation, ...]
    ways: tuple[Way, ...] = ()
    negative: tuple[str, ...] = ()

    @cached_property
    def matcher(self) -> Matcher:
        """Built when it is first needed, and once: the service watches every few seconds with the same lists."""
        return build_matcher(self.organisations, self.negative)

    @cached_property
    def profiles(self) -> Profiles:
        """What data look like, for listings that name nobody; likewise."""
        from alerts.unnamed.index import Profiles  # numpy, which most commands do without

        return Profiles(self.organisations, self.settings.watch.possible_score)

    @cached_property
    def versions(self) -> dict[str, str]:
        """The version of each watch, likewise."""
        return versions_of(self.organisations)


def read_inputs(config: Path | None) -> Inputs:
    """Read settings, sources, watchlists and routes. Raises ``InputError``."""
    settings = load_settings(config)
    folder = settings.watchlists_dir
    return Inputs(
        settings,
        read_sources(settings),
        load_watchlists(folder),
        read_routes(settings),
        load_negative(folder),
    )


def read_routes(settings: Settings, instead: Instead = NOTHING) -> tuple[Way, ...]:
    """Every route, each to channels that there are. ``instead``: what files would say. Raises ``InputError``."""
    names = [path.stem for path in yaml_files(settings.channels_dir)]
    return load_routes(settings.routes_dir, names, instead)


def read_sources(settings: Settings, instead: Instead = NOTHING) -> dict[str, Source]:
    """Every source by id, each with an adapter that exists. ``instead``: what files would say. Raises
    ``InputError``."""
    sources = load_sources(settings.sources_dir, instead)
    problems = []
    for source in sources.values():
        try:
            load_adapter(source.adapter)
        except AdapterUnknown as error:
            field = f"{source.id}: adapter"
            problems.append(Problem(str(settings.sources_dir), None, field, error.message, error.cure or ""))
    if problems:
        raise InputError(problems)
    return sources


def late(source: Source, standing: Standing) -> bool:
    """Whether an enabled source should have been read since it last was."""
    schedule = source.schedule
    now = datetime.now(UTC)
    return schedule.enabled and standing.late(source.longest_pause, now, quiet=source.quiet_time)


def ailing(sources: Mapping[str, Source], engine: sa.Engine) -> dict[str, str]:
    """Every enabled source that is not read as it should be: why, and what to do about it."""
    found = {}
    known = standings(engine)
    for name, source in sources.items():
        standing = known.get(name)
        if standing is None or not source.schedule.enabled:
            continue
        if not standing.well and standing.state:
            found[name] = f"{standing.state.value}: {standing.detail} ({CURES[standing.state]})"
        elif late(source, standing):
            found[name] = f"not read since {standing.read_at:%Y-%m-%d %H:%M}Z (is duskwatch run running?)"
        elif (due := expectation(engine, name, datetime.now(UTC))) and due.silent:
            since = f"{due.since:%Y-%m-%d %H:%M}Z"
            found[name] = (
                f"silent: no new post since {since}, where about {due.due:.0f} were to be expected "
                "(look at it with duskwatch source test)"
            )
    return found


def pauses(sources: Mapping[str, Source], engine: sa.Engine) -> dict[str, timedelta]:
    """How often each source is read now: busy ones often, dead ones rarely."""
    now = datetime.now(UTC)
    return {
        name: pause(expectation(engine, name, now), source.schedule.every, source.longest_pause, now)
        for name, source in sources.items()
    }


@contextmanager
def database(settings: Settings) -> Iterator[sa.Engine]:
    """The migrated state database. Raises ``DatabaseUnavailable`` or ``DatabaseRefused``, also for what its
    driver says later, while it is used."""
    with database_faults():
        engine = open_database(settings.database_url)
        try:
            migrate(engine)
            yield engine
        finally:
            engine.dispose()


@contextmanager
def store(settings: Settings) -> Iterator[Store]:
    """The open store."""
    opened = open_store(settings.store_url, settings.elasticsearch)
    try:
        yield opened
    finally:
        opened.close()


def readers(settings: Settings, posts: Store) -> list[Reader]:
    """Every reader of the store's feed."""
    with database(settings) as engine:
        return readers_in(engine, posts)


def readers_in(engine: sa.Engine, posts: Store) -> list[Reader]:
    """The same by a database that is open already."""
    found = feed_cursors(engine)
    return [_reader(name, posts, cursor, at) for name, (cursor, at) in sorted(found.items())]


def _reader(name: str, posts: Store, cursor: str | None, at: datetime) -> Reader:
    try:
        return Reader(name, posts.behind(cursor), at)
    except CursorUnknown:
        return Reader(name, posts.behind(None), at, lost=True)


@contextmanager
def spool(settings: Settings) -> Iterator[Spool]:
    """What waits for the store, on this machine."""
    with closing(Spool(settings.data_dir, settings.spool.megabytes)) as opened:
        yield opened


@contextmanager
def ingest(settings: Settings) -> Iterator[Ingest]:
    """The way into the store, which is opened when it is needed."""
    waiting, server = Spool(settings.data_dir, settings.spool.megabytes), settings.elasticsearch.hasty()
    masking = open_masking(settings.privacy, settings.data_dir)
    way = Ingest(lambda: open_store(settings.store_url, server), waiting, masking=masking)
    with closing(way) as opened:
        yield opened


def drain(settings: Settings, seconds: float) -> Drained:
    """Put what waits for the store into it, for so long."""
    with spool(settings) as waiting:
        before = waiting.figures()
        if not before.waiting:
            return Drained(0, before, None)
        with ingest(settings) as way:
            count = way.drain(seconds)
            return Drained(count, waiting.figures(), way.away)


class PostMissing(StopError):
    """The store has no such post."""


def stored_post(posts: Store, name: str) -> Stored:
    """The newest revision of a post by its id. Raises ``PostMissing``."""
    cure = "duskwatch search shows the ids of posts: source/thread/post"
    try:
        found = posts.get(PostKey.parse(name))
    except ValueError as error:
        raise PostMissing(str(error), cure=cure) from None
    if found is None:
        raise PostMissing(f"no stored post has the id {name}", cure=cure)
    return found


@contextmanager
def channels(settings: Settings) -> Iterator[dict[str, Channel]]:
    """The open channels by name."""
    opened = open_channels(settings.channels_dir)
    try:
        yield opened
    finally:
        for channel in opened.values():
            channel.close()


def watch(inputs: Inputs, names: Sequence[str] | None = None, matcher: Matcher | None = None) -> WatchRun:
    """One run of the watcher; afterwards every listing with an alert is looked at in each crawl. ``names``: of
    all channels; None reads their files. ``matcher``: the one in force, when there is one already."""
    settings = inputs.settings
    if names is None:
        with channels(settings) as opened:
            names = tuple(opened)
    with database(settings) as engine, store(settings) as posts:
        run = _watcher(inputs, engine, posts, names, matcher).run_once(settings.watch.batch)
        for name in inputs.sources:
            mark_hot(engine, name, hot_threads(engine, name))
    return run


def go_back(
    inputs: Inputs, names: Sequence[str] | None = None, stop: Callable[[], bool] = lambda: False
) -> int:
    """Hold watches that were added or changed against what was read before, to the end or until ``stop``; how many
    back-tests ended. ``names``: of all channels; None reads their files."""
    settings = inputs.settings
    with database(settings) as engine:
        if not any(each.kind == "history" and each.state == "running" for each in list_hunts(engine)):
            return 0
        if names is None:
            with channels(settings) as opened:
                names = tuple(opened)
        with store(settings) as posts:
            watcher = _watcher(inputs, engine, posts, names, build_matcher(()))  # it reads nothing new
            return watcher.go_back(
                lambda some: build_matcher(some, inputs.negative), settings.watch.batch, stop
            )


def restart_watching(inputs: Inputs) -> None:
    """Have the next run of the watcher read the change feed from its beginning."""
    with database(inputs.settings) as engine, store(inputs.settings) as posts:
        _watcher(inputs, engine, posts, ()).restart()


def intake(inputs: Inputs, channels: Sequence[str]) -> Intake:
    """What takes readings outside of the watcher's run. ``channels``: the names of all."""
    dispatch = Dispatch(inputs.ways, tuple(channels))
    daily = inputs.settings.watch.possible_daily
    return Intake(inputs.organisations, dispatch, _markings(inputs), _reliabilities(inputs), daily=daily)


def _markings(inputs: Inputs) -> dict[str, str]:
    return {name: source.tlp.value for name, source in inputs.sources.items()}


def _reliabilities(inputs: Inputs) -> dict[str, str]:
    return {name: source.reliability for name, source in inputs.sources.items()}


def _watcher(
    inputs: Inputs, engine: sa.Engine, posts: Store, channels: Sequence[str], matcher: Matcher | None = None
) -> Watcher:
    return Watcher(
        posts,
        engine,
        inputs.matcher if matcher is None else matcher,
        inputs.organisations,
        channels,
        _markings(inputs),
        ways=inputs.ways,
        reliabilities=_reliabilities(inputs),
        past=_past if inputs.settings.watch.history == "report" else None,
        profiles=inputs.profiles,
        daily=inputs.settings.watch.possible_daily,
        versions=inputs.versions,
    )


def _past(connection: sa.Connection, source: str, seen: datetime) -> Beginning | None:
    """How a source had been read by then, from what the crawls remember."""
    found = began(connection, source, seen)
    if found is None:
        return None
    return Beginning(found.at, found.first_ended, found.settled, found.last_read, mended=found.mended)


def purge(settings: Settings, *, days: float | None = None, dry_run: bool = False) -> int | None:
    """Forget posts that are older than the settings say, or than so many days, but for those of listings with an alert
    and those that the watcher has not read; how many, None where everything is kept."""
    keep = settings.retention.days if days is None else days
    if not keep:
        return None
    with database(settings) as engine, store(settings) as posts:
        # a watcher that has never run has read nothing
        stand = tuple(cursor for cursor, _ in feed_cursors(engine).values()) or (None,)
        policy = PurgePolicy(timedelta(days=keep), protected=listings(engine), readers=stand)
        return posts.purge(policy, now=datetime.now(UTC), dry_run=dry_run)


def agenda(inputs: Inputs) -> None:
    """What falls due with time: digests, and alerts that nobody acknowledged, legal deadlines."""
    now = datetime.now(UTC)
    weekly = frozenset(way.route.name for way in inputs.ways if way.route.digest == "weekly")
    with database(inputs.settings) as engine:
        blind, unkempt = {}, []
        if weekly and digest_due(engine, weekly, now):
            blind = blind_spots(inputs.sources, engine, now)
            unkempt = [each for each in term_hygiene(inputs.organisations, engine, now) if each.says]
        lines = not_seen(blind, inputs.sources, inputs.organisations, weekly)
        keep_agenda(
            engine, now, lines, lambda route, about: _terms(unkempt, about) if route in weekly else ()
        )
        warn(engine, now)


def dating_of(engine: sa.Engine, now: datetime, source: str | None = None) -> dict[str, Dating]:
    """How each source dates its posts, or this one."""
    with engine.connect() as connection:
        return datings(connection, now, source)


def term_hygiene(organisations: Sequence[Organisation], engine: sa.Engine, now: datetime) -> list[TermReport]:
    """How each term of each watch does."""
    days = {name: at.date() for name, at in since(engine).items()}
    return term_reports(organisations, hits_of(engine), days, now.date())


def _terms(reports: Sequence[TermReport], organisations: Collection[str]) -> list[str]:
    return told([each for each in reports if each.organisation in organisations])


def deliver(settings: Settings, opened: Mapping[str, Channel]) -> DeliverRun:
    """One run of the deliverer through these channels."""
    with database(settings) as engine:
        return Deliverer(engine, opened, settings.deliver).run_once()


def crawl_command(source: str, lease: str | None = None) -> list[str]:
    """The command of a crawl's process; ``lease``: what was taken for it."""
    return [sys.executable, "-m", "crawler.run", source, *(["--lease", lease] if lease else [])]


def crawl_environment(config: Path | None) -> dict[str, str]:
    """Its environment: the same settings file."""
    return os.environ | ({"DUSKWATCH_CONFIG": str(config.resolve())} if config else {})


def crawl(sources: Sequence[str], config: Path | None) -> list[dict[str, Any]]:
    """Crawl sources one after another, each in a process of its own; what each did. A crawl that broke has the
    state "broken" and does not keep the others from theirs."""
    summaries = []
    with OwnTor() as tor:
        tor.keep(load_settings(config))
        for name in sources:
            summaries.append(_crawl(name, config))
    return summaries


def _crawl(name: str, config: Path | None) -> dict[str, Any]:
    done = subprocess.run(
        crawl_command(name), env=crawl_environment(config), stdout=subprocess.PIPE, text=True, check=False
    )
    try:
        return crawl_summary(name, done)
    except DuskwatchError as error:
        nothing = dict.fromkeys(("pages", "new", "changed", "removed", "failed"), 0)
        return {"source": name, "state": BROKEN, **nothing, "detail": str(error)}


def crawl_summary(source: str, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The last line that a crawl's process printed."""
    lines = done.stdout.strip().splitlines()
    try:
        summary: dict[str, Any] = dict(json.loads(lines[-1]))
    except (IndexError, ValueError, TypeError):
        raise CrawlBroken(
            f"the crawl of {source} ended with status {done.returncode}", cure="its reason stands above"
        ) from None
    return summary
