"""Spans of a query's words: the fast way for ASCII text finds what the slow way does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import highlight as module
from indexer.highlight import highlight
from indexer.query import TEXT_FIELDS, Words

_WORDS = st.sampled_from(["a", "b", "ab", "aba", "x1", "don", "t", "z" * 64])
_TERMS = st.lists(
    st.builds(
        Words, st.just(TEXT_FIELDS), st.lists(_WORDS, min_size=1, max_size=3).map(tuple), st.booleans()
    ),
    min_size=1,
    max_size=4,
)
_PIECES = st.lists(
    st.one_of(_WORDS, st.sampled_from([" ", "  ", ".", "'", "\n", "_", "A", "B"])), max_size=30
)


@given(_PIECES.map("".join), _TERMS)
def test_ascii_text_is_marked_as_any_other(text: str, terms: list[Words]) -> None:
    found = module.words(text)
    slow = sorted(span for term in terms for span in module._spans(found, module._tests(term)))
    assert highlight("text", text, terms) == module._joined(slow)


@pytest.mark.parametrize(
    ("text", "words", "prefix", "marked"),
    [
        ("a a a", ("a", "a"), False, [(0, 5)]),
        ("Ministry-of.HEALTH", ("ministry", "of", "health"), False, [(0, 18)]),
        ("healthy", ("health",), False, []),
        ("healthy", ("health",), True, [(0, 7)]),
        ("health", ("здраво",), False, []),
    ],
)
def test_spans(text: str, words: tuple[str, ...], prefix: bool, marked: list[tuple[int, int]]) -> None:
    assert list(highlight("text", text, [Words(TEXT_FIELDS, words, prefix)])) == marked
