"""How a benchmark tells its figures: a line that people read, and one that ``run.py`` reads.

A figure is a ratio of two that were measured in the same run, so that it counts on any machine, also a busy one.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_MARK = "FIGURE "


@dataclass(frozen=True, slots=True)
class Figure:
    """Ours beside the peer's. ``ratio`` is the median of ``rounds`` (ours to theirs, measured side by side), and
    ``higher`` says whether a larger one is better. ``goal``: what the ratio should at least, or at most, be."""

    name: str  # never changed: recorded ratios are kept under it
    ours: float
    theirs: float
    unit: str
    peer: str  # what theirs is
    ratio: float
    rounds: tuple[float, ...]
    higher: bool = True
    goal: float | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Figure:
        """A figure as JSON has it."""
        return cls(**{**told, "rounds": tuple(told["rounds"])})

    @property
    def spread(self) -> float:
        """How far rounds lie from their median, as a share of it: the half-width of the middle half of them."""
        if len(self.rounds) < 3 or not self.ratio:
            return 0.0
        low, _, high = statistics.quantiles(self.rounds, n=4, method="inclusive")
        return (high - low) / 2 / self.ratio

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        return self.ratio >= self.goal if self.higher else self.ratio <= self.goal


def tell(
    name: str,
    pairs: Sequence[tuple[float, float]],
    unit: str,
    peer: str,
    *,
    higher: bool = True,
    goal: float | None = None,
) -> Figure:
    """Print a figure for ``run.py`` and give it back. ``pairs``: ours and theirs, a pair a round."""
    rounds = tuple(ours / theirs for ours, theirs in pairs)
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    made = Figure(name, ours, theirs, unit, peer, statistics.median(rounds), rounds, higher, goal)
    print(f"{_MARK}{json.dumps(asdict(made))}", flush=True)
    return made


def read(line: str) -> Figure | None:
    """The figure of a line; None for a line that people read."""
    if not line.startswith(_MARK):
        return None
    return Figure.of(json.loads(line.removeprefix(_MARK)))


def quick() -> bool:
    """Whether the short form is asked for: fewer rounds and posts, for a look in minutes."""
    return "--quick" in sys.argv[1:]
