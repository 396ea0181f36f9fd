"""Names with two letters wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.matching.folding import fold
from alerts.matching.terms import Term
from alerts.matching.two_typos import TWICE, TwoTypoIndex
from alerts.matching.typos import name_of
from alerts.matching.views import WORDS

NAMES = ("Bank Torvelia", "Kemvaranolia", "Rumah Sakit Melvantira", "San Marelio Hospital", "Okrodal")
INDEX = TwoTypoIndex([name for text in NAMES for name in name_of(Term(text, text, "name"))])


def found(text: str, index: TwoTypoIndex = INDEX) -> set[tuple[str, str]]:
    folded = fold(text)
    view = WORDS.of(folded.classes)
    words = sorted({word for word in view.split(b" ") if word})
    telling = {word for word, flag in zip(words, index.learn(words).tolist(), strict=True) if flag == TWICE}
    return {(hit.term.text, text[hit.start : hit.end]) for hit in index.find(folded, view, telling)}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Bamk Torvolia", "Bank Torvelia"),
        ("bank torbelika", "Bank Torvelia"),
        ("BANK TRVELA", "Bank Torvelia"),
        ("Kenvaranolea", "Kemvaranolia"),
        ("kemvarnolai", "Kemvaranolia"),
        ("Rumah Sakit Melbanitra", "Rumah Sakit Melvantira"),
        ("Rumah Sajit Melvantra", "Rumah Sakit Melvantira"),
    ],
)
def test_two_mistakes_are_found_where_they_stand(written: str, name: str) -> None:
    assert found(f"dump of {written}, cheap") == {(name, written)}


@pytest.mark.parametrize(
    "text",
    [
        "Bank Torvelia",  # no mistake, and one, are found elsewhere
        "Bank Torvelya",
        "Bamk Torbolia",  # three
        "Back Torvolia",  # an ordinary word
        "bank. Tervolia",
        "Sao Mareliu Hospital",  # a short word
        "Kemvaranoliadb",  # a longer word
        "Okrodil Okradel",  # a short name
        "Kemv4ran0lia",  # digits are found elsewhere
        "www.kenvaranolea.com",
        "",
    ],
)
def test_nothing_else_is(text: str) -> None:
    assert found(text) == set()


@given(
    st.sets(
        st.sampled_from(
            ["Bank Torvelina", "Torvelia Group", "Kemvaranol", "Rumah Sakit Torvelia", "Melvantira"]
        )
    )
)
def test_other_names_change_nothing(others: set[str]) -> None:
    names = [name for text in (*NAMES, *sorted(others)) for name in name_of(Term(text, text, "name"))]
    text = "Bamk Torvolia, Kenvaranolea, Rumah Sajit Melvantra"
    more = {hit for hit in found(text, TwoTypoIndex(names)) if hit[0] in NAMES}
    assert more == found(text)
    assert len(more) == 3


def test_what_was_forgotten_is_learnt_again() -> None:
    index = TwoTypoIndex(name_of(Term("a", "Kemvaranolia", "name")))
    folded = fold("kenvaranolea")
    assert [hit.term.text for hit in index.find(folded, WORDS.of(folded.classes), {b"kenvaranolea"})]


def test_no_names_find_nothing() -> None:
    assert found("Bamk Torvolia", TwoTypoIndex([])) == set()
