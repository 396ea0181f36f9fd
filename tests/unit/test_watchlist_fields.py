"""What an operator writes about an organisation, and that matching honours it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from alerts.loading import load_watchlists
from alerts.matching import build_matcher
from alerts.scope import in_scope, out_of_scope
from alerts.watchlist import Organisation, Scope
from config.errors import InputError
from indexer.post import Kind, Post, PostKey

BANK = Organisation(
    id="bank",
    name="Bank Rekaan Nusantara",
    brands=("Rekapay",),
    acronyms=("BRN", "UI", "REKBN"),
    mail_domains=("pos.rekaan-mail.example",),
    negatives=("Bank Rekaan Nusantara wins the cup", "海岳游戏"),
    scope=Scope(sources=("forum",), kinds=(Kind.LISTING,), languages=("id", "en")),
)
MATCHER = build_matcher([BANK])


def post(**more: object) -> Post:
    values: dict[str, object] = {
        "key": PostKey("forum", "1", "1"),
        "board": "sale",
        "position": 1,
        "title": "Rekapay",
        "author": "seller",
        "text": "dump",
        "url": "http://board.invalid/1",
        "seen_at": datetime(2026, 1, 6, tzinfo=UTC),
        "kind": Kind.LISTING,
    }
    return Post(**values | more)  # type: ignore[arg-type]


def found(text: str) -> set[tuple[str, str]]:
    return {(match.kind, match.term) for match in MATCHER.match("", text)}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("dump of Rekapay users", {("brand", "Rekapay")}),
        ("R3k4pay users", {("brand", "Rekapay")}),
        ("p e k a p a y", set()),
        ("budi@pos.rekaan-mail.example:secret", {("mail", "pos.rekaan-mail.example")}),
        ("budi[at]pos[.]rekaan-mail[.]example", {("mail", "pos.rekaan-mail.example")}),
        ("budi@hq.pos.rekaan-mail.example", {("mail", "pos.rekaan-mail.example")}),
        ("https://pos.rekaan-mail.example/login", set()),
        ("BRN is cheap", set()),
        ("BRN nasabah Rekaan", {("acronym", "BRN")}),
        ("Rekapay, owned by BRN", {("acronym", "BRN"), ("brand", "Rekapay")}),
        ("the UI of the shop, BRN", set()),
        ("REKBN dump", {("acronym", "REKBN")}),
        ("news: bank rekaan nusantara WINS the cup again", set()),
        ("Bank Rekaan Nusantara wins", {("name", "Bank Rekaan Nusantara")}),
        ("Rekapay 海岳游戏", set()),
    ],
)
def test_fields_are_honoured(text: str, wanted: set[tuple[str, str]]) -> None:
    assert found(text) == wanted


def test_context_that_is_given_decides_alone() -> None:
    matcher = build_matcher([BANK.model_copy(update={"context": ("listrik",)})])
    assert matcher.match("", "BRN nasabah Rekaan") == []
    assert [match.term for match in matcher.match("", "BRN listrik")] == ["BRN"]


def test_a_name_that_is_nothing_but_short_still_counts() -> None:
    matcher = build_matcher([Organisation(id="x", name="QZX", acronyms=("QZX",))])
    assert matcher.match("", "QZX dump")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, ""),
        ({"key": PostKey("other", "1", "1")}, "its scope has sources forum; the post is of other"),
        ({"kind": Kind.REPLY}, "its scope has kinds listing; the post is a reply"),
        ({"language": "ru"}, "its scope has languages id, en; the post is in ru"),
        ({"language": "en"}, ""),
        ({"language": None}, ""),
    ],
)
def test_scope_is_decided_where_the_post_is_known(change: dict[str, object], why: str) -> None:
    one = post(**change)
    assert out_of_scope(BANK, one) == why
    kept = in_scope(MATCHER.match(one.title, one.text), one, {"bank": BANK})
    assert bool(kept) is not bool(why)


def test_hygiene_is_read_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "organisations:\n"
        "  - {id: a, name: Invented, reason: asked by its CSIRT, owner: ana, review: 2027-01-31,\n"
        "     scope: {sources: [forum], kinds: [listing]}}\n"
    )
    (organisation,) = load_watchlists(tmp_path)
    assert organisation.review == date(2027, 1, 31)
    assert organisation.scope == Scope(sources=("forum",), kinds=(Kind.LISTING,))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("scope: {kinds: [listings]}", "scope.kinds.0"),
        ("scope: {source: [a]}", "did you mean 'sources'"),
        ("mail_domains: [ana@here.example]", "is not a domain"),
        ("review: soon", "review"),
        ("negatives: ['!']", "no letter or digit"),
    ],
)
def test_faults_are_told_with_their_line(tmp_path: Path, line: str, fault: str) -> None:
    (tmp_path / "a.yaml").write_text(f"organisations:\n  - id: a\n    name: Invented\n    {line}\n")
    with pytest.raises(InputError) as raised:
        load_watchlists(tmp_path)
    assert fault in str(raised.value)
    assert "a.yaml:" in str(raised.value)
