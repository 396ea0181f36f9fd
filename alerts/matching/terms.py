"""Terms: what a watchlist asks for, and the spellings under which it is looked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from alerts.matching.declension import cases_of
from alerts.matching.folding import GAP, fold
from alerts.matching.legal import without_legal_form
from alerts.matching.runs import lengths
from alerts.matching.transliteration import latin_spellings, sound_of
from alerts.matching.views import COMPACT, SEEN, WORDS, signs
from alerts.watchlist import Organisation

LEAST_COMPACT = 5  #: letters; shorter names are looked for as whole words only
LEAST_DOMAIN = 4
LEAST_SOUND = 6
LEAST_DECLINED = 6
STRENGTH = {
    "name": 0.95,
    "domain": 0.95,
    "alias": 0.9,
    "brand": 0.85,
    "mail": 0.85,
    "acronym": 0.6,
    "pattern": 0.9,
    "rule": 0.9,
}
NAMES = ("name", "alias", "brand")  #: kinds that may be written in every way
HOSTS = ("domain", "mail")  #: kinds that are internet domains
SILENT = ("exclusion", "context")  #: kinds that decide about matches and are none
Parts = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One term as the watchlist has it. ``cased``: it counts in this very case only."""

    organisation: str
    text: str
    kind: str  # name, alias, brand, acronym, domain, mail; exclusion, context
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to look for a term: ``letters`` in ``view``. ``seen``: the classes of the letters, digits and signs
    unread. ``runs``: see ``runs.py``. ``joints``: what the term has behind its letters, by their number; only where
    it has a gap."""

    term: Term
    view: str
    letters: bytes
    seen: bytes
    joints: dict[int, str]
    runs: bytes = b""
    parts: Parts = ()


def terms_of(organisation: Organisation) -> list[Term]:
    """All terms of an organisation, silent ones too; each text once a kind."""
    kinds = {
        "name": (organisation.name,),
        "alias": organisation.aliases,
        "brand": organisation.brands,
        "acronym": organisation.acronyms,
        "domain": organisation.domains,
        "mail": organisation.mail_domains,
        "exclusion": organisation.exclusions,
        "context": organisation.context,
    }
    return [
        Term(organisation.id, text, kind, kind == "acronym" or _is_acronym(text, kind))
        for kind, texts in kinds.items()
        for text in dict.fromkeys(texts)
    ]


def _is_acronym(text: str, kind: str) -> bool:
    return kind in NAMES and len(text) < LEAST_COMPACT and text.isupper() and text.isalpha()


def spellings(term: Term) -> Iterator[Spelling]:
    """The ways to look for a term; none when it has no letter."""
    yield from _spelt(term, term.text)
    if term.kind in HOSTS:
        yield from _punycode(term)
    elif term.kind in NAMES:
        core = without_legal_form(term.text)
        if core != term.text:
            yield from _spelt(term, core, ("legal form", 0.92), LEAST_COMPACT)
        for case in cases_of(core):
            yield from _spelt(term, case, ("declension", 0.97), LEAST_DECLINED)
        for latin in latin_spellings(core):
            yield from _spelt(term, latin, ("transliteration", 0.9), LEAST_SOUND)
        for sound in sound_of(core):
            whole = b"".join(sound)
            if len(whole) >= LEAST_SOUND:
                letters, runs = lengths(whole)
                joints = {end - 1: " " for end in accumulate(map(len, sound[:-1]))}
                yield Spelling(term, "sound", letters, whole, joints, runs, (("transliteration", 0.9),))


def _spelt(
    term: Term, text: str, part: tuple[str, float] | None = None, least: int = 1
) -> Iterator[Spelling]:
    folded = fold(text)
    letters = COMPACT.of(folded.classes)
    parts = (part,) if part else ()
    if len(letters) < least:
        return
    found = None if text.isascii() else signs(text)
    if found and len(found[1]) == len(letters):
        places = found[1].tolist()
        yield Spelling(term, "signs", found[0], found[0], _joints(text, places), parts=parts)
        return
    if not letters:
        return
    seen = bytes(folded.classes.translate(SEEN, COMPACT.dropped))
    if term.cased or len(letters) < (LEAST_DOMAIN if term.kind in HOSTS else LEAST_COMPACT):
        words = b" ".join(WORDS.of(folded.classes).split())
        yield Spelling(term, "words", words + b" ", seen, {}, parts=parts)
        if term.kind == "acronym" and len(words) == len(letters) > 2:  # B.R.I.
            spread = b" ".join(words[at : at + 1] for at in range(len(words)))
            yield Spelling(term, "words", spread + b" ", seen, {}, parts=(*parts, ("spread", 0.9)))
        return
    joints = {}
    if len(letters) < len(folded.classes):
        places = [at for at, code in enumerate(folded.classes) if code not in COMPACT.dropped]
        for at in range(len(places) - 1):
            if places[at + 1] - places[at] > 1:
                gap = folded.gap(places[at], places[at + 1])
                if gap and any(code == GAP for code in folded.classes[places[at] + 1 : places[at + 1]]):
                    joints[at] = gap
    short, runs = lengths(letters)
    yield Spelling(term, "compact", short, seen, joints, runs, parts)
    # a capital may look like another letter than its small one (Greek)
    for other in {text.upper(), text.lower()} - {text} if not text.isascii() else ():
        if len(other) == len(text):
            changed = COMPACT.of(fold(other).classes)
            if changed != letters and len(changed) == len(letters):
                short, runs = lengths(changed)
                yield Spelling(term, "compact", short, seen, joints, runs, parts)


def _joints(text: str, places: list[int]) -> dict[int, str]:
    return {
        at: text[places[at] + 1 : places[at + 1]]
        for at in range(len(places) - 1)
        if places[at + 1] - places[at] > 1
    }


def _punycode(term: Term) -> Iterator[Spelling]:
    if not term.text.isascii():
        try:
            ascii_form = term.text.lower().encode("idna").decode()
        except UnicodeError:
            return
        yield from _spelt(term, ascii_form)
