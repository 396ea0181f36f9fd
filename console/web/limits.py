"""How often somebody may ask: a bucket that fills by itself, for each user, token and address."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST = 10_000  # names that are remembered; who is forgotten begins with a full bucket


class Limiter:
    """``rate`` requests a minute of each name, so many at once at most. For one process; safe in several threads."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Count a request; the seconds after which it may be made, 0 where it may be now."""
        with self._lock:
            now = self._clock()
            left, at = self._left.pop(name, (self._rate, now))
            left = min(left + (now - at) * self._rate / 60, self._rate)
            free = left >= 1
            self._left[name] = (left - 1 if free else left, now)
            while len(self._left) > _MOST:
                self._left.popitem(last=False)
            return 0.0 if free else (1 - left) * 60 / self._rate
