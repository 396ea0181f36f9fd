"""What a crawl remembers, in either database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.health import Figures, State
from crawler.readers import note_reader
from crawler.source import Source
from crawler.state import CrawlState, ThreadState, mark_hot, run_table, source_table, standings

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
THREAD = ThreadState(
    key="7",
    board="sale",
    url="http://board.invalid/7",
    title="dump",
    signature="[1]",
    last_page=2,
    posts=3,
    locked=False,
    created_at=None,
    last_activity=NOON,
    visited_at=NOON,
    next_visit_at=NOON + HOUR,
)


def test_circuits_and_address_are_kept_for_each_source(database: sa.Engine) -> None:
    one, other = CrawlState(database, "one"), CrawlState(database, "other")
    assert (one.generation(), one.address()) == (0, None)
    assert [one.new_circuits(), one.new_circuits()] == [1, 2]
    one.address_answers("http://a.invalid")
    assert (one.generation(), one.address()) == (2, "http://a.invalid")
    other.address_answers("http://b.invalid")
    assert (other.generation(), other.address()) == (0, "http://b.invalid")


def test_another_reader_is_told_since_when(database: sa.Engine) -> None:
    def source(**more: Any) -> Source:
        said = {"id": "a", "name": "A", "adapter": "mybb", "addresses": ["http://board.example"]}
        return Source.model_validate(said | {"boards": [{"key": "all", "path": "/"}]} | more)

    assert not note_reader(database, source(), NOON)
    assert not note_reader(database, source(name="B"), NOON), "it reads as before"
    assert note_reader(database, source(adapter="smf"), NOON)
    with database.connect() as connection:
        assert connection.scalar(sa.select(source_table.c.mended_at)) == NOON


def test_threads_come_and_go(database: sa.Engine) -> None:
    state = CrawlState(database, "forum")
    state.thread_read(THREAD)
    assert state.known("sale")["7"].signature == "[1]"
    assert state.due(NOON, 10) == []
    assert [known.key for known in state.due(NOON + HOUR, 10)] == ["7"]
    again = NOON + 2 * HOUR
    state.thread_removed("7", at=NOON + HOUR, next_visit_at=again)
    assert state.visited_at("7") == NOON, "when it was last seen"
    gone = state.known("sale")["7"]
    assert (gone.removed, gone.signature) == (True, "")
    assert state.due(again, 10) == [], "what its board does not list is not looked for"
    state.thread_read(replace(THREAD, visited_at=again))
    assert not state.known("sale")["7"].removed


def test_a_listed_thread_that_cannot_be_read_is_looked_at_by_its_age(database: sa.Engine) -> None:
    state = CrawlState(database, "forum")
    again = NOON + HOUR
    assert state.visited_at("7") is None
    state.thread_removed("7", at=NOON, next_visit_at=again, listed=THREAD)
    assert state.due(NOON, 10) == []
    assert [known.key for known in state.due(again, 10)] == ["7"]
    state.thread_removed("7", at=again, next_visit_at=again + HOUR)
    assert state.known("sale")["7"].signature == "[1]", "it is listed still"
    assert state.due(again, 10) == []


def test_exactly_the_hot_threads_are_due_at_once(database: sa.Engine) -> None:
    state = CrawlState(database, "forum")
    for key in ("7", "8"):
        state.thread_read(replace(THREAD, key=key))
    mark_hot(database, "forum", {"7"})
    assert [known.key for known in state.due(NOON, 10)] == ["7"]
    mark_hot(database, "forum", {"8"})
    assert [known.key for known in state.due(NOON, 10)] == ["8"]


def test_a_killed_run_is_told_by_the_next(database: sa.Engine) -> None:
    state = CrawlState(database, "forum")
    state.run_started(NOON)
    run = state.run_started(NOON + HOUR)
    state.run_waits(run, for_tor=True)
    assert states(database) == ["killed", "waiting for tor"]
    state.run_waits(run, for_tor=False)
    state.run_ended(run, Figures(pages=3, boards_read=1), State.OK, NOON + 2 * HOUR)
    assert states(database) == ["killed", "ok"]
    standing = standings(database)["forum"]
    assert (standing.state, standing.figures["pages"], standing.read_at) == (State.OK, 3, NOON + 2 * HOUR)
    state.run_ended(state.run_started(NOON + 3 * HOUR), Figures(detail="gone"), State.DOWN, NOON + 4 * HOUR)
    standing = standings(database)["forum"]
    assert (standing.state, standing.detail, standing.read_at) == (State.DOWN, "gone", NOON + 2 * HOUR)
    assert not standing.late(HOUR, NOON + 5 * HOUR)
    assert standing.late(HOUR, NOON + 6 * HOUR)
    assert not standing.late(HOUR, NOON + 6 * HOUR, quiet=HOUR)


def test_what_a_clock_that_ran_ahead_wrote_stands_in_nobody_s_way(database: sa.Engine) -> None:
    state = CrawlState(database, "forum")
    for ended, pages in ((NOON - 2 * HOUR, 1), (NOON - HOUR / 2, 20), (NOON + 24 * HOUR, 300)):
        state.run_ended(state.run_started(NOON - 3 * HOUR), Figures(pages=pages), State.OK, ended)
    assert state.pages_between(NOON - HOUR, NOON) == 20
    ahead = NOON + timedelta(days=400)
    state.thread_read(replace(THREAD, visited_at=ahead, next_visit_at=ahead + HOUR))
    state.thread_read(replace(THREAD, key="8", next_visit_at=NOON + timedelta(days=29)))
    assert [known.key for known in state.due(NOON, 10)] == ["7"]


def states(database: sa.Engine) -> list[str]:
    with database.connect() as connection:
        return list(connection.scalars(sa.select(run_table.c.state).order_by(run_table.c.id)))
