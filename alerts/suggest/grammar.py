"""How each language joins an institution and a country: word order, articles, cases, the gender of adjectives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from alerts.suggest.packs import Country, Institution, Language

Worded = Iterator[tuple[str, str]]  # a name, and why it is one
_WITH_ARTICLE = ("Philippines", "United Arab Emirates", "United Kingdom", "United States", "Netherlands")


def _english(one: Institution, country: Country) -> Worded:
    name, adjective, formal = country.en
    of = f"the {name}" if name in _WITH_ARTICLE else name
    names = one.names["en"]
    for each in names:
        yield f"{each} of {of}", "English"
    for each in names:
        yield f"{adjective} {each}", "English, adjective"
        yield f"{name} {each}", "English"
    if formal != name:
        yield f"{names[0]} of the {formal}", "English, formal name of the country"
        yield f"{names[0]}, {formal}", "English, formal name of the country"
    yield f"{name}'s {names[0]}", "English, genitive"
    for short in one.short.get("en", ()):
        yield f"{short} {name}", "English, short"
        yield f"{name} {short}", "English, short"


def _indonesian(one: Institution, country: Country) -> Worded:
    own = "id" in country.languages
    for each in one.names["id"]:
        for name in country.id:
            yield f"{each} {name}", "Indonesian"
        if own:
            yield each, "Indonesian, which no other country writes"
    if own:
        for short in one.short.get("id", ()):
            yield short, "Indonesian, short"


def _russian(one: Institution, country: Country) -> Worded:
    for each in one.names["ru"]:
        yield f"{each} {country.ru[1]}", "Russian, country in the genitive (other cases are found too)"
    for short in one.short.get("ru", ()):
        yield f"{short} {country.ru[1]}", "Russian, short"


def _chinese(one: Institution, country: Country) -> Worded:
    for each in one.names["zh"]:
        for name in country.zh:
            yield f"{name}{each}", "Chinese (traditional characters are found too)"


def _arabic(one: Institution, country: Country) -> Worded:
    name, masculine, feminine = country.ar
    for each in one.names["ar"]:
        yield f"{each} {feminine if one.gender.get('ar') == 'f' else masculine}", "Arabic, adjective"
        yield f"{each} في {name}", "Arabic"


def _spanish(one: Institution, country: Country) -> Worded:
    for each in one.names["es"]:
        yield f"{each} {country.es[1]}", "Spanish"
    for short in one.short.get("es", ()):
        yield f"{short} {country.es[0]}", "Spanish, short"


def _portuguese(one: Institution, country: Country) -> Worded:
    for each in one.names["pt"]:
        yield f"{each} {country.pt[1]}", "Portuguese"


def _french(one: Institution, country: Country) -> Worded:
    _, of, masculine, feminine = country.fr
    for each in one.names["fr"]:
        yield f"{each} {of}", "French"
        if "fr" in one.gender:
            yield f"{each} {feminine if one.gender['fr'] == 'f' else masculine}", "French, adjective"


def _german(one: Institution, country: Country) -> Worded:
    name, stem, genitive = country.de
    for each in one.names["de"]:
        yield f"{each} {name}", "German"
        if genitive != name:
            yield f"{each} {genitive}", "German, country in the genitive"
        if gender := one.gender.get("de"):
            ending = {"m": "er", "f": "e", "n": "es"}[gender]
            yield f"{stem.capitalize()}{ending} {each}", "German, adjective"
            if ending != "e":
                yield f"{stem}e {each}", "German, adjective behind an article"


def _japanese(one: Institution, country: Country) -> Worded:
    for each in one.names["ja"]:
        for name in country.ja:
            yield f"{name}{each}", "Japanese"


JOINED: dict[Language, Callable[[Institution, Country], Worded]] = {
    "en": _english,
    "id": _indonesian,
    "ru": _russian,
    "zh": _chinese,
    "ar": _arabic,
    "es": _spanish,
    "pt": _portuguese,
    "fr": _french,
    "de": _german,
    "ja": _japanese,
}
NAMED: dict[Language, str] = {
    "en": "English",
    "id": "Indonesian",
    "ru": "Russian",
    "zh": "Chinese",
    "ar": "Arabic",
    "es": "Spanish",
    "pt": "Portuguese",
    "fr": "French",
    "de": "German",
    "ja": "Japanese",
}
