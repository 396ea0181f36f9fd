"""How well a listing that names nobody fits what an organisation's data look like. Pure: the same listing and the same
profiles give the same score, and each part of it says what it is for.

Every part is in bits. Words of a profile tell as much as they are rare (``rarity.py``), each further one of a listing
less than the one before: columns of one table come together. Country, sector and number of people tell something and
tell it against as well; without a word of its own no organisation is looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import re2

from alerts.matching.port import Match
from alerts.unnamed.profile import DataProfile
from alerts.unnamed.rarity import bits
from indexer.fact import Fact

#: A listing with so many bits makes a possible alert.
THRESHOLD: Final = 15.0
#: More than facts can add to words.
MOST_OF_FACTS: Final = 4.0 + 3.0 + 3.0 + 1.4 + 4.0 + 1.0
_LESS: Final = (
    1.0,
    1.0,
    0.7,
    0.5,
    0.35,
    0.25,
)  # of the first word, the second, and so on; later ones as the last
_MOST_WORDS: Final = 26.0
_COUNTRY, _SECTOR = (0.04, 4.0), (0.1, 3.0)  # how common, and at most
_OTHER_COUNTRY, _OTHER_SECTOR, _TOO_MANY, _OTHER_DATA = -6.0, -2.0, -3.0, -1.0
_NO_OFFER, _NOTHING_OFFERED = -6.0, -4.0
_IDENTIFIER: Final = 4.0
_PEOPLE = frozenset({"people", "identity numbers", "records", "accounts", "things", "cards"})
_COUNTED_ONCE = frozenset({"people", "identity numbers"})
_OFFERS = frozenset({"sale", "leak", "ransom", "access"})
_OFFERED = frozenset({"quantity", "volume", "sample", "price", "format"})
_MANY_COUNTRIES = 4  # a listing that names so many is of no one
_QUIET = re2.Options()
_QUIET.log_errors = False


@dataclass(frozen=True, slots=True)
class Heard:
    """A word of a profile that stands in a listing: as the profile writes it, and what it tells in bits."""

    field: str
    word: str
    bits: float


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that speaks for an organisation, or with fewer than no bits against it."""

    what: str
    bits: float


@dataclass(frozen=True, slots=True)
class Shares:
    """In how many profiles each country and sector stands, of how many."""

    profiles: int
    countries: Mapping[str, int]
    sectors: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Possible:
    """An organisation whose data a listing may be: its score, what it needed, and every part. ``matches`` are the words
    where they stand; ``others``: organisations that fit as well or better."""

    organisation: str
    score: float
    threshold: float
    parts: tuple[Part, ...]
    matches: tuple[Match, ...] = ()
    others: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """As it is kept and delivered."""
        return {
            "score": self.score,
            "threshold": self.threshold,
            "for": [[part.what, part.bits] for part in self.parts if part.bits > 0],
            "against": [[part.what, part.bits] for part in self.parts if part.bits <= 0],
            "others": list(self.others),
        }


def score(
    profile: DataProfile, heard: Sequence[Heard], facts: Sequence[Fact], text: str, shares: Shares
) -> tuple[Part, ...]:
    """Every part of what speaks for a profile and against it, words first. ``heard``: its words in the listing."""
    return (
        *_words(heard),
        *_identifiers(profile, text),
        *_countries(profile, _values(facts, "country"), shares),
        *_sectors(profile, _values(facts, "sector"), shares),
        *_people(profile, facts),
        *_data(profile, _values(facts, "data")),
        *_offer(facts),
    )


def total(parts: Sequence[Part]) -> float:
    """The score of these parts."""
    return round(sum(part.bits for part in parts), 1)


def words_worth(heard: Sequence[Heard]) -> float:
    """What words tell together; each further one less than the one before."""
    return sum(part.bits for part in _words(heard))


def _words(heard: Sequence[Heard]) -> list[Part]:
    ordered = sorted(heard, key=lambda each: (-each.bits, each.field, each.word))
    parts, left, unsaid = [], _MOST_WORDS, 0
    for number, each in enumerate(ordered):
        worth = min(round(each.bits * _LESS[min(number, len(_LESS) - 1)], 1), round(left, 1))
        left -= worth
        if worth > 0:
            parts.append(Part(f"{_NAMED[each.field]} {each.word}", worth))
        else:
            unsaid += 1
    return [*parts, Part(f"{unsaid} words more, which add nothing", 0.0)] if unsaid else parts


_NAMED: Final = {
    "columns": "column",
    "files": "file",
    "products": "product",
    "places": "place",
    "serves": "serves",
}


def _identifiers(profile: DataProfile, text: str) -> list[Part]:
    for pattern in profile.identifiers:
        if re2.compile(pattern, _QUIET).search(text):
            return [Part(f"a number of the form {pattern}", _IDENTIFIER)]
    return []


def _countries(profile: DataProfile, named: Collection[str], shares: Shares) -> list[Part]:
    if not profile.countries or not named:
        return []
    ours = [code for code in profile.countries if code in named]
    if ours:
        prior, most = _COUNTRY
        worth = max(
            bits(shares.countries.get(code, 1) - 1, shares.profiles - 1, prior, most) for code in ours
        )
        if len(named) >= _MANY_COUNTRIES:
            return [Part(f"country {ours[0]}, of {len(named)} named", round(worth / 3, 1))]
        return [Part(f"country {', '.join(ours)}", round(worth, 1))]
    return [Part(f"names {', '.join(sorted(named)[:3])}, not {', '.join(profile.countries)}", _OTHER_COUNTRY)]


def _sectors(profile: DataProfile, named: Collection[str], shares: Shares) -> list[Part]:
    if not profile.sectors or not named:
        return []
    ours = [sector for sector in profile.sectors if sector in named]
    if ours:
        prior, most = _SECTOR
        worth = max(bits(shares.sectors.get(each, 1) - 1, shares.profiles - 1, prior, most) for each in ours)
        return [Part(f"sector {', '.join(ours)}", round(worth, 1))]
    if len(named) == 1:
        return [Part(f"sector {next(iter(named))}, not {', '.join(profile.sectors)}", _OTHER_SECTOR)]
    return []


def _people(profile: DataProfile, facts: Sequence[Fact]) -> list[Part]:
    counted = [
        (int(fact.value), fact.unit)
        for fact in facts
        if fact.kind == "quantity" and fact.unit in _PEOPLE and isinstance(fact.value, int | float)
    ]
    if not profile.people or not counted:
        return []
    most, unit = max(counted)
    ratio, said = most / profile.people, f"{most:,} {unit} of about {profile.people:,} people"
    if 0.6 <= ratio <= 1.3:
        return [Part(said, 3.0)]
    if 0.2 <= ratio <= 2:
        return [Part(said, 1.5)]
    if ratio > (3 if unit in _COUNTED_ONCE else 50):
        return [Part(f"{said}: too many", _TOO_MANY)]
    return [Part(f"{said}: says little", 0.0)]


def _data(profile: DataProfile, named: Collection[str]) -> list[Part]:
    if not profile.data or not named:
        return []
    ours = [kind for kind in profile.data if kind in named]
    if ours:
        return [Part(f"data: {', '.join(ours)}", min(round(0.7 * len(ours), 1), 1.4))]
    return [Part(f"data: {', '.join(sorted(named)[:3])}, which it has not", _OTHER_DATA)]


def _offer(facts: Sequence[Fact]) -> list[Part]:
    purpose = next((str(fact.value) for fact in facts if fact.kind == "purpose"), "")
    if purpose in _OFFERS:
        return [Part(f"purpose {purpose}", 1.0)]
    if purpose:
        return [Part(f"purpose {purpose}: offers no data", _NO_OFFER)]
    if not any(fact.kind in _OFFERED for fact in facts):
        return [Part("offers nothing", _NOTHING_OFFERED)]
    return []


def _values(facts: Sequence[Fact], kind: str) -> frozenset[str]:
    return frozenset(str(fact.value) for fact in facts if fact.kind == kind)
