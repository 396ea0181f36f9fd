"""Watchlists that change while the matcher is at work."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.loading import load_negative
from alerts.matching import build_matcher, current_matcher
from alerts.matching.current import _AT_ONCE
from alerts.matching.engine import TextMatcher
from alerts.matching.layered import LayeredMatcher
from alerts.watchlist import Organisation
from config.errors import InputError

BANK = Organisation(id="bank", name="Bank Tokoranda", acronyms=("BTKR",), context=("rekening",))
PORT = Organisation(id="port", name="Pelabuhan Lumbersari", domains=("lumbersari.example",))
NEW = Organisation(id="new", name="Kalimbara Energi")
TEXT = "BTKR rekening, Bank Tokornada, lumbersari.example, KALIMBARA ENERGI, Pelabuhan-Lumbersari"


def organisations(found: object) -> set[str]:
    return {match.organisation for match in found}  # type: ignore[attr-defined]


_ENTRIES = st.builds(
    lambda id, name, alias: Organisation(id=id, name=name, aliases=alias),
    st.sampled_from("abcd"),
    st.sampled_from(["Tokoranda", "Lumbersari", "Kalimbara Energi", "Bank Tokoranda"]),
    st.lists(st.sampled_from(["Lumbersari", "Energi Murni", "TKR"]), max_size=2).map(tuple),
)
_LISTS = st.lists(_ENTRIES, max_size=4, unique_by=lambda one: one.id)
_TEXTS = st.lists(
    st.sampled_from(
        ["Tokoranda", "Tokornada", "LUMBERSARI", "k a l i m b a r a", "Energi", "Murni", "TKR", "\n"]
    ),
    max_size=8,
).map(" ".join)


@settings(deadline=None)
@given(_LISTS, _LISTS, _TEXTS)
def test_a_changed_matcher_finds_what_one_built_anew_finds(
    before: list[Organisation], after: list[Organisation], text: str
) -> None:
    main = TextMatcher(before)
    fresh = [one for one in after if one not in before]
    gone = frozenset(one.id for one in before) - {one.id for one in after}
    layered, anew = LayeredMatcher(main, fresh, gone), TextMatcher(after)
    assert layered.match("", text) == anew.match("", text)
    assert layered.version == anew.version
    again = TextMatcher(after, known=main.prepared)
    assert (again.match("", text), again.version) == (anew.match("", text), anew.version)


def test_a_small_change_is_in_force_at_once() -> None:
    current = current_matcher()
    first = (BANK, PORT)
    assert organisations(current.of(first).match("", TEXT)) == {"bank", "port"}
    assert current.of(first) is current.of(first)
    second = (PORT.model_copy(update={"name": "Lumbersari Baru", "domains": ()}), NEW)
    changed = current.of(second)
    assert organisations(changed.match("", TEXT)) == {"new"}
    current.wait()
    rebuilt = current.of(second)
    assert isinstance(rebuilt, TextMatcher)
    assert rebuilt.version == changed.version == build_matcher(second).version
    assert rebuilt.match("", TEXT) == changed.match("", TEXT)


def test_a_large_change_leaves_the_old_matcher_in_force_until_the_new_one_is_ready() -> None:
    current = current_matcher()
    current.of((BANK, PORT))
    many = tuple(Organisation(id=f"m{number}", name=f"Perusahaan {number:05}") for number in range(_AT_ONCE))
    second = (PORT, NEW, *many)
    assert organisations(current.of(second).match("", TEXT)) == {"port"}
    current.wait()
    assert organisations(current.of(second).match("", TEXT)) == {"port", "new"}
    third = (PORT,)
    assert organisations(current.of(third).match("", TEXT)) == {"port"}
    current.wait()
    assert current.of(third).version == build_matcher(third).version


def test_what_decides_about_matches_holds_for_the_matcher_in_force_too() -> None:
    one = Organisation(
        id="bank", name="Bank Rakyat Nusantara", acronyms=("BRN",), negatives=("cooking class",)
    )
    current = current_matcher()
    for organisations in ((one,), (one, Organisation(id="port", name="Invented Port"))):
        matcher = current.of(organisations)
        assert not matcher.match("", "selling BRN access"), "three letters, and no word of its name"
        assert matcher.match("", "selling BRN access, Nusantara")
        assert not matcher.match("", "Bank Rakyat Nusantara cooking class")
        texts = [("", "Bank Rakyat Nusantara"), ("", "x")]
        assert [bool(found) for found in matcher.match_many(texts)] == [True, False]
    current.wait()


def test_the_negative_list_hides_what_lies_inside_its_phrases() -> None:
    matcher = build_matcher((BANK, PORT), ["Bank Tokoranda charity run", "# 1 Bank"])
    assert matcher.match("", "the Bank Tokoranda Charity-Run and no more") == []
    assert organisations(matcher.match("", "Bank Tokoranda charity run, Bank Tokoranda dump")) == {"bank"}
    assert matcher.version != build_matcher((BANK, PORT)).version
    current = current_matcher()
    current.of((BANK,))
    assert current.of((BANK,), ("Bank Tokoranda charity run",)).match("", "Bank Tokoranda charity run") == []
    changed = current.of((BANK, PORT), ("Bank Tokoranda charity run",))
    assert organisations(changed.match("", "Bank Tokoranda charity run, Pelabuhan Lumbersari")) == {"port"}
    current.wait()
    assert organisations(current.of((BANK, PORT)).match("", "Bank Tokoranda charity run")) == {"bank"}


def test_what_does_not_count_is_told_with_its_reason() -> None:
    bank = BANK.model_copy(update={"exclusions": ("Bank Tokoranda Fan Club",)})
    main = TextMatcher((bank, PORT), negative=("Pelabuhan Lumbersari marathon",))
    text = "Bank Tokoranda Fan Club, BTKR, Pelabuhan Lumbersari marathon"
    told = {(one.term, one.reason) for one in main.unmatched("", text)}
    assert told == {
        ("Bank Tokoranda", "inside the exclusion 'Bank Tokoranda Fan Club'"),
        ("BTKR", "no word of its context stands there"),
        ("Pelabuhan Lumbersari", "inside the negative list's 'Pelabuhan Lumbersari marathon'"),
    }
    assert {text[span.start : span.end] for one in main.unmatched("", text) for span in one.spans} == {
        "Bank Tokoranda",
        "BTKR",
        "Pelabuhan Lumbersari",
    }
    layered = LayeredMatcher(main, (bank.model_copy(update={"name": "Bank Tokoranda Baru"}),), frozenset())
    assert {one.organisation for one in layered.unmatched("", text)} == {"bank", "port"}


def test_a_negative_list_is_read_and_its_faults_are_told(tmp_path: Path) -> None:
    assert load_negative(tmp_path) == ()
    (tmp_path / "negative.txt").write_text(
        "# people\n\nInvented Bank Cup \nInvented Bank Cup\n", encoding="utf-8"
    )
    assert load_negative(tmp_path) == ("Invented Bank Cup",)
    (tmp_path / "negative.txt").write_text("fine words\n!?!\n", encoding="utf-8")
    with pytest.raises(InputError, match="says nothing to look for") as told:
        load_negative(tmp_path)
    assert told.value.problems[0].line == 2
    (tmp_path / "negative.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        load_negative(tmp_path)
