"""A timeline that zooms: which steps of time to count in, and every step of a range with its count.

Pure. Steps are hours, days, weeks (from Monday), months or years, in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

Step = Literal["hour", "day", "week", "month", "year"]
_SIZES: Final[tuple[tuple[Step, timedelta], ...]] = (
    ("hour", timedelta(hours=1)),
    ("day", timedelta(days=1)),
    ("week", timedelta(days=7)),
    ("month", timedelta(days=30)),
    ("year", timedelta(days=365)),
)
_MOST = 96  # bars
_YEARS = (1971, 9000)  # boards lie about the time
Counts = Sequence[tuple[datetime, int]]


@dataclass(frozen=True, slots=True)
class Bar:
    """A step of time from ``begin`` to ``end`` (excluded) with the number of posts."""

    begin: datetime
    end: datetime
    count: int
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every step of a range, those without posts too."""

    step: Step
    bars: tuple[Bar, ...]

    @property
    def most(self) -> int:
        """The highest count."""
        return max((bar.count for bar in self.bars), default=0)


def step_for(begin: datetime, end: datetime) -> Step:
    """The smallest step that shows a range in a hundred bars or fewer."""
    return next((step for step, size in _SIZES if (end - begin) / size <= _MOST), "year")


def timeline(
    counts: Counts, step: Step, begin: datetime | None = None, end: datetime | None = None
) -> Timeline:
    """Counts by their steps, with what lies between; from ``begin`` to ``end`` where these are given. A range of
    too many bars is cut at its beginning."""
    sums: dict[datetime, int] = {}
    for at, count in counts:
        if not _YEARS[0] <= at.year <= _YEARS[1]:
            continue
        start = floor(at, step)
        sums[start] = sums.get(start, 0) + count
    if not sums and begin is None:
        return Timeline(step, ())
    first = floor(begin, step) if begin else min(sums)
    last = floor(end - timedelta(microseconds=1), step) if end else max(sums, default=first)
    bars = []
    at = max(first, _back(last, step))
    while at <= last:
        following = after(at, step)
        bars.append(Bar(at, following, sums.get(at, 0), label(at, step)))
        at = following
    return Timeline(step, tuple(bars))


def floor(at: datetime, step: Step) -> datetime:
    """The beginning of the step that a time lies in."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    if step == "hour":
        return hour
    day = hour.replace(hour=0)
    if step == "day":
        return day
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day.replace(day=1, month=1)


def after(at: datetime, step: Step) -> datetime:
    """The beginning of the next step."""
    if step == "year":
        return at.replace(year=at.year + 1)
    if step == "month":
        return at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
    return at + dict(_SIZES)[step]


def label(at: datetime, step: Step) -> str:
    """A step as people read it."""
    forms = {"hour": "%Y-%m-%d %H:00Z", "day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
    return f"{at:{forms[step]}}"


def _back(at: datetime, step: Step) -> datetime:
    try:
        return floor(at - 4 * _MOST * dict(_SIZES)[step], step)
    except OverflowError:
        return at
