"""Names of ten letters and more with two letters wrong: in one word, or in two.

Of every name its longest word that is not common in names is looked up, with up to two letters left out on either side.
The whole name is then measured letter by letter. What is found of one name depends on no other name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import OSA

from alerts.matching.domains import host_around
from alerts.matching.folding import Folded, fold
from alerts.matching.found import MOST_PLACES, Found
from alerts.matching.hashing import UNDO, Hashes, Indexes, Table, powers, words_of
from alerts.matching.lines import Flags, Lines
from alerts.matching.ordinary import is_ordinary
from alerts.matching.typos import LEAST_TWO, Name
from alerts.matching.verify import gap_is_short
from alerts.matching.views import WORDS

TWICE = 32  #: what a word tells
_LEAST_ANCHOR = 5  # letters of the word that is looked up
_LEAST_BOTH = 7  # letters of a word in which both mistakes may be
_LONGEST_WORD = 24
_DIGITS = b"0123456789"
_BACK, _BACK_TWO = np.uint64(UNDO), np.uint64(UNDO * UNDO % 2**64)
_LEAST_WRONG = 4  # letters of a word that may be wrong
_LEAST_TELLING = 6  # letters of a right word that tells enough
_MOST_KEPT = 200_000  # words of which names are remembered
#: Words that many names share, as the view of words has them.
_NAMED = """
bank banco banque group grupo grup groupe university universitas universidad universidade universite
universitat hospital rumah sakit klinik clinic clinica clinique insurance asuransi seguros assurance
assurances versicherung airlines airways holding holdings company compagnie companhia compania international
indonesia national nasional nacional ministry ministerio ministere ministerium kementerian department
departemen agency badan health kesehatan logistics logistik energy energi energia services service solutions
systems system technology technologies teknologi media trading industri industries industry finance
financial capital center centre foundation yayasan institute institut instituto college school sekolah
police kepolisian state negara republic republik federal central general stadtwerke gesellschaft pharma
medical motors mining properti property global digital банк группа университет больница министерство
компания завод агентство страховая национальный федеральная служба
"""
_COMMON = frozenset(WORDS.of(fold(_NAMED).classes).split())


@cache
def _pairs(length: int) -> tuple[Indexes, Indexes]:
    """The places of any two letters of a word."""
    first, second = np.triu_indices(length, 1)
    return first, second


def _shortened(words: Sequence[bytes]) -> tuple[Indexes, Hashes]:
    """Of each word its number and its hashes with up to two letters left out."""
    there = words_of(b" ".join(words))
    lengths = there.ends - there.starts
    one, without_one = there.shortened(np.arange(len(words)))
    long = np.flatnonzero(lengths >= _LEAST_BOTH - 1)
    pairs = [_pairs(length) for length in lengths[long].tolist()]
    if not pairs:
        return np.concatenate((np.arange(len(words)), one)), np.concatenate((there.hashes, without_one))
    two = np.repeat(long, [len(first) for first, _ in pairs])
    begun = there.starts[two]
    first = np.concatenate([first for first, _ in pairs]) + begun
    second = np.concatenate([second for _, second in pairs]) + begun
    sums = there.sums
    rest = sums[first] - sums[begun]
    rest += (sums[second] - sums[first + 1]) * _BACK
    rest += (sums[there.ends[two]] - sums[second + 1]) * _BACK_TWO
    rest *= powers(UNDO, len(sums))[begun]
    return np.concatenate((np.arange(len(words)), one, two)), np.concatenate(
        (there.hashes, without_one, rest)
    )


class _Candidate(NamedTuple):
    """A name, of which a word of the text may be the one looked up: the word ``wanted`` should stand so many ``step``
    beside it, with this many mistakes at ``most``."""

    name: int
    step: int
    wanted: bytes
    most: int


class TwoTypoIndex:
    """Finds names with two mistakes. Immutable but for what it has learnt of words; safe in threads."""

    def __init__(self, names: Sequence[Name]) -> None:
        chosen = [
            name for name in names if name.term.kind != "domain" and sum(map(len, name.words)) >= LEAST_TWO
        ]
        self._names: list[Name] = []
        self._anchors: list[int] = []
        for name in chosen:
            fit = [at for at, word in enumerate(name.words) if _LEAST_ANCHOR <= len(word) <= _LONGEST_WORD]
            if fit:
                self._names.append(name)
                self._anchors.append(
                    min(fit, key=lambda at: (name.words[at] in _COMMON, -len(name.words[at]), at))
                )
        words = [name.words[at] for name, at in zip(self._names, self._anchors, strict=True)]
        owners, hashes = _shortened(words)
        self._table = Table(hashes, owners)
        self._known: dict[bytes, tuple[_Candidate, ...]] = {}

    def learn(self, words: Sequence[bytes]) -> Flags:
        """Of distinct words: ``TWICE`` for one that may stand in a name with two mistakes, else 0."""
        learnt = self._learnt(words) if self._names else {}
        if len(self._known) > _MOST_KEPT:
            self._known = {}  # what is asked for again is learnt again
        self._known.update(learnt)
        return np.array([TWICE if word in learnt else 0 for word in words], np.uint8)

    def _learnt(self, new: Sequence[bytes]) -> dict[bytes, tuple[_Candidate, ...]]:
        """Of each word that may be the one looked up in names, those names."""
        words = [
            word
            for word in new
            if _LEAST_ANCHOR - 1 <= len(word) <= _LONGEST_WORD and word.translate(None, _DIGITS) == word
        ]
        if not words:
            return {}
        owners, hashes = _shortened(words)
        asked, names = self._table.pairs(hashes)
        found: dict[bytes, list[_Candidate]] = {}
        for pair in np.unique(owners[asked] * len(self._names) + names).tolist():
            number, name = divmod(pair, len(self._names))
            candidate = self._candidate(name, words[number])
            if candidate:
                found.setdefault(words[number], []).append(candidate)
        return {word: tuple(candidates) for word, candidates in found.items()}

    def _candidate(self, name: int, word: bytes) -> _Candidate | None:
        """How to go on when this word stands where the name's own should; None when it cannot be that."""
        words, anchor = self._names[name].words, self._anchors[name]
        wanted = words[anchor]
        edits = OSA.distance(wanted, word, score_cutoff=2)
        if edits > 2 or (edits == 2 and (len(wanted) < _LEAST_BOTH or _longer(wanted, word))):
            return None
        if len(words) == 1:
            return _Candidate(name, 0, b"", 0) if edits == 2 else None
        beside = max(
            (at for at in (anchor - 1, anchor + 1) if 0 <= at < len(words)), key=lambda at: len(words[at])
        )
        return _Candidate(name, beside - anchor, words[beside], 2 - edits)

    def find(
        self, lines: Lines, flags: Flags, folded: Callable[[int], Folded]
    ) -> Iterator[tuple[int, Found]]:
        """Names with two mistakes in lines of whose words the flags are known, each with the number of its text."""
        counts: Counter[tuple[int, int]] = Counter()
        places = np.flatnonzero((flags & TWICE) != 0)
        words = lines.words(places)
        remembered = self._known  # as it is now: another thread may forget
        known = list(map(remembered.get, words))
        if None in known:
            there = {word for word, one in zip(words, known, strict=True) if one is None}
            again = self._learnt(sorted(there))
            known = [
                again.get(word, ()) if one is None else one for word, one in zip(words, known, strict=True)
            ]
        before, after = _edges(lines, places - 1), _edges(lines, places + 1)
        for number, at in enumerate(places.tolist()):
            for name, step, wanted, most in known[number] or ():
                if step:
                    begins, ends = after[number] if step > 0 else before[number]
                    if begins != wanted[0] and ends != wanted[-1]:
                        continue
                first = at - self._anchors[name]
                last = first + len(self._names[name].words) - 1
                if first < 0 or last >= len(flags):
                    continue
                if step and not _like(wanted, lines.word(at + step), most):
                    continue
                text = lines.text_of(first)
                if counts[text, name] >= MOST_PLACES or lines.text_of(last) != text:
                    continue
                run = range(first, last + 1)
                if self._spelt(name, [lines.word(each) for each in run]):
                    found = self._measured(name, run, folded(text), text, lines)
                    if found:
                        counts[text, name] += 1
                        yield text, found

    def _spelt(self, name: int, run: Sequence[bytes]) -> bool:
        """Whether these words are the name with exactly two mistakes, none of them in a short word."""
        wanted = self._names[name].words
        if any(word.isdigit() for word in run):
            return False
        edits = 0
        for one, other in zip(wanted, run, strict=True):
            if one != other:
                if len(one) < _LEAST_WRONG:
                    return False
                wrong = OSA.distance(one, other, score_cutoff=2)
                edits += wrong
                if edits > 2 or (wrong == 2 and (len(one) < _LEAST_BOTH or _longer(one, other))):
                    return False
        digits = any(char in _DIGITS for word in run for char in word)
        return edits == 2 and not (digits and not any(char in _DIGITS for word in wanted for char in word))

    def _measured(self, name: int, run: range, folded: Folded, text: int, lines: Lines) -> Found | None:
        wanted = self._names[name]
        ends = [
            (
                lines.place(text, int(lines.starts[word])),
                lines.place(text, int(lines.ends_of_words[word]) - 1),
            )
            for word in run
        ]
        start, end = folded.span(ends[0][0], ends[-1][1])
        gaps = [folded.gap(one[1], other[0]) for one, other in pairwise(ends)]
        if not all(map(gap_is_short, gaps)) or host_around(folded.text, start, end):
            return None
        wrong: list[str] = []
        right: list[str] = []
        for want, (low, high) in zip(wanted.words, ends, strict=True):
            begin, after = folded.span(low, high)
            shown = folded.text[begin:after].lower()
            same = folded.classes[low : high + 1] == want
            (right if same else wrong).append(shown)
        telling = any(len(word) >= _LEAST_TELLING and not is_ordinary(word) for word in right)
        if not telling and any(map(is_ordinary, wrong)):
            return None
        return Found(wanted.term, "typo", start, end, {"typos": 0.7})


def _edges(lines: Lines, places: Indexes) -> list[tuple[int, int]]:
    """The first and the last letter of words; of what is no word, any."""
    if not len(places):
        return []
    there = places.clip(0, len(lines.starts) - 1)
    letters = np.frombuffer(lines.letters, np.uint8)
    first, last = letters[lines.starts[there]], letters[lines.ends_of_words[there] - 1]
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _like(wanted: bytes, word: bytes, most: int) -> bool:
    """Whether a word may be the one wanted, at a glance."""
    if word == wanted:
        return True
    return (
        most > 0 and abs(len(word) - len(wanted)) <= most and (word[0] == wanted[0] or word[-1] == wanted[-1])
    )


def _longer(one: bytes, other: bytes) -> bool:
    """Whether one of two words is the other with more letters at an end: a longer word, and no mistake."""
    long, short = (one, other) if len(one) > len(other) else (other, one)
    return long.startswith(short) or long.endswith(short)
