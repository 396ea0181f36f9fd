"""The matcher in force while watchlists change: small changes at once, a matcher built anew behind them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import structlog

from alerts.matching.decided import DecidedMatcher, Decider
from alerts.matching.engine import TextMatcher
from alerts.matching.layered import LayeredMatcher
from alerts.matching.port import Matcher
from alerts.matching.prepared import same
from alerts.watchlist import Organisation

#: Organisations that are looked for at once; with more, the old matcher stays until all are ready.
_AT_ONCE = 1000
_log = structlog.get_logger()


class CurrentMatcher:
    """Gives the matcher of the watchlists of the moment. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: tuple[Organisation, ...] | None = None
        self._negative: tuple[str, ...] = ()
        self._main: TextMatcher | None = None
        self._force: Matcher | None = None
        self._decider = Decider(())
        self._building: threading.Thread | None = None

    def of(self, organisations: tuple[Organisation, ...], negative: tuple[str, ...] = ()) -> Matcher:
        """The matcher in force. The first, and one with another negative list, is built while the caller waits,
        later ones in the background: until then a few new and changed organisations are looked for beside the
        others, and none that is gone is found."""
        with self._lock:
            if self._main is None or self._negative != negative:
                known = self._main.prepared if self._main else {}
                self._main = self._force = TextMatcher(organisations, known=known, negative=negative)
                self._wanted, self._negative = organisations, negative
                self._decider = Decider(organisations)
            elif organisations is not self._wanted:
                self._wanted, self._decider = organisations, Decider(organisations)
                self._force = _changed(self._main, organisations)
                self._build()
            force = self._force or self._main
            return DecidedMatcher(force, self._decider) if self._decider else force

    def wait(self) -> None:
        """Until what is being built is in force."""
        while (thread := self._building) is not None:
            thread.join()

    def _build(self) -> None:
        """Begin to build a matcher, unless one is being built; the lock is held."""
        if self._building is None:
            self._building = threading.Thread(target=self._built, daemon=True)
            self._building.start()

    def _built(self) -> None:
        """Build until what is built is what is wanted."""
        try:
            while (wanted := self._wanted) is not None and (main := self._main) is not None:
                negative = self._negative
                fresh = TextMatcher(wanted, known=main.prepared, negative=negative)
                with self._lock:
                    if self._negative != negative:
                        continue
                    self._main = fresh
                    if self._wanted is wanted:
                        self._force = fresh
                        self._building = None
                        return
                    self._force = _changed(fresh, self._wanted or ())
        except Exception as error:  # noqa: BLE001 - told; what is in force stays, and the next change builds again
            _log.error("no matcher could be built", reason=f"{type(error).__name__}: {error}")
            with self._lock:
                self._building = None


def _changed(main: TextMatcher, organisations: Sequence[Organisation]) -> Matcher:
    """The matcher that is in force until one is built anew."""
    old = main.prepared
    fresh = [one for one in organisations if one.id not in old or not same(old[one.id].organisation, one)]
    gone = frozenset(old) - {one.id for one in organisations}
    if len(fresh) > _AT_ONCE:
        fresh = []  # soon
    return LayeredMatcher(main, fresh, gone) if fresh or gone else main
