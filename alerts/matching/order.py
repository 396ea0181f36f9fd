"""Long names whose words stand in another order: the same significant words side by side, whatever their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from alerts.matching.folding import Folded, Places, fold
from alerts.matching.found import Found
from alerts.matching.hashing import Hashes, Table, Words, words_of
from alerts.matching.typos import Name
from alerts.matching.verify import gap_is_short
from alerts.matching.views import WORDS

LEAST, MOST = 3, 7  #: significant words of a name
_CONNECTING = """of the and for in to a an de la le el los las du des da do dos das e y et der die das und von für fur
    di dan untuk van het ve и в по на للل من في pt tbk inc ltd llc gmbh"""


class OrderIndex:
    """Finds long names in any order of their words. Immutable; safe in threads."""

    def __init__(self, names: Sequence[Name]) -> None:
        connecting = WORDS.of(fold(_CONNECTING).classes)
        self._small = np.unique(words_of(connecting).hashes)
        small = frozenset(connecting.split())
        kept = [
            (name, [word for word in name.words if word not in small])
            for name in names
            if name.term.kind != "domain"
        ]
        kept = [(name, words) for name, words in kept if LEAST <= len(set(words)) == len(words) <= MOST]
        self._names = [name for name, _ in kept]
        self._vocabulary = frozenset(word for _, words in kept for word in words)
        hashes = words_of(b" ".join(word for _, words in kept for word in words)).hashes
        counts = np.array([len(words) for _, words in kept], np.intp)
        starts = np.cumsum(counts) - counts
        self._tables = {}
        sums = np.add.reduceat(_mixed(hashes), starts) if kept else hashes
        for count in range(LEAST, MOST + 1):
            chosen = np.flatnonzero(counts == count)
            if len(chosen):
                self._tables[count] = Table(sums[chosen], chosen)

    def may_find(self, distinct: set[bytes]) -> bool:
        """Whether a text of these words may hold a name."""
        return len(self._vocabulary & distinct) >= LEAST

    def find(self, folded: Folded, places: Places, words: Words) -> Iterator[Found]:
        """Names with their words in any order, in the words view of a text."""
        if not self._tables or not len(words.starts):
            return
        at = np.searchsorted(self._small, words.hashes)
        at[at == len(self._small)] = 0
        chosen = np.flatnonzero(self._small[at] != words.hashes)
        sums = np.concatenate(
            (np.zeros(1, np.uint64), np.cumsum(_mixed(words.hashes[chosen]), dtype=np.uint64))
        )
        for count, table in self._tables.items():
            asked = sums[count:] - sums[:-count]
            for hit in table.hits(asked).tolist():
                numbers = chosen[hit : hit + count].tolist()
                ends = [
                    (int(places[words.starts[word]]), int(places[words.ends[word] - 1])) for word in numbers
                ]
                if not all(gap_is_short(folded.gap(one[1], other[0]), 24) for one, other in pairwise(ends)):
                    continue
                start, end = folded.span(ends[0][0], ends[-1][1])
                for entry in table.entries(int(asked[hit])):
                    yield Found(self._names[entry].term, "order", start, end, {"order": 0.8})


def _mixed(hashes: Hashes) -> Hashes:
    """Hashes whose sum tells which words are there."""
    mixed = (hashes ^ (hashes >> np.uint64(31))) * np.uint64(0xD6E8FEB86659FD93)
    return mixed ^ (mixed >> np.uint64(29))
