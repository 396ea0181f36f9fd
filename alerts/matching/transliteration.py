"""Names written in the other alphabet: Cyrillic names in Latin letters, Latin names in Cyrillic ones."""

from __future__ import annotations

from functools import lru_cache

from alerts.matching.folding import CYRILLIC, base

_CYRILLIC = frozenset(CYRILLIC) | {"ё", "й", "ї"}
_PLAIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya".split(" "),
        strict=True,
    )
) | {
    "і": "i",
    "ї": "yi",
    "є": "ye",
    "ґ": "g",
    "ў": "u",
    "қ": "k",
    "ғ": "g",
    "ү": "u",
    "ұ": "u",
    "ө": "o",
    "ң": "n",
    "һ": "h",
    "ә": "a",
}
#: What the other habits write instead.
_HABITS: tuple[dict[str, str], ...] = (
    {},
    {"х": "h", "ц": "c", "щ": "sch", "ю": "ju", "я": "ja", "й": "j", "ж": "j"},
    {"ю": "iu", "я": "ia", "й": "i", "ъ": "ie", "х": "h", "ё": "yo"},
    {"х": "h", "й": "i", "ы": "i", "ё": "yo", "щ": "sh"},
)


def latin_spellings(name: str) -> list[str]:
    """How a Cyrillic name may be written in Latin letters; none for another name."""
    lowered = name.lower()
    if not any(char in _CYRILLIC for char in lowered) or any("a" <= char <= "z" for char in lowered):
        return []
    found = []
    for habit in _HABITS:
        letters = _PLAIN | habit
        found.append("".join(letters.get(char, char) for char in lowered))
    return list(dict.fromkeys(found))


_DIGRAPHS = (
    ("shch", "S"), ("sch", "S"), ("tch", "C"), ("sh", "S"), ("ch", "C"), ("zh", "Z"), ("kh", "h"),
    ("ts", "c"), ("tz", "c"),
    ("ph", "f"), ("ck", "k"), ("qu", "kv"), ("q", "k"), ("x", "ks"), ("w", "v"), ("z", "s"),
)  # fmt: skip
_READINGS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("ce", "ce"), ("ci", "ci"), ("c", "k"), ("j", "dZ"), ("y", "i")),
    (("th", "t"), ("ce", "se"), ("ci", "si"), ("cy", "si"), ("ya", "a"), ("yu", "u"), ("ye", "e"), ("c", "k"),
     ("ja", "a"), ("ju", "u"), ("j", "i"), ("h", "g"), ("y", "i")),
    (("ee", "i"), ("oo", "u"), ("ya", "a"), ("yu", "u"), ("c", "C"), ("j", "dZ"), ("y", "i")),
)  # fmt: skip
_GERMAN = (("tsch", "C"), ("sch", "S"), ("ch", "h"), ("ck", "k"), ("ei", "ai"), ("ph", "f"), ("th", "t"), ("qu", "kv"),
           ("c", "k"), ("z", "c"), ("x", "ks"), ("w", "v"), ("j", "i"), ("y", "i"))  # fmt: skip


def sound_of(name: str) -> list[tuple[bytes, ...]]:
    """How the words of a Latin name may sound, in the letters of the sound view; none for another name."""
    if not name.isascii():
        name = "".join(base(char) for char in name.replace("ç", "s").replace("Ç", "s"))
        if not name.isascii():
            return []
    words = "".join(char if char.isalpha() else " " for char in name.lower()).split()
    found = [tuple(_sound(word, _order(word, reading)) for word in words) for reading in _READINGS]
    found.append(tuple(_sound(word, _GERMAN) for word in words))
    return list(dict.fromkeys(found)) if words else []


def _order(word: str, reading: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    digraphs = any(pair in word for pair in ("ch", "sh", "zh", "kh"))
    return (*_DIGRAPHS, *reading) if digraphs else (*reading, *_DIGRAPHS)


@lru_cache(1 << 16)  # many names share words
def _sound(word: str, replacements: tuple[tuple[str, str], ...]) -> bytes:
    for written, heard in replacements:
        if written in word:
            word = word.replace(written, heard)
    return word.encode()
