"""Where a query's words stand in a post: exact spans of the original text, the same for every store."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rapidfuzz.distance import OSA

from indexer.query import Near, Wild, Words
from indexer.text import Word, words

Spans = tuple[tuple[int, int], ...]


def wild_pattern(pattern: str) -> re.Pattern[str]:
    """A wildcard as a regular expression for one whole word."""
    pieces = [
        "".join("." if char == "?" else re.escape(char) for char in part) for part in pattern.split("*")
    ]
    if len(pieces) == 1:
        return re.compile(pieces[0], re.DOTALL)
    first, *inner, last = pieces
    # atomic groups: the first place that fits is as good as any, so nothing is ever tried twice
    return re.compile(first + "".join(f"(?>.*?{part})" for part in inner if part) + ".*" + last, re.DOTALL)


def highlight(field: str, text: str, terms: Sequence[Words | Wild | Near]) -> Spans:
    """Spans of the terms that search ``field``: sorted, overlapping ones joined."""
    wanted = [term for term in terms if field in term.fields]
    if not wanted:
        return ()
    found = words(text)
    spans = sorted(span for term in wanted for span in _spans(found, _tests(term)))
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def near(word: str, edits: int) -> Callable[[str], bool]:
    """A test for words within so many edits; a swap of neighbours is one edit."""
    return lambda other: OSA.distance(word, other, score_cutoff=edits) <= edits


def _tests(term: Words | Wild | Near) -> list[Callable[[str], bool]]:
    match term:
        case Words(_, known, prefix):
            tests: list[Callable[[str], bool]] = [word.__eq__ for word in known]
            if prefix:
                tests[-1] = lambda word: word.startswith(known[-1])
            return tests
        case Wild():
            fits = wild_pattern(term.pattern).fullmatch
            return [lambda word: fits(word) is not None]
        case Near():
            return [near(term.word, term.edits)]


def _spans(found: list[Word], tests: list[Callable[[str], bool]]) -> list[tuple[int, int]]:
    spans = []
    for at in range(len(found) - len(tests) + 1):
        if all(test(found[at + step].text) for step, test in enumerate(tests)):
            spans.append((found[at].start, found[at + len(tests) - 1].end))
    return spans
