"""Joins two changes of one text, line by line, where they do not meet. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Merged:
    """Both changes in one text; ``clean``: no line was changed by both. Else those stand between markers, which no YAML
    reader takes."""

    text: str
    clean: bool


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Join what was made of ``base``."""
    old, ours, others = base.splitlines(), mine.splitlines(), theirs.splitlines()
    made: list[str] = []
    clean = True
    at = left = right = 0
    for begin, mine_at, theirs_at, size in _agreed(old, ours, others):
        before, one, two = old[at:begin], ours[left:mine_at], others[right:theirs_at]
        if one in (before, two):
            made += two
        elif two == before:
            made += one
        else:
            clean = False
            made += ["<<<<<<< yours", *one, "=======", *two, ">>>>>>> in the file"]
        made += old[begin : begin + size]
        at, left, right = begin + size, mine_at + size, theirs_at + size
    return Merged("\n".join(made), clean)


def _agreed(old: list[str], ours: list[str], others: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Runs of lines that stand in all three: where in each, and how many; at last an empty one at the ends."""
    first = SequenceMatcher(None, old, ours, autojunk=False).get_matching_blocks()
    second = SequenceMatcher(None, old, others, autojunk=False).get_matching_blocks()
    for one in first:
        for two in second:
            begin, end = max(one.a, two.a), min(one.a + one.size, two.a + two.size)
            if begin < end:
                yield begin, one.b + begin - one.a, two.b + begin - two.a, end - begin
    yield len(old), len(ours), len(others), 0
