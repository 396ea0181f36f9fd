"""Which of many patterns begin at given places: all places are asked at once by the first letters that stand there.

An automaton reads every letter. Where a pattern can only begin at few places (the beginnings of words), looking at
the first letters there costs less, and hardly more when there are many patterns. Two filters leave few places; of the
patterns in their order the last one not behind what stands at a place is then found by bisection. Whatever else begins
there begins that pattern too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]
Indexes = npt.NDArray[np.intp]

PADDING = bytes(16)  #: what must stand behind the letters that are searched
STEP = 8
_FIRST = 6  # letters by which most places are dismissed, and by which patterns are grouped
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)
MASKS = np.array([(1 << (8 * count)) - 1 for count in range(STEP + 1)], np.uint64)


def windows(letters: bytes) -> Numbers:
    """The eight bytes from each place on, as a number. ``letters`` end with ``PADDING``."""
    return np.ndarray((len(letters) - STEP,), np.dtype("<u8"), letters, strides=(1,))


class _Filter:
    """Which numbers may be among the given ones: one in some hundred of the others is let through."""

    def __init__(self, keys: Numbers) -> None:
        bits = min(max((16 * len(keys)).bit_length(), 10), 24)
        self._shift = np.uint64(64 - bits)
        self._there = np.zeros((2, 1 << bits), bool)
        for there, mix in zip(self._there, _MIX, strict=True):
            there[self._slots(keys, mix)] = True

    def _slots(self, keys: Numbers, mix: np.uint64) -> Indexes:
        return ((keys * mix) >> self._shift).view(np.intp)

    def pass_on(self, asked: Numbers) -> Indexes:
        """The places of those that may be there."""
        maybe = np.flatnonzero(self._there[0].take(self._slots(asked, _MIX[0])))
        kept: Indexes = maybe[self._there[1].take(self._slots(asked[maybe], _MIX[1]))]
        return kept


class Beginnings:
    """Patterns, each with its number. Units of a pattern (bytes, or pairs of them) are never zero, so that zero
    ends everything. Immutable; safe in threads."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        """``patterns`` differ and none is empty."""
        numbers = dict(zip(patterns, range(len(patterns)), strict=True))
        self._patterns = sorted(patterns)
        self._numbers = list(map(numbers.__getitem__, self._patterns))
        self._longer = _longer(self._patterns)
        lengths = np.fromiter(map(len, self._patterns), np.intp, len(patterns))
        self._longest = int(lengths.max(initial=0))
        at = np.cumsum(lengths) - lengths
        keys = windows(b"".join(self._patterns) + PADDING)[at]
        first = keys & MASKS[np.minimum(lengths, _FIRST)]
        edges = [*np.flatnonzero(np.diff(first, prepend=~first[:1])).tolist(), len(patterns)]
        self._groups = {self._patterns[low][:_FIRST]: (low, high) for low, high in pairwise(edges)}
        self._filters = _filters(keys, np.minimum(lengths, _FIRST))
        long = lengths >= _FIRST
        self._more = _filters(keys[long], np.minimum(lengths[long], STEP))

    def find(self, letters: bytes, places: Indexes) -> tuple[Indexes, Indexes]:
        """The places where a pattern begins, and its number; several for one place. ``letters`` end with
        ``PADDING``."""
        keys = windows(letters).take(places)
        alive: set[int] = set()
        for mask, fits in self._filters:
            some = fits.pass_on(keys & mask)
            if mask == MASKS[_FIRST]:
                long = keys[some]
                for longer, again in self._more:
                    alive.update(some[again.pass_on(long & longer)].tolist())
            else:
                alive.update(some.tolist())
        found: list[tuple[int, int]] = []
        for at in places[sorted(alive)].tolist():
            there = letters[at : at + self._longest]
            which = self._last(there)
            while which >= 0:
                if there.startswith(self._patterns[which]):
                    found.append((at, self._numbers[which]))
                which = self._longer[which]
        rows = np.array(found, np.intp).reshape(-1, 2)
        return rows[:, 0], rows[:, 1]

    def _last(self, there: bytes) -> int:
        """The last pattern not behind these letters, or one of which no other begins these letters; -1: none."""
        group = self._groups.get(there[:_FIRST])
        if group is not None:
            return bisect_right(self._patterns, there, *group) - 1
        for count in range(_FIRST - 1, 0, -1):
            short = self._groups.get(there[:count])
            if short is not None:
                return short[0]
        return -1


def _filters(keys: Numbers, letters: Indexes) -> list[tuple[np.uint64, _Filter]]:
    """A filter for the patterns of which so many ``letters`` are looked at, with the mask of these."""
    return [
        (MASKS[count], _Filter(keys[letters == count] & MASKS[count]))
        for count in np.unique(letters).tolist()
    ]


def _longer(patterns: Sequence[bytes]) -> list[int]:
    """Of each of these patterns, in order, which other is the longest that begins it; -1: none."""
    found: list[int] = []
    for number, pattern in enumerate(patterns):
        other = number - 1
        while other >= 0 and not pattern.startswith(patterns[other]):
            other = found[other]
        found.append(other)
    return found
