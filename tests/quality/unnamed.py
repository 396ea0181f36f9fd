"""Invented organisations with profiles, listings of their data that name nobody, and a stream of ordinary posts.

Profiles overlap as real ones do: a few countries and sectors for all, columns of everybody, columns of a sector that a
tenth of it shares, and a few names that are an organisation's own. A listing shows some of an organisation's columns,
respelt (case, separators), in one of five languages, rounds its number of people, may leave its country or sector out,
and mixes in columns of others. An ordinary post is an offer of somebody who is not watched, with common columns and some
of a sector; a question; or talk. Own columns have four syllables and more, so that few are another's by chance: real ones that are
shorter make more of both mistakes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from alerts.unnamed.profile import DataProfile
from alerts.watchlist import Organisation

_SYLLABLES = [c + v for c in "bdfgjklmnprstv" for v in "aeiou"]
_COMMON = [
    "id",
    "name",
    "email",
    "phone",
    "address",
    "dob",
    "gender",
    "nik",
    "nama",
    "alamat",
    "tgl_lahir",
    "no_hp",
    "password",
    "created_at",
    "status",
    "city",
]
COUNTRIES = {
    "ID": "Indonesian",
    "US": "American",
    "BR": "Brazilian",
    "RU": "Russian",
    "FR": "French",
    "IN": "Indian",
}
SECTORS = {
    "health": "hospital",
    "finance": "bank",
    "insurance": "insurance",
    "government": "government",
    "education": "university",
    "telecommunications": "telecom",
    "retail": "retail",
    "transport": "airline",
}
_OFFERS = {
    "en": "Selling database, {count} records. {country} {sector}. Sample below, price {price} USD",
    "id": "Dijual database {count} data, {country}, {sector}. Harga {price} USD, ada sampel",
    "ru": "Продам базу, {count} записей, {country} {sector}. Цена {price} USD",
    "es": "Vendo base de datos, {count} registros, {country} {sector}. Precio {price} USD",
    "zh": "出售数据库 {count} 条 {country} {sector} 价格 {price} USD",
}
_TALK = (
    "has anyone tried the new forum, is it down",
    "thanks for the share, vouch",
    "looking for combos, will buy",
)


@dataclass(frozen=True, slots=True)
class Listing:
    """One post; ``organisation``: whose data it is, empty for nobody's that is watched."""

    title: str
    text: str
    organisation: str = ""


def word(chance: random.Random, least: int = 2, most: int = 4) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(least, most)))


def column(chance: random.Random) -> str:
    return f"{word(chance, 2, 2)}_{word(chance, 2, 3)}" if chance.random() < 0.5 else word(chance, 4, 4)


def pools(seed: int = 7) -> dict[str, list[str]]:
    """The columns that organisations of a sector share."""
    chance = random.Random(seed)
    return {sector: [column(chance) for _ in range(200)] for sector in SECTORS}


def organisations(count: int, seed: int = 7) -> list[Organisation]:
    chance, shared = random.Random(seed + 1), pools(seed)
    found = []
    for number in range(count):
        country, sector = chance.choice(list(COUNTRIES)), chance.choice(list(SECTORS))
        own = [column(chance) for _ in range(chance.randint(3, 8))]
        columns = [*own, *chance.sample(shared[sector], 10), *chance.sample(_COMMON, 8)]
        profile = DataProfile(
            countries=(country,),
            sectors=(sector,),
            people=int(10 ** chance.uniform(4, 8)),
            columns=tuple(columns),
        )
        found.append(
            Organisation(id=f"o{number}", name=f"{word(chance, 4, 5)} {word(chance, 4, 5)}", profile=profile)
        )
    return found


def respelt(chance: random.Random, name: str) -> str:
    joint = chance.choice(("_", "", "-", " ", "_"))
    made = name.replace("_", joint)
    return chance.choice((str.upper, str.lower, str.title, str))(made)


def _offer(
    chance: random.Random, country: str, sector: str, people: int, columns: list[str]
) -> tuple[str, str]:
    language = chance.choice(list(_OFFERS))
    text = _OFFERS[language].format(
        count=f"{max(int(people * chance.uniform(0.7, 1.1)), 1000):,}",
        country=country,
        sector=sector,
        price=chance.randint(1, 90) * 100,
    )
    chance.shuffle(columns)
    header = chance.choice((", ", " | ", ";", ",")).join(respelt(chance, name) for name in columns)
    return f"{country} database", f"{text}\n\n{header}"


def listings(watched: list[Organisation], count: int, seed: int, own: tuple[int, int]) -> list[Listing]:
    """Unnamed listings. ``own``: how many of its own columns one shows, at least and at most."""
    chance, found = random.Random(seed), []
    for organisation in chance.sample(watched, count):
        profile = organisation.profile
        assert profile is not None
        mine, rest = list(profile.columns[:-18]), list(profile.columns[-18:])
        shown = chance.sample(mine, min(chance.randint(*own), len(mine))) + chance.sample(
            rest, chance.randint(3, 9)
        )
        shown += [column(chance) for _ in range(chance.randint(0, 3))]
        country = COUNTRIES[profile.countries[0]] if chance.random() < 0.8 else ""
        sector = SECTORS[profile.sectors[0]] if chance.random() < 0.6 else ""
        found.append(Listing(*_offer(chance, country, sector, profile.people or 0, shown), organisation.id))
    return found


def ordinary(count: int, seed: int) -> Iterator[Listing]:
    """Posts of a stream in which no watched organisation's data are offered."""
    chance, shared = random.Random(seed), pools()
    for _ in range(count):
        if chance.random() < 0.4:
            yield Listing("talk", chance.choice(_TALK) + " " + " ".join(word(chance) for _ in range(20)))
            continue
        sector = chance.choice(list(SECTORS))
        columns = chance.sample(_COMMON, 6) + chance.sample(shared[sector], chance.randint(0, 6))
        columns += [column(chance) for _ in range(chance.randint(0, 4))]
        people = int(10 ** chance.uniform(4, 8))
        yield Listing(
            *_offer(chance, COUNTRIES[chance.choice(list(COUNTRIES))], SECTORS[sector], people, columns)
        )
