"""Which of many texts have a word that tells an organisation apart, by the words that the matcher has folded anyway.

A word is looked up by the hash that the matcher made of it: one table of marks, small enough for a processor's cache,
says whether it is such a word or begins one. Only where it begins one are the words behind it looked at: the first
eight letters from there on leave few places, and these are compared letter by letter. A post that has no such word,
which nearly all are, costs nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.matching.beginnings import MASKS, PADDING, STEP, Indexes, Numbers, windows
from alerts.matching.hashing import Hashes
from alerts.matching.lines import LONGEST, Lines, hashes_of

_WHOLE, _BEGINS = 1, 2  # marks: the hash is one of a run, or of letters that a run begins with
_SPARE: Final = 16  # places in a table for each number
_LEAST_BITS, _MOST_BITS = 10, 22
_MIX = np.uint64(0x9E3779B97F4A7C15)


class _Marks:
    """A mark for some numbers; others have none, or now and then that of another."""

    def __init__(self, *marked: tuple[Numbers, int]) -> None:
        size = sum(len(numbers) for numbers, _ in marked)
        bits = min(max((size * _SPARE).bit_length(), _LEAST_BITS), _MOST_BITS)
        self._shift = np.uint64(64 - bits)
        self._marks = np.zeros(1 << bits, np.uint8)
        for numbers, mark in marked:
            self._marks[numbers >> self._shift] |= np.uint8(mark)

    def of(self, numbers: Numbers) -> npt.NDArray[np.uint8]:
        return self._marks.take((numbers >> self._shift).view(np.intp))


def _has(marks: npt.NDArray[np.uint8], mark: int) -> Indexes:
    return np.flatnonzero((marks & mark) != 0)


class Gate:
    """Finds the texts in which one of these runs of letters stands, spelt as one word or as ``most`` words in a row.
    Immutable; safe in threads."""

    def __init__(self, runs: Sequence[bytes], most: int) -> None:
        self._runs, self._most = frozenset(runs), most
        self._longest = max(map(len, runs), default=0)
        letters = b" ".join(runs) + PADDING
        lengths = np.fromiter(map(len, runs), np.intp, len(runs))
        starts = np.cumsum(lengths + 1) - lengths - 1
        self._whole = np.sort(hashes_of(letters, starts, starts + lengths))
        begun, sizes = _shorter(starts, np.minimum(lengths - 1, LONGEST))
        self._marks = _Marks((self._whole, _WHOLE), (hashes_of(letters, begun, begun + sizes), _BEGINS))
        begun, sizes = _shorter(starts, np.minimum(lengths, STEP))
        every = windows(letters)
        ended = np.minimum(lengths, STEP)
        self._first = _Marks(
            (_MIX * (every.take(begun) & MASKS.take(sizes)), _BEGINS),
            (_MIX * (every.take(starts) & MASKS.take(ended)), _WHOLE),
        )

    def passed(self, lines: Lines, hashes: Hashes) -> set[int]:
        """The numbers of these texts. ``hashes``: of the words of ``lines``."""
        if not self._runs or not len(hashes):
            return set()
        marks = self._marks.of(hashes)
        told = _has(marks, _WHOLE)
        there = np.minimum(np.searchsorted(self._whole, hashes[told]), len(self._whole) - 1)
        told = told[self._whole[there] == hashes[told]]
        words = [*told.tolist(), *self._several(lines, _has(marks, _BEGINS))]
        return set((np.searchsorted(lines.ends, lines.starts[words]) - 1).tolist())

    def _several(self, lines: Lines, first: Indexes) -> list[int]:
        """Of these words those that are a run together with words behind them."""
        every, starts, ends = windows(lines.letters), lines.starts, lines.ends_of_words
        size = np.minimum(ends[first] - starts[first], STEP)
        letters = every[starts[first]] & MASKS.take(size)
        found: list[int] = []
        for behind in range(1, self._most):
            inside = np.flatnonzero(first < len(starts) - behind)
            first, size, letters = first[inside], size[inside], letters[inside]
            next_ = first + behind
            more = np.minimum(ends[next_] - starts[next_], STEP)
            room = np.minimum(STEP - size, more)
            here = every[starts[next_]] & MASKS.take(room)
            letters |= here << (np.minimum(size, STEP - 1) * 8).astype(np.uint64)
            size += room
            marks = self._first.of(letters * _MIX)
            found += first[_has(marks, _WHOLE)].tolist()
            inside = _has(marks, _BEGINS)
            first, size, letters = first[inside], size[inside], letters[inside]
        return [at for at in set(found) if self._is_run(lines, at)]

    def _is_run(self, lines: Lines, at: int) -> bool:
        joined = lines.word(at)
        for behind in range(at + 1, min(at + self._most, len(lines.starts))):
            joined += lines.word(behind)
            if len(joined) > self._longest:
                return False
            if joined in self._runs:
                return True
        return False


def _shorter(starts: Indexes, most: Indexes) -> tuple[Indexes, Indexes]:
    """What begins each run, from one letter to ``most``: where, and of how many letters."""
    sizes = np.arange(int(most.sum())) - np.repeat(np.cumsum(most) - most, most) + 1
    return np.repeat(starts, most), sizes


class Hearing:
    """Listens to a matcher: ``passed`` are the numbers of the posts in which a run stands."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.passed: set[int] = set()

    def __call__(self, numbers: Sequence[int], lines: Lines, hashes: Hashes) -> None:
        self.passed.update(numbers[each] for each in self._gate.passed(lines, hashes))
