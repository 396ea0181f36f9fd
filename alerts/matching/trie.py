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
_STEP = 8
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NODE = np.uint64(0xC2B2AE3D27D4EB4F)
_FIRST = 6  # letters by which most places are dismissed
_MASKS = np.array([(1 << (8 * count)) - 1 for count in range(_STEP + 1)], np.uint64)


def windows(letters: bytes) -> Numbers:
    """The eight bytes from each place on, as a number. ``letters`` end with ``PADDING``."""
    return np.ndarray((len(letters) - _STEP,), np.dtype("<u8"), letters, strides=(1,))


class _Lookup:
    """Numbers to numbers, for many at once."""

    def __init__(self, keys: Numbers, values: Indexes) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._values = keys[order], values[order]
        bits = min(max((16 * len(keys)).bit_length(), 10), 24)
        self._shift = np.uint64(64 - bits)
        self._filter = np.zeros(1 << bits, bool)
        self._filter[self._slot(self._keys)] = True

    def _slot(self, keys: Numbers) -> Indexes:
        return ((keys * _MIX) >> self._shift).view(np.intp)

    def find(self, asked: Numbers) -> tuple[Indexes, Indexes]:
        """Which of the keys asked for are there, and their values."""
        maybe = np.flatnonzero(self._filter.take(self._slot(asked)))
        if not len(maybe) or not len(self._keys):
            return maybe[:0], maybe[:0]
        wanted = asked[maybe]
        at = np.searchsorted(self._keys, wanted)
        at[at == len(self._keys)] = 0
        right = self._keys[at] == wanted
        return maybe[right], self._values[at[right]]


class Trie:
    """Patterns, each with its number. Units of a pattern (bytes, or pairs of them) are never zero, so that zero
    ends everything. Immutable; safe in threads."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        """``patterns`` differ and none is empty."""
        self._count = len(patterns)
        lengths = np.fromiter(map(len, patterns), np.intp, len(patterns))
        offsets = np.cumsum(lengths) - lengths
        every = windows(b"".join(patterns) + PADDING)
        first = every[offsets] & _MASKS[np.minimum(lengths, _FIRST)]
        self._first = np.zeros(1 << 20 if len(patterns) > 20_000 else 1 << 17, bool)
        self._shift = np.uint64(64 - (len(self._first) - 1).bit_length())
        self._first[(first[lengths >= _FIRST] * _MIX) >> self._shift] = True
        self._short: list[np.uint64] = []  # masks of patterns that are found by themselves
        self._masks: list[Numbers] = []
        ends, steps = [], []
        nodes, numbers, made = np.zeros(len(patterns), np.uint64), np.arange(len(patterns)), 1
        while len(numbers):
            left = lengths[numbers]
            keys = (every[offsets[numbers]] & _MASKS[np.minimum(left, _STEP)]) ^ (nodes * _NODE)
            ending = left <= _STEP
            kinds = np.unique(left[ending])
            if not self._masks:
                self._short = list(_MASKS[kinds[kinds < _FIRST]])
                kinds = kinds[kinds >= _FIRST]
            self._masks.append(_MASKS[kinds][:, np.newaxis])
            ends.append((keys[ending], numbers[ending]))
            numbers, keys = numbers[~ending], keys[~ending]
            unique, child = np.unique(keys, return_inverse=True)
            steps.append((unique, made + np.arange(len(unique))))
            nodes = (made + child).astype(np.uint64)
            made += len(unique)
            offsets[numbers] += _STEP
            lengths[numbers] -= _STEP
        self._ends = [_Lookup(*level) for level in ends]
        self._steps = [_Lookup(*level) for level in steps]

    def find(self, letters: bytes, places: Indexes) -> tuple[Indexes, Indexes]:
        """The places where a pattern begins, and its number; several for one place. ``letters`` end with
        ``PADDING``."""
        if not self._count or not len(places):
            return places[:0], places[:0]
        every = windows(letters)
        keys = every.take(places)
        found: list[tuple[Indexes, Indexes]] = []
        for mask in self._short:
            hits, numbers = self._ends[0].find(keys & mask)
            found.append((places[hits], numbers))
        slots = ((keys & _MASKS[_FIRST]) * _MIX) >> self._shift
        alive = np.flatnonzero(self._first.take(slots.view(np.intp)))
        at, keys, nodes = places[alive], keys[alive], np.zeros(len(alive), np.uint64)
        for depth, (masks, ends, steps) in enumerate(zip(self._masks, self._ends, self._steps, strict=True)):
            if not len(at):
                break
            if depth:
                keys = every.take(at)
            own = nodes * _NODE
            if len(masks):
                hits, numbers = ends.find(((keys & masks) ^ own).ravel())
                found.append((at[hits % len(at)] - _STEP * depth, numbers))
            hits, children = steps.find(keys ^ own)
            at, nodes = at[hits] + _STEP, children.view(np.uint64)
        if not found:
            return places[:0], places[:0]
        return np.concatenate([one for one, _ in found]), np.concatenate([two for _, two in found])
