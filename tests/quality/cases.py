"""A post with known truth, and how truths are written into texts."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARK = re.compile(r"⟦(?:([\w-]+)¦)?(.*?)⟧", re.DOTALL)


@dataclass(frozen=True)
class Case:
    """A post, which organisations it names and where (start and end of each mention, in order; none where the place
    does not matter), what it tries, and its language."""

    text: str
    wanted: frozenset[str]
    evasion: str
    language: str
    spans: tuple[tuple[int, int], ...] = ()


def marked(text: str, evasion: str, language: str, owner: str = "") -> Case:
    """The case of a text whose mentions are marked: ``⟦id¦the name as written⟧``, or ``⟦the name⟧`` of ``owner``."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    wanted: set[str] = set()
    behind = length = 0
    for mark in _MARK.finditer(text):
        before = text[behind : mark.start()]
        start = length + len(before)
        spans.append((start, start + len(mark[2])))
        wanted.add(mark[1] or owner)
        parts += [before, mark[2]]
        behind, length = mark.end(), spans[-1][1]
    return Case("".join(parts) + text[behind:], frozenset(wanted), evasion, language, tuple(spans))
