"""Regular expressions and YARA rules of a watchlist; the former by an engine whose time is linear in the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import re2

from alerts.matching.found import Found
from alerts.matching.rules import RuleFinder
from alerts.matching.terms import Term
from alerts.watchlist import Organisation


class PatternMatcher:
    """Finds what the patterns of all organisations ask for. Immutable; safe in threads."""

    def __init__(self, organisations: Sequence[Organisation]) -> None:
        self._patterns = [
            (Term(organisation.id, pattern, "pattern"), re2.compile(pattern))
            for organisation in organisations
            for pattern in dict.fromkeys(organisation.patterns)
        ]
        self._any = re2.Set.SearchSet()
        for term, _ in self._patterns:
            self._any.Add(term.text)
        if self._patterns:
            self._any.Compile()
        self._rules = RuleFinder(organisations)

    def __bool__(self) -> bool:
        return bool(self._patterns or self._rules)

    def find(self, text: str) -> Iterator[Found]:
        """Every place of every pattern and rule; a place without a character is none."""
        yield from self._rules.find(text)
        if not self._patterns:
            return
        text = text.encode(errors="replace").decode()  # half characters, one for one
        for number in self._any.Match(text) or ():
            term, pattern = self._patterns[number]
            for place in pattern.finditer(text):
                if place.start() < place.end():
                    yield Found(term, "pattern", place.start(), place.end(), {})
