"""What is written on the forum of a run: texts that are all different, each revision with a mark of its own by which it
is known again wherever it turns up. Pure."""

from __future__ import annotations

import random
import re

from quality.evasions import EVASIONS

ORGANISATIONS = {
    "altavela": "Altavela Insurance",
    "glasshouse": "Glasshouse Coin",
    "serambi": "Serambi Koperasi Fiksi",
    "norrvik": "Norrvik Kommun Test",
    "sehati": "Klinik Sehati Fiksi",
    "beispielwerk": "Beispielwerk Nord",
    "rekaan": "Toko Rekaan Jaya",
    "fiktiva": "Fiktiva Telecom",
    "quillmark": "Quillmark Shipping",
    "ostravane": "Ostravane Utilities",
    "pellworth": "Pellworth Hospital Trust",
    "vintoria": "Vintoria Airlines",
}
AUTHORS = tuple(
    f"{first}_{last}" for first in ("amber", "null", "paper", "grey") for last in ("kite", "fox", "heron")
)
#: Ways of hiding a name that the matcher finds every time: a run asks what faults lose, not what evasions do.
WAYS = (
    "plain",
    "plain",
    "case",
    "look-alikes",
    "zero width",
    "leet",
    "spaces",
    "joined",
    "diacritics",
    "width",
)

_CONSONANTS, _VOWELS = "bdfgklmnprstv", "aeiou"
_PAIRS = [c + v for c in _CONSONANTS for v in _VOWELS]
_MARK = re.compile(r"zx((?:[bdfgklmnprstv][aeiou]){3})q([a-z])(?![a-z])")


def mark(post: int, revision: int) -> str:
    """One word for a revision of a post."""
    digits = (post // len(_PAIRS) ** at % len(_PAIRS) for at in (2, 1, 0))
    return f"zx{''.join(_PAIRS[digit] for digit in digits)}q{chr(96 + revision)}"


def marks(text: str) -> list[tuple[int, int]]:
    """Every mark in a text, as numbers of post and revision."""
    found = []
    for word, letter in _MARK.findall(text):
        number = 0
        for at in range(0, 6, 2):
            number = number * len(_PAIRS) + _PAIRS.index(word[at : at + 2])
        found.append((number, ord(letter) - 96))
    return found


def chatter(chance: random.Random, words: int) -> str:
    """Words that mean nothing and resemble no other text's."""
    made = ["".join(chance.choice(_PAIRS) for _ in range(chance.randint(2, 4))) for _ in range(words)]
    return " ".join(made).capitalize() + "."


def hidden(chance: random.Random, organisation: str) -> str:
    """An organisation's name in one of the ways."""
    return EVASIONS[chance.choice(WAYS)](chance, ORGANISATIONS[organisation])


def listing(chance: random.Random, organisations: tuple[str, ...], price: int) -> str:
    """An offer, without its mark."""
    named = ". ".join(f"Selling the customer base of {hidden(chance, each)}, whole" for each in organisations)
    return f"{named or 'Selling a course'}. {chatter(chance, 45)} Price: {price} USD."


def reply(chance: random.Random, organisations: tuple[str, ...]) -> str:
    """A reply, without its mark."""
    named = "".join(f" I hold staff mail of {hidden(chance, each)} too." for each in organisations)
    return f"{chatter(chance, 14)}{named}"
