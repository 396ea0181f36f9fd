"""Long names whose words stand in another order: the same significant words side by side, whatever their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from alerts.matching.beginnings import PADDING
from alerts.matching.folding import Folded, fold
from alerts.matching.found import Found
from alerts.matching.hashing import Hashes, Table, mixed, words_of
from alerts.matching.lines import Flags, Lines, hashes_of
from alerts.matching.typos import Name
from alerts.matching.verify import gap_is_short
from alerts.matching.views import WORDS

LEAST, MOST = 3, 7  #: significant words of a name
WORD, SMALL = 8, 16  #: what a word is: of a name; one that does not count
_CONNECTING = """of the and for in to a an de la le el los las du des da do dos das e y et der die das und von für fur
    di dan untuk van het ve и в по на للل من في pt tbk inc ltd llc gmbh s"""


class OrderIndex:
    """Finds long names in any order of their words. Immutable; safe in threads."""

    def __init__(self, names: Sequence[Name]) -> None:
        self._small = frozenset(WORDS.of(fold(_CONNECTING).classes).split())
        small = self._small
        kept = [
            (name, [word for word in name.words if word not in small])
            for name in names
            if len(name.words) >= LEAST and name.term.kind != "domain"
        ]
        kept = [(name, words) for name, words in kept if LEAST <= len(set(words)) == len(words) <= MOST]
        self._names = [name for name, _ in kept]
        self._vocabulary = frozenset(word for _, words in kept for word in words)
        letters = b" ".join(word for _, words in kept for word in words)
        edges = words_of(letters)
        hashes = hashes_of(letters + PADDING, edges.starts, edges.ends)
        counts = np.array([len(words) for _, words in kept], np.intp)
        starts = np.cumsum(counts) - counts
        self._tables = {}
        sums = np.add.reduceat(mixed(hashes), starts) if kept else hashes
        for count in range(LEAST, MOST + 1):
            chosen = np.flatnonzero(counts == count)
            if len(chosen):
                self._tables[count] = Table(sums[chosen], chosen)

    def learn(self, distinct: Sequence[bytes]) -> Flags:
        """Of each word what it is: ``WORD`` of a name, or ``SMALL``, one that does not count."""
        return np.fromiter(
            (SMALL if word in self._small else WORD * (word in self._vocabulary) for word in distinct),
            np.uint8,
            len(distinct),
        )

    def find(
        self, lines: Lines, hashes: Hashes, flags: Flags, folded: Callable[[int], Folded]
    ) -> Iterator[tuple[int, Found]]:
        """Names with their words in any order, in lines of whose words the flags are known, each with the number of
        its text."""
        chosen = np.flatnonzero((flags & SMALL) == 0)
        named = np.append((flags[chosen] & WORD) != 0, np.zeros(MOST, bool))
        begins = np.flatnonzero(named[: -LEAST + 1] & named[1 : -LEAST + 2] & named[2:])
        if not len(begins):
            return
        sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(mixed(hashes[chosen]), dtype=np.uint64)))
        for count, table in self._tables.items():
            begins = begins[begins + count < len(sums)]
            asked = sums[begins + count] - sums[begins]
            for hit in table.hits(asked).tolist():
                numbers = chosen[begins[hit] : begins[hit] + count].tolist()
                text = lines.text_of(numbers[0])
                if lines.text_of(numbers[-1]) != text:
                    continue
                there = folded(text)
                ends = [
                    (
                        lines.place(text, int(lines.starts[word])),
                        lines.place(text, int(lines.ends_of_words[word]) - 1),
                    )
                    for word in numbers
                ]
                if not all(gap_is_short(there.gap(one[1], other[0]), 24) for one, other in pairwise(ends)):
                    continue
                start, end = there.span(ends[0][0], ends[-1][1])
                for entry in table.entries(int(asked[hit])):
                    yield text, Found(self._names[entry].term, "order", start, end, {"order": 0.8})
