"""What a name says: which institution of which country, or which kind of house under a name of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from alerts.matching.legal import without_legal_form
from alerts.suggest.packs import LANGUAGES, Country, Institution, Language, countries, heads, institutions
from indexer.text import fold

_JOINING = frozenset(
    fold("of the de la el los las del do da dos das du des d von der für dari di the").split()
)
_FORMAL = (
    *(
        "republik",
        "republic of",
        "kingdom of",
        "republica de",
        "reino de",
        "republique de",
        "royaume du",
        "kerajaan",
    ),
    *("республики", "королевства", "republica do", "republica da", "جمهورية", "مملكة"),
)
_LONGEST_FORM = 12  # words of what a country is called
#: A language that one country writes: its institutions need not name the country.
_ALONE: dict[Language, str] = {"id": "indonesia", "ja": "japan"}


@dataclass(frozen=True, slots=True)
class Reading:
    """``institution`` with its ``country``; or ``head``, a key of the heads' pack, with ``own``, the name beside
    it. Both may be missing. ``language``: that of what was recognised."""

    institution: Institution | None = None
    country: Country | None = None
    head: str = ""
    own: str = ""
    language: Language | None = None


def read(name: str, country: str = "") -> Reading:
    """Recognise a name. ``country``: key of a country, for a name that says none."""
    folded = fold(name)
    found = _institution(folded, country)
    if found:
        return found
    core = without_legal_form(name)
    nation = countries().get(country)
    for key, forms in heads().items():
        for language, patterns in forms.items():
            for pattern in sorted(patterns, key=len, reverse=True):
                own = _own(core, pattern)
                if own:
                    return Reading(None, nation, key, own, language)
    return Reading(None, nation, "", core, None)


def _institution(folded: str, given: str) -> Reading | None:
    found = sorted(_named_countries(folded), key=lambda each: -len(each[1]))
    tried: list[tuple[Country | None, str]] = [
        (country, rest) for country, form in found for rest in _without(folded, form)
    ]
    tried.append((countries().get(given), folded))
    for country, rest in tried:
        at = _known().get(_plain(rest))
        if at is None:
            continue
        key, language = at
        nation = country or countries().get(_ALONE.get(language, ""))
        if nation:
            return Reading(institutions()[key], nation, language=language)
    return None


@cache
def _known() -> dict[str, tuple[str, Language]]:
    """Each institution by what it is called, plain."""
    known: dict[str, tuple[str, Language]] = {}
    for key, institution in institutions().items():
        for language in LANGUAGES:
            for name in (*institution.names.get(language, ()), *institution.short.get(language, ())):
                known.setdefault(_plain(fold(name)), (key, language))
    return known


@cache
def _country_forms() -> dict[str, tuple[str, ...]]:
    """Every folded form of every country, and the keys of those that it may mean."""
    forms: set[tuple[str, str]] = set()
    for key, country in countries().items():
        stem = country.de[1]
        german = [stem + ending for ending in ("e", "er", "es", "en", "em")]
        for form in (
            *country.en, *country.id, *country.ru, *country.zh, *country.ar, *country.es, *country.pt, *country.fr,
            country.de[0], country.de[2], *german, *country.ja, *country.also, f"{country.en[0]}'s",
        ):  # fmt: skip
            folded = fold(form)
            forms.add((folded, key))
            forms.update((f"{before} {folded}", key) for before in _FORMAL)
    found: dict[str, tuple[str, ...]] = {}
    for form, key in sorted(forms):
        found[form] = (*found.get(form, ()), key)
    return found


def _named_countries(folded: str) -> Iterator[tuple[Country, str]]:
    words, forms = folded.split(), _country_forms()
    for at in range(len(words)):
        for end in range(at + 1, min(at + _LONGEST_FORM, len(words)) + 1):
            form = " ".join(words[at:end])
            for key in forms.get(form, ()):
                yield countries()[key], form


def _without(folded: str, form: str) -> Iterator[str]:
    padded = f" {folded} "
    yield padded.replace(f" {form} ", " ", 1).strip()


def _plain(folded: str) -> str:
    return " ".join(word for word in folded.split() if word not in _JOINING)


def _own(core: str, pattern: str) -> str:
    """The name beside a head, or "" when the name does not have this form."""
    before, after = pattern.split("{}")
    lowered = core.lower()
    if lowered.startswith(before.lower()) and lowered.endswith(after.lower()):
        own = core[len(before) : len(core) - len(after)]
        edges = (not before or before[-1] in " " or own[:1] > "\u2e7f") and own == own.strip()
        return own if edges and len(own) > 1 else ""
    return ""
