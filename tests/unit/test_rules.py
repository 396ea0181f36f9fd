"""YARA rules of watchlists."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from alerts.loading import load_watchlists
from alerts.matching import build_matcher, rules
from alerts.matching.rules import RuleFinder, RulesFaulty
from alerts.watchlist import Organisation
from config.errors import InputError

CARD = 'rule card { strings: $bin = /\\b4567[0-9]{12}\\b/ $name = "Рекаан" condition: $bin and $name }'
SMALL = "rule small { condition: filesize < 40 }"


def organisation(*sources: str, name: str = "bank") -> Organisation:
    return Organisation(id=name, name="Invented House", rules=sources)


def found(text: str, title: str = "", *sources: str) -> list[tuple[str, str, list[str]]]:
    fields = {"title": title, "text": text}
    return [
        (match.organisation, match.term, [fields[span.field][span.start : span.end] for span in match.spans])
        for match in build_matcher([organisation(*(sources or (CARD,)))]).match(title, text)
    ]


def test_a_rule_that_is_fulfilled_is_a_match_with_its_places() -> None:
    assert found("дамп: банк Рекаан, 4567123412341234 🔥") == [
        ("bank", "card", ["Рекаан", "4567123412341234"])
    ]
    assert found("4567123412341234") == []


def test_places_in_title_and_text_are_told_apart() -> None:
    (match,) = build_matcher([organisation(CARD)]).match("банк Рекаан", "4567123412341234")
    assert {span.field for span in match.spans} == {"title", "text"}
    assert (match.kind, match.view, match.strength) == ("rule", "rule", 0.9)


def test_a_rule_without_places_stands_for_the_text() -> None:
    matches = RuleFinder([organisation(SMALL)]).find("few words")
    assert [(hit.start, hit.end) for hit in matches] == [(0, 9)]
    assert list(RuleFinder([organisation(SMALL)]).find("w" * 50)) == []


def test_rules_of_one_name_in_two_organisations_do_not_disturb_each_other() -> None:
    one, other = organisation(SMALL, name="one"), organisation(SMALL, SMALL, name="other")
    owners = {hit.term.organisation for hit in RuleFinder([one, other]).find("x y")}
    assert owners == {"one", "other"}


def test_rules_are_read_from_files_beside_the_watchlists(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "card.yar").write_text(CARD, encoding="utf-8")
    (tmp_path / "a.yaml").write_text("organisations: [{id: a, name: Invented, rules: [card.yar]}]\n")
    (loaded,) = load_watchlists(tmp_path)
    assert loaded.rules == (CARD,)
    assert build_matcher([loaded]).match("", "Рекаан 4567123412341234")
    (tmp_path / "rules" / "card.yar").write_text(SMALL, encoding="utf-8")
    assert build_matcher(load_watchlists(tmp_path)).version != build_matcher([loaded]).version


@pytest.mark.parametrize(
    ("source", "entry", "told"),
    [
        ("rule a {\n condition: $x }", "a.yar", "rules/a.yar:2: rules: unknown pattern `$x`"),
        ('include "other.yar"', "a.yar", "rules/a.yar:1: rules: include statements not allowed"),
        ("rule a { condition: true }", "b.yar", "files there: a.yar"),
        ("rule a { condition: true }", "../a.yar", "is no file in"),
        ("", "rule a { condition: nothing }", "line 1 of the rule: unknown identifier `nothing`"),
    ],
)
def test_faults_are_told_with_file_and_line(tmp_path: Path, source: str, entry: str, told: str) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yar").write_text(source, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(f"organisations: [{{id: a, name: Invented, rules: ['{entry}']}}]\n")
    with pytest.raises(InputError) as raised:
        load_watchlists(tmp_path)
    assert told in str(raised.value)


def test_without_the_package_the_cure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yara_x", None)
    (tmp_path / "a.yaml").write_text(
        "organisations: [{id: a, name: Invented, rules: ['rule a { condition: true }']}]\n"
    )
    with pytest.raises(InputError, match=r"pip install 'duskwatch\[yara\]'"):
        load_watchlists(tmp_path)
    assert not RuleFinder([Organisation(id="a", name="Invented")])


def test_rules_that_were_not_checked_are_refused() -> None:
    with pytest.raises(RulesFaulty, match=r"bank: rules\.0"):
        build_matcher([organisation("card.yar")])


def test_rules_that_take_too_long_are_told_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "rule slow { condition: for all i in (0..2000000000) : (i >= 0) }"
    monkeypatch.setattr(rules, "_SECONDS", 1)
    with capture_logs() as logged:
        assert list(RuleFinder([organisation(slow)]).find("text")) == []
    assert [each["log_level"] for each in logged] == ["error"]


@given(st.text(), st.text(alphabet="Рекан 4567123\ud800🔥", max_size=60))
def test_no_text_raises_and_spans_lie_in_the_original(title: str, text: str) -> None:
    text += " Рекаан 4567123412341234"
    for match in MATCHER.match(title, text):
        for span in match.spans:
            assert 0 <= span.start < span.end <= len({"title": title, "text": text}[span.field])


MATCHER = build_matcher([organisation(CARD, "rule any_byte { strings: $a = { 80 } condition: $a }")])
