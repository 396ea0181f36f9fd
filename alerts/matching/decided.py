"""What is kept of what was found in a text: known false texts, and acronyms that could be any word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from alerts.matching.ordinary import is_ordinary
from alerts.matching.port import Listener, Match, Matcher, Unmatched
from alerts.matching.terms import terms_of
from alerts.watchlist import Organisation
from indexer.text import fold

_LEAST_SURE = 4  # letters of an acronym that is no word
_LEAST_TELLING = 4  # letters of a word of a name that may stand for it


def could_be_any_word(acronym: str) -> bool:
    """Whether an acronym needs other words beside it: ``BRI`` and ``UI`` do, ``BSSN`` does not."""
    return sum(map(str.isalnum, acronym)) < _LEAST_SURE or is_ordinary(acronym.lower())


@dataclass(frozen=True, slots=True)
class _Rules:
    """What decides about an organisation's matches. ``negatives``: folded. ``unsure``: its acronyms that could be any
    word, while it has no context; ``beside``: folded words of its names."""

    negatives: tuple[str, ...]
    unsure: frozenset[str]
    beside: frozenset[str]


class Refusal(NamedTuple):
    """Which rule refused a match (negatives, acronym), and why."""

    rule: str
    why: str


class Decider:
    """Keeps or refuses matches by their text alone. Immutable; pure."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        self._rules = {one.id: rules for one in organisations if (rules := _rules(one))}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def kept(self, matches: Sequence[Match], title: str, text: str) -> list[Match]:
        """The matches that count."""
        if not any(match.organisation in self._rules for match in matches):
            return list(matches)
        folded = fold(f"{title}\n{text}")
        return [match for match in matches if not self.refused(match, matches, folded)]

    def refused(self, match: Match, matches: Sequence[Match], folded: str) -> Refusal | None:
        """Why a match does not count beside the others in this folded text; None when it does."""
        rules = self._rules.get(match.organisation)
        if rules is None:
            return None
        padded = f" {folded} "
        for negative in rules.negatives:
            if f" {negative} " in padded:
                return Refusal("negatives", f"the post holds a known false text: {negative}")
        if match.term not in rules.unsure:
            return None
        for other in matches:
            if other.organisation == match.organisation and other.term not in rules.unsure:
                return None
        if not rules.beside.isdisjoint(folded.split()):
            return None
        return Refusal(
            "acronym", "it could be any word, and no word of the organisation's names stands in the post"
        )


def _rules(one: Organisation) -> _Rules | None:
    negatives = tuple(map(fold, one.negatives))
    names = (fold(name).split() for name in (one.name, *one.aliases, *one.brands))
    beside = frozenset(word for words in names for word in words if len(word) >= _LEAST_TELLING)
    short = (term.text for term in terms_of(one) if term.cased and term.text != one.name)
    unsure = frozenset(filter(could_be_any_word, short)) if beside and not one.context else frozenset()
    if not unsure and not negatives:
        return None
    return _Rules(negatives, unsure, beside)


class DecidedMatcher:
    """A matcher of which only what counts is kept."""

    def __init__(self, inner: Matcher, decider: Decider) -> None:
        self._inner, self._decider = inner, decider
        self.version = inner.version

    def match(self, title: str, text: str) -> Sequence[Match]:
        return self._decider.kept(self._inner.match(title, text), title, text)

    def match_many(
        self, posts: Sequence[tuple[str, str]], listener: Listener | None = None
    ) -> Sequence[Sequence[Match]]:
        found = self._inner.match_many(posts, listener)
        return [
            self._decider.kept(matches, title, text)
            for matches, (title, text) in zip(found, posts, strict=True)
        ]

    def unmatched(self, title: str, text: str) -> Sequence[Unmatched]:
        matches, folded = self._inner.match(title, text), fold(f"{title}\n{text}")
        refused = [
            Unmatched(match.organisation, match.term, match.kind, match.spans, refusal.why)
            for match in matches
            if (refusal := self._decider.refused(match, matches, folded))
        ]
        every = [*self._inner.unmatched(title, text), *refused]
        return sorted(every, key=lambda one: (one.organisation, one.term, one.spans))
