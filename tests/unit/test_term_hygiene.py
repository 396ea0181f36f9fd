"""Terms that want looking at: past their review, or never found."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from alerts.hits import Hit
from alerts.hygiene import term_reports, told
from alerts.lint import lint
from alerts.watchlist import Organisation, TermNote

if TYPE_CHECKING:
    from conftest import Workspace

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


def test_each_term_tells_how_it_does_and_a_digest_names_what_wants_looking_at() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    hits = {
        ("bank", "name", "Invented Bank"): Hit("bank", "name", "Invented Bank", 3, 7, at, at, "board/1/1")
    }
    port = Organisation(id="port", name="Made Up Harbour", owner="eve", patterns=("MUH-[0-9]{8}",))
    reports = term_reports([BANK, port], hits, dict.fromkeys(("bank", "port"), date(2026, 1, 1)), TODAY)
    assert [(each.term, each.posts, each.past, each.owner, each.says) for each in reports] == [
        ("Invented Bank", 3, 7, "", ""),
        ("Fictipay", 0, 0, "ann", "review of 2026-05-01 is past; never found since 2026-01-01"),
        ("inventedbank.example", 0, 0, "", "never found since 2026-01-01"),
        ("Made Up Harbour", 0, 0, "eve", "never found since 2026-01-01"),
        ("MUH-[0-9]{8}", 0, 0, "eve", "never found since 2026-01-01"),
    ]
    assert told(reports) == [
        "bank: 1 term past review (Fictipay of ann, 2026-05-01);"
        " 2 terms never found since 2026-01-01 (Fictipay; inventedbank.example)",
        "port: 2 terms never found since 2026-01-01 (Made Up Harbour; MUH-[0-9]{8})",
    ]


def test_the_report_lists_terms(workspace: Workspace) -> None:
    workspace.fill()
    note = "{term: Fictipay, reason: its app, owner: ann, review: 2020-01-31}"
    watchlist = f"organisations: [{{id: bank, name: Invented Bank, brands: [Fictipay], terms: [{note}]}}]\n"
    workspace.write("config/watchlists/a.yaml", watchlist)
    workspace.duskwatch("watch", "run")
    (found,) = workspace.duskwatch("watch", "report")
    assert {each["term"]: (each["posts"], each["owner"]) for each in found["terms"]} == {
        "Invented Bank": (1, ""),
        "Fictipay": (0, "ann"),
    }
    said = workspace.run("console.cli.main", "watch", "report").stdout
    term = (
        "bank: Fictipay (brand): found in 0 posts and 0 of history; owner ann; review of 2020-01-31 is past"
    )
    assert said.splitlines()[-1] == term, "the other wants no looking at"
    assert "Invented Bank" in workspace.run("console.cli.main", "watch", "report", "bank").stdout


def test_a_note_on_no_term_is_a_fault() -> None:
    with pytest.raises(ValidationError, match="stands in no list"):
        Organisation(id="bank", name="Invented Bank", terms=(TermNote(term="Other"),))
