"""Where the words of all profiles stand in many texts at once, in whatever spelling.

A word is looked for as one run of letters, folded as the matcher folds: ``no_ka``, ``No Ka`` and ``NOKA`` are one. The
words of a text are looked up by their hashes, alone and up to four in a row as one. Words in signs (Chinese, Japanese,
Thai and the like), which stand without spaces, are looked for at each sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from alerts.matching.beginnings import PADDING, Beginnings
from alerts.matching.folding import Places
from alerts.matching.hashing import BASE, Hashes, Indexes, Table, powers, words_of
from alerts.matching.joined import BEHIND, Text, join, one_text, signs_of
from alerts.matching.lines import Lines, lines_of
from alerts.matching.views import signs
from alerts.unnamed.gate import Gate

_RUN: Final = 4  # words in a row that may be one; of a longer phrase these are looked for
_LEAST: Final = 4  # letters of a run of several words: "no ka", not "a b"
_LONGEST: Final = 1 << 12
_FEWEST_SIGNS: Final = 2
_SIGNS: Final = b"\x01"  # what a run of signs begins with; no view of words has it

Place = tuple[int, int]
Rows = tuple[Indexes, Indexes, Indexes, Indexes]  # texts, runs, first and last places


def runs_of(words: Sequence[str]) -> list[bytes]:
    """Each word as it is looked for; empty for one that cannot be."""
    if not words:
        return []
    lines = lines_of(join(one_text(words)))
    found = []
    pieces = lines.letters[: -len(PADDING)].split(b"\x00")[1:-1]
    for word, piece in zip(words, pieces, strict=True):
        shown = signs(word)
        spelt = any(char.isascii() and char.isalnum() for char in word)
        if shown and not spelt and len(shown[1]) >= _FEWEST_SIGNS:
            found.append(_SIGNS + shown[0])
        else:
            found.append(b"".join(piece.split()[:_RUN]))
    return found


@dataclass(frozen=True, slots=True)
class Stands:
    """Which runs stand in texts that have a telling one, and where: letters of the view of words; or, of signs,
    places of the text counted from -1 down."""

    lines: Lines
    places: Mapping[int, Mapping[int, Sequence[Place]]]

    def spans(self, number: int, origin: Places | None, run: int, most: int) -> list[Place]:
        """Where a run stands in its text, at most so often. ``origin``: of the text, as it is folded."""
        found = set()
        for first, last in self.places[number][run][:most]:
            if first < 0:
                found.add((-1 - first, -last))
                continue
            begin, end = self.lines.place(number, first), self.lines.place(number, last - 1)
            if origin is not None:
                begin, end = int(origin[begin]), int(origin[end])
            found.add((begin, end + 1))
        return sorted(found)


class Runs:
    """Finds these runs. Immutable; safe in threads."""

    def __init__(self, runs: Sequence[bytes], telling: Iterable[int]) -> None:
        """``telling``: the numbers of those for whose sake a text is looked at."""
        self._runs = runs
        telling = list(telling)
        self.gate = Gate([runs[each] for each in telling if not runs[each].startswith(_SIGNS)], _RUN)
        #: whether words in signs are looked for, of which the gate knows nothing
        self.in_signs = any(runs[each].startswith(_SIGNS) for each in telling)
        self._tells = np.zeros(len(runs) + 1, bool)
        self._tells[telling] = True
        spelt = [number for number, run in enumerate(runs) if not run.startswith(_SIGNS)]
        self._table = Table(
            words_of(b" ".join(runs[number] for number in spelt)).hashes, np.array(spelt, np.intp)
        )
        shown = [number for number, run in enumerate(runs) if run.startswith(_SIGNS)]
        self._signs = np.array(shown, np.intp)
        patterns = [runs[number].removeprefix(_SIGNS) for number in shown]
        self._sizes = np.fromiter(map(len, patterns), np.intp, len(patterns))
        self._beginnings = Beginnings(patterns) if patterns else None

    def find(self, texts: Sequence[str]) -> Stands:
        """All runs in those of the texts that have a telling one."""
        given = one_text(texts)
        lines = lines_of(join(given))
        view = lines.letters[: -len(PADDING)]
        rows = [self._spelt(view, lines)]
        if self._beginnings is not None and not all(map(str.isascii, texts)):
            rows.append(self._shown(given))
        of, numbers, starts, ends = (np.concatenate(column) for column in zip(*rows, strict=True))
        kept = np.isin(of, of[self._tells[numbers]])
        found: dict[int, dict[int, list[Place]]] = {}
        columns = (column[kept].tolist() for column in (of, numbers, starts, ends))
        for text, run, first, last in zip(*columns, strict=True):
            if first >= 0 and view[first:last].replace(b" ", b"") != self._runs[run]:
                continue  # another word of the same hash
            found.setdefault(text, {}).setdefault(run, []).append((first, last))
        return Stands(lines, found)

    def _spelt(self, view: bytes, lines: Lines) -> Rows:
        words = words_of(view)
        found: list[tuple[Indexes, Indexes, Indexes]] = []
        for count, (first, hashes) in enumerate(_rows(words.hashes, words.ends - words.starts), 1):
            at, numbers = self._table.pairs(hashes)
            begun = first[at]
            found.append((numbers, words.starts[begun], words.ends[begun + count - 1]))
        numbers, starts, ends = (np.concatenate(column) for column in zip(*found, strict=True))
        return np.searchsorted(lines.ends, starts) - 1, numbers, starts, ends

    def _shown(self, given: Text) -> Rows:
        shown = signs_of(given)
        none: npt.NDArray[np.intp] = np.empty(0, np.intp)
        if self._beginnings is None:
            return none, none, none, none
        at, hits = self._beginnings.find(shown.shown + PADDING, np.arange(0, len(shown.shown), 2))
        begin = shown.places[at // 2]
        end = shown.places[(at + self._sizes[hits]) // 2 - 1]
        of = np.searchsorted(given.ends, begin) - 1
        behind = given.ends[of] + BEHIND
        return of, self._signs[hits], behind - begin - 1, behind - end - 1


def _rows(hashes: Hashes, lengths: Indexes) -> list[tuple[Indexes, Hashes]]:
    """The hashes of one word, of two in a row as one, and so on: the numbers of the first words, and the hashes."""
    found = [(np.arange(len(hashes)), hashes)]
    run, size, raised = hashes, lengths, powers(BASE, _LONGEST)
    for count in range(1, min(_RUN, len(hashes))):
        run = run[:-1] + hashes[count:] * raised[np.minimum(size[:-1], _LONGEST - 1)]
        size = size[:-1] + lengths[count:]
        kept = np.flatnonzero((size >= _LEAST) & (size < _LONGEST))
        found.append((kept, run[kept]))
    return found
