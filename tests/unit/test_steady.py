"""A clock that jumps makes nothing old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.steady import SteadyClock


def test_a_jump_is_told_once_and_in_both_directions() -> None:
    at = {"now": datetime(2026, 1, 6, 12, tzinfo=UTC), "elapsed": 5.0}

    def passes(hours: float, jump: timedelta = timedelta()) -> None:
        at["now"] += timedelta(hours=hours) + jump
        at["elapsed"] += 3600 * hours

    clock = SteadyClock(lambda: at["now"], lambda: at["elapsed"])
    passes(24, timedelta(seconds=30))
    assert clock.jump() is None
    passes(24, timedelta(days=400))
    assert clock.jump() == timedelta(days=400)
    passes(2, timedelta(days=-400))
    assert clock.jump() == timedelta(days=-400)
    passes(24)
    assert clock.jump() is None
