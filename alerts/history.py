"""Whether what was read is news or history. Pure: no clock, no database.

A date is believed when it lies neither ahead of the time at which the post was seen nor before there were boards. A
post with such a date is history when it was posted before its source was first read. Where no date can be believed,
the board's own order decides: its numbers, and what it showed when it was first read. What stays in doubt counts as
news, within a number a day (``alerts/baseline.py``), so that no clock raises a flood and none keeps an alarm back
unseen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from indexer.post import Change, ChangeKind, Kind, Post, Precision

#: So much later than stated a post may have been made: boards round "months ago" to either side.
_SPAN = {
    Precision.SECOND: timedelta(seconds=1),
    Precision.MINUTE: timedelta(minutes=1),
    Precision.DAY: timedelta(days=1),
    Precision.WEEK: timedelta(days=4),
    Precision.MONTH: timedelta(days=16),
    Precision.YEAR: timedelta(days=183),
}
_AHEAD = timedelta(days=1)  # a zone that was set wrongly is no clock error
_FIRST_BOARDS = datetime(1990, 1, 1, tzinfo=UTC)  # machines whose clock stopped show 1970 or 1980
#: So long after a source was first read, a board without dates or numbers counts as read, whether a crawl ended or not.
FIRST_PASS = timedelta(days=7)
#: What was posted so long before a crawl read the whole source, and was not there then, was moved or was not followed.
LATE = timedelta(days=7)
_NUMBER = re.compile(r"[0-9]{1,9}").fullmatch


class Reason(StrEnum):
    """Why a post is news or history; words for people."""

    UNKNOWN = "its source was never crawled"
    ALL = "history is set to alert"
    AFTER = "posted after the source was added"
    BEFORE = "posted before the source was added"
    LATE = "posted long before it was first seen, on a source that was read meanwhile: moved, or not followed"
    FIRST_PASS = "undated; the board showed it when it was first read"
    ABOVE = "undated; its number is above all that the board showed at first"
    BELOW = "undated; its number lies among those that the board showed at first"
    LATER = "undated; first seen after the board had been read"
    CONTRADICTED = "its date is new, its number is old"
    EDITED = "changed since it was first read"
    REREAD = "read in another way since its source's adapter was mended"
    WATCH = "stored before the watch was added or changed"
    MANY = "more than can be believed in a day"


class Date(StrEnum):
    """What is wrong with a post's date; empty: nothing is."""

    FINE = ""
    MISSING = "no date"
    AHEAD = "date in the future"
    ABSURD = "date before there were boards"


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a source had been read when a post was seen; times are aware UTC, None: not yet.

    ``at``: its first crawl began. ``first_ended``: the first crawl that read anything ended. ``settled``: the first
    that read everything ended. ``last_read``: the newest began that had read everything. ``threads`` and ``posts``: the
    highest numbers that were seen until ``first_ended``. ``mended``: it is read in another way since.
    """

    at: datetime
    first_ended: datetime | None = None
    settled: datetime | None = None
    last_read: datetime | None = None
    threads: int | None = None
    posts: int | None = None
    mended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``doubtful``: it is taken for news, and may be none."""

    news: bool
    reason: Reason
    date: Date = Date.FINE
    doubtful: bool = False

    def __str__(self) -> str:
        return (
            f"{self.date.value}: {self.reason.value}"
            if self.date in (Date.AHEAD, Date.ABSURD)
            else self.reason
        )


NEWS = Verdict(True, Reason.UNKNOWN)


def judge(change: Change, beginning: Beginning | None, before: datetime | None = None) -> Verdict:
    """Whether a change of the store is news. ``beginning`` None: nothing is known of its source, and all is news.
    ``before``: when the post's revision before this one was read."""
    if beginning is None:
        return NEWS
    post, seen = change.stored.post, change.stored.first_seen_at
    date = date_of(post, seen)
    verdict = _dated(post, seen, beginning) if date is Date.FINE else _undated(post, seen, beginning, date)
    if change.kind is ChangeKind.CHANGED and _reread(change, beginning, before, date):
        return Verdict(False, Reason.REREAD, date)
    if change.kind is not ChangeKind.NEW and not verdict.news:
        # whoever edits an old post makes news; so does an adapter that reads it in another way
        return Verdict(True, Reason.EDITED, date, doubtful=True)
    return verdict


def date_of(post: Post, seen: datetime) -> Date:
    """What is wrong with a post's date, which was first seen then."""
    if post.posted_at is None or post.precision is Precision.UNKNOWN:
        return Date.MISSING
    if post.posted_at > seen + _AHEAD:
        return Date.AHEAD
    return Date.ABSURD if post.posted_at < _FIRST_BOARDS else Date.FINE


def number_of(key: str) -> int | None:
    """A key as the board counts; None where it does not."""
    return int(key) if _NUMBER(key) else None


def _reread(change: Change, beginning: Beginning, before: datetime | None, date: Date) -> bool:
    """Whether an old post reads differently because its source's adapter does: it is the first revision since, and the
    board shows no edit that would explain it. A post of the last days may have been missed until now, and is told."""
    post, mended = change.stored.post, beginning.mended
    if before is None or mended is None or not before < mended <= post.seen_at:
        return False
    if post.edited_at is not None and post.edited_at > before - _SPAN[Precision.MINUTE]:
        return False
    since = post.posted_at if date is Date.FINE and post.posted_at else change.stored.first_seen_at
    return since + LATE < post.seen_at


def _dated(post: Post, seen: datetime, beginning: Beginning) -> Verdict:
    assert post.posted_at is not None
    latest = post.posted_at + _SPAN[post.precision]
    if latest <= beginning.at:
        return Verdict(False, Reason.BEFORE)
    if beginning.last_read and latest + LATE < min(beginning.last_read, seen):
        return Verdict(False, Reason.LATE)
    number, highest = _numbers(post, beginning)
    later = beginning.first_ended is not None and seen > beginning.first_ended
    if later and number is not None and highest is not None and number <= highest:
        return Verdict(True, Reason.CONTRADICTED, doubtful=True)
    return Verdict(True, Reason.AFTER)


def _undated(post: Post, seen: datetime, beginning: Beginning, date: Date) -> Verdict:
    if beginning.first_ended is None or seen <= beginning.first_ended:
        first = seen <= beginning.at + FIRST_PASS or beginning.first_ended is not None
        reason = Reason.FIRST_PASS if first else Reason.LATER
        return Verdict(not first, reason, date, doubtful=not first)
    number, highest = _numbers(post, beginning)
    if number is not None and highest is not None:
        above = number > highest
        reason = Reason.ABOVE if above else Reason.BELOW
        return Verdict(above, reason, date, doubtful=above and date is not Date.MISSING)
    settled = beginning.settled or beginning.at + FIRST_PASS
    later = seen > settled
    return Verdict(later, Reason.LATER if later else Reason.FIRST_PASS, date, doubtful=later)


def _numbers(post: Post, beginning: Beginning) -> tuple[int | None, int | None]:
    """A post's number with the highest that it is held against: replies are numbered by themselves."""
    if post.kind is Kind.REPLY:
        return number_of(post.key.post), beginning.posts
    return number_of(post.key.thread), beginning.threads
