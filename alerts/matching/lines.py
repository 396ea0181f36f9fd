"""The words of many texts, in the view of words, and what is remembered of words that were seen before."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alerts.matching.beginnings import MASKS, PADDING, STEP, windows
from alerts.matching.folding import GAP
from alerts.matching.hashing import Hashes, Indexes
from alerts.matching.joined import BEHIND, END, NONE, Joined

LONGEST = 8 * STEP  #: letters; of a longer word nothing is known
_FACTORS = np.random.default_rng(20220107).integers(1, 2**63, LONGEST // STEP, np.uint64) | np.uint64(1)
_MIX = np.uint64(0xD6E8FEB86659FD93)
Flags = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Lines:
    """The words of many texts: ``letters`` of the view of words (``PADDING`` behind them), where each word starts and
    ends in it. ``ends`` are the ends of texts in it; ``places`` where each letter stands, None: in its place."""

    letters: bytes
    starts: Indexes
    ends_of_words: Indexes
    ends: Indexes
    places: Indexes | None
    joined: Indexes  # the ends of the texts where ``places`` lead

    def word(self, number: int) -> bytes:
        return self.letters[self.starts[number] : self.ends_of_words[number]]

    def words(self, numbers: Indexes) -> list[bytes]:
        """These words."""
        edges = zip(self.starts[numbers].tolist(), self.ends_of_words[numbers].tolist(), strict=True)
        return [self.letters[start:end] for start, end in edges]

    def ending(self, letters: bytes) -> Indexes:
        """The words that end with these letters, of which there are two, and with two gaps."""
        every = np.frombuffer(self.letters, np.uint8)
        found: Indexes = np.flatnonzero(every[self.ends_of_words + 1] == GAP)
        for back, letter in ((0, GAP), (1, letters[1]), (2, letters[0])):
            found = found[every[self.ends_of_words[found] - back] == letter]
        return found

    def text_of(self, number: int) -> int:
        """The text in which this word stands."""
        return bisect_left(self.ends, self.starts[number]) - 1

    def place(self, text: int, at: int) -> int:
        """Where in the text (as it is folded) the letter ``at`` of the view stands."""
        there = at if self.places is None else int(self.places[at])
        return there - int(self.joined[text]) - BEHIND


def lines_of(joined: Joined) -> Lines:
    """The words of joined texts."""
    words, ends, places = joined.words, joined.ends, None
    kept = words != NONE
    if not kept.all():
        places = np.flatnonzero(kept)
        words = words.take(places)
        ends = np.flatnonzero(words == END)
    inside = (words != GAP) & (words != END)
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    return Lines(words.tobytes() + PADDING, edges[::2], edges[1::2], ends, places, joined.ends)


def hashes_of(letters: bytes, starts: Indexes, ends: Indexes) -> Hashes:
    """A number for each word; ``letters`` end with ``PADDING``."""
    every, lengths = windows(letters), ends - starts
    found: Hashes = (every.take(starts) & MASKS.take(np.minimum(lengths, STEP))) * _FACTORS[0]
    longer = np.flatnonzero(lengths > STEP)
    for step in range(1, len(_FACTORS)):
        longer = longer[lengths[longer] > step * STEP]
        if not len(longer):
            break
        left = np.minimum(lengths[longer] - step * STEP, STEP)
        found[longer] += (every.take(starts[longer] + step * STEP) & MASKS.take(left)) * _FACTORS[step]
    found ^= found >> np.uint64(32)
    found *= _MIX
    found ^= found >> np.uint64(29)
    return found


class Memory:
    """What was learnt of numbers: six flags each. A number has two slots, and is forgotten when others take both.
    What is asked while somebody learns is known or unknown, never wrong: number and flags are one value."""

    _FLAGS = np.uint64(63)

    def __init__(self, bits: int = 20) -> None:
        self._shift = np.uint64(64 - bits)
        self._known = np.zeros(1 << bits, np.uint64)

    def _slots(self, numbers: Hashes) -> Indexes:
        return (numbers >> self._shift).view(np.intp)

    def of(self, numbers: Hashes) -> tuple[Flags, Indexes]:
        """The flags of these numbers, and the places of those that are unknown."""
        slots = self._slots(numbers)
        there = self._known.take(slots)
        there ^= numbers
        unknown = np.flatnonzero(there > self._FLAGS)
        if len(unknown):
            there[unknown] = self._known[slots[unknown] ^ 1] ^ numbers[unknown]
            unknown = unknown[there[unknown] > self._FLAGS]
        return ((there ^ numbers) & self._FLAGS).astype(np.uint8), unknown

    def learn(self, numbers: Hashes, flags: Flags) -> None:
        slots = self._slots(numbers)
        taken = self._known[slots]
        slots ^= (taken != 0) & ((taken ^ numbers) > self._FLAGS)
        self._known[slots] = (numbers & ~self._FLAGS) | flags
