from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from indexer.text import FOLDING, fold, words


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


def test_another_folding_has_another_number() -> None:
    """Fails when ``fold`` changes and ``FOLDING`` does not: then stores would keep words that nothing finds."""
    ranges = (range(0x20, 0x250), range(0x400, 0x460), range(0x620, 0x660), range(0x1E00, 0x1F00))
    sample = (
        " ".join(chr(code) for part in ranges for code in part) + "Straße K3m ｆｕｌｌ 東京タワー ภาษาไทย"
    )
    digest = sha256(fold(sample).encode()).hexdigest()[:12]
    assert (FOLDING.partition(",")[0], digest) == ("1", "bc17591bf953")
