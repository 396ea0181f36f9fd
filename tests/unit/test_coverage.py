"""What of a source is covered: boards against what they state, and silence where posts are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from config.database import migrate, open_database
from console.wiring import ailing
from crawler.coverage import expect, hour_of_week, pause
from crawler.drift import Reading
from crawler.health import Figures, State
from crawler.memory import Memory
from crawler.source import load_sources
from crawler.state import CrawlState, ThreadState, coverage_of

if TYPE_CHECKING:
    from conftest import Workspace

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday
HOUR = timedelta(hours=1)


def hourly(hours: int, new: int, end: datetime = NOW) -> list[tuple[datetime, int]]:
    return [(end - HOUR * back, new) for back in range(hours, 0, -1)]


def test_nothing_is_expected_before_three_days_of_history() -> None:
    assert expect(hourly(48, 3), NOW) is None
    assert expect(hourly(200, 0), NOW) is None
    found = expect(hourly(100, 1), NOW)
    assert found is not None
    assert not found.silent
    assert abs(found.due - 1) < 0.1


def test_silence_is_told_when_posts_are_due() -> None:
    busy = [*hourly(24 * 10, 2, NOW - 6 * HOUR), *hourly(6, 0)]
    found = expect(busy, NOW)
    assert found is not None
    assert found.silent
    assert 12 < found.due < 15
    dead = [(NOW - timedelta(days=back), 1 if back % 5 == 0 else 0) for back in range(30, 0, -1)]
    quiet = expect(dead, NOW)
    assert quiet is not None
    assert not quiet.silent


def test_the_hours_of_the_week_are_told_apart() -> None:
    """A board that sleeps at the weekend is not silent on a Sunday."""
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    runs = [
        (at, 4 if at.weekday() < 5 else 0)
        for at in (monday - timedelta(weeks=6) + HOUR * hour for hour in range(24 * 7 * 6))
    ]
    sunday = expect([run for run in runs if run[0] < monday - 12 * HOUR], monday - 12 * HOUR)
    assert sunday is not None
    assert sunday.due < 30
    tuesday = expect([*runs, (monday, 0)], monday + timedelta(days=1))
    assert tuesday is not None
    assert tuesday.due > 2 * sunday.due
    assert sunday.by_hour[hour_of_week(monday)] > 3
    assert sunday.by_hour[hour_of_week(monday - 12 * HOUR)] < 1
    assert sum(sunday.seen) == 4 * 24 * 5


def test_what_is_covered_and_what_is_missed(workspace: Workspace) -> None:
    workspace.source("forum", "mybb", "http://board.example", {"sale": "/a", "new": "/b"})
    engine = open_database(f"sqlite:///{workspace.folder}/var/state.db")
    migrate(engine)
    state, memory = CrawlState(engine, "forum"), Memory(engine, "forum")
    now = datetime.now(UTC)
    for key in "123":
        state.thread_read(ThreadState(key, "sale", f"/{key}", "t", "[]", 1, 3, False, None, now, now, now))
    state.board_read("sale", watermark=now, pages=1, at=now)
    memory.keep_readings([Reading("sale", 1, 20, 20, 20, 20, 60)], now)
    memory.missed("/t/9", "gate: login", now)
    sources = load_sources(workspace.folder / "config/sources")
    found = coverage_of(engine, "forum", ["sale", "new"], now)
    assert [(b.board, b.followed, b.known, b.stated) for b in found.boards] == [
        ("sale", True, 3, 60),
        ("new", True, 0, None),
    ]
    assert found.missed == {"gate: login": 1}
    assert found.expected is None

    for back, new in [(24 * 8, 500), *((hour, 2) for hour in range(24 * 7, 10, -1)), (9, 0), (0, 0)]:
        run = state.run_started(now - HOUR * back)
        state.run_ended(run, Figures(new=new, boards_read=1), State.OK, now - HOUR * back)
    told = ailing(sources, engine)
    assert told["forum"].startswith("silent: no new post since")
    engine.dispose()
    shown = workspace.duskwatch("source", "coverage", "forum")
    assert shown[0]["boards"][0]["stated"] == 60
    assert shown[0]["expected"]["due"] > 8
    assert shown[0]["silent"]
    human = workspace.run("console.cli.main", "source", "coverage").stdout
    assert "SILENT" in human
    assert "1 gate: login" in human


def test_busy_sources_are_read_often_and_dead_ones_rarely() -> None:
    shortest, longest = timedelta(minutes=5), timedelta(hours=1)

    def at(runs: list[tuple[datetime, int]]) -> timedelta:
        return pause(expect(runs, NOW), shortest, longest, NOW)

    assert pause(None, shortest, longest, NOW) == shortest
    assert at(hourly(100, 20)) == shortest
    assert timedelta(minutes=14) < at(hourly(100, 1)) < timedelta(minutes=16)
    assert at([(NOW - timedelta(days=back), 1) for back in range(9, 0, -1)]) == longest
