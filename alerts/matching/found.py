"""What the views hand to the matcher."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.matching.terms import Term

Parts = dict[str, float]
#: Of one term in one text; a flood of a name says no more.
MOST_PLACES = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One place in a text where a term stands: characters ``start`` to ``end`` (excluded), seen in ``view``;
    ``parts`` say what makes it weaker than the plain term."""

    term: Term
    view: str
    start: int
    end: int
    parts: Parts
