"""Whether the time of day can be trusted with what cannot be undone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_AGREED = timedelta(
    hours=1
)  # more than a leap second, a slow clock or daylight saving's faults come to in a day


class SteadyClock:
    """Holds the time of day against time as it goes by. ``elapsed``: seconds since any moment, never set."""

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now, self._elapsed = now, elapsed
        self._last = now(), elapsed()

    def jump(self) -> timedelta | None:
        """By how much the time of day was moved since this was last asked, None: not to speak of. Asked again, the
        new time counts as right: whoever asks once a day leaves a day to set it back."""
        (then, before), self._last = self._last, (self._now(), self._elapsed())
        now, at = self._last
        moved = (now - then) - timedelta(seconds=at - before)
        return moved if abs(moved) > _AGREED else None
