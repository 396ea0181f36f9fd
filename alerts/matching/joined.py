"""Many texts in one: what each character looks like in the views, and what kind of character it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from alerts.matching.folding import IGNORED, OTHER, SEVERAL, base, table, without_tags
from alerts.matching.trie import Indexes
from alerts.matching.views import COMPACT, DIGITS, IN_WORD, SOUND, WORDS, View, sign_table

Bytes = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.uint32]

WORD, DIGIT, UPPER, LOWER, FOREIGN, BANG, ARABIC, WRITTEN = (1 << bit for bit in range(8))
_LONG = BANG | WRITTEN  # nothing else is both
NONE = IGNORED  #: in a view: not part of it
END = 0  #: in a view: a text ends
BETWEEN = "\n\x00\n"  # two spaces in the view of words, and an end between them
BEHIND = 2  #: places from an end to the text behind it


def _shown(view: View) -> Bytes:
    """What a view shows for each class."""
    shown = np.frombuffer(view.translation, np.uint8).copy()
    shown[list(view.dropped)] = NONE
    return shown


@cache
def _looks() -> Codes:
    """For every character what the views compact, words and sound show, and its kinds; a byte each."""
    classes = table()
    kinds = np.zeros(256, np.uint8)
    kinds[list(IN_WORD)] |= WORD
    kinds[list(DIGITS)] |= DIGIT
    kinds[OTHER:] |= FOREIGN
    kinds[list(b"!|")] |= BANG
    made = kinds[classes]
    for code in range(0x20000):
        char = chr(code)
        if char.isupper() or (
            unicodedata.decomposition(char) and unicodedata.normalize("NFKC", char).isupper()
        ):
            made[code] |= UPPER
        if char.islower():
            made[code] |= LOWER
        if char.isalnum() or char == "_":
            made[code] |= WRITTEN
    made[0x20000:0x40000] |= WRITTEN
    made[0x621:0x700] |= ARABIC
    made[classes == SEVERAL] = _LONG
    views = (_shown(COMPACT), _shown(WORDS), _shown(SOUND))
    return np.stack([*(view[classes] for view in views), made], axis=1).view(np.uint32).ravel()


@dataclass(frozen=True, slots=True)
class Signs:
    """The view of signs: what it shows, where that stands in the texts, and the texts' ends."""

    shown: bytes
    places: Indexes
    ends: Indexes


@dataclass(frozen=True, slots=True)
class Joined:
    """Many texts in one. ``ends`` are the places before each text and behind the last; there every view has
    ``END``."""

    compact: Bytes
    words: Bytes
    sound: Bytes
    kinds: Bytes
    ends: Indexes
    signs: Signs | None


def join(texts: Sequence[str], signed: bool = False) -> Joined:
    """Several texts as one; ``signed``: with their view of signs."""
    text = BETWEEN.join(["", *map(without_tags, texts), ""])
    lengths = np.fromiter(map(len, texts), np.intp, len(texts)) + len(BETWEEN)
    ends = np.concatenate((np.ones(1, np.intp), np.cumsum(lengths) + 1))
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    signs = _signs(codes, ends) if signed and not text.isascii() else None
    looks = _looks().take(codes)
    kinds = (looks >> 24).astype(np.uint8)
    long = np.flatnonzero((kinds & _LONG) == _LONG)
    if len(long):
        text, ends, widths = _spelt_out(text, ends, long)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        looks = _looks().take(codes)
        kinds = (looks >> 24).astype(np.uint8)
        kinds[widths] |= UPPER | LOWER  # whatever the ligature is
    looks[ends] = END
    views = (looks.astype(np.uint8), (looks >> 8).astype(np.uint8), (looks >> 16).astype(np.uint8))
    return Joined(*views, kinds, ends, signs)


def _spelt_out(text: str, ends: Indexes, long: Indexes) -> tuple[str, Indexes, Indexes]:
    """The text with each of these characters as the letters for which it stands; its ends, and where they are."""
    letters = [base(text[at]) for at in long.tolist()]
    pieces = [text[low:high] for low, high in zip([0, *(long + 1)], [*long, len(text)], strict=True)]
    spelt = pieces[0] + "".join(map(str.__add__, letters, pieces[1:]))
    widths = np.fromiter(map(len, letters), np.intp, len(letters))
    more = np.concatenate((np.zeros(1, np.intp), np.cumsum(widths - 1)))
    inside = np.arange(widths.sum()) - np.repeat(np.cumsum(widths) - widths, widths)
    return spelt, ends + more[np.searchsorted(long, ends)], np.repeat(long + more[:-1], widths) + inside


def _signs(codes: Codes, ends: Indexes) -> Signs:
    shown = sign_table().take(codes)
    shown[ends] = 1  # it is no sign's
    places = np.flatnonzero(shown)
    return Signs(shown[places].tobytes(), places, ends)
