"""From the places of one text to its matches: exclusions, context, one place a spelling, strengths."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import prod

from alerts.matching.found import MOST_PLACES, Found
from alerts.matching.port import Match, Span, Unmatched
from alerts.matching.terms import SILENT, STRENGTH, Term
from alerts.watchlist import Organisation

#: Title and text are looked at as one; nothing is found across.
BETWEEN = "\n\n\n"
NEGATIVE = ""  #: in place of an organisation: what the negative list names hides everybody's terms


class Summing:
    """Makes matches of what was found. Immutable; safe in threads."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        self._context = frozenset(one.id for one in organisations if one.context)

    def matches(self, title: int, every: Iterable[Found]) -> list[Match]:
        """The matches of a text whose title has ``title`` characters."""
        matches, _ = self.sorted_out(title, every)
        return matches

    def sorted_out(self, title: int, every: Iterable[Found]) -> tuple[list[Match], list[Unmatched]]:
        """The same, and what stands in the text and does not count."""
        behind = title + len(BETWEEN)
        spans: dict[Term, dict[Span, Found]] = defaultdict(dict)
        for found in every:
            if found.end <= title:
                span = Span("title", found.start, found.end)
            elif found.start >= behind:
                span = Span("text", found.start - behind, found.end - behind)
            else:
                continue
            there = spans[found.term].get(span)
            if there is None or _rank(found) > _rank(there):
                spans[found.term][span] = found
        return self._of(spans)

    def _of(self, spans: dict[Term, dict[Span, Found]]) -> tuple[list[Match], list[Unmatched]]:
        excluded: dict[str, dict[Span, str]] = defaultdict(dict)
        context: set[str] = set()
        for term, places in spans.items():
            if term.kind == "exclusion":
                excluded[term.organisation].update(dict.fromkeys(places, term.text))
            elif term.kind == "context":
                context.add(term.organisation)
        covers = {organisation: _Cover(hiding) for organisation, hiding in excluded.items()}
        everybody = covers.get(NEGATIVE)
        matches, unmatched = [], []
        for term, places in spans.items():
            if term.kind in SILENT:
                continue
            if term.cased and term.organisation in self._context and term.organisation not in context:
                unmatched.append(_unmatched(term, places, "no word of its context stands there"))
                continue
            kept = places
            for cover, what in ((covers.get(term.organisation), "exclusion"), (everybody, "negative list's")):
                if cover is None:
                    continue
                hidden = {span for span in kept if cover.hides(span)}
                if hidden:
                    kept = {span: found for span, found in kept.items() if span not in hidden}
                    reason = f"inside the {what} {cover.around(min(hidden))!r}"
                    unmatched.append(_unmatched(term, hidden, reason))
            if not kept:
                continue
            kept = _apart(kept)
            best = max(kept.values(), key=_rank)
            parts = {term.kind: STRENGTH[term.kind], **best.parts}
            if term.cased and term.organisation in context:
                parts[term.kind] = max(STRENGTH[term.kind], 0.8)
            strength = round(prod(parts.values()), 4)
            told = tuple(sorted(kept)[:MOST_PLACES])
            matches.append(Match(term.organisation, term.text, term.kind, best.view, told, strength, parts))
        unmatched.sort(key=lambda one: (one.organisation, one.term, one.spans))
        return in_order(matches), unmatched


def _unmatched(term: Term, places: Iterable[Span], reason: str) -> Unmatched:
    return Unmatched(term.organisation, term.text, term.kind, tuple(sorted(places)[:MOST_PLACES]), reason)


def in_order(matches: Iterable[Match]) -> list[Match]:
    """Strongest first, then by organisation, term and first span."""
    return sorted(
        matches,
        key=lambda match: (-match.strength, match.organisation, match.term, match.kind, match.spans),
    )


def _rank(found: Found) -> tuple[float, str, tuple[tuple[str, float], ...]]:
    return prod(found.parts.values()), found.view, tuple(sorted(found.parts.items()))


def _apart(places: dict[Span, Found]) -> dict[Span, Found]:
    """Of places that overlap, the one that is sure."""
    kept: list[Span] = []
    for span in sorted(places, key=lambda span: (_rank(places[span]), span), reverse=True):
        at = bisect_left(kept, span)
        if not (at and _meet(kept[at - 1], span)) and not (at < len(kept) and _meet(span, kept[at])):
            kept.insert(at, span)
    return {span: places[span] for span in kept}


def _meet(one: Span, other: Span) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end


class _Cover:
    """Places that hide what lies inside one of them."""

    def __init__(self, named: Mapping[Span, str]) -> None:
        self._named = named
        self._spans = sorted(named)
        reach: dict[str, int] = {}
        self._reach = []
        for span in self._spans:
            reach[span.field] = max(reach.get(span.field, 0), span.end)
            self._reach.append(reach[span.field])

    def hides(self, span: Span) -> bool:
        at = bisect_right(self._spans, Span(span.field, span.start, sys.maxsize))
        return at > 0 and self._spans[at - 1].field == span.field and self._reach[at - 1] >= span.end

    def around(self, span: Span) -> str:
        """The phrase that hides a hidden place."""
        return next(
            name
            for other, name in sorted(self._named.items())
            if other.field == span.field and other.start <= span.start and span.end <= other.end
        )
