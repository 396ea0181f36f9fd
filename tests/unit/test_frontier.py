from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.adapter import BoardPage, Instant, ThreadRow
from crawler.frontier import Known, decide_board, next_visit, signature, vanished
from indexer.deposit import gone
from indexer.post import Precision

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


def row(
    key: str, minutes_ago: int = 0, *, replies: int = 1, sticky: bool = False, **more: object
) -> ThreadRow:
    return ThreadRow(
        key=key,
        url=f"http://board.invalid/{key}",
        title=f"thread {key}",
        last_activity=Instant(NOON - timedelta(minutes=minutes_ago), Precision.MINUTE),
        replies=replies,
        sticky=sticky,
        **more,  # type: ignore[arg-type]
    )


def known(before: ThreadRow, last_page: int = 1, *, removed: bool = False) -> Known:
    return Known(before.key, before.url, signature(before), last_page, before.last_activity.at, removed)


def page(*rows: ThreadRow, more: bool = True) -> BoardPage:
    return BoardPage(rows, next_url="http://board.invalid/?page=2" if more else None)


def test_first_pass_reads_everything_to_the_end() -> None:
    rows = [row("1"), row("2", 10)]
    decision = decide_board(page(*rows), {}, None)
    assert [visit.key for visit in decision.visits] == ["1", "2"]
    assert decision.more
    assert not decide_board(page(*rows, more=False), {}, None).more


def test_an_unchanged_board_costs_one_page() -> None:
    rows = [row("9", 9000, sticky=True), row("1"), row("2", 10)]
    decision = decide_board(page(*rows), {each.key: known(each) for each in rows}, NOON)
    assert decision.visits == ()
    assert not decision.more


def test_a_reply_is_read_from_the_page_where_the_stored_ones_end() -> None:
    old, quiet = row("1", 60), row("2", 70)
    before = {"1": known(old, last_page=3), "2": known(quiet)}
    decision = decide_board(page(row("1", 1, replies=2), quiet), before, NOON - timedelta(minutes=60))
    (visit,) = decision.visits
    assert (visit.page, visit.head) == (3, False)
    assert not decision.more


@pytest.mark.parametrize("change", [{"locked": True}, {"poll": True}])
def test_what_a_new_signature_asks_for(change: dict[str, bool]) -> None:
    old = row("1")
    decision = decide_board(page(row("1", **change)), {"1": known(old, 3)}, NOON)
    if "locked" in change:
        (visit,) = decision.visits
        assert visit.head
        assert visit.page == 3
    else:
        assert not decision.visits


def test_fewer_replies_are_read_from_the_beginning() -> None:
    old = row("1", replies=40)
    (visit,) = decide_board(page(row("1", replies=39)), {"1": known(old, 3)}, NOON).visits
    assert visit.page == 1


def test_relative_times_that_drift_are_no_change() -> None:
    old = row("1", 5)
    assert not decide_board(page(row("1", 6)), {"1": known(old)}, NOON).visits
    assert decide_board(page(row("1", 1)), {"1": known(old)}, NOON).visits


def test_an_interrupted_pass_goes_on_beyond_known_threads() -> None:
    rows = [row("1"), row("2", 10)]
    before = {each.key: known(each) for each in rows}
    assert decide_board(page(*rows), before, NOON - timedelta(hours=1)).more
    assert decide_board(page(*rows), before, None).more


def test_a_moved_stub_is_not_read() -> None:
    assert not decide_board(page(row("1", moved=True)), {}, None).visits


def test_vanished_threads_are_those_that_should_stand_on_the_pages_read() -> None:
    stood = [row("1", 1), row("2", 5), row("3", 60)]
    threads = [known(each) for each in stood]
    rows = [row("1", 1), row("4", 30)]
    assert [each.key for each in vanished(rows, threads, whole=False)] == ["2"]
    assert [each.key for each in vanished(rows, threads, whole=True)] == ["2", "3"]
    assert vanished(rows, [known(stood[1], removed=True)], whole=True) == []


def test_gone_posts_stood_behind_the_first_one_seen_again() -> None:
    positions = {"a": 1, "b": 2, "c": 3, "d": 4}
    assert gone(positions, {"b", "d", "new"}) == ["c"]
    assert gone(positions, {"new"}) == []
    assert gone(positions, set(positions)) == []


@given(st.dictionaries(st.text(max_size=4), st.integers(1, 99), max_size=9), st.sets(st.text(max_size=4)))
def test_gone_never_names_what_was_seen_or_never_known(positions: dict[str, int], seen: set[str]) -> None:
    missing = set(gone(positions, seen))
    assert missing <= set(positions)
    assert not missing & seen


@given(st.integers(0, 10**6))
def test_older_threads_are_looked_at_more_rarely_within_bounds(minutes: int) -> None:
    pause = next_visit(NOON - timedelta(minutes=minutes), NOON) - NOON
    assert timedelta(hours=1) <= pause <= timedelta(days=30)


def test_a_row_that_says_something_else_is_read_anew() -> None:
    cheap, dear = row("1", says="$900 ann"), row("1", says="$1,200 ann")
    assert decide_board(page(cheap), {"1": known(cheap)}, NOON).visits == ()
    (visit,) = decide_board(page(cheap), {"1": known(dear)}, NOON).visits
    assert visit.key == "1"
    assert json.loads(signature(row("1"))) == ["thread 1", 1, None, False]
