"""How grave an alert is, and why."""

from __future__ import annotations

import itertools

import pytest
from pydantic import ValidationError

from alerts.severity import Severity, grade, severity
from alerts.watchlist import SeverityRules
from indexer.fact import facts
from indexer.post import Kind

CASE = facts(
    "Medical records of 6 million Covid-19 patients",
    "720 GB = 199 + 479 + 42. Sample 3.26 GB. For sale, payment in BTC",
)


@pytest.mark.parametrize(
    ("strength", "kind", "grave"),
    [
        (0.95, Kind.LISTING, Severity.HIGH),
        (0.6, Kind.VICTIM, Severity.MEDIUM),
        (0.95, Kind.REPLY, Severity.MEDIUM),
        (0.6, Kind.REPLY, Severity.LOW),
    ],
)
def test_match_and_place_alone(strength: float, kind: Kind, grave: Severity) -> None:
    assert severity(strength, kind) is grave


def test_each_part_is_shown_and_they_sum_up() -> None:
    graded = grade(0.9, Kind.LISTING, CASE)
    assert graded.severity is Severity.CRITICAL
    assert dict(graded.parts) == {
        "certain match": 3,
        "listing of its own": 2,
        "purpose sale": 1,
        "data: health": 1,
        "6,000,000 people": 2,
        "720 GB": 1,
        "a sample": 1,
    }
    assert graded.points == sum(dict(graded.parts).values())
    assert str(graded).startswith("critical: certain match +3, listing of its own +2, ")


def test_talk_is_less_grave_than_an_offer_and_access_graver() -> None:
    talk = facts("", "What do you think, is this real? Does anyone know?")
    access = facts("", "Selling RDP access, domain admin")
    points = [grade(0.9, Kind.LISTING, read).points for read in (talk, (), access)]
    assert points == sorted(points)
    assert len(set(points)) == 3


def test_a_reliable_source_weighs_more_than_an_unreliable_one() -> None:
    found = [grade(0.9, Kind.LISTING, CASE, letter).points for letter in "ABCDFE"]
    assert found == sorted(found, reverse=True)
    assert found[0] - found[-1] == 2


def test_the_organisations_rules_are_parts_of_it() -> None:
    rules = SeverityRules(raise_for=("health",), most=Severity.HIGH)
    graded = grade(0.9, Kind.LISTING, CASE, rules=rules)
    assert graded.severity is Severity.HIGH
    assert ("rule: health", 2) in graded.parts
    assert ("rule: at most high", 0) in graded.parts
    weak = grade(0.2, Kind.REPLY, rules=SeverityRules(least=Severity.MEDIUM))
    assert weak.severity is Severity.MEDIUM
    assert ("rule: at least medium", 0) in weak.parts
    lowered = grade(0.9, Kind.LISTING, CASE, rules=SeverityRules(lower_for=("sale", "health")))
    assert lowered.points == grade(0.9, Kind.LISTING, CASE).points - 4
    with pytest.raises(ValidationError, match="graver than most"):
        SeverityRules(least=Severity.HIGH, most=Severity.LOW)


def test_more_certainty_never_makes_it_less_grave() -> None:
    order = list(Severity)
    for kind, read in itertools.product(Kind, ((), CASE)):
        steps = [order.index(grade(strength / 10, kind, read).severity) for strength in range(11)]
        assert steps == sorted(steps)
