"""The cost of profiles beside plain matching of the same posts, at 10,000 organisations that have both. Goal: at most a
fifth more. All posts are listings that name nobody, which is the worst case: replies and named ones are not scored."""

from __future__ import annotations

import random
import statistics
import sys
from functools import partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

import matching as plain  # noqa: E402
from quality.unnamed import listings, organisations  # noqa: E402

from alerts.matching import build_matcher  # noqa: E402
from alerts.unnamed.index import Profiles  # noqa: E402
from indexer.fact import facts  # noqa: E402

WATCHED, ROUNDS, UNNAMED = 10_000, 5, 25


def main() -> None:
    watched = organisations(WATCHED)
    matcher, profiles = build_matcher(watched), Profiles(watched)
    posts = [("", text) for text in plain.posts(random.Random(plain.SEED), watched)]
    posts += [(each.title, each.text) for each in listings(watched, UNNAMED, 3, (1, 4))]
    readers = [partial(facts, *post) for post in posts]
    ratios = []
    for _ in range(ROUNDS + 1):
        matched = plain.spent(lambda: matcher.match_many(posts))
        scored = plain.spent(lambda: profiles.possible_many(posts, readers))
        ratios.append(scored / matched)
    more = statistics.median(ratios[1:])
    print(f"{len(posts)} listings, {UNNAMED} of them unnamed offers, {WATCHED:,} organisations with profiles")
    print(f"profiles cost {more:.2f} of what matching costs (goal: at most 0.20)")


if __name__ == "__main__":
    main()
