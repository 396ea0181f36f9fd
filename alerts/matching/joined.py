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
LONG = BANG | WRITTEN  #: stands for several letters; nothing else is both
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
def looks_of_all() -> Codes:
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
    made[classes == SEVERAL] = LONG
    views = (_shown(COMPACT), _shown(WORDS), _shown(SOUND))
    return np.stack([*(view[classes] for view in views), made], axis=1).view(np.uint32).ravel()


@dataclass(frozen=True, slots=True)
class Signs:
    """The view of signs: what it shows, and where that stands in the texts."""

    shown: bytes
    places: Indexes


@dataclass(frozen=True, slots=True)
class Joined:
    """Many texts in one. ``ends`` are the places before each text and behind the last; there every view has
    ``END``."""

    compact: Bytes
    words: Bytes
    sound: Bytes
    kinds: Bytes
    ends: Indexes


@dataclass(frozen=True, slots=True)
class Text:
    """Many texts as one: the code points, and the places before each text and behind the last. ``spelt``: places of
    letters for which there was one character."""

    codes: Codes
    ends: Indexes
    spelt: Indexes


def one_text(texts: Sequence[str]) -> tuple[str, Text]:
    """Several texts as one, without their markup."""
    text = BETWEEN.join(["", *map(without_tags, texts), ""])
    lengths = np.fromiter(map(len, texts), np.intp, len(texts)) + len(BETWEEN)
    ends = np.concatenate((np.ones(1, np.intp), np.cumsum(lengths) + 1))
    return text, Text(_codes(text), ends, ends[:0])


def spelt_out(text: str, given: Text) -> Text:
    """The text with each character that stands for several letters as these letters."""
    kinds = looks_of_all().take(given.codes) >> 24
    long = np.flatnonzero((kinds & LONG) == LONG)
    letters = [base(text[at]) for at in long.tolist()]
    pieces = [text[low:high] for low, high in zip([0, *(long + 1)], [*long, len(text)], strict=True)]
    spelt = pieces[0] + "".join(map(str.__add__, letters, pieces[1:]))
    widths = np.fromiter(map(len, letters), np.intp, len(letters))
    more = np.concatenate((np.zeros(1, np.intp), np.cumsum(widths - 1)))
    inside = np.arange(widths.sum()) - np.repeat(np.cumsum(widths) - widths, widths)
    return Text(
        _codes(spelt),
        given.ends + more[np.searchsorted(long, given.ends)],
        np.repeat(long + more[:-1], widths) + inside,
    )


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def join(text: str, given: Text) -> Joined:
    """What the views show of these texts."""
    looks = looks_of_all().take(given.codes)
    kinds = (looks >> 24).astype(np.uint8)
    if ((kinds & LONG) == LONG).any():
        return join(text, spelt_out(text, given))
    kinds[given.spelt] |= UPPER | LOWER  # whatever the ligature is
    looks[given.ends] = END
    views = (looks.astype(np.uint8), (looks >> 8).astype(np.uint8), (looks >> 16).astype(np.uint8))
    return Joined(*views, kinds, given.ends)


def signs_of(given: Text) -> Signs:
    """The view of signs."""
    shown = sign_table().take(given.codes)
    shown[given.ends] = 1  # it is no sign's
    places = np.flatnonzero(shown)
    return Signs(shown[places].tobytes(), places)
