"""Adapters read captures of running engines as the engines' databases have them."""

from __future__ import annotations

import pytest
from captures import CAPTURES, MISSING

from quality.engine_truth import Score, compare
from quality.measure_adapters import of_capture, of_saved_pages


@pytest.mark.skipif(not CAPTURES.is_dir(), reason=MISSING)
@pytest.mark.parametrize("name", ["mybb", "mybb-later", "smf"])
def test_every_field_equals_the_database(name: str) -> None:
    figures = of_capture(name)
    assert figures.faults == []
    assert figures.all.wanted > 1900


def test_saved_pages_are_read_as_was_written_by_hand() -> None:
    scores = of_saved_pages()
    assert len(scores) >= 15
    assert {name: (each.recall, each.precision) for name, each in scores.items()} == dict.fromkeys(
        scores, (1, 1)
    )


def test_what_is_wrong_missing_or_invented_is_counted() -> None:
    read = {("post", "1"): {"author": "a", "text": "x"}, ("post", "3"): {"author": "c"}}
    true = {("post", "1"): {"author": "a", "text": "y"}, ("post", "2"): {"author": "b"}}
    figures = compare("engine", read, true)
    assert figures.fields["post author"] == Score(right=1, stated=2, wanted=2)
    assert figures.fields["post text"] == Score(right=0, stated=1, wanted=1)
    assert (figures.all.precision, figures.all.recall) == (1 / 3, 1 / 3)
