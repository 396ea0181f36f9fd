"""Many texts in one: what each character looks like in the views, and what kind of character it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from alerts.matching.beginnings import Indexes
from alerts.matching.folding import IGNORED, OTHER, SEVERAL, base, table, without_tags
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
    """Many texts as one: the code points, and the places before each text and behind the last."""

    codes: Codes
    ends: Indexes


def one_text(texts: Sequence[str]) -> Text:
    """Several texts as one, without their markup."""
    text = BETWEEN.join(["", *map(without_tags, texts), ""])
    lengths = np.fromiter(map(len, texts), np.intp, len(texts)) + len(BETWEEN)
    ends = np.concatenate((np.ones(1, np.intp), np.cumsum(lengths) + 1))
    return Text(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32), ends)


def join(given: Text) -> Joined:
    """What the views show of these texts."""
    looks, ends = looks_of_all().take(given.codes), given.ends
    kinds = (looks >> 24).astype(np.uint8)
    long = np.flatnonzero((kinds & LONG) == LONG)
    if len(long):
        looks, ends = _spelt_out(given, looks, long)
        kinds = (looks >> 24).astype(np.uint8)
    looks[ends] = END
    kinds[ends] = 0
    views = (looks.astype(np.uint8), (looks >> 8).astype(np.uint8), (looks >> 16).astype(np.uint8))
    return Joined(*views, kinds, ends)


def _spelt_out(given: Text, looks: Codes, long: Indexes) -> tuple[Codes, Indexes]:
    """What characters look like, with each that stands for several letters as these, and the ends of texts."""
    pieces, behind, widths = [], 0, []
    for at in long.tolist():
        letters = _letters(int(given.codes[at]))
        pieces += [looks[behind:at], letters]
        widths.append(len(letters))
        behind = at + 1
    more = np.cumsum([0, *widths]) - np.arange(len(widths) + 1)
    return np.concatenate([*pieces, looks[behind:]]), given.ends + more[np.searchsorted(long, given.ends)]


@cache
def _letters(code: int) -> Codes:
    """What the letters for which a character stands look like; small or capital, whatever it is."""
    letters = np.array([ord(letter) for letter in base(chr(code))])
    looks: Codes = looks_of_all()[letters] | np.uint32((UPPER | LOWER) << 24)
    return looks


def signs_of(given: Text) -> Signs:
    """The view of signs."""
    shown = sign_table().take(given.codes)
    shown[given.ends] = 1  # it is no sign's
    places = np.flatnonzero(shown)
    return Signs(shown[places].tobytes(), places)
