"""Signs of life of the whole pipe: crawler, store, watcher and deliverer each have to prove progress.

What is said of them is built from fixed words and numbers, so that no organisation, source or address can stand in it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from alerts.deliverer import LONGEST_SENT
from alerts.outbox import delivery_table
from config.settings import Settings
from console.blind import blind_spots
from console.wiring import Reader, database, readers, spool, store
from crawler.blindness import Blind, BlindSpot
from crawler.source import Source
from crawler.state import source_table

_MOST_ANSWER = 45.0  # seconds that one part has to answer; SQLite waits 30 for a lock
_FAILING = timedelta(hours=1)  # a channel that takes nothing for so long is told
_WATCHER = "watcher"  # among the readers of the feed
_TAKEN_FOR_GRANTED = frozenset({Blind.OFF})


@dataclass(frozen=True, slots=True)
class Vital:
    """One part of the pipe. ``fault``: what is wrong, in fixed words; "" when it is well. ``says``: figures to tell."""

    part: str
    fault: str = ""
    says: str = ""

    @property
    def well(self) -> bool:
        return not self.fault


class Pulses:
    """When each job of a service last did what it should. Safe between threads; ``clock`` in seconds, monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._at: dict[str, float] = {}

    def beat(self, job: str) -> None:
        """Keep that a job did its work just now."""
        self._at[job] = self._clock()

    def age(self, job: str) -> float:
        """Seconds since a job did its work; since the start where it never did."""
        return self._clock() - self._at.get(job, self._begun)

    @property
    def up(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._begun


def vitals(settings: Settings, sources: Mapping[str, Source], pulses: Pulses | None) -> list[Vital]:
    """Every part. ``pulses``: of the service that asks; None: it is judged from outside, by what it left behind.

    A part that does not answer in time is told so; the others are still asked.
    """
    asked: tuple[tuple[str, Callable[[], Vital]], ...] = (
        ("store", lambda: _store(settings)),
        ("watcher", lambda: _watcher(settings, pulses)),
        ("deliverer", lambda: _deliverer(settings, pulses)),
        ("crawler", lambda: _crawler(settings, sources, pulses)),
        ("sources", lambda: _sources(settings, sources)),
    )
    patience = min(_MOST_ANSWER, settings.heartbeat.patience)
    waiting = [_Asked(part, ask) for part, ask in asked]
    until = time.monotonic() + patience
    return [each.answer(until - time.monotonic()) for each in waiting]


class _Asked:
    """A question in a thread of its own: whoever never answers holds up nobody."""

    def __init__(self, part: str, ask: Callable[[], Vital]) -> None:
        self._part = part
        self._ask = ask
        self._said = Vital(part, "does not answer")
        self._thread = threading.Thread(target=self._run, name=f"vital-{part}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._said = self._ask()
        except Exception as error:  # noqa: BLE001 - whatever it is, that it cannot be asked is what has to be told
            self._said = Vital(self._part, f"cannot be asked: {type(error).__name__}")

    def answer(self, seconds: float) -> Vital:
        self._thread.join(max(seconds, 0.0))
        return self._said


def _store(settings: Settings) -> Vital:
    server = settings.elasticsearch.hasty()
    with store(settings.model_copy(update={"elasticsearch": server})) as posts:
        posts.changes(limit=1)  # counting would cost a large store seconds
    with spool(settings) as waiting:
        figures = waiting.figures()
    if figures.alarm:
        return Vital("store", "the spool before it is nearly full")
    return Vital("store", says=f"{figures.waiting:,} deposits wait" if figures.waiting else "")


def _watcher(settings: Settings, pulses: Pulses | None) -> Vital:
    with store(settings) as posts:
        found = readers(settings, posts)
        behind = max(reader.behind for reader in found) if found else posts.behind(None)
    if any(reader.lost for reader in found):
        return Vital("watcher", "its cursor is of another store")
    if pulses is None:
        fault = _stuck(found, settings)
    else:
        patience = max(settings.heartbeat.patience, 3 * settings.watch.every)
        moved = max((reader.moved_at for reader in found if reader.name == _WATCHER), default=None)
        still = moved is None or (datetime.now(UTC) - moved).total_seconds() > patience
        quiet = pulses.age("watch")
        fault = f"no run came to its end for {_span(quiet)}" if quiet > patience and still else ""
    return Vital("watcher", fault, f"{behind:,} changes behind")


def _stuck(found: list[Reader], settings: Settings) -> str:
    stuck = [reader for reader in found if reader.stuck(settings.watch.every, datetime.now(UTC))]
    return f"stands still with {max(reader.behind for reader in stuck):,} changes to read" if stuck else ""


def _deliverer(settings: Settings, pulses: Pulses | None) -> Vital:
    now, patience = datetime.now(UTC), timedelta(seconds=settings.heartbeat.patience)
    columns = delivery_table.c
    waiting = columns.state == "waiting"
    free = sa.or_(columns.leased_until.is_(None), columns.leased_until < now)
    failing = sa.select(columns.channel).where(waiting, columns.attempts > 0)
    with database(settings) as engine, engine.connect() as connection:
        untried = connection.scalar(
            sa.select(sa.func.count()).where(
                waiting,
                columns.attempts == 0,
                columns.next_at < now - patience,
                free,
                columns.channel.not_in(failing),  # those wait behind what their channel does not take
            )
        )
        refused = connection.scalar(
            sa.select(sa.func.count()).where(
                waiting, columns.attempts > 0, columns.created_at < now - _FAILING
            )
        )
        parked = connection.scalar(sa.select(sa.func.count()).where(columns.state == "parked")) or 0
    says = f"{parked:,} deliveries parked" if parked else ""
    quiet = pulses.age("deliver") if pulses else 0.0
    if quiet > settings.heartbeat.patience + LONGEST_SENT:
        return Vital("deliverer", f"no run came to its end for {_span(quiet)}", says)
    if untried and (pulses is None or pulses.up > settings.heartbeat.patience):
        return Vital(
            "deliverer", f"{untried:,} deliveries are due for {_span(patience.total_seconds())}", says
        )
    if refused:
        return Vital(
            "deliverer", f"{refused:,} deliveries have not left for an hour: their channel fails", says
        )
    return Vital("deliverer", says=says)


def _crawler(settings: Settings, sources: Mapping[str, Source], pulses: Pulses | None) -> Vital:
    patience = settings.heartbeat.patience
    if pulses and (quiet := pulses.age("crawl")) > patience:
        return Vital("crawler", f"no crawl could begin for {_span(quiet)}")
    now = datetime.now(UTC)
    with database(settings) as engine:
        blind = _blind(settings, sources)
        with engine.connect() as connection:
            columns = source_table.c
            alive = set(connection.scalars(sa.select(columns.source).where(columns.lease_until > now)))
    wanted = {name for name, source in sources.items() if source.schedule.enabled and not source.quiet(now)}
    unseen = {name: spot for name, spot in blind.items() if name in wanted and spot.why is not Blind.SILENT}
    starting = pulses is not None and pulses.up <= patience
    if wanted and not starting and wanted <= unseen.keys() and not alive & wanted:
        return Vital("crawler", f"no source is read: {_counted(unseen)}")
    return Vital("crawler", says=f"{len(wanted - unseen.keys())} of {len(wanted)} sources read")


def _sources(settings: Settings, sources: Mapping[str, Source]) -> Vital:
    blind = _blind(settings, sources)
    silent = sum(spot.why is Blind.SILENT for spot in blind.values())
    says = f"not covered: {_counted(blind)}" if blind else ""
    if silent and settings.heartbeat.silent:
        return Vital("sources", f"{silent} of {len(sources)} silent: no new post where posts are due", says)
    return Vital("sources", says=says)


def _blind(settings: Settings, sources: Mapping[str, Source]) -> dict[str, BlindSpot]:
    with database(settings) as engine:
        found = blind_spots(sources, engine, datetime.now(UTC))
    return {name: spot for name, spot in found.items() if spot.why not in _TAKEN_FOR_GRANTED}


def _counted(blind: Mapping[str, BlindSpot]) -> str:
    counts = Counter(spot.why.value for spot in blind.values())
    return ", ".join(f"{count} {why}" for why, count in sorted(counts.items()))


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
