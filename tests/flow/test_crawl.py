"""Whole crawls through genuine Tor against a genuine forum: what is stored equals the engine's database."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from captures import minute
from captures import plain as as_shown

from console.demo.board import Forum
from console.demo.tor_network import PrivateTor
from indexer.opening import open_store

if TYPE_CHECKING:
    from conftest import Workspace

pytestmark = pytest.mark.tor


def stored_posts(workspace: Workspace) -> dict[str, Any]:
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    try:
        newest = {}
        for change in store.changes(limit=1_000_000).changes:
            newest[change.stored.post.key.post] = store.get(change.stored.post.key)
        return newest
    finally:
        store.close()


def plain(markdown: str) -> str:
    return " ".join(re.sub(r"\*\*|^- |^> ?", "", markdown, flags=re.M).split())


def wrong_fields(truth: list[dict[str, Any]], posts: dict[str, Any]) -> list[tuple[Any, ...]]:
    wrong = []
    positions: Counter[str] = Counter()
    for want in truth:
        positions[want["thread"]] += 1
        stored = posts.get(want["post"])
        if stored is None or stored.removed_at is not None:
            wrong.append((want["post"], "missing"))
            continue
        post = stored.post
        seen = (
            post.key.thread,
            post.board,
            post.title,
            post.author,
            int(post.posted_at.timestamp()) // 60,
            plain(post.text),
            post.position,
            post.locked,
        )
        true = (
            want["thread"],
            want["board"],
            want["title"],
            want["author"],
            int(want["created"]) // 60,
            plain(want["text"]),
            positions[want["thread"]],
            want["locked"] and positions[want["thread"]] == 1,
        )
        wrong += [(want["post"], a, b) for a, b in zip(seen, true, strict=True) if a != b]
    return wrong


def test_a_machina_forum_through_tor(private_tor: PrivateTor, forum: Forum, workspace: Workspace) -> None:
    onion = private_tor.add_onion(forum.port)
    workspace.onion(private_tor)
    workspace.source("forum", "machina", f"http://{onion}", forum.boards)
    first = workspace.crawl("forum")
    truth = forum.truth()
    assert (first["state"], first["new"], first["failed"]) == ("ok", len(truth), 0)
    posts = stored_posts(workspace)
    wrong = wrong_fields(truth, posts)
    print(f"machina through Tor: {8 * len(truth) - len(wrong)} of {8 * len(truth)} fields equal the database")
    assert wrong == []
    assert all(stored.post.evidence for stored in posts.values())

    again = workspace.crawl("forum")
    assert (again["pages"], again["new"], again["changed"], again["removed"]) == (len(forum.boards), 0, 0, 0)

    forum.change()
    ministry = next(p["thread"] for p in forum.truth() if "Ministry of Health" in p["text"])
    from config.database import open_database
    from crawler.state import mark_hot

    engine = open_database(f"sqlite:///{workspace.folder}/var/state.db")
    mark_hot(engine, "forum", [ministry])
    engine.dispose()
    third = workspace.crawl("forum")
    # two boards, the reply's page, the new topic, the edited listing, the look at the deleted topic
    assert third["pages"] == 6
    assert (third["new"], third["changed"]) == (2, 1)
    truth = forum.truth()
    posts = stored_posts(workspace)
    assert wrong_fields(truth, posts) == []
    standing = {key for key, stored in posts.items() if stored.removed_at is None}
    assert standing == {want["post"] for want in truth}
    assert third["removed"] == len(posts) - len(standing) > 0


def test_with_tor_gone_nothing_is_fetched_and_the_state_says_so(workspace: Workspace) -> None:
    workspace.write("duskwatch.toml", '[tor]\nsocks = "127.0.0.1:9"\nwait = 0.1\n')
    address = "http://" + "a" * 55 + "d.onion"
    workspace.source("forum", "machina", address, {"a": "/"})
    refused = workspace.run("crawler.run", "forum", status=78)
    assert "checksum" in refused.stderr
    workspace.source("forum", "machina", "http://board.example", {"a": "/"})
    summary = workspace.crawl("forum", status=75)
    assert summary["state"] == "waiting for tor"
    assert summary["pages"] == 0


def test_scrapy_users_find_what_they_expect(workspace: Workspace) -> None:
    listed = workspace.run("scrapy.cmdline", "list")
    assert listed.stdout.split() == ["board"]


def test_captures_of_a_mybb_board_before_and_after(private_tor: PrivateTor, workspace: Workspace) -> None:
    import json
    from pathlib import Path

    from replay import Replay

    captures = Path(__file__).parents[3] / "shared" / "data"
    if not captures.is_dir():
        pytest.skip("the captures of a running board are not here")
    boards = {"sale": "/forumdisplay.php?fid=3", "databases": "/forumdisplay.php?fid=4"}
    with Replay() as replay:
        onion = private_tor.add_onion(replay.port)
        workspace.onion(private_tor)
        workspace.source("mybb", "mybb", f"http://{onion}", boards)
        replay.serve(captures / "mybb", f"http://{onion}")
        first = workspace.crawl("mybb", "--now", replay.captured_at)
        truth = json.loads((captures / "mybb" / "truth.json").read_text())
        posts = stored_posts(workspace)
        check_mybb("mybb", truth, posts)
        assert first["state"] == "ok"

        replay.serve(captures / "mybb-later", f"http://{onion}")
        from config.database import open_database
        from crawler.state import mark_hot

        engine = open_database(f"sqlite:///{workspace.folder}/var/state.db")
        mark_hot(engine, "mybb", ["40"])
        engine.dispose()
        second = workspace.crawl("mybb", "--now", replay.captured_at)
        later = json.loads((captures / "mybb-later" / "truth.json").read_text())
        posts = stored_posts(workspace)
        check_mybb(
            "mybb-later", later, {key: stored for key, stored in posts.items() if stored.removed_at is None}
        )
        assert posts["156"].revision == 2
        assert second["pages"] < first["pages"] / 4
        print(f"MyBB: {first['pages']} pages at first, {second['pages']} after the change: {second}")


def check_mybb(name: str, truth: dict[str, Any], posts: dict[str, Any]) -> None:
    """Every post as the engine's own database has it; prints the fields' F1."""
    wanted = {
        str(want["id"]): (
            str(want["thread"]),
            want["author"],
            want["created"] // 60,
            as_shown(want["source_markup"]),
            want["edited"] // 60 if want["edited"] else None,
        )
        for want in truth["posts"]
    }
    found = {
        key: (
            stored.post.key.thread,
            stored.post.author,
            minute(stored.post.posted_at),
            as_shown(stored.post.text),
            minute(stored.post.edited_at),
        )
        for key, stored in posts.items()
    }
    right = sum(
        a == b for key, fields in wanted.items() for a, b in zip(found.get(key, ()), fields, strict=False)
    )
    f1 = 2 * right / (5 * len(wanted) + 5 * len(found))
    print(
        f"{name} through Tor: {len(found)} posts, {right} of {5 * len(wanted)} fields, F1 {f1:.4f} (expected 1)"
    )
    assert f1 == 1.0
