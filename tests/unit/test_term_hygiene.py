"""Terms that want looking at: past their review, or never found."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from alerts.lint import lint
from alerts.watchlist import Organisation, TermNote

TODAY = date(2026, 6, 1)
BANK = Organisation(
    id="bank",
    name="Invented Bank",
    brands=("Fictipay",),
    domains=("inventedbank.example",),
    terms=(TermNote(term="Fictipay", owner="ann", review=date(2026, 5, 1)),),
)


def said(**more: object) -> set[tuple[str, str]]:
    return {(each.text, each.what) for each in lint([BANK], TODAY, **more)}  # type: ignore[arg-type]


def test_a_term_past_its_review_is_told_with_its_owner() -> None:
    assert ("Fictipay", "2026-05-01 is past (owner: ann)") in said()


def test_a_term_that_was_never_found_is_told_after_ninety_days() -> None:
    hits = {("bank", "name", "Invented Bank")}
    old = said(hits=hits, since={"bank": date(2026, 1, 1)})
    assert ("Fictipay", "was never found since 2026-01-01") in old
    assert not any(text == "Invented Bank" and "never" in what for text, what in old)
    assert not any("never" in what for _, what in said(hits=hits, since={"bank": date(2026, 5, 1)}))


def test_a_note_on_no_term_is_a_fault() -> None:
    with pytest.raises(ValidationError, match="stands in no list"):
        Organisation(id="bank", name="Invented Bank", terms=(TermNote(term="Other"),))
