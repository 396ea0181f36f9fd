"""The checker of runs under fire finds every kind of violation that is planted, and nothing where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from fault_checker import Alert, Arrived, History, Holdings, Kept, Pass, Sent, check
from fault_ledger import Served, Shown
from fault_words import mark, marks


def shown(
    number: int, revision: int, *, begun: float, ended: float | None = None, thread: str = "t1"
) -> Shown:
    text = f"Selling the customer base. Reference {mark(number, revision)}"
    organisations = ("bank",) if number == 1 else ()
    return Shown(number, revision, thread, f"p{number}", number == 1, text, organisations, 1, begun, ended)


def kept(number: int, revision: int, text: str = "") -> Kept:
    text = text or f"Selling the customer  base.\nReference {mark(number, revision)}"
    return Kept("t1", f"p{number}", revision, text, False, True, frozenset({(number, revision)}))


#: A listing that was edited, a reply that stands, and one that was taken away after a while.
TRUE = History(
    shown=(
        shown(1, 1, begun=0, ended=50),
        shown(1, 2, begun=50),
        shown(2, 1, begun=5),
        shown(3, 1, begun=60, ended=70),
    ),
    served=(
        Served(10, "/board/", frozenset()),
        Served(11, "/topic/t1/", frozenset({(1, 1), (2, 1)})),
        Served(61, "/board/", frozenset()),
        Served(62, "/topic/t1/", frozenset({(1, 2), (2, 1), (3, 1)})),
    ),
    passes=(Pass(10, 12), Pass(61, 64)),
    quiet=((0.0, 100.0),),
    interval=4,
    channels=("hook",),
)
HELD = Holdings(
    kept=(kept(1, 1), kept(1, 2), kept(2, 1), kept(3, 1)),
    alerts=(Alert("a1", "bank", "t1", frozenset({"t1"})),),
    sent=(Sent("k1", "a1", "hook", "new", "sent"),),
    arrived=(Arrived("hook", "k1", "a1"), Arrived("hook", "k1", "a1")),
)


def without(number: int, revision: int = 1) -> Holdings:
    return replace(
        HELD, kept=tuple(each for each in HELD.kept if (marks(each.text)[-1]) != (number, revision))
    )


def test_a_run_without_fault_is_called_one() -> None:
    verdict = check(TRUE, HELD)
    assert verdict.violations == ()
    assert verdict.checked == {
        "posts that must be stored": 3,
        "revisions stored": 4,
        "revisions that were seen": 4,
        "organisations named in a listing": 1,
        "deliveries": 1,
        "rests in which it must go on": 1,
    }


PLANTED: dict[str, Callable[[], Holdings]] = {
    "no post is lost": lambda: without(2),
    "no revision that was seen is lost": lambda: without(1, 1),
    "a post is stored once": lambda: replace(HELD, kept=(*HELD.kept, kept(2, 1))),
    "a revision is kept once": lambda: replace(HELD, kept=(*HELD.kept, replace(kept(2, 1), revision=2))),
    "what stands is not called gone": lambda: replace(
        HELD, kept=(*HELD.kept[:2], replace(HELD.kept[2], removed=True), HELD.kept[3])
    ),
    "nothing is made up": lambda: replace(HELD, kept=(*HELD.kept, kept(9, 1))),
    "a text is kept whole": lambda: replace(
        HELD, kept=(*HELD.kept[:3], kept(3, 1, f"Selling the customer Reference {mark(3, 1)}"))
    ),
    "the feed skips nothing": lambda: replace(
        HELD, kept=(*HELD.kept[:3], replace(HELD.kept[3], in_feed=False))
    ),
    "evidence holds": lambda: replace(HELD, kept=(*HELD.kept[:3], replace(HELD.kept[3], evidence=None))),
    "one alert an organisation and listing": lambda: replace(HELD, alerts=(), sent=(), arrived=()),
    "no alert is made up": lambda: replace(
        HELD,
        alerts=(*HELD.alerts, Alert("a2", "other", "t1", frozenset())),
        sent=(*HELD.sent, Sent("k2", "a2", "hook", "new", "sent")),
        arrived=(*HELD.arrived, Arrived("hook", "k2", "a2")),
    ),
    "every alert is told of under one key": lambda: replace(
        HELD,
        sent=(*HELD.sent, Sent("k2", "a1", "hook", "new", "sent")),
        arrived=(*HELD.arrived, Arrived("hook", "k2", "a1")),
    ),
    "every delivery leaves": lambda: replace(HELD, sent=(replace(HELD.sent[0], state="parked"),)),
    "every delivery arrives": lambda: replace(HELD, arrived=()),
    "nothing is told that was not decided": lambda: replace(
        HELD, arrived=(*HELD.arrived, Arrived("hook", "k9", "a1"))
    ),
}


#: What breaks with it.
_WITH = {
    "no post is lost": {"no revision that was seen is lost"},
    "a post is stored once": {"a revision is kept once"},
}


@pytest.mark.parametrize("promise", PLANTED)
def test_what_is_planted_is_found(promise: str) -> None:
    found = {each.promise for each in check(TRUE, PLANTED[promise]()).violations}
    assert found == {promise} | _WITH.get(promise, set())


def test_the_checks_of_the_product_itself_count() -> None:
    (found,) = check(TRUE, replace(HELD, faults=("custody.jsonl:4: it was changed",))).violations
    assert str(found) == "its own checks pass: custody.jsonl:4: it was changed"


def test_two_alerts_for_one_listing_and_for_one_offer_are_found() -> None:
    twin = Alert("a2", "bank", "t1", frozenset({"t1"}))
    more = replace(
        HELD, alerts=(*HELD.alerts, twin), sent=(*HELD.sent, Sent("k2", "a2", "hook", "new", "sent"))
    )
    found = {
        each.promise
        for each in check(TRUE, replace(more, arrived=(*HELD.arrived, Arrived("hook", "k2", "")))).violations
    }
    assert found == {"one alert an organisation and listing", "an offer told of once"}


def test_what_nobody_could_have_seen_is_not_asked_for() -> None:
    brief = replace(TRUE, shown=(*TRUE.shown, shown(4, 1, begun=90, ended=97)), quiet=((0.0, 100.0),))
    assert check(brief, HELD).violations == (), "shorter than two intervals, and no pass went through it"
    long = replace(brief, shown=(*TRUE.shown, shown(4, 1, begun=90, ended=99)))
    assert [each.promise for each in check(long, HELD).violations] == ["no post is lost"]
    assert check(replace(long, quiet=((0.0, 95.0),)), HELD).violations == (), "a fault stood in the way"
    through = replace(TRUE, shown=(*TRUE.shown, shown(4, 1, begun=60.5, ended=64.5)), quiet=())
    assert [each.promise for each in check(through, HELD).violations] == ["no post is lost"], (
        "a pass went through it"
    )


def test_a_page_that_was_asked_for_again_counts_as_it_was_then() -> None:
    # the third post stands for less than the pass takes
    brief = tuple(replace(each, ended=63.5) if each.number == 3 else each for each in TRUE.shown)
    busy = replace(TRUE, shown=brief, quiet=())
    assert [each.promise for each in check(busy, without(3)).violations] == [
        "no revision that was seen is lost"
    ]
    again = Served(63, "/topic/t1/", frozenset({(1, 2), (2, 1)}))
    assert check(replace(busy, served=(*TRUE.served, again)), without(3)).violations == (), (
        "the first may never have come"
    )
    beside = replace(busy, passes=(Pass(10, 12), Pass(61, 64, disturbed=True)))
    assert check(beside, without(3)).violations == (), "another crawl may have asked"


def test_standing_still_after_a_fault_is_found() -> None:
    stuck = replace(TRUE, quiet=((0.0, 60.0), (70.0, 90.0)))
    (found,) = check(stuck, HELD).violations
    assert str(found) == "it goes on after a fault: no crawl ended well in 20 s without one"


def test_of_what_did_not_come_to_rest_only_what_was_due_is_asked() -> None:
    late = replace(TRUE, shown=(*TRUE.shown, shown(4, 1, begun=90)), quiet=(), rested=False)
    assert [each.promise for each in check(late, HELD).violations] == ["it goes on after a fault"]
    found = {each.promise for each in check(late, without(2)).violations}
    assert found >= {"no post is lost"}, "two crawls read it"


def test_a_mark_is_read_back_from_any_text() -> None:
    for number, revision in ((0, 1), (64, 2), (4_225, 20), (270_000, 3)):
        assert marks(f"x {mark(number, revision)}.") == [(number, revision)]
