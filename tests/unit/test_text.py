from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.text import fold, words


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_words_lie_in_the_original_in_order(text: str) -> None:
    start = end = 0
    for word in words(text):
        assert start <= word.start < word.end <= len(text)
        assert end <= word.end
        start, end = word.start, word.end


def test_one_word_in_many_disguises() -> None:
    for disguise in ("Kemenkes", "ＫＥＭＥＮＫＥＳ", "kémènkes", "ke\u00admen\u200bkes", "𝐤𝐞𝐦𝐞𝐧𝐤𝐞𝐬"):
        assert fold(disguise) == "kemenkes"


@given(st.text(st.characters(max_codepoint=127), max_size=200))
def test_plain_text_takes_a_short_way_to_the_same_words(text: str) -> None:
    # the accented word forces the long way
    assert [*words(text), *words("é")] == [
        *(word for word in words(f"{text} é") if word.end <= len(text)),
        *words("é"),
    ]
