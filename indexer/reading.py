"""A text made ready for its facts to be read: folded once, and all words of all extractors found in one scan.

Two forms of the text stand side by side, character for character. *plain* has small letters without accents, the
digits 0 to 9 and ordinary spaces, dashes and quotes; *words* has its letters, a ``0`` for every digit and a space
for anything else, so that " nik " stands for a whole word. What is invisible is left out of both, and where Chinese
meets letters or digits both have a space; ``span`` leads back to the original.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple, cast

import daachorse
import numpy as np
import numpy.typing as npt

from indexer import worded
from indexer.fact import Fact, Value

_DROP = 0xFFFFFFFF
_SAME = {
    **dict.fromkeys("‐‑‒–—―−﹣－〜～", "-"),
    **dict.fromkeys("'‘’‛ʼ`´＇", "'"),
    **dict.fromkeys("“”«»„＂", '"'),
    **dict(zip("٬،、٫。ىکیıłø", ",,,..يكيilo", strict=True)),
}
_BLANK = {" ", "\u00a0", "\u1680", "\u202f", "\u205f", "\u3000", *map(chr, range(0x2000, 0x200B))}
_CJK = (
    (0x3040, 0x3100),
    (0x3400, 0xA000),
    (0xAC00, 0xD7A4),
    (0xF900, 0xFB00),
    (0x20000, 0x32400),
    (0x0E00, 0x0F00),
)
_FIRST_CJK = min(low for low, _ in _CJK)
_NONE = np.empty(0, np.intp)
_ARTICLES = ("", "ال", "و", "وال", "لل", "ل", "بال", "ب")
_ENDING = 5  # letters that may follow the stem of a word
_LONG = 25  # characters without a gap that no word has: addresses, keys, hashes
_GAP = ord(" ")

Codes = npt.NDArray[np.uint32]


class Hit(NamedTuple):
    """A word of an extractor: which of its ``tag``s, and its characters start to end (excluded) in ``plain``."""

    tag: str
    start: int
    end: int


_hit = cast(Callable[[tuple[str, int, int]], Hit], partial(tuple.__new__, Hit))  # very many are made


def _plain(char: str) -> str:
    """What one character is read as: one character, or none."""
    if char in _SAME:
        return _SAME[char]
    if char in _BLANK:
        return " "
    if char in "\n\t":
        return char
    category = unicodedata.category(char)
    if char == "ـ" or (category in ("Mn", "Me", "Cf") and not 0x0E00 <= ord(char) < 0x0F00):
        return ""
    if category in ("Cc", "Zl", "Zp"):
        return "\n"
    if category == "Nd":
        return str(unicodedata.decimal(char))
    folded = unicodedata.normalize("NFKD", char)
    bare = "".join(each for each in folded if unicodedata.category(each) != "Mn") or folded
    small = (bare if len(bare) == 1 else char).lower()
    return _SAME.get(small[0], small[0])


@cache
def _tables() -> tuple[Codes, Codes]:
    """For every character what stands for it in *plain*, and for every character of that in *words*."""
    plain = np.arange(0x110000, dtype=np.uint32)
    plain[0xD800:0xE000] = plain[0xE000:0xF900] = ord("?")
    ranges = ((0, 0x3400), (0xA000, 0xAC00), (0xF900, 0x11000), (0x1D400, 0x1D800), (0x1F100, 0x1F200))
    for low, high in (*ranges, (0xE0000, 0xE0200)):
        for code in range(low, high):
            if 0xD800 <= code < 0xF900:
                continue
            letter = _plain(chr(code))
            plain[code] = ord(letter) if letter else _DROP
    words = np.full(0x110000, _GAP, np.uint32)
    for code in range(0x20000):
        char = chr(code)
        if "0" <= char <= "9":
            words[code] = ord("0")
        elif unicodedata.category(char)[0] in "LM" and not 0xD800 <= code < 0xE000:
            words[code] = code
    words[0x20000:0x32400] = np.arange(0x20000, 0x32400)
    return plain, words


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """For every character of *plain*: 2 where it is of a script without spaces, 1 for other letters and digits, else
    0."""
    kinds: npt.NDArray[np.uint8] = (_tables()[1] != _GAP).astype(np.uint8)
    for low, high in _CJK:
        kinds[low:high] *= 2
    return kinds


@cache
def _ascii() -> tuple[dict[int, str], bytes]:
    plain, words = _tables()
    table = {code: chr(plain[code]) for code in range(128) if plain[code] != code}
    return table, bytes(words[:128].astype(np.uint8)) + bytes(128)


def _coded(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _decoded(codes: Codes) -> str:
    return codes.tobytes().decode("utf-32-le")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, read. ``hits`` are the words found, by extractor, in order of their ends; ``long`` the places in
    *plain* without a gap for 25 characters or more."""

    text: str
    plain: str
    words: str
    origin: npt.NDArray[np.intp] | None
    hits: Mapping[str, Sequence[Hit]]
    long: Sequence[tuple[int, int]]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where characters of *plain* stand in the original."""
        if self.origin is None:
            return start, end
        return int(self.origin[start]), int(self.origin[end - 1]) + 1

    def original(self, start: int, end: int) -> str:
        """The original characters of a place in *plain*, invisible ones among them left out."""
        if self.origin is None:
            return self.text[start:end]
        return "".join(self.text[at] for at in dict.fromkeys(self.origin[start:end].tolist()))

    def fact(
        self,
        kind: str,
        value: Value,
        *places: tuple[int, int],
        unit: str = "",
        parts: tuple[tuple[str, Value], ...] = (),
    ) -> Fact:
        """A fact read at places of *plain*, given in order."""
        spans = tuple(self.span(start, end) for start, end in places)
        return Fact(kind, value, spans, self.text[spans[0][0] : spans[0][1]], unit, parts)

    def reaching(self, pattern: re.Pattern[str], low: int, end: int) -> re.Match[str] | None:
        """The first number of a stretch of *plain* from which a pattern, which begins with one, reaches to its end."""
        at = self.words.find("0", low, end)
        while at >= 0:
            match = pattern.match(self.plain, at, end)
            if match:
                return match
            gap = self.words.find(" ", at, end)
            at = self.words.find("0", gap, end) if gap >= 0 else -1
        return None

    def line(self, at: int) -> tuple[int, int]:
        """Start and end of the line around a place of *plain*."""
        end = self.plain.find("\n", at)
        return self.plain.rfind("\n", 0, at) + 1, len(self.plain) if end < 0 else end


def plain(word: str) -> str:
    """A word as it stands in *plain*."""
    return folded(word)[0]


def folded(text: str) -> tuple[str, str, npt.NDArray[np.intp] | None]:
    """*plain* and *words* of a text, and the place in the text of each of their characters (None: the same)."""
    if text.isascii() and "  " not in text:
        table, view = _ascii()
        low = text.translate(table)
        return low, low.encode().translate(view).decode(), None
    codes = _coded(text)
    to_plain, to_words = _tables()
    found = to_plain.take(codes)
    kept = found != _DROP
    blank = found == _GAP
    kept[1:] &= ~(blank[1:] & blank[:-1])
    origin = None
    if np.count_nonzero(kept) < len(kept):
        (origin,) = kept.nonzero()
        found = found[origin]
    letters = to_words.take(found)
    joints = _joints(found)
    if len(joints):
        origin = np.arange(len(text), dtype=np.intp) if origin is None else origin
        origin = np.insert(origin, joints, origin[joints - 1])
        found = np.insert(found, joints, _GAP)
        letters = np.insert(letters, joints, _GAP)
    return _decoded(found), _decoded(letters), origin


def _joints(found: Codes) -> npt.NDArray[np.intp]:
    """Where a script without spaces meets another: a space is read there, so that words of both stand alone."""
    if not len(found) or found.max() < _FIRST_CJK:
        return _NONE
    kinds = _kinds().take(found)
    return np.flatnonzero(kinds[1:] + kinds[:-1] == 3) + 1


def beside_digits(words: str) -> str:
    """Words that may stand close to a digit ("5BTC", "Rp15") as well as alone."""
    return "|".join(f"#{word}" for word in words.split("|"))


class Vocabulary:
    """The words of all extractors as one automaton.

    A word stands alone; one that ends in ``*`` may have an ending of some letters; Chinese, Japanese and Thai ones
    stand anywhere, Arabic ones with article and conjunction; one that begins with ``#`` may stand close to a digit,
    one with ``##`` stands nowhere else. Numbers written as words are read as digits first.
    """

    def __init__(self, extractors: Iterable[tuple[str, Mapping[str, str]]]) -> None:
        entries: dict[str, list[tuple[str, str, str, int, int, bool]]] = {}
        self._names = []
        for name, tags in (("", worded.WORDS), *extractors):
            self._names.append(name)
            for tag, lines in tags.items():
                for word in dict.fromkeys(lines.split("|")):
                    self._add(entries, name, tag, word)
        self._entries = list(entries.values())
        self._scan = daachorse.CharwiseDoubleArrayAhoCorasick(list(entries)).find_overlapping

    @staticmethod
    def _add(
        entries: dict[str, list[tuple[str, str, str, int, int, bool]]], name: str, tag: str, word: str
    ) -> None:
        beside, close, bare = word.startswith("#"), word.startswith("##"), word.strip().lstrip("#")
        stem, open_end = bare.removesuffix("*"), bare.endswith("*")
        written, view, _ = folded(stem)
        if not view.strip():
            raise ValueError(f"{name}: {word!r} has no letter")
        before = "" if _spaceless(written[0]) else " "
        after = "" if open_end or _spaceless(written[-1]) else " "
        exact = written if "0" in view else ""
        articles = _ARTICLES if "\u0600" <= written[0] <= "\u06ff" else ("",)
        ending = open_end and not _spaceless(written[-1])
        entry = (name, tag, exact, len(before), len(after), ending)
        patterns = [before + folded(article)[1] + view + after for article in articles]
        if beside and before:
            patterns = ([] if close else patterns) + ["0" + view + after]
            patterns += [] if close else [before + view + "0"]
        for pattern in patterns:
            if entry not in (entries.setdefault(pattern, [])):
                entries[pattern].append(entry)

    def read(self, text: str) -> Reading:
        """Fold a text and find all words in it."""
        reading = self._read(text, *folded(text))
        if reading.hits[""]:
            return self._read(text, *_in_digits(reading.plain, reading.origin))
        return reading

    def _read(self, text: str, written: str, view: str, origin: npt.NDArray[np.intp] | None) -> Reading:
        hits: dict[str, list[Hit]] = {name: [] for name in self._names}
        padded = f" {view} "
        for start, end, number in self._scan(padded):
            for name, tag, exact, before, after, ending in self._entries[number]:
                first, last = start + before - 1, end - after - 1
                if ending:
                    stem, last = last, view.find(" ", last)
                    last = len(view) if last < 0 else last
                    if last - stem > _ENDING:
                        continue
                if exact and not written.startswith(exact, first):
                    continue
                hits[name].append(_hit((tag, first, last)))
        return Reading(text, written, view, origin, hits, _long(padded) if len(view) >= _LONG else ())


def _in_digits(written: str, origin: npt.NDArray[np.intp] | None) -> tuple[str, str, npt.NDArray[np.intp]]:
    """*plain*, *words* and origin with digits in place of the words for numbers."""
    places = np.arange(len(written), dtype=np.intp) if origin is None else origin
    parts: list[str] = []
    origins: list[npt.NDArray[np.intp]] = []
    behind = 0
    for start, end, digits in worded.written(written):
        at = np.minimum(np.arange(start, start + len(digits)), end - 1)
        at[-1] = end - 1
        parts += [written[behind:start], digits]
        origins += [places[behind:start], places[at]]
        behind = end
    plain, words, again = folded("".join(parts) + written[behind:])
    origin = np.concatenate([*origins, places[behind:]])
    return plain, words, origin if again is None else origin[again]


def _spaceless(char: str) -> bool:
    code = ord(char)
    return any(low <= code < high for low, high in _CJK)


def _long(padded: str) -> list[tuple[int, int]]:
    """Of *words* between two spaces the long ones, by their places without these."""
    coded = np.frombuffer(padded.encode(), np.uint8) if padded.isascii() else _coded(padded)
    (gaps,) = (coded == _GAP).nonzero()
    (wide,) = (gaps[1:] - gaps[:-1] > _LONG).nonzero()
    return [(int(gaps[at]), int(gaps[at + 1]) - 1) for at in wide.tolist()]
