"""When an alert is raised again: once for each material change, and for nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.claims import Claims, claims_of
from alerts.decision import Case, Decision, Heard, Material, decide
from alerts.likeness import ALIKE, Candidate, How, likeness, same_offer, sketch
from alerts.severity import Severity
from indexer.fact import facts

FOR_SALE = Claims(prices=(("USD", 5000.0),), volume=720 * 10**9, count=6_000_000)
CASE = Case(Severity.HIGH, FOR_SALE, FOR_SALE, None, 0, False, frozenset())
HEARD = Heard("forum/1/1", 2, stands=True)


def kinds(decision: Decision) -> list[Material]:
    return [change.kind for change in decision.changes]


def after(case: Case, decision: Decision, heard: Heard) -> Case:
    """The alert once a decision is written down."""
    return replace(
        case,
        severity=decision.severity,
        claims=decision.claims,
        listing=decision.listing,
        removed=decision.removed,
        post=heard.claims or case.post,
        told=frozenset(case.told) | {change.key for change in decision.changes},
    )


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        (FOR_SALE, []),
        (Claims(), []),
        (replace(FOR_SALE, prices=(("USD", 4000.0),)), [Material.PRICE]),
        (replace(FOR_SALE, volume=800 * 10**9), [Material.VOLUME]),
        (replace(FOR_SALE, count=7_000_000), [Material.COUNT]),
        (replace(FOR_SALE, sample=True), [Material.SAMPLE]),
        (replace(FOR_SALE, sold=True), [Material.SOLD]),
        (Claims(free=True), [Material.FREE]),
    ],
)
def test_an_edit_is_told_when_it_is_material(claims: Claims, told: list[Material]) -> None:
    assert kinds(decide(CASE, replace(HEARD, claims=claims))) == told


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        (FOR_SALE, []),
        (replace(FOR_SALE, prices=(("USD", 9000.0),), volume=10**9, count=5), []),
        (replace(FOR_SALE, prices=(("IDR", 1.0),)), []),
        (replace(FOR_SALE, prices=(("USD", 100.0),)), [Material.PRICE]),
        (replace(FOR_SALE, count=9_000_000), [Material.COUNT]),
        (replace(FOR_SALE, free=True), [Material.FREE]),
    ],
)
def test_a_copy_is_told_when_it_is_worse_than_all_known(claims: Claims, told: list[Material]) -> None:
    case = replace(CASE, listing=None, standing=1)
    assert kinds(decide(case, replace(HEARD, claims=claims))) == told


def test_what_others_reply_is_nobodys_offer() -> None:
    assert decide(CASE, Heard("forum/1/2", 1)).changes == ()


def test_an_edit_of_a_post_repeats_nothing_that_it_said_before_a_later_reply() -> None:
    lowered = decide(CASE, Heard("forum/1/9", 1, claims=Claims(prices=(("USD", 4000.0),))))
    assert kinds(lowered) == [Material.PRICE]
    case = replace(CASE, listing=lowered.listing, claims=lowered.claims, post=FOR_SALE)
    assert decide(case, replace(HEARD, claims=FOR_SALE)).changes == ()


def test_small_numbers_in_a_reply_are_of_something_else() -> None:
    reply = Heard("forum/1/9", 1, claims=Claims(volume=5, count=2), reply=True)
    assert decide(CASE, reply).changes == ()
    larger = replace(reply, claims=Claims(count=9_000_000))
    assert kinds(decide(CASE, larger)) == [Material.COUNT]


def test_it_is_removed_when_no_listing_stands() -> None:
    gone = replace(HEARD, removed=True, stands=False)
    assert kinds(decide(CASE, gone)) == [Material.REMOVED]
    assert decide(replace(CASE, standing=1), gone).changes == ()
    back = decide(replace(CASE, removed=True), HEARD)
    assert kinds(back) == [Material.BACK]
    assert not back.removed


def test_severity_only_rises() -> None:
    assert kinds(decide(CASE, replace(HEARD, severity=Severity.CRITICAL))) == [Material.SEVERITY]
    assert decide(CASE, replace(HEARD, severity=Severity.LOW)).severity is Severity.HIGH


numbers = st.none() | st.integers(0, 10**13)
claims = st.builds(
    Claims,
    prices=st.lists(st.tuples(st.sampled_from(["USD", "BTC"]), st.floats(0, 1e9)), max_size=3).map(
        lambda found: tuple(sorted(set(found)))
    ),
    volume=numbers,
    count=numbers,
    sample=st.booleans(),
    free=st.booleans(),
    sold=st.booleans(),
)
cases = st.builds(
    Case,
    severity=st.sampled_from(Severity),
    claims=claims,
    listing=st.none() | claims,
    post=st.none() | claims,
    standing=st.integers(0, 2),
    removed=st.booleans(),
    told=st.just(frozenset()),
)
heards = st.builds(
    Heard,
    post=st.sampled_from(["forum/1/1", "forum/1/2"]),
    revision=st.integers(1, 3),
    claims=st.none() | claims,
    reply=st.booleans(),
    severity=st.none() | st.sampled_from(Severity),
    removed=st.booleans(),
    stands=st.booleans(),
)


@given(cases, heards)
def test_deciding_again_tells_nothing(case: Case, heard: Heard) -> None:
    decision = decide(case, heard)
    again = decide(after(case, decision, heard), heard)
    assert again.changes == ()
    assert (again.claims, again.listing) == (decision.claims, decision.listing)
    assert again.severity is decision.severity


@given(cases, st.lists(heards, max_size=8))
def test_the_same_change_is_never_told_twice(case: Case, heard: list[Heard]) -> None:
    told: list[str] = []
    for each in [*heard, *heard]:
        decision = decide(case, each)
        told += [change.key for change in decision.changes]
        case = after(case, decision, each)
    assert len(told) == len(set(told))


@given(claims)
def test_claims_are_kept_whole(claimed: Claims) -> None:
    assert Claims.of(claimed.json()) == claimed
    assert Claims.of({}) == Claims()


@pytest.mark.parametrize(
    ("title", "text", "wanted"),
    [
        ("[SOLD] Invented Bank", "rows", Claims(sold=True)),
        ("Invented Bank", "never sold before, first hand", Claims()),
        ("Invented Bank", "price 500 USD\nSOLD", Claims(prices=(("USD", 500.0),), sold=True)),
        ("Invented Bank", "Sample: https://files.invalid/x", Claims(sample=True)),
        ("Invented Bank", "sample on request, write me", Claims()),
        ("Invented Bank", "free download for all", Claims(free=True)),
        ("Invented Bank", "500 USD, a part for free", Claims(prices=(("USD", 500.0),))),
        ("Invented Bank", "样本如下", Claims(sample=True)),
        (
            "Invented Bank",
            "6 million customers and 2,000 accounts, 3 GB",
            Claims(volume=3 * 10**9, count=6_000_000),
        ),
    ],
)
def test_what_became_of_an_offer_is_read(title: str, text: str, wanted: Claims) -> None:
    assert claims_of(title, text, facts(title, text)) == wanted


TEXT = (
    "Selling the customer database of Invented Bank, six million rows with names, addresses, phone numbers and"
    " account balances, dumped last month from their central server. Price four thousand, escrow accepted, write"
    " me on the forum and I will show you a few rows before you pay anything at all."
)


def test_copies_are_alike_and_others_are_not() -> None:
    one, copy = (
        sketch("Invented Bank", TEXT),
        sketch("REPOST: invented bank!", TEXT.replace("four", "three").upper()),
    )
    other = sketch(
        "Invented Bank",
        "Looking for somebody who worked at Invented Bank and can tell how their branch"
        " network is built, what they use for remote access and who runs it. I pay well for it.",
    )
    assert one
    assert copy
    assert other
    assert likeness(one.signature, one.signature) == 1
    assert likeness(one.signature, copy.signature) >= ALIKE
    assert set(one.buckets) & set(copy.buckets)
    assert likeness(one.signature, other.signature) < 0.1
    assert sketch("Invented Bank", "for sale, write me") is None


@given(st.text(max_size=400))
def test_a_sketch_is_the_same_each_time(text: str) -> None:
    assert sketch("", text) == sketch("", text)


def test_a_seller_alone_makes_no_copy() -> None:
    seller = Candidate("a1", 0.1, frozenset({How.SELLER.value}), Claims(count=5))
    assert same_offer(Claims(count=6), [seller]) is None
    same = same_offer(Claims(count=5), [seller])
    assert same
    assert same.how is How.SELLER
    sample = same_offer(Claims(), [replace(seller, clues=frozenset({How.SAMPLE.value}))])
    assert sample
    assert sample.how is How.SAMPLE
    nearest = same_offer(Claims(), [replace(seller, alert="a2", likeness=0.9), replace(seller, likeness=0.7)])
    assert nearest
    assert (nearest.alert, nearest.how) == ("a2", How.TEXT)
