"""A seed decides everything, and what it decides is worth a run."""

from __future__ import annotations

from fault_plan import make_plan
from fault_words import ORGANISATIONS

from alerts.matching import build_matcher
from alerts.watchlist import Organisation

KINDS = ("kill crawl", "kill service", "pause tor")


def test_one_seed_makes_one_plan() -> None:
    plans = [make_plan(seed, 120, 200, 40, KINDS) for seed in (7, 7, 8)]
    assert plans[0] == plans[1]
    assert plans[0].digest() == plans[1].digest() != plans[2].digest()
    assert sorted(fault.at for fault in plans[0].faults) == [fault.at for fault in plans[0].faults]
    assert {fault.kind for fault in plans[0].faults} == set(KINDS)


def test_a_plan_holds_every_kind_of_change_and_each_text_once() -> None:
    plan = make_plan(3, 600, 600, 10, KINDS)
    assert {change.what for change in plan.changes} == {
        *("open", "reply", "edit", "delete post", "delete thread", "move", "relist"),
    }  # fmt: skip
    texts = [change.text for change in plan.changes if change.text]
    assert len(set(texts)) == len(texts)


def test_every_name_in_a_plan_is_found_by_the_matcher() -> None:
    """A run asks what faults lose: what the matcher does not find at all is no fault's."""
    matcher = build_matcher([Organisation(id=key, name=name) for key, name in ORGANISATIONS.items()])
    for change in make_plan(5, 600, 400, 10, KINDS).changes:
        if change.text:
            assert {match.organisation for match in matcher.match("", change.text)} == set(
                change.organisations
            ), change
