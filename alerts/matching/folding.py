"""Folding: every character of a text becomes a class of one byte, by one look-up table.

A class stands for all characters that the eye or the keyboard takes for one another: cases, widths, accents,
look-alikes. Views of a text (``views.py``) are translations of its classes, so a place in a view leads back to the
original. Cyrillic letters keep classes of their own, because their sound matters too; Chinese, Korean, Thai and the
like share a few classes, which only say that a letter stands there (they have a view of their own).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from alerts.matching.lookalikes import ARABIC, LATIN_OF, SPELT_OUT

GAP, IGNORED, SEVERAL, MARKUP = 0x20, 0x01, 0x02, 0x03
OTHER = 0xE0  #: the first class of letters of scripts that have none of their own
CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґўөүұқғңһәӏѕј"
_ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهويءپچژگ"
_HEBREW = "אבגדהוזחטיכלמנסעפצקרשת"
_SIGNS = "@$|!"  # they stand for letters now and then
_FREE = [*range(0x80, OTHER), *range(0x41, 0x5B), *range(0x05, 0x20)]

Array = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]
Classes = bytes | bytearray

_STRIPPED = ("Mn", "Me", "Cf", "Cc", "Cs", "Co")
_NO_LETTER = {"\t", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85"}
_UNSEEN = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", "ـ"}
#: Markup that hides nothing and shows nothing.
TAG = re.compile(
    r"\[/?(?:b|i|u|s|sub|sup|color|colour|size|font|center|left|right|bold|hide|spoiler|quote|code|url|img|highlight)"
    r"(?:=[#\w\"' ]{0,30})?\]|</?(?:b|i|u|s|em|strong|span|font|mark|sub|sup|small|big|wbr|br|p|div)\b[^<>./]{0,60}/?>",
    re.IGNORECASE,
)


def base(char: str) -> str:
    """What a character stands for: small letters and digits, "" for nothing seen, " " for anything that is no
    letter. Several letters for a ligature."""
    if char in _UNSEEN:
        return ""
    category = unicodedata.category(char)
    if category in _STRIPPED and char not in _NO_LETTER:
        return ""
    code = ord(char)
    for low, high, first in ((0x1F150, 0x1F169, "a"), (0x1F170, 0x1F189, "a"), (0x1F1E6, 0x1F1FF, "a")):
        if low <= code <= high:  # circled and squared capitals that NFKC leaves alone
            return chr(ord(first) + code - low)
    if char in LATIN_OF and char not in CYRILLIC:
        return LATIN_OF[char]
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", char).casefold())
    found = []
    for letter in plain:
        kind = unicodedata.category(letter)
        letter = ARABIC.get(letter, letter)
        if kind in _STRIPPED or letter in _UNSEEN:
            continue
        if kind == "Nd":
            found.append(str(unicodedata.digit(letter)))
        elif letter in LATIN_OF and letter not in CYRILLIC:
            found.append(LATIN_OF[letter])
        elif letter in SPELT_OUT and letter not in CYRILLIC:
            found += SPELT_OUT[letter]
        elif kind[0] in "LNM" or letter in _SIGNS:
            found.append(letter)
    return "".join(found) or " "


@cache
def classes_by_letter() -> dict[str, int]:
    """The class of each letter that has one of its own."""
    table = {char: ord(char) for char in "abcdefghijklmnopqrstuvwxyz0123456789" + _SIGNS}
    for letter, code in zip(dict.fromkeys(CYRILLIC + _ARABIC + _HEBREW), _FREE, strict=False):
        table[letter] = code
    return table


def _class(letter: str) -> int:
    known = classes_by_letter().get(letter)
    return OTHER + ord(letter) % 31 if known is None else known


@cache
def table() -> Array:
    """The class of every character."""
    made = np.full(0x110000, GAP, np.uint8)
    codes = np.arange(0x110000)
    spaceless = np.zeros(0x110000, bool)
    for low, high in ((0x3400, 0xA000), (0xAC00, 0xD7A4), (0x20000, 0x32400), (0x13000, 0x18D00)):
        spaceless[low:high] = True
    made[spaceless] = (OTHER + codes[spaceless] % 31).astype(np.uint8)
    made[0xE000:0xF900] = made[0xF0000:] = made[0xD800:0xE000] = IGNORED  # private use and half characters
    for low, high in (
        (0, 0x3400),
        (0xA000, 0xAC00),
        (0xD7A4, 0xD800),
        (0xF900, 0x13000),
        (0x18D00, 0x20000),
        (0xE0000, 0xE0200),
    ):
        for code in range(low, high):
            letters = base(chr(code))
            if not letters:
                made[code] = IGNORED
            elif len(letters) > 1:
                made[code] = SEVERAL
            elif letters != " ":
                made[code] = _class(letters)
    return made


@cache
def ascii_table() -> bytes:
    """``table`` for ``bytes.translate`` of ASCII text."""
    return table()[:128].tobytes() + bytes([GAP]) * 128


@dataclass(frozen=True, slots=True)
class Folded:
    """The classes of a text. ``origin`` gives the original place of each class; None: they are the same."""

    text: str
    classes: Classes
    origin: Places | None

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Start and end in the original of the classes ``first`` to ``last`` (included), with the marks that
        stand on the last."""
        end = last + 1
        while end < len(self.classes) and self.classes[end] == IGNORED:
            end += 1
        if self.origin is None:
            return first, _seen_end(self.text, last + 1, end)
        after = int(self.origin[last]) + 1
        return int(self.origin[first]), _seen_end(self.text, after, max(after, int(self.origin[end - 1]) + 1))

    def gap(self, first: int, second: int) -> str:
        """The original text between two classes."""
        if self.origin is None:
            return self.text[first + 1 : second]
        return self.text[int(self.origin[first]) + 1 : int(self.origin[second])]


def _seen_end(text: str, least: int, most: int) -> int:
    """Combining marks and repetitions belong to the letter before them, invisible characters do not."""
    last = text[least - 1].lower()
    while least < most and (unicodedata.category(text[least])[0] == "M" or text[least].lower() == last):
        least += 1
    return least


def fold(text: str) -> Folded:
    """The classes of a text."""
    if text.isascii():
        return Folded(text, _without_markup(text, text.encode().translate(ascii_table())), None)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    classes = _without_markup(text, table().take(codes).tobytes())
    if SEVERAL not in classes:
        return Folded(text, classes, None)
    pieces, widths, behind = [], np.ones(len(text), np.intp), 0
    at = classes.find(SEVERAL)
    while at >= 0:
        letters = bytes(_class(letter) for letter in base(text[at]))
        pieces += [classes[behind:at], letters]
        widths[at], behind = len(letters), at + 1
        at = classes.find(SEVERAL, behind)
    pieces.append(classes[behind:])
    return Folded(text, b"".join(pieces), np.repeat(np.arange(len(text)), widths))


def without_tags(text: str) -> str:
    """The text with its markup as line ends: each character keeps its place."""
    return TAG.sub(lambda tag: "\n" * len(tag[0]), text) if _has_tags(text) else text


def _has_tags(text: str) -> bool:
    # one character is found fast, several are not
    return ("/" in text and ("[/" in text or "</" in text)) or ("<" in text and "<wbr" in text)


def _without_markup(text: str, classes: bytes) -> bytes:
    if not _has_tags(text):
        return classes
    changed = bytearray(classes)
    for tag in TAG.finditer(text):
        changed[tag.start() : tag.end()] = bytes([MARKUP]) * (tag.end() - tag.start())
    return bytes(changed)
