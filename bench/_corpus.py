"""Posts for benchmarks, without holding them all: words follow Zipf's law, as those of people do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from indexer.post import Kind, Post, PostKey

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
_WORDS, _EXPONENT, _TEXT, _TITLE, _AT_ONCE = 50_000, 1.07, 60, 6, 1000
_THREAD = 12  # posts


def vocabulary() -> list[str]:
    """Made-up words, the commonest first."""
    chance = np.random.default_rng(20220106)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    found: dict[str, None] = {}
    while len(found) < _WORDS:
        found["".join(chance.choice(letters, int(chance.integers(3, 11))))] = None
    return list(found)


def posts(begin: int, end: int, words: list[str]) -> Iterator[Post]:
    """The posts numbered ``begin`` to ``end``; the same ones each time, in runs of a thousand."""
    shares = np.cumsum(1 / np.arange(1, _WORDS + 1) ** _EXPONENT)
    shares /= shares[-1]
    for start in range(begin - begin % _AT_ONCE, end, _AT_ONCE):
        chance = np.random.default_rng(start)
        drawn = np.searchsorted(shares, chance.random((_AT_ONCE, _TEXT + _TITLE + 1)))
        for number, row in enumerate(drawn.tolist(), start):
            if begin <= number < end:
                yield _post(number, [words[at] for at in row])


def _post(number: int, words: list[str]) -> Post:
    first = number % _THREAD == 0
    return Post(
        key=PostKey("forum", str(number // _THREAD), str(number)),
        board=f"board {number % 5}",
        position=number % _THREAD + 1,
        title=" ".join(words[1 : _TITLE + 1]),
        author=words[0],
        text=" ".join(words[_TITLE + 1 :]),
        url=f"http://board.invalid/{number}",
        seen_at=NOON,
        posted_at=NOON - timedelta(minutes=number * 7 % 5_000_000),  # boards are not read in order of time
        kind=Kind.LISTING if first else Kind.REPLY,
        language="en",
    )
