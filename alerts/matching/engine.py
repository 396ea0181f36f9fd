"""The matcher: folds a text once, looks at it in several views, and verifies what is found there."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from math import prod

import daachorse

from alerts.matching.domains import DOT_WORDS
from alerts.matching.folding import GAP, IGNORED, Folded, fold
from alerts.matching.found import Found, Parts
from alerts.matching.patterns import PatternMatcher
from alerts.matching.port import Match, Span
from alerts.matching.terms import SILENT, STRENGTH, Spelling, Term, spellings, terms_of
from alerts.matching.verify import signs_spelt, spelt, words_spelt
from alerts.matching.views import COMPACT, SOUND, WORDS, has_signs, signs
from alerts.watchlist import Organisation

_BETWEEN = "\n\n\n"  # title and text are looked at as one; nothing is found across
_RUN = re.compile(rb"([a-z])\1\1+")
_BANG = re.compile(r"(?<=\w)[!|](?=\w)")
_DOT_WORD = re.compile(rf"(?<=[\s\[({{<])(?:{'|'.join(DOT_WORDS)})(?=[\s\])}}>])", re.IGNORECASE)


class Automaton:
    """All spellings of one view."""

    def __init__(self, found: Sequence[Spelling], more: Sequence[bytes] = ()) -> None:
        by_letters: dict[bytes, list[Spelling]] = defaultdict(list)
        for spelling in found:
            by_letters[spelling.letters].append(spelling)
        for pattern in more:
            by_letters[pattern] = by_letters.get(pattern, [])
        self._spellings = list(by_letters.values())
        self._search = (
            daachorse.DoubleArrayAhoCorasick(list(by_letters)).find_overlapping if by_letters else None
        )

    def candidates(self, view: bytes) -> list[tuple[int, int, int]]:
        """Start, end and number of each pattern in a view."""
        return self._search(view) if self._search and view else []

    def spellings(self, number: int) -> list[Spelling]:
        return self._spellings[number]


class TextMatcher:
    """Finds every spelling of every term. Immutable; safe in threads."""

    def __init__(self, organisations: Sequence[Organisation]) -> None:
        by_view: dict[str, list[Spelling]] = defaultdict(list)
        self._context: set[str] = set()
        domains = False
        for organisation in organisations:
            if organisation.context:
                self._context.add(organisation.id)
            for term in terms_of(organisation):
                domains = domains or term.kind == "domain"
                for spelling in spellings(term):
                    by_view[spelling.view].append(spelling)
        runs = [bytes([letter]) * 3 for letter in b"abcdefghijklmnopqrstuvxyz"]
        dots = [b" " + WORDS.of(fold(word).classes) + b" " for word in DOT_WORDS] if domains else []
        self._words = Automaton(by_view["words"], runs + dots)
        self._compact = Automaton(by_view["compact"])
        self._sound = Automaton(by_view["sound"])
        self._signs = Automaton(by_view["signs"])
        self._patterns = PatternMatcher(organisations)
        described = "\n".join(sorted(organisation.model_dump_json() for organisation in organisations))
        self.version = hashlib.sha256(described.encode()).hexdigest()[:16]

    def match(self, title: str, text: str) -> Sequence[Match]:
        behind = len(title) + len(_BETWEEN)
        whole = title + _BETWEEN + text
        spans: dict[Term, dict[Span, Found]] = defaultdict(dict)
        for found in (*self._find(whole), *self._patterns.find(whole)):
            if found.end <= len(title):
                span = Span("title", found.start, found.end)
            elif found.start >= behind:
                span = Span("text", found.start - behind, found.end - behind)
            else:
                continue
            there = spans[found.term].get(span)
            if there is None or _rank(found) > _rank(there):
                spans[found.term][span] = found
        return self._matches(spans)

    def _matches(self, spans: dict[Term, dict[Span, Found]]) -> list[Match]:
        excluded: dict[str, list[Span]] = defaultdict(list)
        context: set[str] = set()
        for term, places in spans.items():
            if term.kind == "exclusion":
                excluded[term.organisation] += places
            elif term.kind == "context":
                context.add(term.organisation)
        matches = []
        for term, places in spans.items():
            if term.kind in SILENT:
                continue
            if term.cased and term.organisation in self._context and term.organisation not in context:
                continue
            kept = {
                span: found
                for span, found in places.items()
                if not _inside(span, excluded.get(term.organisation, ()))
            }
            if not kept:
                continue
            best = max(kept.values(), key=_rank)
            parts = {term.kind: STRENGTH[term.kind], **best.parts}
            if term.cased and term.organisation in context:
                parts[term.kind] = max(STRENGTH[term.kind], 0.8)
            strength = round(prod(parts.values()), 4)
            matches.append(
                Match(
                    term.organisation, term.text, term.kind, best.view, tuple(sorted(kept)), strength, parts
                )
            )
        return sorted(
            matches,
            key=lambda match: (-match.strength, match.organisation, match.term, match.kind, match.spans),
        )

    def _find(self, text: str) -> Iterator[Found]:
        folded = fold(text)
        candidates = self._words.candidates(b" " + WORDS.of(folded.classes) + b" ")
        again = False
        if candidates:
            places = WORDS.places(folded.classes).tolist()
            for start, end, number in candidates:
                there = self._words.spellings(number)
                again = again or not there
                for spelling in there:
                    yield from _word(spelling, folded, places[start : end - 2])
        yield from self._spread(folded, {})
        if again:
            for reading, part in _readings(folded):
                yield from self._spread(reading, part)
        if "!" in text or "|" in text:
            marks = [mark.start() for mark in _BANG.finditer(text)]
            if marks and folded.origin is None:
                changed = bytearray(folded.classes)
                for at in marks:
                    changed[at] = ord("|")
                yield from self._spread(replace(folded, classes=bytes(changed)), {})
        if not text.isascii():
            yield from self._sounding(folded)
            if has_signs(folded):
                yield from self._signed(text)

    def _spread(self, folded: Folded, more: Parts) -> Iterator[Found]:
        candidates = self._compact.candidates(COMPACT.of(folded.classes))
        if not candidates:
            return
        every = COMPACT.places(folded.classes)
        for start, end, number in candidates:
            places = every[start:end].tolist()
            for spelling in self._compact.spellings(number):
                parts = spelt(spelling, folded, places)
                if parts is not None:
                    view = "domain" if spelling.term.kind == "domain" else "compact"
                    plain = not parts and not more and view == "compact"
                    yield Found(
                        spelling.term,
                        "words" if plain else view,
                        *folded.span(places[0], places[-1]),
                        {**dict(spelling.parts), **parts, **more},
                    )

    def _sounding(self, folded: Folded) -> Iterator[Found]:
        candidates = self._sound.candidates(SOUND.of(folded.classes))
        if not candidates:
            return
        every = SOUND.places(folded.classes)
        for start, end, number in candidates:
            places = every[start:end].tolist()
            for spelling in self._sound.spellings(number):
                parts = spelt(spelling, folded, places)
                if parts is not None and "spread" not in parts and "cut" not in parts:
                    yield Found(
                        spelling.term,
                        "sound",
                        *folded.span(places[0], places[-1]),
                        {**dict(spelling.parts), **parts},
                    )

    def _signed(self, text: str) -> Iterator[Found]:
        view = signs(text)
        if view is None:
            return
        letters, every = view
        for start, end, number in self._signs.candidates(letters):
            if start % 2:
                continue
            places = every[start // 2 : end // 2].tolist()
            for spelling in self._signs.spellings(number):
                parts = signs_spelt(spelling, text, places)
                if parts is not None:
                    last = places[-1] + 1
                    yield Found(
                        spelling.term,
                        "words" if not parts else "compact",
                        places[0],
                        last,
                        {**dict(spelling.parts), **parts},
                    )


def _word(spelling: Spelling, folded: Folded, run: list[int]) -> Iterator[Found]:
    places = [at for at in run if folded.classes[at] != GAP]
    places = [at for at in places if WORDS.translation[folded.classes[at]] != GAP]
    if len(places) != len(spelling.seen):
        return
    parts = words_spelt(spelling, folded, places)
    if parts is not None:
        yield Found(
            spelling.term, "words", *folded.span(places[0], places[-1]), {**dict(spelling.parts), **parts}
        )


def _readings(folded: Folded) -> Iterator[tuple[Folded, Parts]]:
    """Other ways to read a text: repeated letters as one or two of them, spelt dots as gaps."""
    classes = folded.classes
    for kept in (1, 2):
        changed = _RUN.sub(partial(_shortened, kept), classes)
        if changed != classes:
            yield replace(folded, classes=changed), {"repeated letters": 0.9}
    if folded.origin is None:
        dotted = bytearray(classes)
        for word in _DOT_WORD.finditer(folded.text):
            dotted[word.start() : word.end()] = bytes([GAP]) * (word.end() - word.start())
        if dotted != classes:
            yield replace(folded, classes=bytes(dotted)), {}


def _shortened(kept: int, run: re.Match[bytes]) -> bytes:
    return run[1] * kept + bytes([IGNORED]) * (len(run[0]) - kept)


def _rank(found: Found) -> tuple[float, str, tuple[tuple[str, float], ...]]:
    return prod(found.parts.values()), found.view, tuple(sorted(found.parts.items()))


def _inside(span: Span, others: Sequence[Span]) -> bool:
    return any(
        span.field == other.field and other.start <= span.start and span.end <= other.end for other in others
    )
