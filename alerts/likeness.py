"""How alike two offers are: MinHash over runs of three folded words, in buckets by which texts like one another are
found without comparing all. Pure.

A text's signature holds, for each of 125 hash functions, the least hash of its runs. The share of equal places of two
signatures estimates the Jaccard likeness of their runs (Broder, 1997; standard error 0.045 at most). 25 bands of five
places make the buckets: two texts of likeness 0.7 share one with a probability of 0.99, of 0.3 with 0.06.
MinHash rather than SimHash: its estimate is the share of words in common, which a person can follow, and its bands
are plain equal numbers, which any database finds by an index.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from alerts.claims import Claims
from indexer.text import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

BANDS, ROWS = 25, 5
#: Texts of this likeness are the same offer.
ALIKE = 0.6
#: With one more sign that it is the same offer, such as its seller, this is enough.
SOMEWHAT_ALIKE = 0.3
_RUN = 3
_FEWEST = 12  # runs; a shorter text is alike to too many
_MOST_WORDS = 5000
_PRIME = (1 << 31) - 1  # products of two smaller numbers fit in 64 bits


@cache
def _functions() -> tuple[NDArray[Any], NDArray[Any]]:
    """Factors and terms of the hash functions. Signatures are kept: they never change."""
    import numpy as np  # a tenth of a second, which most commands do without

    chance = np.random.Generator(np.random.PCG64(20220106))
    factors = chance.integers(1, _PRIME, BANDS * ROWS, dtype=np.uint64)
    return factors[:, None], chance.integers(0, _PRIME, BANDS * ROWS, dtype=np.uint64)[:, None]


@dataclass(frozen=True, slots=True)
class Sketch:
    """A text as it is compared: ``signature`` of little-endian 32-bit numbers, ``buckets`` of signed 64-bit ones."""

    signature: bytes
    buckets: tuple[int, ...]


class How(StrEnum):
    """What makes two listings one offer."""

    FIRST = "first"  # the listing that raised the alert
    COPY = "copy"  # the same thread of a board that is a copy, or of which this one is
    TEXT = "text"
    SAMPLE = "sample"
    CONTACT = "contact"
    SELLER = "seller"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An alert of the same organisation that may be of the same offer: how alike its nearest text is (0 where it has
    none), which clues it shares, and what it claims."""

    alert: str
    likeness: float
    clues: frozenset[str]
    claims: Claims


@dataclass(frozen=True, slots=True)
class Joined:
    """The alert that a listing belongs to, and why."""

    alert: str
    how: How
    likeness: float


def sketch(title: str, text: str) -> Sketch | None:
    """A text's sketch; None when it is too short to be compared."""
    import numpy as np

    words = fold(f"{title}\n{text}"[: _MOST_WORDS * 20]).split()[:_MOST_WORDS]
    runs = {" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)}
    if len(runs) < _FEWEST:
        return None
    hashes = [int.from_bytes(hashlib.blake2b(run.encode(), digest_size=4).digest(), "little") for run in runs]
    numbers = np.array(hashes, dtype=np.uint64)[None, :] % np.uint64(_PRIME)
    factors, terms = _functions()
    least = ((factors * numbers + terms) % np.uint64(_PRIME)).min(axis=1).astype("<u4")
    buckets = tuple(
        int.from_bytes(
            hashlib.blake2b(bytes([band]) + part.tobytes(), digest_size=8).digest(), "big", signed=True
        )
        for band, part in enumerate(least.reshape(BANDS, ROWS))
    )
    return Sketch(least.tobytes(), buckets)


def likeness(one: bytes, other: bytes) -> float:
    """The estimated likeness of two signatures, 0 to 1."""
    import numpy as np

    return float(np.mean(np.frombuffer(one, dtype="<u4") == np.frombuffer(other, dtype="<u4")))


def same_offer(claims: Claims, candidates: list[Candidate]) -> Joined | None:
    """The alert that a new listing is a copy of, if any: the most alike first, then by id.

    Its text is alike; or it names the same sample; or it has a contact or the seller in common and either its text
    is somewhat alike or it claims the very same volume or number. A seller alone proves nothing: they sell more than
    one thing.
    """
    for each in sorted(candidates, key=lambda each: (-each.likeness, each.alert)):
        how = _how(claims, each)
        if how:
            return Joined(each.alert, how, each.likeness)
    return None


def _how(claims: Claims, other: Candidate) -> How | None:
    if other.likeness >= ALIKE:
        return How.TEXT
    if How.SAMPLE in other.clues:
        return How.SAMPLE
    named = [(claims.volume, other.claims.volume), (claims.count, other.claims.count)]
    same_claim = any(mine is not None and mine == theirs for mine, theirs in named)
    if other.likeness >= SOMEWHAT_ALIKE or same_claim:
        for how in (How.CONTACT, How.SELLER):
            if how in other.clues:
                return how
    return None


class Copies:
    """Texts that were seen, each under a name, to tell copies of them. Kept in memory."""

    def __init__(self) -> None:
        self._names: dict[int, tuple[str, bytes]] = {}

    def find(self, name: str, sketch: Sketch | None) -> str | None:
        """The name of the text that this one is a copy of; None for one that is new, which is kept."""
        if sketch is None:
            return None
        for bucket in sketch.buckets:
            known = self._names.get(bucket)
            if known and likeness(sketch.signature, known[1]) >= ALIKE:
                return known[0]
        self._names.update(dict.fromkeys(sketch.buckets, (name, sketch.signature)))
        return None
