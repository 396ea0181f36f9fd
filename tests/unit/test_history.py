"""News or history: the rule by which a post is taken for one or the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.history import FIRST_PASS, NEWS, Beginning, Date, Reason, judge
from indexer.post import Change, ChangeKind, Kind, Post, PostKey, Precision, Stored

ADDED = datetime(2026, 1, 6, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
READ = Beginning(ADDED, ADDED + 2 * HOUR, ADDED + 2 * HOUR, threads=900, posts=5000)
RUNNING = Beginning(ADDED)


def change(
    posted: datetime | None,
    seen: datetime = ADDED + HOUR,
    *,
    thread: str = "7",
    post: str = "70",
    kind: Kind = Kind.LISTING,
    precision: Precision = Precision.MINUTE,
    what: ChangeKind = ChangeKind.NEW,
) -> Change:
    key = PostKey("board", thread, post)
    made = Post(
        key=key,
        board="sale",
        position=1,
        title="t",
        author="a",
        text="x",
        url="http://board.invalid/7",
        seen_at=seen,
        posted_at=posted,
        precision=precision if posted else Precision.UNKNOWN,
        kind=kind,
    )
    return Change(what, Stored(made, 1, seen), seen)


@pytest.mark.parametrize(
    ("posted", "seen", "beginning", "news", "reason"),
    [
        (ADDED - DAY, ADDED + HOUR, RUNNING, False, Reason.BEFORE),
        (ADDED + HOUR / 2, ADDED + HOUR, RUNNING, True, Reason.AFTER),
        # a post of an outage is told late, and told
        (ADDED + 3 * DAY, ADDED + 30 * DAY, replace(READ, threads=None), True, Reason.AFTER),
        # a board that was moved: it was read whole since, and the post was not there
        (ADDED + 3 * DAY, ADDED + 30 * DAY, replace(READ, last_read=ADDED + 20 * DAY), False, Reason.LATE),
        (
            ADDED + 19 * DAY,
            ADDED + 30 * DAY,
            replace(READ, threads=None, last_read=ADDED + 20 * DAY),
            True,
            Reason.AFTER,
        ),
        (None, ADDED + HOUR, RUNNING, False, Reason.FIRST_PASS),
        (None, ADDED + FIRST_PASS + DAY, RUNNING, True, Reason.LATER),
        (None, ADDED + DAY, READ, False, Reason.BELOW),
        (None, ADDED + DAY, replace(READ, threads=6), True, Reason.ABOVE),
        (None, ADDED + DAY, replace(READ, threads=None), True, Reason.LATER),
        (None, ADDED + DAY, replace(READ, threads=None, settled=None), False, Reason.FIRST_PASS),
        (ADDED + DAY, ADDED + DAY, READ, True, Reason.CONTRADICTED),
    ],
)
def test_the_rule(
    posted: datetime | None, seen: datetime, beginning: Beginning, news: bool, reason: Reason
) -> None:
    verdict = judge(change(posted, seen), beginning)
    assert (verdict.news, verdict.reason) == (news, reason)


def test_a_day_may_be_after_what_its_midnight_is_before() -> None:
    midnight = ADDED.replace(hour=0)
    assert judge(change(midnight, precision=Precision.DAY), RUNNING).news
    assert not judge(change(midnight, precision=Precision.SECOND), RUNNING).news


@pytest.mark.parametrize(
    ("precision", "before", "news"),
    [
        (Precision.WEEK, 3, True),
        (Precision.WEEK, 5, False),
        (Precision.MONTH, 15, True),
        (Precision.MONTH, 17, False),
        (Precision.YEAR, 182, True),
        (Precision.YEAR, 366, False),
    ],
)
def test_a_board_that_says_months_ago_may_mean_half_a_month_later(
    precision: Precision, before: int, news: bool
) -> None:
    assert judge(change(ADDED - before * DAY, precision=precision), RUNNING).news == news


@pytest.mark.parametrize(
    ("posted", "date"),
    [(ADDED + 400 * DAY, Date.AHEAD), (datetime(1970, 1, 1, tzinfo=UTC), Date.ABSURD)],
)
def test_a_clock_error_is_told_and_the_boards_order_decides(posted: datetime, date: Date) -> None:
    first = judge(change(posted), RUNNING)
    assert (first.news, first.date) == (False, date)
    later = judge(change(posted, ADDED + DAY, thread="901"), READ)
    assert (later.news, later.doubtful, later.date) == (True, True, date)
    assert str(later).startswith(date.value)


def test_replies_are_held_against_replies() -> None:
    assert judge(change(None, ADDED + DAY, post="5001", kind=Kind.REPLY), READ).news
    assert not judge(change(None, ADDED + DAY, post="4999", kind=Kind.REPLY), READ).news


def test_an_edit_of_an_old_post_is_news_in_doubt() -> None:
    verdict = judge(change(ADDED - DAY, what=ChangeKind.CHANGED), READ)
    assert (verdict.news, verdict.reason, verdict.doubtful) == (True, Reason.EDITED, True)


def test_an_old_post_that_a_mended_adapter_reads_differently_is_no_news() -> None:
    mended, seen = ADDED + 20 * DAY, ADDED + 21 * DAY
    begun = replace(READ, mended=mended)

    def verdict(posted: datetime, before: datetime, edited: datetime | None = None) -> tuple[bool, Reason]:
        made = change(posted, ADDED + HOUR, what=ChangeKind.CHANGED)
        post = replace(made.stored.post, seen_at=seen, edited_at=edited)
        told = judge(replace(made, stored=replace(made.stored, post=post, revision=2)), begun, before)
        return told.news, told.reason

    assert verdict(ADDED - DAY, ADDED + DAY) == (False, Reason.REREAD)
    assert verdict(ADDED - DAY, ADDED + DAY, ADDED - HOUR) == (False, Reason.REREAD), (
        "edited before it was read"
    )
    assert verdict(ADDED - DAY, ADDED + DAY, seen)[0], "its board shows that it was edited since"
    assert verdict(ADDED - DAY, mended + HOUR)[0], "it was read by the mended adapter before"
    assert verdict(seen - DAY, seen - DAY / 2)[0], "a post of these days was missed until now"


def test_a_source_that_was_never_crawled_has_no_history() -> None:
    assert judge(change(ADDED - DAY), None) == NEWS


@given(st.integers(-5000, 5000), st.integers(1, 5000), st.sampled_from(list(Precision)))
def test_a_truly_new_post_is_never_history(hours: int, lag: int, precision: Precision) -> None:
    """Whatever the board's clock shows: seen after the first pass, and numbered above it."""
    posted = ADDED + hours * HOUR
    seen = ADDED + 3 * HOUR + lag * HOUR
    verdict = judge(change(posted, seen, thread="901", precision=precision), READ)
    before = precision is not Precision.UNKNOWN and posted < ADDED
    assert verdict.news or before
