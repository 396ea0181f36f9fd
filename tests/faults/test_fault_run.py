"""The short form of ``make faults``: a minute of the whole product under fire, always the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from fault_plan import make_plan
from fault_run import Ground, kinds_here, run

from console.demo.tor_network import PrivateTor

SEED, SECONDS, CHANGES, KILLS = 20220141, 18, 24, 6


@pytest.mark.tor
@pytest.mark.slow
def test_a_minute_under_fire_loses_nothing(private_tor: PrivateTor, tmp_path: Path) -> None:
    plan = make_plan(SEED, SECONDS, CHANGES, KILLS, kinds_here("sqlite", own=False))
    done = run(plan, tmp_path, Ground(private_tor), print)
    print(done.struck, done.figures)
    assert not done.verdict.violations, "\n".join(map(str, done.verdict.violations))
    assert sum(done.struck.values()) >= KILLS, "a fault that finds nobody to strike proves nothing"
    assert done.verdict.checked["posts that must be stored"] > 10
    assert done.verdict.checked["organisations named in a listing"] > 5
    assert done.verdict.checked["deliveries"] > 10
