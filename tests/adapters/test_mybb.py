"""MyBB's adapter against captures of a running board and what its database says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.adapter import GateKind, Page
from crawler.adapters.mybb import ADAPTER

CAPTURES = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of running boards are not here")


def pages(folder: Path) -> dict[str, Page]:
    index = json.loads((folder / "index.json").read_text())
    at = datetime.fromtimestamp(index["captured_at"], UTC)
    return {
        each["path"]: Page(
            f"http://board.invalid{each['path']}",
            (folder / each["file"]).read_text().replace("http://__BASE__", "http://board.invalid"),
            at,
        )
        for each in index["pages"]
    }


def plain(text: str) -> str:
    """Without markup, quote marks and line breaks."""
    text = re.sub(r"\[img\].*?\[/img\]|^> ?", " ", text, flags=re.M)
    text = re.sub(r"\[/?quote[^\]]*\]|\[\*\]|\[/?(?:list|code)\]", " ", text)
    return " ".join(re.sub(r"\[/?\w+(=[^\]]*)?\]", "", text).split())


@pytest.mark.parametrize("name", ["mybb", "mybb-later"])
def test_every_thread_and_post_equals_the_database(name: str, record_property: Any) -> None:
    folder = CAPTURES / name
    truth = json.loads((folder / "truth.json").read_text())
    rows, posts = {}, {}
    for path, page in pages(folder).items():
        if ADAPTER.gate(page):
            continue
        if "forumdisplay" in path:
            for row in ADAPTER.board(page).threads:
                rows[int(row.key)] = row
        elif "showthread" in path:
            thread = ADAPTER.thread(page)
            for item in thread.posts:
                posts[int(item.key)] = (thread, item)
    wrong = []
    for want in truth["threads"]:
        row = rows.get(want["id"])
        if row is None:
            wrong.append(("thread", want["id"], "missing"))
            continue
        seen = (row.title, row.author, row.replies, row.sticky, row.locked, _minute(row.created.at))
        true = (
            want["title"],
            want["author"],
            want["replies"],
            bool(want["sticky"]),
            want["locked"] not in ("", 0, "0"),
            want["created"] // 60,
        )
        wrong += [("thread", want["id"], a, b) for a, b in zip(seen, true, strict=True) if a != b]
    for want in truth["posts"]:
        if want["id"] not in posts:
            wrong.append(("post", want["id"], "missing"))
            continue
        thread, item = posts[want["id"]]
        seen = (int(thread.key), item.author, _minute(item.posted.at), plain(item.text), bool(item.edited))
        true = (
            want["thread"],
            want["author"],
            want["created"] // 60,
            plain(want["source_markup"]),
            bool(want["edited"]),
        )
        wrong += [("post", want["id"], a, b) for a, b in zip(seen, true, strict=True) if a != b]
    assert len(posts) == len(truth["posts"])
    assert len(rows) == len(truth["threads"])
    fields = 6 * len(rows) + 5 * len(posts)
    print(
        f"{name}: {len(rows)} threads, {len(posts)} posts,"
        f" {fields - len(wrong)} of {fields} fields equal the database"
    )
    assert wrong == []


def test_gates() -> None:
    found = pages(CAPTURES / "mybb")
    missing = ADAPTER.gate(found["/showthread.php?tid=99999"])
    assert missing is not None
    assert missing.kind is GateKind.MISSING
    private = ADAPTER.gate(found["/private.php"])
    assert private is not None
    assert private.kind is GateKind.FORBIDDEN
    assert all(ADAPTER.detect(page) for page in found.values())


def _minute(at: datetime | None) -> int | None:
    return int(at.timestamp()) // 60 if at else None
