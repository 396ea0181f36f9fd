"""What of a source is covered and what is not: boards, threads against what the board states, what was missed and why,
and new posts against what its own history lets expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HOURS_A_WEEK = 168
_LEAST = timedelta(days=3)  # of history, before anything is expected
_WEEKLY = timedelta(days=14)  # of history, before the hours of the week are told apart
#: Posts expected from which their absence is an alarm: by chance it happens in one of 3,000 such spans.
SILENT_FROM = 8.0


@dataclass(frozen=True, slots=True)
class BoardCoverage:
    """One board: threads that are known and stand, the number that the board states (None: it states none), and when it
    was last read to where nothing was new."""

    board: str
    followed: bool
    known: int
    stated: int | None
    last_pass: datetime | None


@dataclass(frozen=True, slots=True)
class Expected:
    """New posts by hour of the week, Monday 00:00 UTC first: expected in a week, and seen in the last seven days.
    ``since``: when the newest post was found; ``due``: how many were to be expected since."""

    by_hour: tuple[float, ...]
    seen: tuple[int, ...]
    since: datetime
    due: float

    @property
    def silent(self) -> bool:
        """Whether a source that is read yields nothing though it should."""
        return self.due >= SILENT_FROM

    def between(self, begin: datetime, end: datetime) -> float:
        """Posts expected between two instants; of more than eight weeks, eight."""
        return _between(self.by_hour, begin, end)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is covered of one source. ``missed``: pages by why; ``expected``: None before there is history enough."""

    source: str
    boards: tuple[BoardCoverage, ...]
    missed: Mapping[str, int]
    expected: Expected | None


def expect(runs: Sequence[tuple[datetime, int]], now: datetime) -> Expected | None:
    """What a source's crawls let expect. ``runs``: when each began and how many posts it found new, oldest first,
    without those that read the board for the first time. None before three days of history with any post."""
    found = [(at, new) for at, new in runs if new]
    if not found or found[-1][0] - runs[0][0] < _LEAST:
        return None
    begin, last = runs[0][0], found[-1][0]
    span = last - begin
    rate = sum(new for _, new in found) / (span / timedelta(hours=1))
    by_hour = [rate] * HOURS_A_WEEK
    if span >= _WEEKLY:
        weeks = span / timedelta(weeks=1)
        sums = [0] * HOURS_A_WEEK
        for at, new in found:
            sums[hour_of_week(at)] += new
        # one week of the plain mean is added, so that an hour with no post yet is not taken for dead
        by_hour = [(total + rate) / (weeks + 1) for total in sums]
    seen = [0] * HOURS_A_WEEK
    for at, new in found:
        if now - at <= timedelta(weeks=1):
            seen[hour_of_week(at)] += new
    return Expected(tuple(by_hour), tuple(seen), last, _between(by_hour, last, now))


def hour_of_week(at: datetime) -> int:
    """0 to 167 from Monday midnight, in the zone of ``at``."""
    return at.weekday() * 24 + at.hour


def _between(by_hour: Sequence[float], begin: datetime, end: datetime) -> float:
    """Posts expected between two instants; of more than eight weeks, eight."""
    total, at = 0.0, max(begin, end - timedelta(weeks=8))
    while at < end:
        step = min(end - at, timedelta(hours=1))
        total += by_hour[hour_of_week(at)] * (step / timedelta(hours=1))
        at += step
    return total


def pause(expected: Expected | None, shortest: timedelta, longest: timedelta, now: datetime) -> timedelta:
    """The pause between two crawls: a quarter of the time in which a new post is to be expected, within limits. A
    source of which nothing is known yet is read as often as it may be."""
    if expected is None:
        return shortest
    rate = max(expected.by_hour[hour_of_week(now)], expected.by_hour[hour_of_week(now + timedelta(hours=1))])
    wanted = longest if rate <= 0 else timedelta(hours=0.25 / max(rate, 1e-6))
    return min(max(wanted, shortest), max(longest, shortest))
