"""The cost of profiles beside plain matching of the same posts in the same run, at 10,000 organisations that have both.
Goal: at most a fifth more. All posts are listings, which is the worst case: replies are not scored.

Posts of the bench of matching first. Then one in twenty more offers data of somebody who is watched: each becomes a
possible alert, whose claims its alert reads too; they are read once, so the cost is told without them as well. Other
ways to find the posts that are worth a score stand beside ours: every word folded and looked up again, an automaton
over the letters of each post without its spaces (it also stops at words that begin or end within others), and a set
asked for each one to four words in a row.
"""

from __future__ import annotations

import random
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

import daachorse

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

import matching as plain  # noqa: E402
from quality.unnamed import listings, organisations  # noqa: E402

from alerts.matching import build_matcher  # noqa: E402
from alerts.unnamed.index import Profiles  # noqa: E402
from alerts.watchlist import Organisation  # noqa: E402
from indexer.fact import Fact, facts  # noqa: E402
from indexer.text import fold  # noqa: E402

WATCHED, ROUNDS, UNNAMED, ROW = 10_000, 15, 25, 4
Posts = Sequence[tuple[str, str]]
Way = Callable[[Posts], int]


def telling(profiles: Profiles, watched: Sequence[Organisation]) -> list[str]:
    """The words for whose sake a post is scored, as letters."""
    runs = {
        fold(each.word).replace(" ", "")
        for one in watched
        for each in profiles.weights(one.id)
        if profiles.tells(each)
    }
    return sorted(runs)


def by_automaton(runs: Sequence[str]) -> Way:
    scan = daachorse.CharwiseDoubleArrayAhoCorasick(list(runs)).find
    return lambda posts: sum(bool(scan(fold(" ".join(post)).replace(" ", ""))) for post in posts)


def by_set(runs: Sequence[str]) -> Way:
    known = frozenset(runs)

    def told(post: tuple[str, str]) -> bool:
        words = fold(" ".join(post)).split()
        return any(
            "".join(words[at : at + size]) in known for at in range(len(words)) for size in range(1, ROW + 1)
        )

    return lambda posts: sum(map(told, posts))


def main() -> None:
    watched = organisations(WATCHED)
    matcher, profiles = build_matcher(watched), Profiles(watched)
    ordinary = [("", text) for text in plain.posts(random.Random(plain.SEED), watched)]
    unnamed = [(each.title, each.text) for each in listings(watched, UNNAMED, 3, (1, 4))]
    runs = telling(profiles, watched)

    def ours(posts: Posts, reads: Callable[[str, str], Sequence[Fact]] = facts) -> int:
        hearing = profiles.hearing()
        matcher.match_many(posts, hearing)
        told = [posts[number] for number in sorted(hearing.passed)]
        profiles.possible_many(told, [partial(reads, *post) for post in told])
        return len(told)

    def again(posts: Posts) -> int:
        return sum(map(bool, profiles.possible_many(posts, [partial(facts, *post) for post in posts])))

    print(f"{WATCHED:,} organisations with profiles, {len(runs):,} words of theirs that tell them apart")
    ways: dict[str, tuple[Way, int]] = {
        "ours, with the matcher": (ours, ROUNDS),
        "ours, but for claims": (partial(ours, reads=cache(facts)), ROUNDS),
        "looked up again": (again, ROUNDS),
        "an automaton over the letters": (by_automaton(runs), 3),
        "a set asked for words in a row": (by_set(runs), 2),
    }
    for title, posts in (
        (f"{len(ordinary)} ordinary posts", ordinary),
        (f"{UNNAMED} unnamed offers of whom is watched more", [*ordinary, *unnamed]),
    ):
        print(f"{title}; beside what matching costs (goal: at most 0.20)")
        for name, (way, count) in ways.items():
            found, rounds = way(posts), []
            for _ in range(count):
                matched = plain.spent(partial(matcher.match_many, posts))
                spent = plain.spent(partial(way, posts))
                rounds.append((spent - matched if name.startswith("ours") else spent) / matched)
            print(f"  {name:32} {statistics.median(rounds):6.2f} more, {found} posts found")


if __name__ == "__main__":
    main()
