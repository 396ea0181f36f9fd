"""A text is changed where it has to change, and two changes meet without either being lost."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from config.edits import added, find_entry, removed, replaced, with_fields
from console.merging import merge

FILE = """# ours
organisations:
  # the first
  - id: a
    name: Alpha   # its name
    aliases:
      - Aleph   # Hebrew
      - Alfa
      # inside
      - "Al: pha"
    note: |
      two
      lines

  # the second
  - {id: b, name: Beta}
  - id: c
    name: Gamma
    domains: [a.example, b.example]
# end
"""
IN_BRACKETS = "organisations: [{id: a, name: A A}, {id: b, name: B B}]\n"


def entry(text: str, name: str) -> Any:
    found = find_entry(text, "organisations", "id", name)
    assert found
    return found


def read(text: str) -> Any:
    return yaml.safe_load(text)["organisations"]


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_an_entry_put_back_is_the_file(name: str) -> None:
    found = entry(FILE, name)
    assert replaced(FILE, found, found.text) == FILE
    assert yaml.safe_load(found.text)["id"] == name
    assert FILE.split("\n")[found.line - 1].strip().startswith("- ")


def test_a_field_is_changed_and_the_rest_stays_as_it_was_written() -> None:
    found = entry(FILE, "a")
    words = {
        "name": "Alpha Two",
        "aliases": ["Aleph", "Al: pha", "New: one"],
        "note": "two\nlines",
        "owner": "x",
    }
    made, lost = with_fields(found.text, words)
    whole = replaced(FILE, found, made)
    kept = FILE.replace("Alpha  ", "Alpha Two  ").replace("      - Alfa\n", "")
    kept = kept.replace('- "Al: pha"\n', "- \"Al: pha\"\n      - 'New: one'\n").replace(
        "      lines\n", "      lines\n    owner: x\n"
    )
    assert whole == kept
    assert lost == ()


def test_comments_that_cannot_stay_are_named() -> None:
    found = entry(FILE, "a")
    made, lost = with_fields(found.text, {"aliases": ["Nothing", "Of it"], "note": None})
    assert lost == ("aliases",)
    assert yaml.safe_load(made) == {"id": "a", "name": "Alpha", "aliases": ["Nothing", "Of it"]}


def test_entries_come_and_go() -> None:
    more = added(FILE, "organisations", "id: d\nname: Delta\naliases:\n  - x\n")
    assert [each["id"] for each in read(more)] == ["a", "b", "c", "d"]
    assert more.endswith("- x\n# end\n")
    less = removed(FILE, "organisations", entry(FILE, "b"))
    assert [each["id"] for each in read(less)] == ["a", "c"]
    assert "second" not in less
    assert less.count("#") == FILE.count("#") - 1
    assert (
        removed(IN_BRACKETS, "organisations", entry(IN_BRACKETS, "a"))
        == "organisations: [{id: b, name: B B}]\n"
    )
    assert (
        removed(IN_BRACKETS, "organisations", entry(IN_BRACKETS, "b"))
        == "organisations: [{id: a, name: A A}]\n"
    )
    assert read(added(IN_BRACKETS, "organisations", "id: c\nname: C C"))[2]["id"] == "c"
    one = "organisations: [{id: a, name: A A}]"
    assert removed(one, "organisations", entry(one, "a")) == ""


def test_no_text_leaves_its_entry() -> None:
    """What is put in as an organisation cannot become a second one, or another key of the file."""
    found = entry(FILE, "b")
    for text in (
        "id: b\nname: B\n- id: evil\n  name: E",
        "id: b\nname: B\n...\n---\norganisations: []",
        "id: b\n}",
    ):
        made = replaced(FILE, found, text)
        try:
            ids = [each.get("id") for each in read(made)]
        except yaml.YAMLError:
            continue
        assert ids == ["a", "b", "c"]


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["name", "aliases", "note", "owner"]), _WORDS | st.lists(_WORDS, unique=True)
    )
)
def test_what_is_set_is_read_and_nothing_else_changes(values: dict[str, Any]) -> None:
    for text in (FILE, IN_BRACKETS):
        found = entry(text, "a")
        made, _ = with_fields(found.text, values)
        whole = replaced(text, found, made)
        before, after = read(text), read(whole)
        assert after[1:] == before[1:]
        said = {
            name: value.rstrip() if name == "note" else value
            for name, value in after[0].items()
            if isinstance(value, str)
        }
        expected = {name: value for name, value in {**before[0], **values}.items() if isinstance(value, str)}
        assert {**said} == {
            name: value.rstrip() if name == "note" else value for name, value in expected.items()
        }
        assert {k: v for k, v in after[0].items() if isinstance(v, list)} == {
            k: v for k, v in {**before[0], **values}.items() if isinstance(v, list)
        }


def test_two_changes_are_joined_or_shown() -> None:
    base = "a\nb\nc\nd\ne"
    joined = merge(base, "a\nB\nc\nd\ne", "a\nb\nc\nd\nE\nf")
    assert (joined.text, joined.clean) == ("a\nB\nc\nd\nE\nf", True)
    same = merge(base, "a\nX\nc\nd\ne", "a\nX\nc\nd\ne")
    assert (same.text, same.clean) == ("a\nX\nc\nd\ne", True)
    clash = merge(base, "a\nX\nc\nd\ne", "a\nY\nc\nd\ne")
    assert not clash.clean
    assert {"X", "Y"} <= set(clash.text.splitlines())
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load("a: 1\n" + clash.text)


@settings(max_examples=60, deadline=None)
@given(*[st.lists(st.sampled_from("abcd"), max_size=8)] * 3)
def test_a_merge_with_nothing_changed_is_the_other_side(
    base: list[str], mine: list[str], theirs: list[str]
) -> None:
    text = ["\n".join(each) for each in (base, mine, theirs)]
    assert merge(text[0], text[0], text[2]).text == text[2]
    assert merge(text[0], text[1], text[0]).text == text[1]
    for line in (*mine, *theirs):  # nothing that one side wrote anew is lost
        if line not in base:
            assert line in merge(*text).text
