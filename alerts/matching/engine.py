"""The matcher: folds a text once, looks at it in several views, and verifies what is found there."""

from __future__ import annotations

import hashlib
import re
import sys
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod

import daachorse

from alerts.matching.domains import DOT_WORDS, decoded
from alerts.matching.folding import GAP, IGNORED, Folded, fold
from alerts.matching.found import Found
from alerts.matching.hashing import words_of
from alerts.matching.order import OrderIndex
from alerts.matching.ordinary import is_ordinary
from alerts.matching.patterns import PatternMatcher
from alerts.matching.port import Match, Span
from alerts.matching.runs import Runs, align
from alerts.matching.terms import SILENT, STRENGTH, Spelling, Term, spellings, terms_of
from alerts.matching.typos import Name, TypoIndex, name_of
from alerts.matching.verify import signs_spelt, spelt, words_spelt
from alerts.matching.views import COMPACT, SOUND, WORDS, View, has_signs, signs
from alerts.watchlist import Organisation

_MOST_PLACES = 200  # of one term in one text; a flood of a name says no more
_BETWEEN = "\n\n\n"  # title and text are looked at as one; nothing is found across
_BANG = re.compile(r"[!|](?<=\w.)(?=\w)")
_PUNYCODE = re.compile(r"(?:[\w-]{1,63}\.){0,4}xn--[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.IGNORECASE)
_DOT_WORD = re.compile(rf"(?<=[\s\[({{<])(?:{'|'.join(DOT_WORDS)})(?=[\s\])}}>])", re.IGNORECASE)


class Automaton:
    """All spellings of one view. ``signals`` are looked for too and spell nothing."""

    def __init__(self, found: Sequence[Spelling], signals: Sequence[bytes] = ()) -> None:
        by_letters: dict[bytes, list[Spelling]] = defaultdict(list)
        for spelling in found:
            by_letters[spelling.letters].append(spelling)
        for signal in signals:
            by_letters.setdefault(signal, [])
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
    """Finds every spelling of every term; without ``loose`` no misspelt or reordered one. Immutable; safe in
    threads."""

    def __init__(self, organisations: Sequence[Organisation], loose: bool = True) -> None:
        by_view: dict[str, list[Spelling]] = defaultdict(list)
        self._context: set[str] = set()
        domains = False
        names: list[Name] = []
        for organisation in organisations:
            if organisation.context:
                self._context.add(organisation.id)
            for term in terms_of(organisation):
                domains = domains or term.kind == "domain"
                for spelling in spellings(term):
                    by_view[spelling.view].append(spelling)
                if loose and not term.cased and term.kind in ("name", "alias", "domain"):
                    names += name_of(term)
        dots = [b" " + WORDS.of(fold(word).classes) + b" " for word in DOT_WORDS] if domains else []
        self._words = Automaton(by_view["words"], dots)
        self._compact = Automaton(by_view["compact"])
        self._sound = Automaton(by_view["sound"])
        self._signs = Automaton(by_view["signs"])
        self._typos, self._order = TypoIndex(names), OrderIndex(names)
        self._loose = bool(names)
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
        covers = {organisation: _Cover(hiding) for organisation, hiding in excluded.items()}
        matches = []
        for term, places in spans.items():
            if term.kind in SILENT:
                continue
            if term.cased and term.organisation in self._context and term.organisation not in context:
                continue
            cover = covers.get(term.organisation)
            kept = {span: found for span, found in places.items() if cover is None or not cover.hides(span)}
            if not kept:
                continue
            kept = _apart(kept)
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
        view = WORDS.of(folded.classes)
        candidates = self._words.candidates(b" " + view + b" ")
        dot_words = False
        if candidates:
            whole = len(view) == len(folded.classes)  # then each letter stands where its class does
            places = None if whole else WORDS.places(folded.classes)
            for start, end, number in candidates:
                there = self._words.spellings(number)
                dot_words = dot_words or not there
                for spelling in there:
                    run = range(start, end - 2) if places is None else places[start : end - 2].tolist()
                    yield from _word(spelling, folded, run)
        yield from self._spread(folded)
        if dot_words and folded.origin is None:
            dotted = _without_dot_words(folded)
            if dotted is not None:
                yield from self._spread(dotted)
        if "!" in text or "|" in text:
            marks = [mark.start() for mark in _BANG.finditer(text)]
            if marks and folded.origin is None:
                changed = bytearray(folded.classes)
                for at in marks:
                    changed[at] = ord("1")
                yield from self._spread(replace(folded, classes=bytes(changed)))
        if self._loose:
            distinct = set(view.split(b" ")) - {b""}
            misspelt, reordered = self._typos.may_find(distinct), self._order.may_find(distinct)
            if misspelt or reordered:
                every, words = WORDS.places(folded.classes), words_of(view)
                if misspelt:
                    yield from self._typos.find(folded, view, every, words)
                if reordered:
                    yield from self._order.find(folded, every, words)
            if "xn--" in text.lower():
                yield from self._punycode(text)
        if not text.isascii():
            yield from self._sounding(folded)
            if has_signs(folded):
                yield from self._signed(text)

    def _spread(self, folded: Folded) -> Iterator[Found]:
        counts: Counter[Term] = Counter()
        for spelling, shown, places, repeated in self._aligned(self._compact, COMPACT, folded, counts):
            parts = spelt(spelling, shown, places)
            if parts is None:
                continue
            start, end = folded.span(places[0], places[-1])
            if repeated:
                if is_ordinary(folded.text[start:end].lower()):
                    continue
                parts["repeated letters"] = 0.9
            view = "domain" if spelling.term.kind == "domain" else "compact" if parts else "words"
            counts[spelling.term] += 1
            yield Found(spelling.term, view, start, end, {**dict(spelling.parts), **parts})

    def _punycode(self, text: str) -> Iterator[Found]:
        """Domains of ours by their look, written in the encoding of international names."""
        for host in _PUNYCODE.finditer(text):
            for found in self._spread(fold(decoded(host[0]))):
                if found.view == "domain":
                    yield replace(
                        found, start=host.start(), end=host.end(), parts={**found.parts, "punycode": 0.95}
                    )

    def _sounding(self, folded: Folded) -> Iterator[Found]:
        counts: Counter[Term] = Counter()
        for spelling, shown, places, _ in self._aligned(self._sound, SOUND, folded, counts):
            parts = spelt(spelling, shown, places)
            if parts is not None and "spread" not in parts and "cut" not in parts:
                span = folded.span(places[0], places[-1])
                counts[spelling.term] += 1
                yield Found(spelling.term, "sound", *span, {**dict(spelling.parts), **parts})

    def _aligned(
        self, automaton: Automaton, view: View, folded: Folded, counts: Counter[Term]
    ) -> Iterator[tuple[Spelling, Folded, list[int], bool]]:
        """Each candidate with the places of its term's letters, repetitions hidden, until the term has been
        counted often enough."""
        letters = view.of(folded.classes)
        runs = Runs(letters)
        candidates = automaton.candidates(runs.letters)
        if not candidates:
            return
        every = view.places(folded.classes)
        changed: bytearray | None = None  # one for all candidates: a hostile text may have very many
        for start, end, number in candidates:
            there = [
                spelling for spelling in automaton.spellings(number) if counts[spelling.term] < _MOST_PLACES
            ]
            groups = runs.groups(every, start, end) if there else []
            for spelling in there:
                aligned = align(spelling.runs, groups, folded.classes)
                if aligned is None:
                    continue
                places, repeated = aligned
                if not repeated:
                    yield spelling, folded, places, False
                    continue
                if changed is None:
                    changed = bytearray(folded.classes)
                    hidden = replace(folded, classes=changed)
                for place in repeated:
                    changed[place] = IGNORED
                yield spelling, hidden, places, True
                for place in repeated:
                    changed[place] = folded.classes[place]

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


def _word(spelling: Spelling, folded: Folded, run: Sequence[int]) -> Iterator[Found]:
    places = [at for at in run if folded.classes[at] != GAP]
    places = [at for at in places if WORDS.translation[folded.classes[at]] != GAP]
    if len(places) != len(spelling.seen):
        return
    parts = words_spelt(spelling, folded, places)
    if parts is not None:
        yield Found(
            spelling.term, "words", *folded.span(places[0], places[-1]), {**dict(spelling.parts), **parts}
        )


def _without_dot_words(folded: Folded) -> Folded | None:
    """The text with its spelt dots as gaps; None when it has none."""
    words = [word.span() for word in _DOT_WORD.finditer(folded.text)]
    if not words:
        return None
    classes = bytearray(folded.classes)
    for start, end in words:
        classes[start:end] = bytes([GAP]) * (end - start)
    return replace(folded, classes=bytes(classes))


def _rank(found: Found) -> tuple[float, str, tuple[tuple[str, float], ...]]:
    return prod(found.parts.values()), found.view, tuple(sorted(found.parts.items()))


def _apart(places: dict[Span, Found]) -> dict[Span, Found]:
    """Of places that overlap, the one that is sure."""
    kept: list[Span] = []
    for span in sorted(places, key=lambda span: (_rank(places[span]), span), reverse=True):
        at = bisect_left(kept, span)
        if not (at and _meet(kept[at - 1], span)) and not (at < len(kept) and _meet(span, kept[at])):
            kept.insert(at, span)
    return {span: places[span] for span in kept}


def _meet(one: Span, other: Span) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end


class _Cover:
    """Places that hide what lies inside one of them."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = sorted(spans)
        reach: dict[str, int] = {}
        self._reach = []
        for span in self._spans:
            reach[span.field] = max(reach.get(span.field, 0), span.end)
            self._reach.append(reach[span.field])

    def hides(self, span: Span) -> bool:
        at = bisect_right(self._spans, Span(span.field, span.start, sys.maxsize))
        return at > 0 and self._spans[at - 1].field == span.field and self._reach[at - 1] >= span.end
