"""Words of a text, folded, each with its place in the original. Stores index these words and nothing else, so
that every store finds the same.

Folding: compatibility forms and case are one (NFKD, casefold), combining marks and invisible characters are
dropped. Scripts written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) give one word for each
character; a query word of several such characters is a phrase of them, which finds exactly its occurrences.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_SPACELESS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)
#: Stores keep folded words: raise the number when ``fold`` gives others than before, and they index anew. A newer
#: Python may know more characters.
FOLDING = f"1, Unicode {unicodedata.unidata_version}"
#: Longer runs are cut: no word is that long, but a hostile page may hold megabytes without a space.
LONGEST_WORD = 64
_ASCII = re.compile(rf"[A-Za-z0-9]{{1,{LONGEST_WORD}}}")


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word and the characters ``start`` to ``end`` (excluded) of the original that it stands for."""

    text: str
    start: int
    end: int


def _spaceless(char: str) -> bool:
    code = ord(char)
    return any(low <= code <= high for low, high in _SPACELESS)


@lru_cache(maxsize=65536)
def _pieces(char: str) -> tuple[tuple[str, str], ...]:
    """The folded letters of one character, each with its role: word, alone (spaceless script), mark or gap.

    One character may stand for several (a ligature, the sign for a day of the month).
    """
    if _spaceless(char):
        letters = unicodedata.normalize("NFKC", char)
    elif unicodedata.category(char) in ("Mn", "Me", "Cf") or char == "ـ":  # the last stretches Arabic words
        return (("", "mark"),)
    else:
        letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    found = []
    for letter in letters:
        if _spaceless(letter):
            role = {"L": "alone", "M": "mark", "N": "word"}.get(unicodedata.category(letter)[0], "gap")
            found.append((letter, role))
        elif letter.isalnum():
            found.append((letter, "word"))
    return tuple(found) or (("", "gap"),)


def fold(text: str) -> str:
    """The folded words of a text, separated by single spaces. Folding what is folded changes nothing."""
    if text.isascii():
        return " ".join(_ASCII.findall(text)).lower()
    return " ".join(word.text for word in words(text))


def words(text: str) -> list[Word]:
    """All words of a text in order."""
    if text.isascii():  # the same by the regular expression engine, an order of magnitude faster
        return [Word(run[0].lower(), run.start(), run.end()) for run in _ASCII.finditer(text)]
    found: list[Word] = []
    start, end, letters = -1, -1, ""
    alone = False

    def close() -> None:
        nonlocal start, letters, alone
        if letters:
            found.append(Word(unicodedata.normalize("NFC", letters) if alone else letters, start, end))
        start, letters, alone = -1, "", False

    for at, char in enumerate(text):
        for folded, role in _pieces(char):
            if role == "word":
                if alone or len(letters) >= LONGEST_WORD:
                    close()
                start = at if start < 0 else start
                letters += folded
                end = at + 1
            elif role == "alone":
                close()
                start, end, letters, alone = at, at + 1, folded, True
            elif role == "mark":
                if letters:
                    end = at + 1
                    if alone and len(letters) < LONGEST_WORD:
                        letters += folded  # a Thai vowel sign is part of its syllable
            else:
                close()
    close()
    return found
