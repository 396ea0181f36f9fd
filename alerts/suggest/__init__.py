"""``watch suggest``: the names, acronyms and domains under which a seller may write of an organisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from alerts.matching.legal import without_legal_form
from alerts.matching.transliteration import latin_spellings
from alerts.suggest.grammar import JOINED, NAMED
from alerts.suggest.packs import LANGUAGES, heads
from alerts.suggest.reading import Reading, read
from indexer.text import fold

_CYRILLIC = dict(zip("abvgdezijklmnoprstufhcyw", "абвгдезийклмнопрстуфхкив", strict=True))
_DIGRAPHS = (
    *(
        ("shch", "щ"),
        ("sh", "ш"),
        ("ch", "ч"),
        ("zh", "ж"),
        ("kh", "х"),
        ("ya", "я"),
        ("yu", "ю"),
        ("ts", "ц"),
    ),
    *(("x", "кс"), ("ph", "ф"), ("th", "т"), ("ck", "к"), ("qu", "кв"), ("q", "к")),
)
_SMALL = frozenset(
    (
        "of",
        "the",
        "and",
        "for",
        "de",
        "la",
        "el",
        "du",
        "des",
        "da",
        "do",
        "dan",
        "und",
        "der",
        "di",
        "y",
        "et",
    )
)
_LEAST_ACRONYM = 3
#: Zones of houses, by head and country, by country, by head.
_ZONES = {
    ("university", "id"): "ac.id",
    ("university", ""): "edu",
    ("", "id"): "co.id",
    ("", "br"): "com.br",
    ("", "my"): "com.my",
    ("", "sg"): "com.sg",
    ("", "in"): "co.in",
    ("", "uk"): "co.uk",
    ("", "jp"): "co.jp",
    ("", "au"): "com.au",
}
#: Countries that a legal form tells.
_FORMS = {
    **dict.fromkeys(("pt", "tbk", "persero"), "id"),
    **dict.fromkeys(("gmbh", "kgaa"), "de"),
    **dict.fromkeys(("spa", "srl"), "it"),
    **dict.fromkeys(("sdn", "bhd", "berhad"), "my"),
    **dict.fromkeys(("пао", "ооо", "оао"), "ru"),
    **dict.fromkeys(("sarl", "sas"), "fr"),
    "ltda": "br",
    "pte": "sg",
    "pvt": "in",
    "bv": "nl",
    "nv": "nl",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One line of a watchlist: ``text`` for ``field`` (aliases, acronyms, domains, context), and why."""

    field: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a watchlist should have for ``name``."""

    id: str
    name: str
    proposals: tuple[Proposal, ...]

    def of(self, field: str) -> list[str]:
        """The texts for one field."""
        return [proposal.text for proposal in self.proposals if proposal.field == field]

    def as_yaml(self) -> str:
        """A watchlist file, each line with its reason."""
        lines = ["organisations:", f"  - id: {_scalar(self.id)}", f"    name: {_scalar(self.name)}"]
        for field in ("aliases", "acronyms", "context", "domains"):
            there = [proposal for proposal in self.proposals if proposal.field == field]
            if there:
                lines.append(f"    {field}:")
                lines += [f"      - {_scalar(each.text)}  # {each.reason}" for each in there]
        return "\n".join(lines) + "\n"


def suggest(name: str, country: str = "") -> Suggestion:
    """Proposals for a name, in ten languages where its words are known. ``country``: key of a country of the pack,
    for a name that says none. Nothing is looked up; whose a domain is, only a person knows."""
    reading = read(name, country)
    found = (
        list(_of_institution(reading))
        if reading.institution and reading.country
        else [*_of_house(reading, name), *_acronyms(name), *_domains_of_house(reading, name)]
    )
    seen = {("aliases", fold(name))}
    kept = []
    for proposal in found:
        key = (proposal.field, proposal.text if proposal.field == "domains" else fold(proposal.text))
        if key not in seen:
            seen.add(key)
            kept.append(proposal)
    short = next((each.text for each in kept if each.reason.endswith("Indonesian, short")), name)
    readable = _ascii(next(iter(latin_spellings(short)), short))
    return Suggestion("-".join(readable.split())[:63].strip("-") or "organisation", name, tuple(kept))


def _of_institution(reading: Reading) -> Iterator[Proposal]:
    institution, country = reading.institution, reading.country
    assert institution
    assert country
    for language in LANGUAGES:
        if language in institution.names:
            for text, why in JOINED[language](institution, country):
                acronym = text.isupper() and text.isascii() and len(text) <= 5
                yield Proposal("acronyms" if acronym else "aliases", text, why)
    if any(short.isupper() and len(short) <= 5 for short in institution.short.get("id", ())):
        for language in LANGUAGES:
            words = sorted(institution.names.get(language, ("",))[0].split(), key=len)
            if words[-1:] and len(words[-1]) > 3:
                yield Proposal(
                    "context", words[-1].lower(), f"an acronym counts beside it: {NAMED[language]}"
                )
    languages = [*(each for each in country.languages if each in institution.labels)] or ["en"]
    for language in languages:
        for label in institution.labels.get(language, ()):
            for zone in country.government:
                yield Proposal("domains", f"{label}.{zone}", "a guess by custom: keep it if it is theirs")


def _of_house(reading: Reading, name: str) -> Iterator[Proposal]:
    own = reading.own
    core = without_legal_form(name)
    if core != name:
        yield Proposal("aliases", core, "without its legal form")
    latin = own if own.isascii() or _is_latin(own) else next(iter(latin_spellings(own)), "")
    for language in LANGUAGES:
        written = _written(own, latin, language)
        if not written:
            continue
        for form in heads().get(reading.head, {}).get(language, ()):
            if language != "ru" and written == own and not _is_latin(own) and language not in ("zh", "ja"):
                continue
            yield Proposal("aliases", form.replace("{}", written), NAMED[language])
    if not reading.head and latin and latin != own:
        yield Proposal("aliases", latin.title(), "in Latin letters")
    if not reading.head and _is_latin(own):
        yield Proposal("aliases", _in_cyrillic(own), "by its sound, in Cyrillic")


def _written(own: str, latin: str, language: str) -> str:
    """The name's own part as a language writes it; "" where it cannot."""
    if _is_latin(own):
        return _in_cyrillic(own) if language == "ru" else own
    if all("\u0400" <= char <= "\u04ff" or not char.isalpha() for char in own):
        return own if language == "ru" else latin.title()
    if any(char >= "\u2e80" for char in own):
        return own if language in ("zh", "ja") else ""
    return own if language == "ar" else ""


def _is_latin(text: str) -> bool:
    return all(char < "\u0250" for char in text if char.isalpha())


def _in_cyrillic(text: str) -> str:
    words = []
    for word in _ascii(text).split():
        for latin, cyrillic in _DIGRAPHS:
            word = word.replace(latin, cyrillic)
        words.append("".join(_CYRILLIC.get(char, char) for char in word).capitalize())
    return " ".join(words)


def _ascii(text: str) -> str:
    """Folded words of a text in Latin letters and digits only."""
    return "".join(char for char in fold(text) if char.isascii())


def _acronyms(name: str) -> Iterator[Proposal]:
    words = [word for word in without_legal_form(name).split() if word.lower() not in _SMALL]
    initials = "".join(word[0] for word in words if word[0].isalpha()).upper()
    if len(initials) >= _LEAST_ACRONYM:
        yield Proposal("acronyms", initials, "its initials: keep it if it is used")
        for word in sorted(words, key=len, reverse=True)[:3]:
            if len(word) > 2:
                yield Proposal("context", word.lower(), "the acronym counts beside it")


def _domains_of_house(reading: Reading, name: str) -> Iterator[Proposal]:
    label = _ascii(without_legal_form(name)).replace(" ", "")
    own = _ascii(reading.own).replace(" ", "")
    words = [word.replace(".", "").strip("(),") for word in name.lower().split()]
    told = [_FORMS[word] for word in (*words[:1], *words[-2:]) if word in _FORMS]
    told.append("id" if reading.language == "id" else "")
    code = reading.country.code if reading.country else told[0]
    zones = dict.fromkeys(("com", _zone(reading.head, code)))
    for each in dict.fromkeys((label, own)):
        if len(each) > 3:
            for zone in zones:
                yield Proposal("domains", f"{each}.{zone}", "a guess: keep it only if it is theirs")


def _zone(head: str, code: str) -> str:
    return _ZONES.get((head, code)) or _ZONES.get(("", code)) or _ZONES.get((head, "")) or code or "com"


def _scalar(text: str) -> str:
    """A YAML scalar on one line."""
    dumped = yaml.safe_dump(text, allow_unicode=True, width=10_000).splitlines()
    return dumped[0]
