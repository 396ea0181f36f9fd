"""How grave an alert is, by points that a person can follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from indexer.fact import Fact
from indexer.post import Kind

if TYPE_CHECKING:
    from alerts.watchlist import SeverityRules


class Severity(StrEnum):
    """From the least to the gravest."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Graded:
    """A severity with the points that made it: each part says what it is of. A rule of the organisation that set the
    severity itself is a part with no points."""

    severity: Severity
    points: int
    parts: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        said = ", ".join(f"{name} {points:+}" if points else name for name, points in self.parts)
        return f"{self.severity.value}: {said}"


_STEPS = ((9, Severity.CRITICAL), (5, Severity.HIGH), (3, Severity.MEDIUM), (1, Severity.LOW))
_CERTAIN = 0.8
_PURPOSES = {"ransom": 2, "access": 2, "sale": 1, "leak": 1, "request": -1, "service": -1, "discussion": -2}
_GRAVE_DATA = ("health", "identity", "biometrics", "payment", "credentials")
_COUNTED = ("people", "records", "accounts", "identity numbers", "cards", "passwords")
_RELIABILITY = {"A": 1, "B": 1, "E": -1}  # Admiralty code; F: cannot be judged
_LARGE = 100 * 10**9  # bytes


def severity(strength: float, kind: Kind) -> Severity:
    """The severity by match and place alone: a certain name in an offer is high, in a reply medium; a weak match is
    one step lower."""
    return grade(strength, kind).severity


def grade(
    strength: float,
    kind: Kind,
    facts: Sequence[Fact] = (),
    reliability: str = "F",
    rules: SeverityRules | None = None,
) -> Graded:
    """The severity of a post that names an organisation. ``strength``: of the strongest match; ``facts``: what the post
    claims; ``reliability``: of its source, A to F; ``rules``: the organisation's own.

    Nine points are critical, five high, three medium, one low. A claim is not proof: what is claimed raises a severity
    by little, and what the claimed data would mean by more.
    """
    parts = [_match(strength), ("reply" if kind is Kind.REPLY else f"{kind.value} of its own", _place(kind))]
    parts += _claimed(facts)
    if reliability in _RELIABILITY:
        parts.append((f"source of reliability {reliability}", _RELIABILITY[reliability]))
    if rules:
        named = {str(fact.value) for fact in facts if fact.kind in ("data", "purpose", "sector")}
        parts += [(f"rule: {word}", 2) for word in rules.raise_for if word in named]
        parts += [(f"rule: {word}", -2) for word in rules.lower_for if word in named]
    points = sum(points for _, points in parts)
    found = next((step for least, step in _STEPS if points >= least), Severity.INFORMATIONAL)
    if rules:
        bounded = _bounded(found, rules)
        if bounded is not found:
            word = "least" if _rank(bounded) > _rank(found) else "most"
            parts.append((f"rule: at {word} {bounded.value}", 0))
            found = bounded
    return Graded(found, points, tuple(part for part in parts if part[1] or part[0].startswith("rule")))


def _match(strength: float) -> tuple[str, int]:
    if strength >= _CERTAIN:
        return "certain match", 3
    return "uncertain match", 1


def _place(kind: Kind) -> int:
    return 0 if kind is Kind.REPLY else 2


def _claimed(facts: Sequence[Fact]) -> list[tuple[str, int]]:
    parts = []
    purpose = next((str(fact.value) for fact in facts if fact.kind == "purpose"), "")
    if purpose in _PURPOSES:
        parts.append((f"purpose {purpose}", _PURPOSES[purpose]))
    kinds = sorted({str(fact.value) for fact in facts if fact.kind == "data"} & set(_GRAVE_DATA))
    if kinds:
        parts.append((f"data: {', '.join(kinds)}", min(len(kinds), 2)))
    counted: dict[str, float] = {}
    for fact in facts:
        if fact.kind == "quantity" and fact.unit in _COUNTED and not isinstance(fact.value, str):
            counted[fact.unit] = max(counted.get(fact.unit, 0), fact.value)
    if counted:
        unit, most = max(counted.items(), key=lambda item: item[1])
        parts.append((f"{most:,} {unit}", 2 if most >= 1_000_000 else 1 if most >= 10_000 else 0))
    volume = max(
        (fact.value for fact in facts if fact.kind == "volume" and isinstance(fact.value, int)), default=0
    )
    if volume >= _LARGE:
        parts.append((f"{volume / 10**9:,.0f} GB", 1))
    if any(fact.kind == "sample" and fact.value == "offered" for fact in facts):
        parts.append(("a sample", 1))
    return parts


_RANKS: Mapping[Severity, int] = {each: rank for rank, each in enumerate(Severity)}


def _rank(each: Severity) -> int:
    return _RANKS[each]


def _bounded(found: Severity, rules: SeverityRules) -> Severity:
    least, most = Severity(rules.least), Severity(rules.most)
    return max(min(found, most, key=_rank), least, key=_rank)
