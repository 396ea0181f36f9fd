"""SMF's adapter against a capture of a running board and what its database says."""

from __future__ import annotations

import json

import pytest
from captures import CAPTURES, MISSING, minute, pages, plain

from crawler.adapter import GateKind
from crawler.adapters.smf import ADAPTER

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason=MISSING)


def test_every_thread_and_post_equals_the_database() -> None:
    folder = CAPTURES / "smf"
    truth = json.loads((folder / "truth.json").read_text())
    rows, posts, begun = {}, {}, {}
    for path, page in pages(folder).items():
        if ADAPTER.gate(page):
            continue
        if "board=" in path:
            for row in ADAPTER.board(page).threads:
                rows[int(row.key)] = row
        elif "topic=" in path:
            thread = ADAPTER.thread(page)
            for item in thread.posts:
                posts[int(item.key)] = (thread, item)
                if item.position == 1:
                    begun[int(thread.key)] = (item.posted.at, thread.locked, thread.title)
    wrong = []
    for want in truth["threads"]:
        row = rows[want["id"]]
        created, locked, title = begun[want["id"]]
        seen = (row.title, title, row.author, row.replies, row.sticky, row.locked, locked, minute(created))
        true = (
            *(want["title"], want["title"], want["author"], want["replies"]),
            *(bool(want["sticky"]), bool(want["locked"]), bool(want["locked"]), want["created"] // 60),
        )
        wrong += [("thread", want["id"], a, b) for a, b in zip(seen, true, strict=True) if a != b]
    for want in truth["posts"]:
        thread, item = posts[want["id"]]
        edited = minute(item.edited.at) if item.edited else 0
        seen = (int(thread.key), item.author, minute(item.posted.at), plain(item.text), edited)
        true = (
            *(want["thread"], want["author"], want["created"] // 60, plain(want["source_markup"])),
            want["edited"] // 60,
        )
        wrong += [("post", want["id"], a, b) for a, b in zip(seen, true, strict=True) if a != b]
    fields = 8 * len(truth["threads"]) + 5 * len(truth["posts"])
    print(
        f"smf: {len(rows)} threads, {len(posts)} posts,"
        f" {fields - len(wrong)} of {fields} fields equal the database"
    )
    assert wrong == []
    assert len(rows) == len(truth["threads"])
    assert len(posts) == len(truth["posts"])


def test_paging_reaches_every_post() -> None:
    found = pages(CAPTURES / "smf")
    first = found["/index.php?topic=41.0"]
    thread = ADAPTER.thread(first)
    seen = [post.position for post in thread.posts]
    while thread.next_url:
        thread = ADAPTER.thread(found[thread.next_url.removeprefix("http://board.invalid")])
        seen += [post.position for post in thread.posts]
        assert thread.page == thread.posts[0].position, "a page's number is its first post's"
        assert ADAPTER.thread_url(first.url, thread.page).endswith(f"topic=41.{thread.page - 1}")
    assert seen == list(range(1, 39))
    assert thread.pages == thread.page == 31
    assert (
        ADAPTER.board(found["/index.php?board=2.0"]).next_url == "http://board.invalid/index.php?board=2.20"
    )
    assert [link.key for link in ADAPTER.board(found["/index.php"]).boards] == ["1", "2", "3"]


def test_gates() -> None:
    found = pages(CAPTURES / "smf")
    kinds = {
        path: gate.kind if (gate := ADAPTER.gate(page)) else None
        for path, page in found.items()
        if not path.startswith(("/index.php?topic=", "/index.php?board=")) or "99999" in path
    }
    assert kinds == {
        "/": None,
        "/index.php": None,
        "/index.php?topic=99999.0": GateKind.MISSING,
        "/index.php?action=pm": GateKind.LOGIN,
        "/index.php?action=login": GateKind.LOGIN,
    }
    assert all(ADAPTER.detect(page) for page in found.values())
