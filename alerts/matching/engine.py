"""The matcher: looks at many texts at once in several views, and verifies what is found there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import chain
from types import MappingProxyType

import numpy as np

from alerts.matching.checking import Checker
from alerts.matching.domains import DOT_WORDS, decoded
from alerts.matching.folding import GAP, Classes, Folded, fold
from alerts.matching.found import Found
from alerts.matching.hashing import Hashes
from alerts.matching.lines import LONGEST, Lines, Memory, hashes_of
from alerts.matching.order import OrderIndex
from alerts.matching.patterns import PatternMatcher
from alerts.matching.port import Listener, Match, Unmatched
from alerts.matching.prepared import Prepared, much_made, prepare, same, version_of
from alerts.matching.scan import Hits
from alerts.matching.summing import BETWEEN, NEGATIVE, Summing
from alerts.matching.terms import Spelling, Term, spellings
from alerts.matching.two_typos import TwoTypoIndex
from alerts.matching.typos import TypoIndex
from alerts.matching.views import WORDS
from alerts.watchlist import Organisation

_AT_ONCE = 1 << 18  # characters of the texts that are looked at in one go: what fits a processor's cache
_MANY = 5000  # organisations
_BANG = re.compile(r"[!|](?<=\w.)(?=\w)")
_PUNYCODE = re.compile(r"(?:[\w-]{1,63}\.){0,4}xn--[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.IGNORECASE)
_DOT_WORD = re.compile(rf"(?<=[\s\[({{<])(?:{'|'.join(DOT_WORDS)})(?=[\s\])}}>])", re.IGNORECASE)


class _Texts:
    """Texts that are looked at together; each is folded when something is found in it."""

    def __init__(self, whole: Sequence[str]) -> None:
        self.whole = whole
        self._folded: dict[int, Folded] = {}

    def folded(self, number: int) -> Folded:
        if number not in self._folded:
            self._folded[number] = fold(self.whole[number])
        return self._folded[number]


class TextMatcher:
    """Finds every spelling of every term; without ``loose`` no misspelt or reordered one. Immutable; safe in
    threads."""

    def __init__(
        self,
        organisations: Sequence[Organisation],
        loose: bool = True,
        known: Mapping[str, Prepared] = MappingProxyType({}),
        negative: Sequence[str] = (),
    ) -> None:
        """``known``: what another matcher prepared, by organisation; it is used again where nothing changed.
        ``negative``: phrases inside which no organisation is meant."""
        self.negative = tuple(dict.fromkeys(negative))
        with much_made() if len(organisations) > _MANY else nullcontext():
            self._build(organisations, loose, known)

    def _build(
        self, organisations: Sequence[Organisation], loose: bool, known: Mapping[str, Prepared]
    ) -> None:
        self.prepared = {
            one.id: there if (there := known.get(one.id)) and same(there.organisation, one) else prepare(one)
            for one in organisations
        }
        every = self.prepared.values()
        by_view: dict[str, list[Spelling]] = defaultdict(list)
        nobody = [Term(NEGATIVE, phrase, "exclusion") for phrase in self.negative]
        hiding = [spelling for term in nobody for spelling in spellings(term)]
        for spelling in chain(hiding, *(one.spellings for one in every)):
            by_view[spelling.view].append(spelling)
        names = [name for one in every for name in one.names] if loose else []
        domains = any(one.domains or one.mail_domains for one in organisations)
        dots = [WORDS.of(fold(word).classes) + b" " for word in DOT_WORDS] if domains else []
        self._checker = Checker(by_view, dots)
        self._scanner = self._checker.scanner()
        self._typos, self._order, self._two = TypoIndex(names), OrderIndex(names), TwoTypoIndex(names)
        self._loose, self._memory = bool(names), Memory()
        self._patterns = PatternMatcher(organisations)
        self._summing = Summing(organisations)
        self.digest = sum(one.digest for one in every)
        self.version = version_of(self.digest, self.negative)

    def match(self, title: str, text: str) -> Sequence[Match]:
        return self.match_many([(title, text)])[0]

    def unmatched(self, title: str, text: str) -> Sequence[Unmatched]:
        _, unmatched = self._summing.sorted_out(len(title), self._found_in([title + BETWEEN + text])[0])
        return unmatched

    def match_many(
        self, posts: Sequence[tuple[str, str]], listener: Listener | None = None
    ) -> list[Sequence[Match]]:
        matches: list[Sequence[Match]] = [[]] * len(posts)
        whole = [title + BETWEEN + text for title, text in posts]
        for numbers in _apart(whole):
            heard = partial(listener, numbers) if listener else None
            for number, found in self._found_in([whole[number] for number in numbers], heard).items():
                at = numbers[number]
                matches[at] = self._summing.matches(len(posts[at][0]), found)
        return matches

    def _found_in(
        self, whole: Sequence[str], heard: Callable[[Lines, Hashes], None] | None = None
    ) -> dict[int, list[Found]]:
        """All places in texts, by the text's number."""
        texts = _Texts(whole)
        scanned = self._scanner.scan(texts.whole)
        lines = scanned.lines
        hashes = hashes_of(lines.letters, lines.starts, lines.ends_of_words) if self._loose or heard else None
        if heard and hashes is not None:
            heard(lines, hashes)
        found: dict[int, list[Found]] = defaultdict(list)
        for number in {*scanned.words, *scanned.compact, *scanned.sound, *scanned.signs}:
            found[number] += self._checker.found(number, texts.folded(number), scanned)
        changed = [
            (number, *change)
            for number in {*scanned.words, *scanned.banged}
            for change in self._changed(
                texts.whole[number], scanned.words.get(number, []), number in scanned.banged
            )
        ]
        again = self._scanner.spread([text for _, text, _ in changed]) if changed else {}
        for at, hits in again.items():
            number, _, classes = changed[at]
            folded = texts.folded(number)
            if folded.origin is None:
                found[number] += self._checker.spread(replace(folded, classes=classes(folded.classes)), hits)
        if self._loose and hashes is not None:
            for number, one in self._misspelt(texts, lines, hashes):
                found[number].append(one)
        if self._patterns:
            for number, text in enumerate(texts.whole):
                found[number] += self._patterns.find(text)
        return found

    def _changed(
        self, text: str, words: Hits, banged: bool
    ) -> Iterator[tuple[str, Callable[[Classes], Classes]]]:
        """The text as it may be read too: dots that are spelt, and marks that stand for letters."""
        if self._checker.has_dots(words):
            spans = [word.span() for word in _DOT_WORD.finditer(text)]
            if spans:
                yield _with(text, spans, " "), lambda classes: _with_classes(classes, spans, GAP)
        if banged:
            marks = [mark.span() for mark in _BANG.finditer(text)]
            if marks:
                yield _with(text, marks, "1"), lambda classes: _with_classes(classes, marks, ord("1"))

    def _misspelt(self, texts: _Texts, lines: Lines, hashes: Hashes) -> Iterator[tuple[int, Found]]:
        """Misspelt names, names in another order, and domains in the encoding of international names. What is
        learnt of a word is remembered: most words of a post were in others."""
        flags, unknown = self._memory.of(hashes)
        lengths = lines.ends_of_words - lines.starts
        flags[lengths > LONGEST] = 0
        unknown = unknown[lengths[unknown] <= LONGEST]
        if len(unknown):
            fresh, first, again = np.unique(hashes[unknown], return_index=True, return_inverse=True)
            words = [lines.word(number) for number in unknown[first].tolist()]
            learnt = self._typos.learn(words) | self._order.learn(words) | self._two.learn(words)
            self._memory.learn(fresh, learnt)
            flags[unknown] = learnt[again]
        yield from self._typos.find(lines, hashes, flags, texts.folded)
        yield from self._order.find(lines, hashes, flags, texts.folded)
        yield from self._two.find(lines, flags, texts.folded)
        for number in {lines.text_of(word) for word in lines.ending(b"xn").tolist()}:
            for one in self._punycode(texts.whole[number]):
                yield number, one

    def _punycode(self, text: str) -> Iterator[Found]:
        """Domains of ours by their look, written in the encoding of international names."""
        for host in _PUNYCODE.finditer(text):
            shown = decoded(host[0])
            for found in self._checker.spread(fold(shown), self._scanner.spread([shown]).get(0, [])):
                if found.view == "domain":
                    yield replace(
                        found, start=host.start(), end=host.end(), parts={**found.parts, "punycode": 0.95}
                    )


def _apart(texts: Sequence[str]) -> Iterator[list[int]]:
    """The numbers of the texts that are looked at in one go: those of plain letters need fewer views."""
    plain = [number for number, text in enumerate(texts) if text.isascii()]
    for numbers in (plain, [number for number, text in enumerate(texts) if not text.isascii()]):
        begun, size = 0, 0
        for end, number in enumerate(numbers, 1):
            size += len(texts[number])
            if size >= _AT_ONCE or end == len(numbers):
                yield numbers[begun:end]
                begun, size = end, 0


def _with(text: str, spans: Sequence[tuple[int, int]], char: str) -> str:
    """The text with each character of these places as this one."""
    pieces, behind = [], 0
    for start, end in spans:
        pieces += [text[behind:start], char * (end - start)]
        behind = end
    return "".join([*pieces, text[behind:]])


def _with_classes(classes: Classes, spans: Sequence[tuple[int, int]], code: int) -> bytes:
    changed = bytearray(classes)
    for start, end in spans:
        changed[start:end] = bytes([code]) * (end - start)
    return bytes(changed)
