"""The verdict of a soak: what grows is told from what only wavers."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

from _soak_report import Sample, judge
from _trend import Verdict, trend

HOURS = [minute / 60 for minute in range(60)]


def noisy(slope: float, spread: float = 1.0) -> list[float]:
    chance = random.Random(7)
    return [200 + slope * hour + chance.gauss(0, spread) for hour in HOURS]


@pytest.mark.parametrize(
    ("values", "limit", "verdict"),
    [
        ([5.0] * 60, 0.0, Verdict.FLAT),
        (noisy(0.0), 4.0, Verdict.FLAT),
        (noisy(20.0), 4.0, Verdict.GROWS),
        (noisy(-20.0), 4.0, Verdict.FLAT),
        (noisy(0.0, 30.0), 4.0, Verdict.OPEN),
        ([200.0 + 8 * hour for hour in HOURS], 4.0, Verdict.GROWS),
    ],
)
def test_a_slope_is_held_against_its_limit(values: list[float], limit: float, verdict: Verdict) -> None:
    assert trend(HOURS, values).against(limit) is verdict


def test_the_interval_holds_the_true_slope_as_often_as_it_says() -> None:
    """Also where memory goes up and down in slow waves, which a plain interval takes for growth."""
    chance = random.Random(11)
    for follows, least in ((0.0, 0.92), (0.7, 0.85)):
        held = 0
        for _ in range(400):
            wave, values = 0.0, []
            for hour in HOURS:
                wave = follows * wave + chance.gauss(0, 1)
                values.append(3 * hour + wave)
            found = trend(HOURS, values)
            held += found.low <= 3 <= found.high
        assert held / 400 >= least


def test_too_few_samples_say_nothing() -> None:
    with pytest.raises(ValueError, match="too few"):
        trend([0.0, 1.0], [1.0, 2.0])


def steady(minute: int) -> Sample:
    names = [name for name in Sample.__dataclass_fields__ if name != "minutes"]
    still = dict.fromkeys(names, 0)
    grown = {
        "revisions": 20 * minute,
        "posts_bytes": 40_000 * minute,
        "state_bytes": 9_000 * minute,
        "pages": 30 * minute,
        "evidence_bytes": 60_000 * minute,
        "crawls": 6 * minute,
        "log_bytes": 600 * minute,
        "memory": 180.0 + minute % 3,
    }
    return Sample(minutes=float(minute), **still | grown)  # type: ignore[arg-type]


def test_a_soak_is_judged_line_by_line() -> None:
    samples = [steady(minute) for minute in range(1, 41)]
    assert [line.name for line in judge(samples) if line.bad] == []
    leaking = [
        replace(each, memory=each.memory + each.minutes, sockets=int(each.minutes)) for each in samples
    ]
    fat = [
        replace(each, posts_bytes=40_000 * minute + 2_000 * max(0, minute - 20) ** 2)
        for minute, each in enumerate(leaking, 1)
    ]
    bad = [line.name for line in judge(fat) if line.bad]
    assert bad == ["memory of the service", "sockets of the service", "posts' database"]
