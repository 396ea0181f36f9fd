from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.loading import load_watchlists
from alerts.matching import build_matcher
from alerts.matching.port import Match, Span, telling
from alerts.watchlist import Organisation

MINISTRY = load_watchlists(Path(__file__).parents[2] / "config" / "watchlists")
BANK = Organisation(
    id="bank",
    name="Bank Rekaan Indonesia",
    acronyms=("BRI-F", "BREK"),
    domains=("bankrekaan.example", "bank-fiktif.example"),
    exclusions=("Bank Rekaan Indonesia Fan Club",),
)
MATCHER = build_matcher([*MINISTRY, BANK])


def found(text: str) -> set[str]:
    return {text[span.start : span.end] for match in MATCHER.match("", text) for span in match.spans}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Centralized Server of Ministry of Health of Indonesia", {"Ministry of Health of Indonesia"}),
        ("KEMENKES leak", {"KEMENKES"}),
        ("ＫＥＭＥＮＫＥＳ", {"ＫＥＭＥＮＫＥＳ"}),
        ("data kémènkes", {"kémènkes"}),
        ("ke\u200bmen\u00adkes", {"ke\u200bmen\u00adkes"}),
        ("出售印尼卫生部的数据", {"印尼卫生部"}),
        ("база: Минздрав Индонезии!", {"Минздрав Индонезии"}),
        ("mail a@depkes[.]go[.]id now", {"depkes[.]go[.]id"}),
        ("http://www.depkes.go.id/x", {"depkes.go.id"}),
        ("depkes (dot) go (dot) id", {"depkes (dot) go (dot) id"}),
        ("table from BREK, cheap", {"BREK"}),
        ("Bank\nRekaan   Indonesia", {"Bank\nRekaan   Indonesia"}),
        ("B\u200bREK", {"B\u200bREK"}),
        ("данные Минздрава Индонезии", {"Минздрава Индонезии"}),
        ("Indonesia’s Ministry of Health", {"Indonesia’s Ministry of Health"}),
        ("官网bankrekaan.example的数据", {"bankrekaan.example"}),
        ("dump_bankrekaan.example_2026", {"bankrekaan.example"}),
        ("x@bank-fiktif.example", {"bank-fiktif.example"}),
        ("bank-fiktif(dot)example", {"bank-fiktif(dot)example"}),
    ],
)
def test_finds_with_exact_spans(text: str, wanted: set[str]) -> None:
    assert found(text) >= wanted


@pytest.mark.parametrize(
    "text",
    [
        "brek my heart",
        "kemenkesan",
        "notbankrekaan.example",
        "my-bankrekaan.example",
        "bankrekaan.example.evil.test",
        "bankrekaan example",
        "bankrekaan-example",
        "bankrekaan. Example",
        "bank.fiktif.example",
        "bankrekaan.example-login.test",
        "bankrekaan[.]example[.]evil[.]test",
        "Bank Rekaan Indonesia Fan Club",
        "Kemenkes Malaysia",
    ],
)
def test_does_not_fire(text: str) -> None:
    assert found(text) == set()


def test_the_same_input_gives_the_same_result() -> None:
    text = "BREK and Kemenkes, kemenkes.go.id"
    assert MATCHER.match("Kemenkes", text) == MATCHER.match("Kemenkes", text)
    assert build_matcher([*MINISTRY, BANK]).version == MATCHER.version
    assert build_matcher([BANK]).version != MATCHER.version
    assert build_matcher([]).match("a", "b") == []


@given(st.text(), st.text())
def test_no_text_raises_and_spans_lie_in_the_original(title: str, text: str) -> None:
    for match in MATCHER.match(title, text + " kemenkes"):
        for span in match.spans:
            length = len(title) if span.field == "title" else len(text) + 9
            assert 0 <= span.start < span.end <= length


@given(st.text(alphabet="kemnsabr. []", max_size=40), st.text(alphabet="abcdefg ", min_size=2, max_size=12))
def test_an_unrelated_organisation_removes_no_match(text: str, name: str) -> None:
    more = build_matcher([*MINISTRY, Organisation(id="other", name=f"x{name}x")])
    text += " kemenkes.go.id kemenkes"
    alone = build_matcher(MINISTRY).match("", text)
    assert [match for match in more.match("", text) if match.organisation == "kemenkes"] == list(alone)


def test_what_a_stronger_match_covers_tells_nothing_more() -> None:
    def match(term: str, *spans: tuple[int, int], organisation: str = "a") -> Match:
        places = tuple(Span("text", *span) for span in spans)
        return Match(organisation, term, "alias", "words", places, 0.9)

    whole, inside, beside = (
        match("whole", (0, 20), (30, 40)),
        match("inside", (5, 9)),
        match("beside", (5, 25)),
    )
    other = match("other", (5, 9), organisation="b")
    both = match("both", (5, 9), (31, 39))
    assert telling([whole, inside, beside, other, both]) == [whole, beside, other]


_KNOWN = (
    Organisation(id="a", name="Tokornadu", domains=("tokornadu.example",)),
    Organisation(id="b", name="Rumah Sakit Kalimbara"),
    Organisation(id="c", name="Dinas Perairan Kota Lumbersari"),
)
_WARM = build_matcher(_KNOWN)
_NEAR = [
    "Tokornadu",
    "Tokornado",
    "Tokornad",
    "Rumah",
    "Sakit",
    "Skait",
    "Kalimbara",
    "Kalimbera",
    "Dinas",
    "Perairan",
    "Peraian",
    "Kota",
    "Lumbersari",
    "tokornadv.example",
    "example",
    ".",
    "dan",
]


@settings(deadline=None)  # the dictionaries are read once
@given(st.lists(st.sampled_from(_NEAR), max_size=10).map(" ".join))
def test_what_was_learnt_of_words_in_other_texts_changes_no_match(text: str) -> None:
    assert _WARM.match("", text) == build_matcher(_KNOWN).match("", text)


def test_misspelt_and_reordered_names_are_found_among_words_that_tell_nothing() -> None:
    dull = "harga murah sekali hari ini "
    for _ in range(2):  # unknown words first, then known ones
        for name, view in (
            ("Tokornado", "typo"),
            ("Rumah Skait Kalimbara", "typo"),
            ("Dinas Kota Lumbersari Perairan", "order"),
            ("tokornadv.example", "domain"),
        ):
            assert [match.view for match in _WARM.match("", dull + name + " " + dull)] == [view], name
