"""What a change of the watchlists costs at 100,000 organisations: a matcher built anew (goal: under 3 s), a small
change (goal: under 20 ms), and how long matching waits while one is built in the background, beside the same
without."""

from __future__ import annotations

import random
import statistics
import time

from _figures import quick, tell
from matching import SEED, organisations, posts

from alerts.matching.current import CurrentMatcher
from alerts.matching.engine import TextMatcher
from alerts.matching.layered import LayeredMatcher
from alerts.matching.port import Matcher

COUNT, CHANGED, ROUNDS = 20_000 if quick() else 100_000, 10, 5


def waits(matcher: Matcher, pages: list[list[tuple[str, str]]], until: float) -> list[float]:
    """How long each page of posts takes, one after another until a time."""
    found: list[float] = []
    while not found or time.perf_counter() < until:
        begun = time.perf_counter()
        matcher.match_many(pages[len(found) % len(pages)])
        found.append(1000 * (time.perf_counter() - begun))
    return found


def main() -> None:
    chance = random.Random(SEED)
    every = organisations(chance, COUNT + CHANGED)
    first, fresh = tuple(every[:COUNT]), every[COUNT:]
    second = (*first[CHANGED:], *fresh)
    texts = posts(chance, every[:100])
    pages = [[("", text) for text in texts[at : at + 20]] for at in range(0, len(texts), 20)]

    begun = time.process_time()
    main = TextMatcher(first)
    cold = time.process_time() - begun
    begun = time.process_time()
    TextMatcher(second, known=main.prepared)
    warm = time.process_time() - begun
    print(
        f"{COUNT:,} organisations: built in {cold:.1f} s of CPU time at the start; anew after a change in {warm:.1f} s "
        "(goal 3 s)"
    )

    gone = frozenset(one.id for one in first[:CHANGED])
    spent = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        LayeredMatcher(main, fresh, gone)
        spent.append(1000 * (time.process_time() - begun))
    print(
        f"{CHANGED} organisations new and {CHANGED} gone: {statistics.median(spent):.1f} ms (goal 20 ms), a "
        f"{warm * 1000 / statistics.median(spent):,.0f}th of a matcher built anew"
    )
    tell("watchlist_changes: built anew", [(warm, cold)], "s", "built at the start", higher=False)
    tell(
        "watchlist_changes: small change",
        [(each, warm * 1000) for each in spent],
        "ms",
        "built anew",
        higher=False,
    )

    current = CurrentMatcher()
    matcher = current.of(first)
    for page in pages:
        matcher.match_many(page)  # dictionaries are read, words are learnt
    quiet = waits(matcher, pages, time.perf_counter() + 3)
    begun = time.perf_counter()
    matcher = current.of(second)
    asked = 1000 * (time.perf_counter() - begun)
    busy = waits(matcher, pages, time.perf_counter() + 2 * warm)
    current.wait()
    print(
        f"20 posts while one is built: median {statistics.median(busy):.1f} ms, longest {max(busy):.1f} ms; without: "
        f"median {statistics.median(quiet):.1f} ms, longest {max(quiet):.1f} ms; the change itself: {asked:.1f} ms"
    )
    pair = (statistics.median(busy), statistics.median(quiet))
    tell("watchlist_changes: 20 posts meanwhile", [pair], "ms", "without a change", higher=False)


if __name__ == "__main__":
    main()
