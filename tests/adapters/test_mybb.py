"""MyBB's adapter against captures of a running board and what its database says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from captures import CAPTURES, MISSING, minute, pages, plain

from crawler.adapter import GateKind
from crawler.adapters.mybb import ADAPTER

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason=MISSING)


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
        seen = (row.title, row.author, row.replies, row.sticky, row.locked, minute(row.created.at))
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
        seen = (int(thread.key), item.author, minute(item.posted.at), plain(item.text), bool(item.edited))
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
