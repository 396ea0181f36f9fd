"""Misspelt names: one letter wrong, missing, too many or swapped with its neighbour; two in long names.

A name of one word is looked up by its word with any letter left out. A name of several is looked up by two
neighbouring words, one of them with any letter left out. What is found is measured letter by letter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from rapidfuzz.distance import OSA

from alerts.matching.beginnings import PADDING
from alerts.matching.domains import host_around, is_dot, stands_alone
from alerts.matching.folding import OTHER, Folded, fold
from alerts.matching.found import MOST_PLACES, Found
from alerts.matching.hashing import Hashes, Indexes, Table, Words, mixed, words_of
from alerts.matching.legal import without_legal_form
from alerts.matching.lines import Flags, Lines, Memory, hashes_of
from alerts.matching.ordinary import is_ordinary
from alerts.matching.terms import Term
from alerts.matching.verify import gap_is_short
from alerts.matching.views import WORDS

_DIGIT = re.compile("[0-9]")
LEAST_ONE, LEAST_TWO = 6, 10  #: letters of a name in which one, or two, may be wrong
_LEAST_FIRST = 8  #: letters of a name whose first letter may be wrong
_LEAST_WORD = 3
_NEXT, _PREVIOUS = np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
_LONGEST_WORD = 40
ALONE, AFTER, BEFORE = 1, 2, 4  #: what a word tells
_MOST = 64  #: names that are measured for one place


@dataclass(frozen=True, slots=True)
class Name:
    """A name as words of the words view."""

    term: Term
    words: tuple[bytes, ...]


class TypoIndex:
    """Finds misspelt names. Immutable; safe in threads."""

    def __init__(self, names: Sequence[Name]) -> None:
        self._names = [name for name in names if sum(map(len, name.words)) >= LEAST_ONE]
        text = b" ".join(word for name in self._names for word in name.words)
        words = words_of(text)
        counts = np.array([len(name.words) for name in self._names], np.intp)
        owner = np.repeat(np.arange(len(self._names)), counts)
        first = np.repeat(np.cumsum(counts) - counts, counts)
        number = np.arange(len(owner)) - first
        several = np.repeat(counts, counts) > 1
        lengths = words.ends - words.starts
        domain = np.array([name.term.kind == "domain" for name in self._names], bool)
        labels = [
            name.term.text.split(".")[0].count("-") + 1 for name in self._names
        ]  # words of the first label
        zone = np.repeat(domain, counts) & (number >= np.repeat(np.array(labels, np.intp), counts))
        editable = ~zone & (lengths >= _LEAST_WORD)
        self._number = number
        self._owner = owner
        self._counts, self._begun = counts, np.cumsum(counts) - counts
        self._seen = hashes_of(text + PADDING, words.starts, words.ends)
        self._single = self._table(words, np.flatnonzero(~several & editable), None)
        has_next = np.append(owner[1:] == owner[:-1], False) if len(owner) else several
        longer = np.append(lengths[1:], 0) >= np.concatenate(([0], lengths[:-1])) if len(owner) else several
        forward = several & has_next & (longer | (number == 0))
        backward = several & ~forward & (number > 0)
        self._forward = self._table(words, np.flatnonzero(forward & editable), 1)
        self._backward = self._table(words, np.flatnonzero(backward & editable), -1)
        anchors = words.hashes[1:][forward[:-1]], words.hashes[:-1][backward[1:]]
        self._after, self._before = (Table(one, np.zeros(len(one), np.intp)) for one in anchors)
        self._longest = int(lengths.max(initial=0)) + 2
        self._dull_pairs = Memory(16)

    @staticmethod
    def _table(words: Words, chosen: Indexes, beside: int | None) -> Table:
        owners, short = words.shortened(chosen)
        hashes = np.concatenate((short, words.hashes[chosen]))
        entries = np.concatenate((owners, chosen))
        if beside is not None:
            hashes = hashes + words.hashes[entries + beside] * (_NEXT if beside > 0 else _PREVIOUS)
        return Table(hashes, entries)

    def learn(self, distinct: Sequence[bytes]) -> Flags:
        """Of each word what it tells: ``ALONE`` when it is a misspelt name (no word of a dictionary is), ``AFTER`` or
        ``BEFORE`` when a misspelt word of a name may stand before or after it."""
        flags = np.zeros(len(distinct), np.uint8)
        words = words_of(b" ".join(distinct))
        lengths = words.ends - words.starts
        chosen = np.flatnonzero((lengths >= LEAST_ONE - 1) & (lengths <= min(self._longest, _LONGEST_WORD)))
        owners, short = words.shortened(chosen)
        owners = np.concatenate((owners, chosen))
        asked = np.concatenate((short, words.hashes[chosen]))
        for hit in self._single.hits(asked).tolist():
            at = int(owners[hit])
            names = (self._names[int(self._owner[entry])] for entry in self._single.entries(int(asked[hit])))
            if not flags[at] and any(_edits(name.words, (distinct[at],)) for name in names):
                flags[at] = 0 if _is_ordinary(distinct[at]) else ALONE
        flags[self._after.hits(words.hashes)] |= AFTER
        flags[self._before.hits(words.hashes)] |= BEFORE
        return flags

    def find(
        self, lines: Lines, hashes: Hashes, flags: Flags, folded: Callable[[int], Folded]
    ) -> Iterator[tuple[int, Found]]:
        """Misspelt names in lines of whose words the flags are known, each with the number of its text."""
        seen: set[tuple[int, int]] = set()
        counts: Counter[tuple[int, int]] = Counter()
        for table, chosen, beside in (
            (self._single, np.flatnonzero((flags & ALONE) != 0), 0),
            (self._forward, np.flatnonzero((flags & AFTER) != 0) - 1, 1),
            (self._backward, np.flatnonzero((flags & BEFORE) != 0) + 1, -1),
        ):
            if beside:
                chosen = self._telling(table, lines, hashes, chosen, beside)
            if not len(chosen):
                continue
            asked, owners = _asked(lines, chosen, beside)
            hits, entries = table.pairs(asked, _MOST)
            places = chosen[owners[hits]]
            near = self._near(entries, places, lines, hashes)
            places, entries = places[near], entries[near]
            texts = (np.searchsorted(lines.ends, lines.starts[places]) - 1).tolist()
            rows = zip(places.tolist(), entries.tolist(), self._owner[entries].tolist(), texts, strict=True)
            for at, entry, name, text in dict.fromkeys(rows):
                if (at, entry) not in seen and counts[text, name] < MOST_PLACES:
                    seen.add((at, entry))
                    for found in self._measured(entry, at, text, lines, folded):
                        counts[text, name] += 1
                        yield text, found

    def _near(self, entries: Indexes, places: Indexes, lines: Lines, hashes: Hashes) -> Indexes:
        """Which of these words of names, and where each may stand, are of names with one or two wrong words there,
        all in one text."""
        names, first = self._owner[entries], places - self._number[entries]
        counts, begun = self._counts[names], self._begun[names]
        inside = (first >= 0) & (first + counts <= len(hashes))
        wrong = np.zeros(len(entries), np.intp)
        for number in range(int(counts.max(initial=0))):
            there = np.flatnonzero(inside & (counts > number))
            wrong[there] += hashes[first[there] + number] != self._seen[begun[there] + number]
        near = np.flatnonzero(inside & (wrong > 0) & (wrong <= 2))
        one, other = lines.starts[first[near]], lines.starts[first[near] + counts[near] - 1]
        together: Indexes = near[np.searchsorted(lines.ends, one) == np.searchsorted(lines.ends, other)]
        return together

    def _telling(self, table: Table, lines: Lines, hashes: Hashes, chosen: Indexes, beside: int) -> Indexes:
        """Of these words, those that are a misspelt word of a name together with the word beside them. Pairs that
        are none are remembered."""
        chosen = chosen[(chosen >= 0) & (chosen < len(hashes))]
        lengths = (lines.ends_of_words - lines.starts)[chosen]
        chosen = chosen[(lengths >= _LEAST_WORD - 1) & (lengths <= _LONGEST_WORD)]
        chosen = chosen[(chosen + beside >= 0) & (chosen + beside < len(hashes))]
        pairs = mixed(hashes[chosen] * _NEXT + hashes[chosen + beside] * (_PREVIOUS + np.uint64(beside + 1)))
        flags, unknown = self._dull_pairs.of(pairs)
        telling = flags != 0
        if len(unknown):
            fresh, first = np.unique(pairs[unknown], return_index=True)
            first = unknown[first]
            asked, owners = _asked(lines, chosen[first], beside)
            learnt = np.zeros(len(first), np.uint8)
            learnt[owners[table.hits(asked)]] = 1
            self._dull_pairs.learn(fresh, learnt)
            telling[unknown] = learnt[np.searchsorted(fresh, pairs[unknown])] != 0
        kept: Indexes = chosen[telling]
        return kept

    def _measured(
        self, entry: int, at: int, text: int, lines: Lines, text_folded: Callable[[int], Folded]
    ) -> Iterator[Found]:
        name = self._names[int(self._owner[entry])]
        first = at - int(self._number[entry])
        last = first + len(name.words) - 1
        there = [lines.word(word) for word in range(first, last + 1)]
        edits = _edits(name.words, there)
        if not edits:
            return
        folded = text_folded(text)
        ends = [
            (
                lines.place(text, int(lines.starts[word])),
                lines.place(text, int(lines.ends_of_words[word]) - 1),
            )
            for word in range(first, last + 1)
        ]
        start, end = folded.span(ends[0][0], ends[-1][1])
        gaps = [folded.gap(one[1], other[0]) for one, other in pairwise(ends)]
        wrong = [
            _text(folded, low, high)
            for wanted, found, (low, high) in zip(name.words, there, ends, strict=True)
            if wanted != found
        ]
        if name.term.kind == "domain":
            joints = [char for char in name.term.text if char in ".-"]
            if not all(
                is_dot(gap) if joint == "." else gap == joint
                for joint, gap in zip(joints, gaps, strict=False)
            ):
                return
            if not stands_alone(folded.text, start, end) or any(map(is_ordinary, wrong)):
                return
            yield Found(name.term, "domain", start, end, {"look-alike domain": 0.8})
            return
        if not all(map(gap_is_short, gaps)) or host_around(folded.text, start, end):
            return
        if any(
            len(one) <= _LEAST_WORD and one != other for one, other in zip(name.words, there, strict=True)
        ):
            return  # "San" and "São" are other words
        right = [
            _text(folded, low, high)
            for wanted, found, (low, high) in zip(name.words, there, ends, strict=True)
            if wanted == found
        ]
        telling = any(len(word) >= LEAST_ONE and not is_ordinary(word) for word in right)
        if not telling and any(is_ordinary(word) for word in wrong):
            return
        yield Found(name.term, "typo", start, end, {"typos": 0.8 if edits == 1 else 0.7})


def _is_ordinary(word: bytes) -> bool:
    return word.isalpha() and word.islower() and is_ordinary(word.decode())  # other codes are other scripts


def _asked(lines: Lines, chosen: Indexes, beside: int) -> tuple[Hashes, Indexes]:
    """What to look up for these words: with any letter left out and whole, each with the word beside it. Second: the
    number in ``chosen`` for each."""
    words = words_of(b" ".join(map(lines.word, chosen.tolist())))
    numbers = np.arange(len(chosen))
    owners, short = words.shortened(numbers)
    asked, owners = np.concatenate((short, words.hashes)), np.concatenate((owners, numbers))
    if beside:
        others = words_of(b" ".join(map(lines.word, (chosen + beside).tolist()))).hashes
        asked = asked + others[owners] * (_NEXT if beside > 0 else _PREVIOUS)
    return asked, owners


def _text(folded: Folded, first: int, last: int) -> str:
    start, end = folded.span(first, last)
    return folded.text[start:end].lower()


def _edits(wanted: Sequence[bytes], there: Sequence[bytes]) -> int:
    """How many letters are wrong; 0 for none and for too many."""
    letters = sum(map(len, wanted))
    most = 2 if letters >= LEAST_TWO else 1
    found = b" ".join(there).decode("latin-1")
    written = b" ".join(wanted).decode("latin-1")
    if _DIGIT.search(found) and not _DIGIT.search(written):
        return 0
    if written[0] != found[0] and letters < _LEAST_FIRST:
        return 0
    edits = OSA.distance(written, found, score_cutoff=most)
    return edits if edits <= most else 0


def name_of(term: Term) -> list[Name]:
    """A term as it is looked for with mistakes: without its legal form; nothing for a script without words."""
    text = term.text if term.kind == "domain" else without_legal_form(term.text)
    classes = fold(text).classes
    words = tuple(WORDS.of(classes).split())
    if not words or max(classes) >= OTHER:
        return []
    return [Name(term, words)]
