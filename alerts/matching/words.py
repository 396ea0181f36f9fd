"""The base matcher: whole folded words of names, aliases, acronyms and domains, by one automaton.

A text becomes the sequence of its folded words (``indexer/text.py``), joined by single spaces with one at either
end. A term becomes the same, so its spaces bake word edges into the pattern; scripts without spaces give a word
for each character, so names in them need no edges. What the automaton finds is verified on the original text.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import daachorse

from alerts.matching.port import Match, Span
from alerts.watchlist import Organisation
from indexer.text import Word, words

_STRENGTH = {"name": 0.95, "domain": 0.95, "alias": 0.9, "acronym": 0.6}
_DOTS = ("dot", "punkt", "titik")
_SIGN = rf"(?:[.．。｡]|{'|'.join(_DOTS)})"
# in brackets, or alone; a point with a space behind it only ends a sentence
_DOT = re.compile(
    rf"\s*[\[({{<]\s*{_SIGN}\s*[\])}}>]?\s*|\s*{_SIGN}[\])}}>]\s*|[.．。｡]|\s+\.\s+|\s+(?:{'|'.join(_DOTS)})\s+",
    re.IGNORECASE,
)
# what goes on a host name: a letter of a script that is written with spaces ("官网example.org的" does not)
_LETTER = r"[^\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
_DOMAIN_BEFORE = re.compile(rf"{_LETTER}-*$")
_DOMAIN_AFTER = re.compile(
    rf"^(?:-*{_LETTER}|[.．。｡]{_LETTER}|\s*[\[({{<]\s*{_SIGN}\s*[\])}}>]\s*{_LETTER})", re.IGNORECASE
)
_NEAR = 16  # characters beside a domain that decide whose it is


@dataclass(frozen=True, slots=True)
class _Term:
    organisation: str
    text: str
    kind: str  # name, alias, acronym, domain, exclusion


class WordMatcher:
    """Finds terms as whole words. Immutable; safe in threads."""

    def __init__(self, organisations: Sequence[Organisation]) -> None:
        by_pattern: dict[str, list[_Term]] = defaultdict(list)
        for organisation in organisations:
            for term in _terms(organisation):
                for pattern in _patterns(term):
                    by_pattern[pattern].append(term)
        self._terms = list(by_pattern.values())
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(list(by_pattern)) if by_pattern else None
        described = "\n".join(sorted(organisation.model_dump_json() for organisation in organisations))
        self.version = hashlib.sha256(described.encode()).hexdigest()[:16]

    def match(self, title: str, text: str) -> Sequence[Match]:
        found: dict[_Term, set[Span]] = defaultdict(set)
        for field, original in (("title", title), ("text", text)):
            for term, start, end in self._scan(original):
                found[term].add(Span(field, start, end))
        excluded: dict[str, list[Span]] = defaultdict(list)
        for term, spans in found.items():
            if term.kind == "exclusion":
                excluded[term.organisation] += spans
        matches = []
        for term, spans in found.items():
            if term.kind == "exclusion":
                continue
            kept = [span for span in spans if not _inside(span, excluded[term.organisation])]
            if kept:
                view = "domain" if term.kind == "domain" else "words"
                parts = {term.kind: _STRENGTH[term.kind]}
                strength = _STRENGTH[term.kind]
                matches.append(
                    Match(term.organisation, term.text, term.kind, view, tuple(sorted(kept)), strength, parts)
                )
        return sorted(
            matches, key=lambda match: (-match.strength, match.organisation, match.term, match.spans)
        )

    def _scan(self, original: str) -> list[tuple[_Term, int, int]]:
        if self._automaton is None:
            return []
        found = words(original)
        folded = " " + " ".join(word.text for word in found) + " "
        candidates = self._automaton.find_overlapping(folded)
        if not candidates:
            return []
        starts = list(accumulate((len(word.text) + 1 for word in found), initial=1))
        hits = []
        for begin, end, number in candidates:
            first = bisect_right(starts, begin + 1) - 1
            last = bisect_right(starts, end - 2) - 1
            span = found[first].start, found[last].end
            hits += [
                (term, *span)
                for term in self._terms[number]
                if _holds(term, original, found[first : last + 1])
            ]
        return hits


def _terms(organisation: Organisation) -> list[_Term]:
    kinds = {
        "name": (organisation.name,),
        "alias": organisation.aliases,
        "acronym": organisation.acronyms,
        "domain": organisation.domains,
        "exclusion": organisation.exclusions,
    }
    return [
        _Term(organisation.id, text, kind) for kind, texts in kinds.items() for text in dict.fromkeys(texts)
    ]


def _patterns(term: _Term) -> list[str]:
    parts = [word.text for word in words(term.text)]
    if not parts:
        return []
    patterns = [parts]
    if term.kind == "domain":
        patterns += [_spelt(term.text, dot) for dot in _DOTS]
    return [f" {' '.join(pattern)} " for pattern in patterns]


def _spelt(domain: str, dot: str) -> list[str]:
    """The words of a domain with its dots, not its hyphens, spelt out."""
    labels = [[word.text for word in words(label)] for label in domain.split(".")]
    return labels[0] + [piece for label in labels[1:] for piece in (dot, *label)]


def _holds(term: _Term, original: str, found: list[Word]) -> bool:
    start, end = found[0].start, found[-1].end
    if term.kind == "acronym":
        return _seen(original[start:end]) == _seen(term.text)
    if term.kind == "domain":
        return (
            _separated(term.text, original, found)
            and not _DOMAIN_BEFORE.search(original[max(start - _NEAR, 0) : start])
            and not _DOMAIN_AFTER.search(original[end : end + _NEAR])
        )
    return True


def _seen(text: str) -> str:
    """Text as the eye has it: compatibility forms as one, without invisible characters."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(char for char in plain if unicodedata.category(char) not in ("Mn", "Me", "Cf"))


def _separated(domain: str, original: str, found: list[Word]) -> bool:
    """Whether dots stand where the domain has dots, and hyphens where it has hyphens: ``my.bank.example`` belongs
    to somebody else than ``my-bank.example``."""
    written = words(domain)
    spelt = len(found) > len(written)
    at = 0
    for one, other in pairwise(written):
        wanted = domain[one.end : other.start]
        before, at = at, at + (2 if spelt and wanted == "." else 1)
        gap = original[found[before].end : found[at].start]
        if not (_DOT.fullmatch(gap) if wanted == "." else gap == wanted):
            return False
    return True


def _inside(span: Span, others: list[Span]) -> bool:
    return any(
        span.field == other.field and other.start <= span.start and span.end <= other.end for other in others
    )
