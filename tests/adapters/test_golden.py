"""Every adapter on small invented pages in its engine's markup. ``<engine>/<case>.yaml`` says what to read of
the page beside it: ``reads`` (board or thread), ``whole`` (fields of the page) and ``each`` (fields of its rows
or posts, a list a field, times to the minute in UTC; ``post.text`` is the text of a row's post)."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from captures import adapter_for

from config.errors import PageUnreadable
from crawler.adapter import Page
from crawler.adapters import adapter_names

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FOLDER = Path(__file__).parent
CASES = sorted(
    str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.yaml") if path.parent.name != "gates"
)


@cache
def case(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return loaded


def page(name: str) -> Page:
    file = next(
        path for path in (FOLDER / name).parent.glob(f"{Path(name).stem}.*") if path.suffix != ".yaml"
    )
    return Page("http://board.invalid" + case(name)["url"], file.read_text(encoding="utf-8"), NOW)


@cache
def read(name: str) -> tuple[Any, Any]:
    adapter = adapter_for(FOLDER / name)
    if case(name)["reads"] == "board":
        board = adapter.board(page(name))
        return board, board.threads
    thread = adapter.thread(page(name))
    return thread, thread.posts


def stated(value: Any) -> Any:
    """A field as the expectations write it."""
    if isinstance(value, tuple):
        return [getattr(each, "key", each) for each in value]
    if hasattr(value, "precision"):
        return value.at.strftime("%Y-%m-%dT%H:%M") if value.at else None
    if isinstance(value, str):
        return value.replace("http://board.invalid", "")
    return value


def of(item: Any, field: str) -> Any:
    """A field of a row or post, or of what it holds."""
    for part in field.split("."):
        item = getattr(item, part) if item is not None else None
    return stated(item)


@pytest.mark.parametrize(("name", "field"), [(n, f) for n in CASES for f in case(n)["whole"]])
def test_page_field(name: str, field: str) -> None:
    assert stated(getattr(read(name)[0], field)) == case(name)["whole"][field]


@pytest.mark.parametrize(("name", "field"), [(n, f) for n in CASES for f in case(n)["each"]])
def test_item_field(name: str, field: str) -> None:
    assert [of(item, field) for item in read(name)[1]] == case(name)["each"][field]


@pytest.mark.parametrize("name", CASES)
def test_content_is_no_gate(name: str) -> None:
    assert adapter_for(FOLDER / name).gate(page(name)) is None


@pytest.mark.parametrize("name", CASES)
def test_an_address_of_a_page_leads_back_to_the_first(name: str) -> None:
    adapter = adapter_for(FOLDER / name)
    address = adapter.board_url if case(name)["reads"] == "board" else adapter.thread_url
    first = address(page(name).url, 1)
    assert address(address(first, 31), 1) == first
    assert address(first, 31) != first


@pytest.mark.parametrize("name", CASES)
def test_a_page_cut_anywhere_is_read_or_unreadable(name: str) -> None:
    adapter, whole = adapter_for(FOLDER / name), page(name)
    for part in range(1, 20):
        cut = Page(whole.url, whole.text[: len(whole.text) * part // 20], NOW)
        for reader in (adapter.detect, adapter.gate, adapter.board, adapter.thread):
            with suppress(PageUnreadable):
                reader(cut)


def test_every_adapter_has_a_board_and_a_thread_saved() -> None:
    for name in set(adapter_names()) - {"mybb", "machina", "profile"}:  # test_pages.py, test_induction.py
        cases = [case(each) for each in CASES if each.startswith(f"{name}/")]
        shown_whole = all(
            not any(each["each"].get("url", [""])) for each in cases
        )  # there is no page of a thread
        assert {each["reads"] for each in cases} >= {"board"} | (set() if shown_whole else {"thread"}), name
