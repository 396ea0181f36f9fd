"""Whatever stands in the place of a page's values, an adapter reads it or refuses the page, and what it reads can be
kept: no number is larger than a database holds."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from captures import adapter_for
from hypothesis import given, settings
from hypothesis import strategies as st
from test_golden import CASES, FOLDER, case, page

from config.errors import PageUnreadable
from crawler.adapter import Page
from crawler.adapters import load_adapter
from crawler.gates import find_gate

_LARGEST = 2**63
_PIECES = (
    *(
        "9" * 30,
        "9" * 400,
        "9" * 5_000,
        "-1",
        "-9" + "9" * 20,
        "0",
        "1e400",
        "NaN",
        "Infinity",
        "٣٤٥",
        "²",
        "1.5",
    ),
    *("\ud800", "\\ud800", "&#xD800;", "&#0;", "\0", "\ufeff", "\u202e", "\x1b[2J", "İ", "ﬃ"),
    *("http://[", "//[::1", "javascript:", "http://x:99999999/", "%ff%00", "?page=9&page=x", "#", "../../.."),
    *(
        "<",
        ">",
        "</div>",
        "<div>",
        '"',
        "'",
        "]]>",
        "<!--",
        "{",
        "}",
        "[",
        "]",
        ",",
        "null",
        "true",
        ":",
        "\n",
    ),
)
_steps = st.lists(
    st.tuples(
        st.sampled_from(("number", "put", "cut", "twice")),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 60),
        st.sampled_from(_PIECES),
    ),
    min_size=1,
    max_size=4,
)


def harmed(text: str, steps: list[tuple[str, float, int, str]]) -> str:
    """A page with pieces put in the place of a number, put in, cut out or repeated."""
    for what, share, size, piece in steps:
        at = int(share * len(text))
        if what == "number":
            begin = next((place for place in range(at, len(text)) if text[place].isdigit()), at)
            end = begin
            while end < len(text) and text[end].isdigit():
                end += 1
            text = text[:begin] + piece + text[end:]
        else:
            middle = {"put": piece, "cut": "", "twice": text[at : at + size] * 2}[what]
            text = text[:at] + middle + text[at + (0 if what == "put" else size) :]
    return text


def keepable(value: Any, where: str = "") -> None:
    """Every number within a record is one that a database holds."""
    if is_dataclass(value):
        for each in fields(value):
            keepable(getattr(value, each.name), f"{where}.{each.name}")
    elif isinstance(value, tuple):
        for each in value:
            keepable(each, where)
    elif isinstance(value, int):
        assert -_LARGEST <= value < _LARGEST, where


@settings(deadline=None)  # a page takes milliseconds; a busy machine takes what it takes
@given(st.sampled_from(CASES), _steps)
def test_an_adapter_reads_or_refuses(name: str, steps: list[tuple[str, float, int, str]]) -> None:
    sound = page(name)
    hostile = Page(sound.url, harmed(sound.text, steps), sound.fetched_at)
    adapter = adapter_for(FOLDER / name)
    with suppress(PageUnreadable):
        keepable(getattr(adapter, case(name)["reads"])(hostile))
    find_gate(hostile, adapter)


@pytest.mark.parametrize("giant", ["9" * 30, "9" * 400, "-" + "9" * 4_000, "1e400", "NaN"])
@pytest.mark.parametrize("name", [name for name in CASES if page(name).text.lstrip().startswith(("{", "["))])
def test_json_of_giant_numbers_is_read(name: str, giant: str) -> None:
    """Each number of an answer in turn, so that no field is left to chance."""
    sound = page(name)
    for found in re.finditer(r"(?<=[:\[] )\d+(?=[,\n}\]])|(?<=[:\[])\d+(?=[,\n}\]])", sound.text):
        text = sound.text[: found.start()] + giant + sound.text[found.end() :]
        adapter = adapter_for(FOLDER / name)
        read = getattr(adapter, case(name)["reads"])
        with suppress(PageUnreadable):
            keepable(read(Page(sound.url, text, sound.fetched_at)))


def test_half_characters_of_a_feed_are_replaced() -> None:
    sound = page("feed/rss.yaml")
    for half in ("&#xD800;", "&#x00dFFf;", "&#55296;", "\ud800", "&#xD800"):
        text = sound.text.replace("<title>", f"<title>a{half}b ")
        rows = load_adapter("feed").board(Page(sound.url, text, sound.fetched_at)).threads
        assert rows
        assert all(row.title.encode() for row in rows)
