"""Names with two letters wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.matching.folding import fold
from alerts.matching.found import Found
from alerts.matching.joined import join, one_text
from alerts.matching.lines import lines_of
from alerts.matching.terms import Term
from alerts.matching.two_typos import TWICE, TwoTypoIndex
from alerts.matching.typos import name_of

NAMES = ("Bank Torvelia", "Kemvaranolia", "Rumah Sakit Melvantira", "San Marelio Hospital", "Okrodal")
INDEX = TwoTypoIndex([name for text in NAMES for name in name_of(Term(text, text, "name"))])


def hits(texts: list[str], index: TwoTypoIndex = INDEX) -> list[tuple[int, Found]]:
    lines = lines_of(join(one_text(texts)))
    words = [lines.word(number) for number in range(len(lines.starts))]
    distinct = sorted(set(words))
    learnt = dict(zip(distinct, index.learn(distinct).tolist(), strict=True))
    flags = np.array([learnt[word] for word in words], np.uint8)
    return list(index.find(lines, flags, lambda number: fold(texts[number])))


def found(text: str, index: TwoTypoIndex = INDEX) -> set[tuple[str, str]]:
    return {(hit.term.text, text[hit.start : hit.end]) for _, hit in hits([text], index)}


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
    lines = lines_of(join(one_text(["kenvaranolea"])))
    flags = np.array([TWICE], np.uint8)
    assert [hit.term.text for _, hit in index.find(lines, flags, lambda _: fold("kenvaranolea"))] == [
        "Kemvaranolia"
    ]


def test_a_name_across_texts_is_none() -> None:
    told = hits(["sold: Bamk", "Torvolia and Bamk Torvolia"])
    assert [(text, hit.start) for text, hit in told] == [(1, 13)]


def test_no_names_find_nothing() -> None:
    assert found("Bamk Torvolia", TwoTypoIndex([])) == set()
