"""Where terms may stand in many texts at once: the views of all texts in one buffer, looked up where words begin.

What is found here is checked letter by letter afterwards (``verify.py``), so this may find too much and must not find
too little: a place counts when ``verify`` could take it for the beginning, or the end, of a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from alerts.matching.beginnings import PADDING, Beginnings, Indexes
from alerts.matching.joined import (
    ARABIC,
    BANG,
    BEHIND,
    DIGIT,
    END,
    FOREIGN,
    NONE,
    UPPER,
    WORD,
    WRITTEN,
    Bytes,
    Joined,
    join,
    one_text,
    signs_of,
)
from alerts.matching.lines import Lines, lines_of

Bools = npt.NDArray[np.bool_]
Hits = list[tuple[int, int]]  # of one text: places, and which pattern stands there


def _parted(before: Bytes, after: Bytes, inner: Bytes, outer: Bytes) -> Bools:
    """Whether a word may begin or end between two characters, of which ``inner`` is in it: not where both are
    letters, unless digits, capitals or the script part them."""
    capital = (before >> 1) & after & UPPER
    script = (before ^ after) & FOREIGN
    parted: Bools = (capital | script | ~outer & WORD | outer & ~inner & DIGIT) != 0
    return parted


def _opens(kinds: Bytes) -> Bools:
    """Where a word may begin."""
    opens = np.ones(len(kinds), bool)
    opens[1:] = _parted(kinds[:-1], kinds[1:], kinds[1:], kinds[:-1])
    arabic = (kinds & ARABIC) != 0
    if arabic.any():  # a prefix may stand before it
        near = opens.copy()
        for back in range(1, 5):
            near[back:] |= opens[:-back]
        opens |= near & arabic
    return opens


@dataclass(frozen=True, slots=True)
class Letters:
    """Where the letters of a pattern stand. A hostile text may have very many, of which few are asked for."""

    kept: Indexes
    heads: Indexes
    place: int
    length: int
    before: int

    def groups(self) -> list[list[int]]:
        """The places of each run in the text as it is folded."""
        edges = self.heads[self.place : self.place + self.length + 1].tolist()
        places = (self.kept[edges[0] : edges[-1]] - self.before).tolist()
        return [places[low - edges[0] : high - edges[0]] for low, high in pairwise(edges)]


Spread = list[tuple[int, Letters]]  # of one text: patterns, and where their letters stand


class _Runs:
    """A view of many texts with each run of a letter as one: ``letters``; ``places`` are those where a word may
    begin."""

    def __init__(self, shown: Bytes, opens: Bools) -> None:
        self._kept = np.flatnonzero(shown != NONE)
        view = shown.take(self._kept)
        self._first = np.ones(len(view), bool)
        np.not_equal(view[1:], view[:-1], out=self._first[1:])
        self._first |= view == END
        self.letters = view[self._first]
        runs = np.cumsum(self._first, dtype=np.int32).take(np.flatnonzero(opens.take(self._kept)))
        self.places = runs.astype(np.intp) - 1

    def spread(
        self, joined: Joined, places: Indexes, numbers: Indexes, lengths: Indexes, into: dict[int, Spread]
    ) -> None:
        """Sort patterns that were found to the texts, unless they end where no word may end."""
        heads = np.append(np.flatnonzero(self._first), len(self._first))
        ends = heads[places + lengths]
        last = self._kept[ends - 1]
        own, after = joined.kinds[last], joined.kinds[last + 1]
        closed = _parted(own, after, own, after) | (ends - 1 != heads[places + lengths - 1])
        places, numbers, lengths = places[closed], numbers[closed], lengths[closed]
        texts = np.searchsorted(joined.ends, self._kept[heads[places]]) - 1
        rows = zip(texts.tolist(), places.tolist(), numbers.tolist(), lengths.tolist(), strict=True)
        edges = joined.ends.tolist()
        for text, place, number, length in sorted(set(rows)):
            letters = Letters(self._kept, heads, place, length, edges[text] + BEHIND)
            into.setdefault(text, []).append((number, letters))


def _by_text(places: Indexes, ends: Indexes, numbers: Indexes, into: dict[int, Hits]) -> None:
    """Sort places and the numbers of their patterns to the texts; ``ends`` are the ends of texts in the view."""
    texts = np.searchsorted(ends, places) - 1
    local = places - ends[texts] - BEHIND
    for text, at, number in sorted(set(zip(texts.tolist(), local.tolist(), numbers.tolist(), strict=True))):
        into.setdefault(text, []).append((at, number))


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was found in the views of texts, by the text's number: ``words`` where in the view; ``signs`` where in the
    text; ``compact`` and ``sound`` where the letters stand. ``banged``: texts in which an
    exclamation mark or bar may stand for a letter. ``lines``: the words of the texts."""

    lines: Lines
    words: dict[int, Hits] = field(default_factory=dict)
    compact: dict[int, Spread] = field(default_factory=dict)
    sound: dict[int, Spread] = field(default_factory=dict)
    signs: dict[int, Hits] = field(default_factory=dict)
    banged: set[int] = field(default_factory=set)


class _Spread:
    """Patterns of a view in which letters may be spread. Immutable."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        self._beginnings = Beginnings(patterns)
        self._lengths = np.fromiter(map(len, patterns), np.intp, len(patterns))

    def scan(self, shown: Bytes, joined: Joined, opens: Bools, into: dict[int, Spread]) -> None:
        runs = _Runs(shown, opens)
        places, numbers = self._beginnings.find(runs.letters.tobytes() + PADDING, runs.places)
        if len(places):
            runs.spread(joined, places, numbers, self._lengths[numbers], into)


class Scanner:
    """The patterns of all views. Immutable; safe in threads."""

    def __init__(
        self,
        words: Sequence[bytes],
        capital: Sequence[bool],
        compact: Sequence[bytes],
        sound: Sequence[bytes],
        signs: Sequence[bytes],
    ) -> None:
        """``words``: each with the space behind it; ``capital``: whether it must begin with one. ``compact`` and
        ``sound``: runs as one letter."""
        chosen = np.array(capital, bool)
        self._words = [
            (Beginnings([words[number] for number in numbers.tolist()]), numbers, must)
            for must, numbers in ((True, np.flatnonzero(chosen)), (False, np.flatnonzero(~chosen)))
        ]
        self._compact, self._sound = _Spread(compact), _Spread(sound)
        self._signs = Beginnings(signs) if signs else None

    def scan(self, texts: Sequence[str]) -> Scanned:
        """All views of these texts."""
        given = one_text(texts)
        joined = join(given)
        found = Scanned(lines_of(joined))
        self._scan_words(joined, found.lines, found.words)
        opens = _opens(joined.kinds)
        self._compact.scan(joined.compact, joined, opens, found.compact)
        if not all(map(str.isascii, texts)):
            self._sound.scan(joined.sound, joined, opens, found.sound)
            if self._signs is not None:
                signs = signs_of(given)
                at, numbers = self._signs.find(signs.shown + PADDING, np.arange(0, len(signs.shown), 2))
                _by_text(signs.places[at // 2], given.ends, numbers, found.signs)
        marks = np.flatnonzero((joined.kinds & BANG) != 0)
        if len(marks):
            marks = marks[(joined.kinds[marks - 1] & joined.kinds[marks + 1] & WRITTEN) != 0]
            found.banged.update((np.searchsorted(joined.ends, marks) - 1).tolist())
        return found

    def spread(self, texts: Sequence[str]) -> dict[int, Spread]:
        """The view compact of these texts only."""
        found: dict[int, Spread] = {}
        joined = join(one_text(texts))
        self._compact.scan(joined.compact, joined, _opens(joined.kinds), found)
        return found

    def _scan_words(self, joined: Joined, lines: Lines, into: dict[int, Hits]) -> None:
        there = lines.starts if lines.places is None else lines.places[lines.starts]
        capital = (joined.kinds.take(there) & UPPER) != 0
        for beginnings, chosen, must in self._words:
            places, numbers = beginnings.find(lines.letters, lines.starts[capital] if must else lines.starts)
            if len(places):
                _by_text(places, lines.ends, chosen[numbers], into)
