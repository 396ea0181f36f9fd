"""Matching: from watchlists to a matcher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alerts.matching.port import Matcher
from alerts.watchlist import Organisation

if TYPE_CHECKING:
    from alerts.matching.current import CurrentMatcher


def current_matcher() -> CurrentMatcher:
    """What gives the matcher in force while watchlists change."""
    from alerts.matching.current import CurrentMatcher

    return CurrentMatcher()


def build_matcher(organisations: Sequence[Organisation], negative: Sequence[str] = ()) -> Matcher:
    """One matcher for all organisations. ``negative``: phrases inside which none is meant."""
    # dictionaries and numpy, which most commands do without
    from alerts.matching.decided import DecidedMatcher, Decider
    from alerts.matching.engine import TextMatcher

    matcher: Matcher = TextMatcher(organisations, negative=negative)
    decider = Decider(organisations)
    return DecidedMatcher(matcher, decider) if decider else matcher
