"""The words of a view as numbers: each word's hash, and its hash with any one letter left out.

A word's hash is a polynomial of its letters, so what is left when a letter goes follows from two sums; all of it
is done for a whole text at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Indexes = npt.NDArray[np.intp]

_GAP = 0x20
BASE = 0x9E3779B97F4A7C15  # odd, so that it can be undone
UNDO = pow(BASE, -1, 2**64)
_KEPT = 1 << 16


@cache
def _values() -> Hashes:
    """A number for each letter."""
    return np.random.default_rng(20220106).integers(1, 2**63, 256, np.uint64)


def _powers(base: int, count: int) -> Hashes:
    made = np.full(count, base, np.uint64)
    made[:1] = 1
    return np.cumprod(made, dtype=np.uint64)


@cache
def _kept_powers(base: int) -> Hashes:
    return _powers(base, _KEPT)


def powers(base: int, count: int) -> Hashes:
    """``base`` to the power of 0, 1, 2 and so on."""
    return _kept_powers(base)[:count] if count <= _KEPT else _powers(base, count)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a view: where each starts and ends, and its hash."""

    sums: Hashes
    starts: Indexes
    ends: Indexes
    hashes: Hashes

    def shortened(self, chosen: Indexes) -> tuple[Indexes, Hashes]:
        """For each letter of the chosen words: the word's number, and its hash without that letter."""
        lengths = (self.ends - self.starts)[chosen]
        owners = np.repeat(chosen, lengths)
        before = np.cumsum(lengths) - lengths
        letters = np.arange(len(owners)) - np.repeat(before - self.starts[chosen], lengths)
        left = self.sums[letters]
        right = self.sums[letters + 1]
        starts = np.repeat(self.starts[chosen], lengths)
        begun = self.sums[starts]
        ended = np.repeat(self.sums[self.ends[chosen]], lengths)
        rest = left - begun + (ended - right) * np.uint64(UNDO)
        return owners, rest * powers(UNDO, len(self.sums))[starts]


def words_of(view: bytes) -> Words:
    """The words of a view, which are what stands between its spaces."""
    codes = np.frombuffer(view, np.uint8)
    inside = np.zeros(len(codes) + 2, np.int8)
    inside[1:-1] = codes != _GAP
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts, ends = edges[::2], edges[1::2]
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(_values()[codes] * powers(BASE, len(codes)), out=sums[1:])
    hashes = (sums[ends] - sums[starts]) * powers(UNDO, len(sums))[starts]
    return Words(sums, starts, ends, hashes)


class Table:
    """Numbers to lists of numbers: which entries belong to a hash."""

    def __init__(self, hashes: Hashes, entries: Indexes) -> None:
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._entries = entries[order]
        bits = min(max((len(hashes) * 16).bit_length(), 12), 24)
        self._shift = np.uint64(64 - bits)
        self._filter = np.zeros(1 << bits, bool)
        self._filter[self._hashes >> self._shift] = True

    def hits(self, asked: Hashes) -> Indexes:
        """Which of the hashes asked for are there."""
        maybe = np.flatnonzero(self._filter[asked >> self._shift])
        if not len(maybe) or not len(self._hashes):
            return maybe[:0]
        at = np.searchsorted(self._hashes, asked[maybe])
        at[at == len(self._hashes)] = 0
        found: Indexes = maybe[self._hashes[at] == asked[maybe]]
        return found

    def pairs(self, asked: Hashes, most: int | None = None) -> tuple[Indexes, Indexes]:
        """All entries, or so many of each, of all these hashes: the number of the hash, and the entry."""
        there = self.hits(asked)
        low = np.searchsorted(self._hashes, asked[there])
        counts = np.searchsorted(self._hashes, asked[there], side="right") - low
        if most is not None:
            counts = np.minimum(counts, most)
        before = np.cumsum(counts) - counts
        places = np.arange(int(counts.sum())) + np.repeat(low - before, counts)
        return np.repeat(there, counts), self._entries[places]

    def entries(self, asked: int) -> list[int]:
        """The entries of one hash."""
        wanted = np.uint64(asked)
        low = int(np.searchsorted(self._hashes, wanted))
        high = int(np.searchsorted(self._hashes, wanted, side="right"))
        found: list[int] = self._entries[low:high].tolist()
        return found


def mixed(hashes: Hashes) -> Hashes:
    """Hashes whose sum tells which words are there."""
    found = (hashes ^ (hashes >> np.uint64(31))) * np.uint64(0xD6E8FEB86659FD93)
    return found ^ (found >> np.uint64(29))
