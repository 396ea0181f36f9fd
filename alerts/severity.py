"""How grave an alert is, by rules that a person can follow."""

from __future__ import annotations

from enum import StrEnum

from indexer.post import Kind


class Severity(StrEnum):
    """From the least to the gravest."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


def severity(strength: float, kind: Kind) -> Severity:
    """A certain name in an offer is high, in a reply medium; a weak match is one step lower."""
    if kind in (Kind.LISTING, Kind.PRODUCT, Kind.VICTIM):
        return Severity.HIGH if strength >= 0.8 else Severity.MEDIUM
    return Severity.MEDIUM if strength >= 0.8 else Severity.LOW
