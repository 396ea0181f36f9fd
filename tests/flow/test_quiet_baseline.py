"""A forum with years of threads is added, moved and read again, through genuine Tor: history is told once, in one
report, and only what is new alarms."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from alerts.baseline_report import list_reports
from alerts.outbox import list_deliveries
from config.database import open_database
from console.demo.board import Forum
from console.demo.tor_network import PrivateTor
from console.wiring import read_inputs, watch
from indexer.opening import open_store

if TYPE_CHECKING:
    from conftest import Workspace

    from alerts.watcher import WatchRun

pytestmark = pytest.mark.tor
ROWS_A_PAGE = 20
WATCHLIST = """
organisations:
  - {id: altavela, name: Altavela Insurance}
  - {id: clinic, name: Klinik Sehati Fiksi}
  - {id: harbour, name: Invented Harbour Trust}
"""
FRESH = (
    "Invented Harbour Trust, cargo manifests and crew lists of this year, taken from their booking server last night;"
    " 412,000 rows with names and passport numbers, price 3,100 USD in XMR, escrow welcome, first buyer takes all"
)


class Station:
    """The forum's source, its watcher and what was told."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def watch(self) -> WatchRun:
        return watch(read_inputs(self.workspace.folder / "duskwatch.toml"))

    def posts(self) -> dict[str, str]:
        """Threads of the posts that are stored, by the posts' keys."""
        with closing(open_store(f"sqlite:///{self.workspace.folder}/var/posts.db")) as store:
            changes = store.changes(limit=100_000).changes
        return {each.stored.post.key.post: each.stored.post.key.thread for each in changes}

    def told(self) -> Counter[str]:
        engine = open_database(f"sqlite:///{self.workspace.folder}/var/state.db")
        try:
            return Counter(str(row["event"]).split(":")[0] for row in list_deliveries(engine, limit=1000))
        finally:
            engine.dispose()

    def reports(self) -> int:
        engine = open_database(f"sqlite:///{self.workspace.folder}/var/state.db")
        try:
            return len(list_reports(engine))
        finally:
            engine.dispose()


def until(done: Callable[[], bool], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < ends, "it never came"
        time.sleep(0.02)


def test_history_is_told_once_and_news_at_once(
    private_tor: PrivateTor, forum: Forum, workspace: Workspace
) -> None:
    workspace.onion(private_tor)
    workspace.write("config/watchlists/a.yaml", WATCHLIST)
    workspace.write("config/channels/lines.yaml", f"type: jsonl\npath: {workspace.folder}/lines.jsonl\n")
    workspace.source("forum", "machina", f"http://{private_tor.add_onion(forum.port)}", forum.boards)
    station, topics = Station(workspace), {post["thread"]: post for post in forum.truth()}
    old_mentions = {
        key for key, post in topics.items() if "Altavela" in post["title"] or "Sehati" in post["title"]
    }

    # the first crawl; while it goes on, somebody posts
    command = [sys.executable, "-m", "crawler.run", "forum"]
    with subprocess.Popen(command, env=workspace.environment, stdout=subprocess.DEVNULL) as first:
        until(
            lambda: (
                (workspace.folder / "var/posts.db").exists()
                and len(set(station.posts().values())) > ROWS_A_PAGE
            )
        )
        forum.hold()
        before = -1
        while before != (now := len(station.posts())):  # what was under way is stored
            before = now
            time.sleep(0.2)
        assert station.watch().alerts_new == 0
        read = set(station.posts().values())
        unread = next(key for key in topics if key not in read and key not in old_mentions)
        posted = forum.reply(unread, "mint_sparrow", FRESH)
        forum.go_on()
        until(lambda: posted in station.posts() or first.poll() is not None)
        forum.hold()
        assert station.watch().alerts_new == 1, "at once, not after the crawl"
        assert station.told()["new"] == 1
        forum.go_on()
        assert first.wait(60) == 0
    last = station.watch()
    assert last.alerts_new == 0
    assert (station.told(), station.reports()) == ({"new": 1, "baseline": 1}, 1)
    entries = workspace.duskwatch("alerts", "baseline", "forum")["entries"]
    assert len(entries) == len(old_mentions)

    # a mended adapter reads the kept pages again; the board moves to another address
    again = workspace.duskwatch("source", "reparse", "forum", "--since", "2020-01-01")
    assert again["pages"] > 0
    assert (again["new"], again["changed"]) == (0, 0)
    workspace.source("forum", "machina", f"http://{private_tor.add_onion(forum.port)}", forum.boards)
    # an old listing is bumped, and listed again
    (old, *_) = (
        post for post in forum.truth() if "Altavela" in post["title"] and post["thread"] in old_mentions
    )
    forum.reply(old["thread"], old["author"], "bump, still selling Altavela Insurance")
    forum.list_topic("Marketplace", old["title"], old["author"], old["text"])
    assert workspace.crawl("forum")["new"] == 2
    moved = station.watch()
    assert (moved.changes, moved.alerts_new, moved.alerts_again, moved.history) == (2, 0, 0, 0)
    assert moved.alerts_joined == 2
    assert station.told() == {"new": 1, "baseline": 1}
