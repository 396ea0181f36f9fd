"""A clock that is set for one process tree, while it runs, and for nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fault_clock import Clock, ClockMissing

SAYS = """
import sys, time
from datetime import datetime, timezone
for line in sys.stdin:
    print(datetime.now(timezone.utc).isoformat(), time.time(), time.monotonic(), flush=True)
"""


def test_the_time_of_day_jumps_and_time_as_it_goes_by_does_not(tmp_path: Path) -> None:
    try:
        clock = Clock(tmp_path)
    except ClockMissing as missing:
        pytest.skip(str(missing))
    words = [sys.executable, "-c", SAYS]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, stdin=pipe, stdout=pipe, text=True, env={**os.environ, **clock.environment}
    ) as process:
        assert process.stdin
        assert process.stdout

        def says(ahead: int) -> float:
            clock.set(ahead)
            assert process.stdin
            assert process.stdout
            process.stdin.write("\n")
            process.stdin.flush()
            day, seconds, going_by = process.stdout.readline().split()
            off = datetime.fromisoformat(day) - datetime.now(UTC) - timedelta(seconds=ahead)
            assert abs(off) < timedelta(seconds=30)
            assert abs(float(seconds) - datetime.now(UTC).timestamp() - ahead) < 30
            return float(going_by)

        ticks = [says(ahead) for ahead in (0, 86_400, -3_600, 0)]
        assert ticks == sorted(ticks)
        assert ticks[-1] - ticks[0] < 30
        process.stdin.close()
