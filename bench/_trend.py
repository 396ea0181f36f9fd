"""Whether a figure grows: the slope of its samples with a confidence interval, never one difference of two."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import sqrt


class Verdict(StrEnum):
    """What an interval says of a limit."""

    FLAT = "flat"  # the whole interval lies at or below the limit
    GROWS = "grows"  # the whole interval lies above it
    OPEN = "not decided"  # the limit lies within: watch it for longer


@dataclass(frozen=True, slots=True)
class Trend:
    """A slope, in units an hour, with its 95 % interval; ``level``: the median of the samples."""

    slope: float
    low: float
    high: float
    level: float
    samples: int

    def against(self, limit: float) -> Verdict:
        """Whether the figure grows faster than ``limit`` an hour."""
        if self.high <= limit:
            return Verdict.FLAT
        return Verdict.GROWS if self.low > limit else Verdict.OPEN


def trend(hours: Sequence[float], values: Sequence[float]) -> Trend:
    """The least-squares line through samples. What one sample says of the next is taken out of their number
    (autocorrelation of the residuals), as memory goes up in steps and a plain interval would be far too narrow.
    Raises ``ValueError`` below five samples."""
    count = len(values)
    if count < 5 or len(hours) != count:
        raise ValueError(f"{count} samples at {len(hours)} times are too few for a slope")
    slope, base = statistics.linear_regression(hours, values)
    left = [value - base - slope * hour for hour, value in zip(hours, values, strict=True)]
    squares = sum(each * each for each in left)
    level = statistics.median(values)
    if squares <= 1e-18 * max(1.0, level * level):
        return Trend(slope, slope, slope, level, count)
    follows = sum(a * b for a, b in pairwise(left)) / squares
    follows = min(max(follows, 0.0), 0.95)
    known = max(count * (1 - follows) / (1 + follows), 4.0)
    mean = statistics.fmean(hours)
    spread = sum((hour - mean) ** 2 for hour in hours)
    error = sqrt(squares / (count - 2) / spread) * sqrt(count / known)
    wide = _student(known - 2) * error
    return Trend(slope, slope - wide, slope + wide, level, count)


def _student(freedom: float) -> float:
    """The 0.975 quantile of Student's distribution, by the expansion of Cornish and Fisher: 3 % too small at two
    degrees of freedom, below which it is not used, and exact to a thousandth from ten on."""
    normal = statistics.NormalDist().inv_cdf(0.975)
    n = max(freedom, 2.0)
    return (
        normal
        + (normal**3 + normal) / (4 * n)
        + (5 * normal**5 + 16 * normal**3 + 3 * normal) / (96 * n**2)
        + (3 * normal**7 + 19 * normal**5 + 17 * normal**3 - 15 * normal) / (384 * n**3)
    )
