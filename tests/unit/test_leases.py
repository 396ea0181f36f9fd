"""Who crawls a source: one process at a time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from crawler import leases
from crawler.health import Figures
from crawler.leases import Hold, LeaseHeld, LeaseLost, Leases
from crawler.pipelines import PageRead, StorePipeline, ThreadGone
from crawler.state import CrawlState, source_table

EVERY = {"a": timedelta(minutes=10), "b": timedelta(minutes=10)}
OTHER = "elsewhere 1 00"


def test_one_process_at_a_time(database: sa.Engine) -> None:
    one = Leases(database, 60)
    token = one.take("a")
    with pytest.raises(LeaseHeld, match="a is crawled by another process"):
        one.take("a")
    own = one.take("a", token)
    one.renew("a", own)
    with pytest.raises(LeaseLost):
        one.renew("a", token)
    one.release("a", token)
    with pytest.raises(LeaseHeld):
        one.take("a")
    one.release("a", own)
    one.take("a")


def test_a_crawl_that_stood_still_stores_nothing_once_another_has_read_the_source(
    database: sa.Engine,
) -> None:
    one, at = Leases(database, 60), {"monotonic": 0.0, "day": 0.0}
    hold = Hold(one, "a", one.take("a"), (lambda: at["monotonic"], lambda: at["day"]))
    set_(database, "a", lease_until=datetime.now(UTC) - timedelta(seconds=1))  # it was stopped for long
    at["monotonic"] = 59.0
    hold.sure()  # nobody is asked, as no lease can have run out
    at["day"] = 61.0
    hold.sure()  # nobody took it: it is renewed
    set_(database, "a", lease_until=datetime.now(UTC) - timedelta(seconds=1))
    other = one.take("a")
    hold.sure()
    at["monotonic"] = 200.0
    with pytest.raises(LeaseLost):
        hold.sure()
    one.release("a", other)
    with pytest.raises(LeaseLost):
        hold.sure()

    stored: list[object] = []
    told: list[LeaseLost] = []
    state = CrawlState(database, "a")
    line: Any = SimpleNamespace(put=lambda *page, **_more: stored.append(page))
    pipeline = StorePipeline(line, state, "a", Figures(), pytest.fail, hold.sure, told.append)
    for _ in range(2):
        pipeline.process_item(PageRead(()))
        pipeline.process_item(ThreadGone("7", datetime.now(UTC), datetime.now(UTC)))
    assert len(told) == 1
    assert not stored


def test_sources_are_due_by_their_schedule(database: sa.Engine) -> None:
    one = Leases(database, 60)
    assert list(one.due(EVERY, 1)) == ["a"]
    taken = one.due(EVERY, 5)
    assert list(taken) == ["b"]
    assert one.due(EVERY, 5) == {}
    one.release("b", taken["b"])
    assert one.due(EVERY, 5) == {}, "it is not time yet"
    set_(database, "b", started_at=datetime.now(UTC) - timedelta(minutes=11))
    assert list(one.due(EVERY, 5)) == ["b"]
    assert one.due({}, 5) == {}


def test_a_clock_that_stood_ahead_and_was_set_right_holds_nothing_up(database: sa.Engine) -> None:
    one, tomorrow = Leases(database, 60), datetime.now(UTC) + timedelta(days=1)
    assert list(one.due(EVERY, 5)) == ["a", "b"]
    set_(database, "a", lease_owner=None, lease_until=None, started_at=tomorrow)
    set_(database, "b", lease_owner=OTHER, lease_until=tomorrow, started_at=tomorrow)
    assert sorted(one.due(EVERY, 5)) == ["a", "b"]
    assert one.due(EVERY, 5) == {}
    set_(database, "a", lease_owner=OTHER, lease_until=tomorrow)
    one.take("a")


def test_a_source_that_rests_is_not_due(database: sa.Engine) -> None:
    one = Leases(database, 60)
    (token,) = one.due({"a": timedelta(0)}, 1).values()
    one.release("a", token, rest=60)
    assert one.due({"a": timedelta(0)}, 1) == {}
    one.wake(["a"])
    (token,) = one.due({"a": timedelta(0)}, 1).values()
    one.release("a", token)
    assert list(one.due({"a": timedelta(0)}, 1)) == ["a"]


def test_a_crawl_that_is_not_heard_of_is_taken_over(
    database: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Leases(database, 60)
    one.take("a")
    set_(database, "a", lease_owner=OTHER)
    assert one.due({"a": EVERY["a"]}, 5) == {}, "another machine's processes cannot be seen"
    set_(database, "a", lease_until=datetime.now(UTC) - timedelta(seconds=1))
    taken = one.due({"a": EVERY["a"]}, 5)
    assert list(taken) == ["a"]
    monkeypatch.setattr(leases, "_dead", lambda token: token == taken["a"])
    assert one.due({"a": EVERY["a"]}, 5), "a dead process of this machine is not waited for"


def test_a_process_that_broke_off_is_not_begun_again_at_once(database: sa.Engine) -> None:
    one = Leases(database, 60)
    (token,) = one.due({"a": EVERY["a"]}, 5).values()
    one.ended("a", "another token", 1)
    with pytest.raises(LeaseHeld):
        one.take("a")
    one.ended("a", token, 1)
    assert one.due({"a": EVERY["a"]}, 5) == {}
    one.take("a")


def test_many_take_each_source_once(database: sa.Engine) -> None:
    every = {f"s{number}": timedelta(minutes=10) for number in range(40)}
    found: list[str] = []
    begin = threading.Barrier(4)

    def worker() -> None:
        begin.wait()
        while taken := Leases(database, 60).due(every, 3):
            found.extend(taken)

    workers = [threading.Thread(target=worker) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert sorted(found) == sorted(every)


def set_(database: sa.Engine, source: str, **values: object) -> None:
    with database.begin() as connection:
        connection.execute(sa.update(source_table).where(source_table.c.source == source).values(values))
