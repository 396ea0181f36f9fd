"""Advice on watchlists, and why a post did or did not match."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from alerts.explain import Explanation, explain
from alerts.lint import lint
from alerts.loading import load_watchlists
from alerts.watchlist import Organisation, Scope
from indexer.post import Kind, Post, PostKey

TODAY = date(2026, 1, 6)
HOUSE = Organisation(
    id="house",
    name="Rekaan Sejahtera",
    aliases=("Tokorandu",),
    acronyms=("TKR", "BRN"),
    context=("toko",),
    domains=("tokorandu.example",),
    mail_domains=("pos.example",),
    exclusions=("Tokorandu Fan Club",),
    negatives=("cup final",),
)
SHORT = Organisation(
    id="short", name="Badan Riset Nusa", acronyms=("BRN",), scope=Scope(kinds=(Kind.PRODUCT,))
)


def told(text: str, *organisations: Organisation, title: str = "") -> list[Explanation]:
    post = Post(
        key=PostKey("forum", "1", "1"), board="sale", position=1, title=title, author="ann", text=text,
        url="http://board.invalid/1", seen_at=datetime(2026, 1, 6, tzinfo=UTC), kind=Kind.LISTING,
    )  # fmt: skip
    return explain(post, organisations or (HOUSE,))


@pytest.mark.parametrize(
    ("text", "term", "outcome", "rule", "span"),
    [
        ("dump of T0korandu", "Tokorandu", "matched", "match", "T0korandu"),
        ("the Tokorandu Fan Club", "Tokorandu", "refused", "exclusion", "Tokorandu"),
        ("data TKR for sale", "TKR", "refused", "context", "TKR"),
        ("tkr toko", "TKR", "near", "case", "tkr"),
        ("tokoranduship", "Tokorandu", "near", "edge", "tokoranduship"),
        ("tokorxxdu", "Tokorandu", "near", "typo", "tokorxxdu"),
        ("tokorandu.example.evil.com", "tokorandu.example", "near", "domain", "tokorandu.example.evil.com"),
        ("https://pos.example/", "pos.example", "near", "domain", "pos.example"),
        ("Tokorandu in the cup final", "Tokorandu", "refused", "negatives", "Tokorandu"),
        ("Rekaan. Sejahtera", "Rekaan Sejahtera", "near", "edge", "Rekaan. Sejahtera"),
    ],
)
def test_every_rule_is_named(text: str, term: str, outcome: str, rule: str, span: str) -> None:
    found = {(each.term, each.outcome, each.rule): each for each in told(text)}
    assert (term, outcome, rule) in found, found
    there = found[term, outcome, rule]
    assert [text[place.start : place.end] for place in there.spans] == [span]
    assert there.why


def test_scope_and_short_acronyms_are_named() -> None:
    assert [each.rule for each in told("Badan Riset Nusa dump", SHORT)] == ["scope"]
    wide = SHORT.model_copy(update={"scope": Scope()})
    assert [(each.outcome, each.rule) for each in told("BRN dump", wide)] == [("refused", "acronym")]
    assert [each.outcome for each in told("BRN, riset", wide)] == ["matched"]


def test_an_unrelated_post_is_told_nothing_of() -> None:
    assert told("cats and dogs", HOUSE, SHORT) == []


def test_lint_counts_terms_in_the_store() -> None:
    asked: list[str] = []

    def count(phrase: str) -> int:
        asked.append(phrase)
        return {"tokorandu": 400, "tkr": 25}.get(phrase, 0)

    found = lint([HOUSE], TODAY, count=count, posts=1000)
    noisy = {each.text: each.what for each in found if "stored posts" in each.what}
    assert noisy == {
        "Tokorandu": "stands in 400 of 1,000 stored posts",
        "TKR": "stands in 25 of 1,000 stored posts, whatever its case",
    }
    assert "cup final" not in asked


def test_a_careful_watchlist_is_not_warned_of() -> None:
    ministry = load_watchlists(Path(__file__).parents[2] / "config" / "watchlists")
    assert lint(ministry, TODAY, sources=(), count=lambda phrase: 3, posts=1000) == []
