"""Where a query's words stand in a post: exact spans of the original text, the same for every store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA

from indexer.query import Near, Wild, Words
from indexer.text import LONGEST_WORD, Word, words

Spans = tuple[tuple[int, int], ...]
_LONG = re.compile(rf"[A-Za-z0-9]{{{LONGEST_WORD + 1}}}")  # a run that is cut into several words


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
    plain = [each for term in wanted if (each := _plain(term))]
    if text.isascii() and len(plain) == len(wanted) and not _long(text):
        lower = text.lower()  # ASCII: as long as the text
        return _joined(
            sorted(span for term in plain for span in _ascii_spans(lower, term.words, term.prefix))
        )
    found = words(text)
    return _joined(sorted(span for term in wanted for span in _spans(found, _tests(term))))


def _joined(spans: Sequence[tuple[int, int]]) -> Spans:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _plain(term: Words | Wild | Near) -> Words | None:
    """A term as words, where it is no more than that."""
    match term:
        case Words():
            return term
        case Wild(fields, pattern) if pattern.endswith("*") and not set(pattern[:-1]) & {"*", "?"}:
            return Words(fields, (pattern[:-1],), prefix=True)
        case _:
            return None


def _long(text: str) -> bool:
    """Whether a run of letters is cut into several words."""
    return max(map(len, text.split()), default=0) > LONGEST_WORD and _LONG.search(text) is not None


def _ascii_spans(lower: str, known: tuple[str, ...], prefix: bool) -> Iterator[tuple[int, int]]:
    """Where words stand in lower-case ASCII, a hundred times faster than word by word; spans may overlap."""
    first = known[0]
    at = lower.find(first)
    while at >= 0:
        if not (at and lower[at - 1].isalnum()) and (run := _ascii_pattern(known, prefix).match(lower, at)):
            yield run.span()
        at = lower.find(first, at + 1)


@lru_cache(maxsize=4096)
def _ascii_pattern(known: tuple[str, ...], prefix: bool) -> re.Pattern[str]:
    phrase = "[^a-z0-9]+".join(map(re.escape, known)) + ("[a-z0-9]*" if prefix else "")
    return re.compile(f"{phrase}(?![a-z0-9])")


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
