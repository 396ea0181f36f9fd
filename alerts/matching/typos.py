"""Misspelt names: one letter wrong, missing, too many or swapped with its neighbour; two in long names.

A name of one word is looked up by its word with any letter left out. A name of several is looked up by two
neighbouring words, one of them with any letter left out. What is found is measured letter by letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from rapidfuzz.distance import OSA

from alerts.matching.domains import host_around, is_dot, stands_alone
from alerts.matching.folding import OTHER, Folded, Places, fold
from alerts.matching.found import Found
from alerts.matching.hashing import Indexes, Table, Words, words_of
from alerts.matching.legal import without_legal_form
from alerts.matching.ordinary import is_ordinary
from alerts.matching.terms import Term
from alerts.matching.verify import gap_is_short
from alerts.matching.views import WORDS

LEAST_ONE, LEAST_TWO = 6, 10  #: letters of a name in which one, or two, may be wrong
_LEAST_FIRST = 8  #: letters of a name whose first letter may be wrong
_LEAST_WORD = 3
_NEXT, _PREVIOUS = np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
_LONGEST_WORD = 40
_MOST_KEPT = 500_000  #: words of which it is remembered that they tell nothing
_ALONE, _AFTER, _BEFORE = 1, 2, 4
_MOST_PLACES = 200  #: of one name in one text
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
        editable = ~(np.repeat(domain, counts) & (number > 0)) & (lengths >= _LEAST_WORD)
        self._number = number
        self._owner = owner
        self._single = self._table(words, np.flatnonzero(~several & editable), None)
        has_next = np.append(owner[1:] == owner[:-1], False) if len(owner) else several
        longer = np.append(lengths[1:], 0) >= np.concatenate(([0], lengths[:-1])) if len(owner) else several
        forward = several & has_next & (longer | (number == 0))
        backward = several & ~forward & (number > 0)
        self._forward = self._table(words, np.flatnonzero(forward & editable), 1)
        self._backward = self._table(words, np.flatnonzero(backward & editable), -1)
        anchors = words.hashes[1:][forward[:-1]], words.hashes[:-1][backward[1:]]
        self._after, self._before = (Table(one, np.zeros(len(one), np.intp)) for one in anchors)
        self._telling: dict[bytes, int] = {}
        self._dull: set[bytes] = set()

    @staticmethod
    def _table(words: Words, chosen: Indexes, beside: int | None) -> Table:
        owners, short = words.shortened(chosen)
        hashes = np.concatenate((short, words.hashes[chosen]))
        entries = np.concatenate((owners, chosen))
        if beside is not None:
            hashes = hashes + words.hashes[entries + beside] * (_NEXT if beside > 0 else _PREVIOUS)
        return Table(hashes, entries)

    def may_find(self, distinct: set[bytes]) -> bool:
        """Whether a text of these words may hold a misspelt name. What is learnt of a word is remembered: most words
        of a post were in others."""
        known = self._telling
        unknown = distinct - self._dull
        new = [word for word in unknown if word not in known]
        if new and self._names:
            if len(self._dull) > _MOST_KEPT:
                self._dull = set()
            learnt = self._learnt(new)
            known.update(learnt)
            self._dull.update(word for word in new if word not in learnt)
        return any(word in known for word in unknown)

    def _learnt(self, distinct: list[bytes]) -> dict[bytes, int]:
        """Of each word that tells something, what: ``_ALONE`` when it is a misspelt name, ``_AFTER`` or ``_BEFORE``
        when a misspelt word of a name may stand before or after it."""
        words = words_of(b" ".join(distinct))
        lengths = words.ends - words.starts
        chosen = np.flatnonzero((lengths >= LEAST_ONE - 1) & (lengths <= _LONGEST_WORD))
        owners, short = words.shortened(chosen)
        owners = np.concatenate((owners, chosen))
        asked = np.concatenate((short, words.hashes[chosen]))
        learnt: Counter[bytes] = Counter()
        for hit in self._single.hits(asked).tolist():
            word = distinct[int(owners[hit])]
            names = (self._names[int(self._owner[entry])] for entry in self._single.entries(int(asked[hit])))
            if not learnt[word] & _ALONE and any(_edits(name.words, (word,)) for name in names):
                learnt[word] |= _ALONE
        for table, flag in ((self._after, _AFTER), (self._before, _BEFORE)):
            for at in table.hits(words.hashes).tolist():
                learnt[distinct[at]] |= flag
        return {word: flags for word, flags in learnt.items() if flags}

    def find(self, folded: Folded, view: bytes, places: Places, words: Words) -> Iterator[Found]:
        """Misspelt names in the words view of a text of which ``may_find`` was asked."""
        lengths = words.ends - words.starts
        seen: set[tuple[int, int]] = set()
        counts: Counter[int] = Counter()
        known = self._telling
        flags = np.array([known.get(word, 0) for word in view.split(b" ") if word], np.uint8)
        for table, chosen, beside in (
            (self._single, np.flatnonzero(flags & _ALONE), 0),
            (self._forward, _beside(np.flatnonzero(flags & _AFTER) - 1, lengths), 1),
            (self._backward, _beside(np.flatnonzero(flags & _BEFORE) + 1, lengths), -1),
        ):
            if not len(chosen):
                continue
            owners, short = words.shortened(chosen)
            asked = np.concatenate((short, words.hashes[chosen]))
            owners = np.concatenate((owners, chosen))
            if beside:
                asked = asked + words.hashes[owners + beside] * (_NEXT if beside > 0 else _PREVIOUS)
            for hit in table.hits(asked).tolist():
                at = int(owners[hit])
                for entry in table.entries(int(asked[hit]))[:_MOST]:
                    name = int(self._owner[entry])
                    if (at, entry) not in seen and counts[name] < _MOST_PLACES:
                        seen.add((at, entry))
                        for found in self._measured(entry, at, folded, view, places, words):
                            counts[name] += 1
                            yield found

    def _measured(
        self, entry: int, at: int, folded: Folded, view: bytes, places: Places, words: Words
    ) -> Iterator[Found]:
        name = self._names[int(self._owner[entry])]
        first = at - int(self._number[entry])
        last = first + len(name.words) - 1
        if first < 0 or last >= len(words.starts):
            return
        there = [view[words.starts[word] : words.ends[word]] for word in range(first, last + 1)]
        edits = _edits(name.words, there)
        if not edits:
            return
        ends = [
            (int(places[words.starts[word]]), int(places[words.ends[word] - 1]))
            for word in range(first, last + 1)
        ]
        start, end = folded.span(ends[0][0], ends[-1][1])
        gaps = [folded.gap(one[1], other[0]) for one, other in pairwise(ends)]
        if name.term.kind == "domain":
            joints = [char for char in name.term.text if char in ".-"]
            if not all(
                is_dot(gap) if joint == "." else gap == joint
                for joint, gap in zip(joints, gaps, strict=False)
            ):
                return
            if not stands_alone(folded.text, start, end) or is_ordinary(_text(folded, *ends[0])):
                return
            yield Found(name.term, "domain", start, end, {"look-alike domain": 0.8})
            return
        if not all(map(gap_is_short, gaps)) or host_around(folded.text, start, end):
            return
        wrong = [
            _text(folded, low, high)
            for wanted, found, (low, high) in zip(name.words, there, ends, strict=True)
            if wanted != found
        ]
        right = [
            _text(folded, low, high)
            for wanted, found, (low, high) in zip(name.words, there, ends, strict=True)
            if wanted == found
        ]
        telling = any(len(word) >= LEAST_ONE and not is_ordinary(word) for word in right)
        if not telling and any(is_ordinary(word) for word in wrong):
            return
        yield Found(name.term, "typo", start, end, {"typos": 0.8 if edits == 1 else 0.7})


def _beside(chosen: Indexes, lengths: Indexes) -> Indexes:
    """Of these numbers, those of words that may be a misspelt word of a name."""
    chosen = chosen[(chosen >= 0) & (chosen < len(lengths))]
    return chosen[(lengths[chosen] >= _LEAST_WORD - 1) & (lengths[chosen] <= _LONGEST_WORD)]


def _text(folded: Folded, first: int, last: int) -> str:
    start, end = folded.span(first, last)
    return folded.text[start:end].lower()


def _edits(wanted: Sequence[bytes], there: Sequence[bytes]) -> int:
    """How many letters are wrong; 0 for none and for too many."""
    letters = sum(map(len, wanted))
    most = 2 if letters >= LEAST_TWO else 1
    found = b" ".join(there).decode("latin-1")
    written = b" ".join(wanted).decode("latin-1")
    if any(char.isdigit() for char in found) and not any(char.isdigit() for char in written):
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
