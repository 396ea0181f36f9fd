"""Views: what of a text one automaton looks at. A view translates classes and leaves some out.

- *words*: letters and digits as they look, gaps as spaces. For short names and acronyms.
- *compact*: letters only, digits and signs read as letters. For names of five letters and more: spread, joined,
  dotted, disguised.
- *sound*: Cyrillic letters by sound. For Latin names written in Cyrillic.
- *signs*: Chinese, Japanese, Korean, Thai and the like, two bytes a character, gaps left out.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from alerts.matching.folding import (
    CYRILLIC,
    GAP,
    IGNORED,
    MARKUP,
    SEVERAL,
    Array,
    Classes,
    Places,
    classes_by_letter,
)
from alerts.matching.lookalikes import LATIN_OF, LETTER_OF, SPELT_OUT, simplified

_DIGITS = b"0123456789"


@dataclass(frozen=True, slots=True)
class View:
    """How classes are translated (256 bytes) and which are left out."""

    translation: bytes
    dropped: bytes

    def of(self, classes: Classes) -> bytes:
        return bytes(classes.translate(self.translation, self.dropped))

    def places(self, classes: Classes) -> Places:
        """For each byte of the view, the place of its class."""
        return np.flatnonzero(_kept(self.dropped)[np.frombuffer(classes, np.uint8)])


@cache
def _kept(dropped: bytes) -> Array:
    kept = np.ones(256, np.uint8)
    kept[list(dropped)] = 0
    return kept


def _seen() -> bytearray:
    """Each class as it looks: Cyrillic letters as the Latin ones that they resemble."""
    found = bytearray(range(256))
    for letter in CYRILLIC:
        code = classes_by_letter()[letter]
        latin = LATIN_OF.get(letter) or SPELT_OUT.get(letter, "")[:1]
        if latin:
            found[code] = ord(latin)
    return found


#: Classes as they look, signs kept.
SEEN = bytes(_seen())


def _words() -> View:
    translation = bytearray(SEEN)
    for sign in b"@$|!" + bytes([MARKUP, SEVERAL]):
        translation[sign] = GAP
    return View(bytes(translation), bytes([IGNORED]))


def _compact() -> View:
    translation = bytearray(SEEN)
    for sign, letter in LETTER_OF.items():
        translation[ord(sign)] = ord(letter)
    translation = bytearray(ord("i") if code == ord("l") else code for code in translation)
    return View(bytes(translation), bytes([GAP, IGNORED, MARKUP, SEVERAL, *b"!|"]))


_SOUNDS = {
    **dict(zip("абвгдежзийклмнопрстуфхцчшщыэюяі", "abvgdeZsiiklmnoprstufhcCSSieuai", strict=True)),
    **dict(zip("їєґўөүұқғңһәј", "iegvouukgnhai", strict=True)),
}


def _sound() -> View:
    translation = bytearray(256)
    for letter, sound in _SOUNDS.items():
        translation[classes_by_letter()[letter]] = ord(sound)
    return View(bytes(translation), bytes(code for code in range(256) if not translation[code]))


WORDS, COMPACT, SOUND = _words(), _compact(), _sound()
#: Bytes of the words view that are part of a word.
IN_WORD = frozenset(range(256)) - {GAP, IGNORED, MARKUP, SEVERAL, *b"@$|!"}
DIGITS = frozenset(_DIGITS)
LATIN = frozenset(b"abcdefghijklmnopqrstuvwxyz")
_VOICED = "\u3099\u309a"  # marks of kana; a voiced kana is read as its plain one


@cache
def sign_table() -> npt.NDArray[np.uint16]:
    """What the view of signs shows for every character; 0: nothing."""
    made = np.zeros(0x110000, np.uint16)
    for low, high in (
        (0x0E00, 0x1100),
        (0x1780, 0x1800),
        (0x3005, 0x3100),
        (0x31F0, 0x3200),
        (0xFF66, 0xFFA0),
    ):
        for code in range(low, high):
            plain = unicodedata.normalize("NFKD", chr(code))[0]
            if unicodedata.category(plain)[0] in "LMN" and plain not in _VOICED:
                made[code] = ord(plain)
    for low, high in ((0x3400, 0xA000), (0xAC00, 0xD7A4)):
        made[low:high] = np.arange(low, high)
    for traditional, form in simplified().items():
        made[ord(traditional)] = ord(form)
    return made


def signs(text: str) -> tuple[bytes, Places] | None:
    """The signs view of a text and the place of each of its characters in it; None when it has none."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    found = sign_table().take(codes)
    places = np.flatnonzero(found)
    return (found[places].tobytes(), places) if len(places) else None
