"""Which of many patterns begin at given places: a trie of eight-byte steps in hash tables, followed for all
places at once.

An automaton reads every letter. Where a pattern can only begin at few places (the beginnings of words), looking up
what stands there costs less, and hardly more when there are many patterns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]
Indexes = npt.NDArray[np.intp]

PADDING = bytes(16)  #: what must stand behind the letters that are searched
STEP = 8
_FIRST = 6  # letters by which most places are dismissed
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NODE = np.uint64(0xC2B2AE3D27D4EB4F)
MASKS = np.array([(1 << (8 * count)) - 1 for count in range(STEP + 1)], np.uint64)


def windows(letters: bytes) -> Numbers:
    """The eight bytes from each place on, as a number. ``letters`` end with ``PADDING``."""
    return np.ndarray((len(letters) - STEP,), np.dtype("<u8"), letters, strides=(1,))


class _Filter:
    """Which numbers may be among the given ones: one in sixteen of the others is let through."""

    def __init__(self, keys: Numbers) -> None:
        bits = min(max((16 * len(keys)).bit_length(), 10), 24)
        self._shift = np.uint64(64 - bits)
        self._there = np.zeros(1 << bits, bool)
        self._there[self._slots(keys)] = True

    def _slots(self, keys: Numbers) -> Indexes:
        return ((keys * _MIX) >> self._shift).view(np.intp)

    def pass_on(self, asked: Numbers) -> Indexes:
        """The places of those that may be there."""
        return np.flatnonzero(self._there.take(self._slots(asked)))


class _Table:
    """Numbers to numbers, for many at once."""

    def __init__(self, keys: Numbers, values: Indexes) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._values = keys[order], values[order]
        self._filter = _Filter(self._keys)

    def find(self, asked: Numbers) -> tuple[Indexes, Indexes]:
        """Which of the keys asked for are there, and their values."""
        maybe = self._filter.pass_on(asked)
        if not len(maybe) or not len(self._keys):
            return maybe[:0], maybe[:0]
        wanted = asked[maybe]
        at = np.searchsorted(self._keys, wanted)
        at[at == len(self._keys)] = 0
        right = self._keys[at] == wanted
        return maybe[right], self._values[at[right]]


def _pairs(begun: Numbers) -> npt.NDArray[np.bool_]:
    """For every pair of letters whether one of these patterns may begin with it."""
    there = np.zeros((256, 256), bool)  # the second letter first, as in a window
    first, second = (begun & MASKS[1]).view(np.intp), (begun >> np.uint64(8) & MASKS[1]).view(np.intp)
    there[second, first] = True
    there[:, first[second == 0]] = True
    return there.ravel()


class Trie:
    """Patterns, each with its number. Units of a pattern (bytes, or pairs of them) are never zero, so that zero
    ends everything. Immutable; safe in threads."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        """``patterns`` differ and none is empty."""
        left = np.fromiter(map(len, patterns), np.intp, len(patterns))
        at = np.cumsum(left) - left
        every = windows(b"".join(patterns) + PADDING)
        short = left < _FIRST
        self._pairs = _pairs(every[at[short]] & MASKS[left[short]])
        self._first = _Filter(every[at[left >= _FIRST]] & MASKS[_FIRST])
        self._short = MASKS[:0]  # masks of patterns shorter than ``_FIRST``
        self._masks: list[Numbers] = []  # by step, of what patterns have left
        self._ends: list[_Table] = []
        self._steps: list[_Table] = []
        nodes, numbers, made = np.zeros(len(patterns), np.uint64), np.arange(len(patterns)), 1
        while len(numbers):
            keys = (every[at] & MASKS[np.minimum(left, STEP)]) ^ (nodes * _NODE)
            ending = left <= STEP
            lengths = np.unique(left[ending])
            if not self._ends:
                self._short = MASKS[lengths[lengths < _FIRST]][:, np.newaxis]
                lengths = lengths[lengths >= _FIRST]
            self._masks.append(MASKS[lengths][:, np.newaxis])
            self._ends.append(_Table(keys[ending], numbers[ending]))
            numbers, keys = numbers[~ending], keys[~ending]
            at, left = at[~ending] + STEP, left[~ending] - STEP
            unique, child = np.unique(keys, return_inverse=True)
            self._steps.append(_Table(unique, made + np.arange(len(unique))))
            nodes = (made + child).astype(np.uint64)
            made += len(unique)

    def find(self, letters: bytes, places: Indexes) -> tuple[Indexes, Indexes]:
        """The places where a pattern begins, and its number; several for one place. ``letters`` end with
        ``PADDING``."""
        found: list[tuple[Indexes, Indexes]] = [(places[:0], places[:0])]
        if not self._ends or not len(places):
            return found[0]
        every = windows(letters)
        keys = every.take(places)
        if len(self._short):
            alive = np.flatnonzero(self._pairs.take((keys & MASKS[2]).view(np.intp)))
            at = places[alive]
            hits, numbers = self._ends[0].find((keys[alive] & self._short).ravel())
            found.append((at[hits % max(len(at), 1)], numbers))
        alive = self._first.pass_on(keys & MASKS[_FIRST])
        at, keys = places[alive], keys[alive]
        nodes = np.zeros(len(at), np.uint64)
        for depth, (masks, ends, steps) in enumerate(zip(self._masks, self._ends, self._steps, strict=True)):
            if not len(at):
                break
            if depth:
                keys = every.take(at)
            own = nodes * _NODE
            if len(masks):
                hits, numbers = ends.find(((keys & masks) ^ own).ravel())
                found.append((at[hits % len(at)] - STEP * depth, numbers))
            hits, children = steps.find(keys ^ own)
            at, nodes = at[hits] + STEP, children.view(np.uint64)
        return np.concatenate([one for one, _ in found]), np.concatenate([two for _, two in found])
