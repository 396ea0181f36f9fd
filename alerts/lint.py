"""``watch lint``: what in a watchlist will be noisy, or will miss something. Advice; ``watch check`` tells faults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from alerts.hygiene import LONG
from alerts.matching.decided import could_be_any_word
from alerts.matching.domains import EVERYBODYS, belongs_to_all
from alerts.matching.ordinary import is_ordinary
from alerts.matching.terms import HOSTS, NAMES, SILENT, Term, terms_of
from alerts.suggest import suggest
from alerts.suggest.grammar import NAMED
from alerts.suggest.reading import read
from alerts.watchlist import Organisation
from indexer.text import fold

NOISY_SHARE, NOISY_POSTS = 0.005, 20
_SHORT_NAME = 4  # letters
_SCRIPTS = {"Russian": ("\u0400", "\u04ff"), "Chinese": ("\u3400", "\u9fff"), "Arabic": ("\u0600", "\u06ff")}


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that an operator should look at."""

    organisation: str
    field: str
    text: str
    what: str
    cure: str


Count = Callable[[str], int]


def lint(
    organisations: Sequence[Organisation],
    today: date,
    *,
    sources: Collection[str] | None = None,
    count: Count | None = None,
    posts: int = 0,
    only: str = "",
    hits: Collection[tuple[str, str, str]] | None = None,
    since: Mapping[str, date] | None = None,
) -> list[Advice]:
    """All advice, by organisation. ``only``: id of the one to look at; the others are what it is held against.
    ``sources``: ids that exist; None: not known. ``count``: in how many stored posts a phrase of folded words stands,
    whatever its case; ``posts``: how many there are. ``hits``: terms that were ever found, as organisation, kind and
    text; ``since``: from which day on each organisation is watched as it is."""
    owners: dict[str, list[str]] = defaultdict(list)
    for one in organisations:
        for key in {fold(term.text) for term in terms_of(one) if term.kind not in SILENT}:
            owners[key].append(one.id)
    domains = {domain.lower(): one.id for one in organisations for domain in one.domains}
    found: list[Advice] = []
    for one in organisations:
        if only not in ("", one.id):
            continue
        for term in terms_of(one):
            if term.kind not in SILENT:
                found += _term(one, term, owners, domains)
                found += _frequent(one, term, count, posts)
        found += _never(one, today, hits, (since or {}).get(one.id))
        found += _whole(one, today, sources)
        found += _languages(one)
    return found


def _field(term: Term) -> str:
    return {"alias": "aliases", "mail": "mail_domains", "name": "name"}.get(term.kind, f"{term.kind}s")


def _term(
    one: Organisation, term: Term, owners: dict[str, list[str]], domains: dict[str, str]
) -> Iterator[Advice]:
    def warn(what: str, cure: str) -> Advice:
        return Advice(one.id, _field(term), term.text, what, cure)

    others = [owner for owner in owners[fold(term.text)] if owner != one.id]
    if others:
        yield warn(f"stands for {', '.join(sorted(set(others)))} too", "keep it where it belongs")
    if term.kind in HOSTS:
        lowered = term.text.lower()
        if lowered in EVERYBODYS or belongs_to_all(lowered):
            yield warn("is a domain of everybody", "name the organisation's own domain")
        labels = lowered.split(".")
        for parent in (".".join(labels[at:]) for at in range(1, len(labels))):
            owner = domains.get(parent, one.id)
            if owner != one.id:
                yield warn(f"lies below {parent}, a domain of {owner}", "posts about it alert both: keep one")
        return
    if term.cased:
        if could_be_any_word(term.text) and not one.context:
            yield warn(
                "is an acronym that could be any word",
                "give words of which one must stand beside it as context",
            )
        return
    letters = sum(map(str.isalnum, term.text))
    if term.kind in NAMES and term.text.isascii():
        words = fold(term.text).split()
        if letters < _SHORT_NAME:
            yield warn("is very short", "make it an acronym, which counts in its own case only")
        elif len(words) == 1 and is_ordinary(words[0]):
            yield warn("is an ordinary word", "add what tells it apart, or exclusions")


def _frequent(one: Organisation, term: Term, count: Count | None, posts: int) -> Iterator[Advice]:
    if count is None or not posts:
        return
    there = count(fold(term.text))
    if there >= NOISY_POSTS and there / posts >= NOISY_SHARE:
        said = f"stands in {there:,} of {posts:,} stored posts"
        cure = "add context or exclusions, or narrow its scope"
        yield Advice(
            one.id, _field(term), term.text, said + (", whatever its case" if term.cased else ""), cure
        )


def _never(
    one: Organisation, today: date, hits: Collection[tuple[str, str, str]] | None, since: date | None
) -> Iterator[Advice]:
    """Terms that nothing was ever found by, once they had the time for it."""
    if hits is None or since is None or today - since < LONG:
        return
    for term in terms_of(one):
        if term.kind not in SILENT and (one.id, term.kind, term.text) not in hits:
            cure = "is it written as sellers write it? remove what nobody needs"
            yield Advice(one.id, _field(term), term.text, f"was never found since {since}", cure)


def _whole(one: Organisation, today: date, sources: Collection[str] | None) -> Iterator[Advice]:
    if one.review and one.review < today:
        yield Advice(one.id, "review", f"{one.review}", "is past", "look at the entry and set a new day")
    for each in one.terms:
        if each.review and each.review < today:
            whose = f" (owner: {each.owner})" if each.owner else ""
            cure = "look at the term and set a new day"
            yield Advice(one.id, "terms.review", each.term, f"{each.review} is past{whose}", cure)
    for source in one.scope.sources if sources is not None else ():
        if source not in (sources or ()):
            yield Advice(one.id, "scope.sources", source, "is no source", "duskwatch source list names them")
    terms = [fold(term.text) for term in terms_of(one) if term.kind not in SILENT]
    for exclusion in one.exclusions:
        if not any(f" {term} " in f" {fold(exclusion)} " for term in terms):
            cure = "write a phrase that holds a term; for other texts there are negatives"
            yield Advice(one.id, "exclusions", exclusion, "holds no term and hides nothing", cure)
    if one.context and not any(term.cased for term in terms_of(one)):
        yield Advice(
            one.id, "context", ", ".join(one.context), "decides nothing without an acronym", "remove it"
        )
    if not one.domains and not one.mail_domains:
        yield Advice(one.id, "domains", "", "are missing", "add the organisation's domains")


def _languages(one: Organisation) -> Iterator[Advice]:
    """Languages in which the packs know a public institution's name and the watchlist has none."""
    if read(one.name).institution is None:
        return
    proposed: dict[str, list[str]] = defaultdict(list)
    for proposal in suggest(one.name).proposals:
        language = proposal.reason.split(",")[0].split(" (")[0]
        if proposal.field == "aliases" and language in NAMED.values():
            proposed[language].append(proposal.text)
    have = [one.name, *one.aliases, *one.brands]
    folded = set(map(fold, have))
    for language, texts in proposed.items():
        low, high = _SCRIPTS.get(language, ("", ""))
        written = low and any(low <= char <= high for text in have for char in text)
        if not written and folded.isdisjoint(map(fold, texts)):
            cure = f"for example {texts[0]}; duskwatch watch suggest names more"
            yield Advice(one.id, "aliases", "", f"have no {language} name", cure)
