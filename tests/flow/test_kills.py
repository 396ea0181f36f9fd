"""``kill -9`` at random points loses nothing and doubles nothing."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from console.demo.board import Forum
from console.demo.receiver import Receiver
from console.demo.tor_network import PrivateTor
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey

if TYPE_CHECKING:
    from conftest import Workspace

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


def kill(workspace: Workspace, command: list[str], after: float) -> bool:
    """Start, kill after so many seconds; whether it was still running."""
    child = subprocess.Popen(
        [sys.executable, "-m", *command],
        env=workspace.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        child.wait(after)
        return False
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        child.wait()
        return True


def test_watcher_and_deliverer(workspace: Workspace) -> None:
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    for thread in range(300):
        store.put(
            [
                Post(
                    key=PostKey("forum", str(thread), str(number)),
                    board="sale",
                    position=number,
                    title=f"listing {thread}",
                    author="seller",
                    text="the Invented Bank" if number == 1 and thread % 2 else "nothing",
                    url=f"http://board.invalid/{thread}",
                    seen_at=NOON,
                    posted_at=NOON - timedelta(minutes=thread),
                    kind=Kind.LISTING if number == 1 else Kind.REPLY,
                )
                for number in (1, 2)
            ]
        )
    store.close()
    workspace.write("config/watchlists/a.yaml", "organisations:\n  - id: bank\n    name: Invented Bank\n")
    chance = random.Random(20220106)
    kills = Counter[str]()
    with Receiver() as receiver:
        workspace.write("config/channels/hook.yaml", f"type: webhook\nurl: {receiver.url}\n")
        workspace.write("config/channels/lines.yaml", f"type: jsonl\npath: {workspace.folder}/lines.jsonl\n")
        workspace.write("duskwatch.toml", 'data_dir = "var"\n[watch]\nbatch = 5\n')
        database = workspace.folder / "var/state.db"
        for turn in range(44):
            command = ["console.cli.main", "watch" if turn % 2 else "deliver", "run"]
            kills[command[1]] += kill(workspace, command, chance.uniform(0.6, 1.5))
            # a lease outlives its killed holder by two minutes: let the clock of the test run them out
            if database.exists():
                with closing(sqlite3.connect(database, timeout=30)) as state, state:
                    if state.execute("SELECT 1 FROM sqlite_master WHERE name = 'delivery'").fetchone():
                        state.execute("UPDATE delivery SET leased_until = NULL WHERE state = 'waiting'")
        workspace.duskwatch("watch", "run")
        workspace.run("console.cli.main", "deliver", "run")
        requests = Counter(request.headers["Idempotency-Key"] for request in receiver.requests)
        per_alert = {
            (request.payload["alert"], request.headers["Idempotency-Key"]) for request in receiver.requests
        }
    alerts = workspace.duskwatch("alerts", "list", "--limit", "1000")
    print(f"kills while running: {dict(kills)}; {sum(requests.values())} requests under {len(requests)} keys")
    assert sum(kills.values()) >= 25
    assert len(alerts) == len({alert["thread"] for alert in alerts}) == 150
    assert len(requests) == len(per_alert) == 150
    lines = (workspace.folder / "lines.jsonl").read_text().splitlines()
    assert len(lines) == len(set(lines)) == 150


@pytest.mark.tor
def test_crawls(private_tor: PrivateTor, forum: Forum, workspace: Workspace) -> None:
    onion = private_tor.add_onion(forum.port)
    workspace.onion(private_tor)
    workspace.source("forum", "machina", f"http://{onion}", forum.boards)
    chance = random.Random(20220107)
    killed = sum(kill(workspace, ["crawler.run", "forum"], chance.uniform(1.5, 3.5)) for _ in range(8))
    assert killed >= 6
    summary = workspace.crawl("forum")
    assert summary["state"] == "ok"
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    try:
        stored = Counter(change.stored.post.key.post for change in store.changes(limit=1_000_000).changes)
    finally:
        store.close()
    assert stored == Counter(want["post"] for want in forum.truth())
    print(f"{killed} crawls killed; {len(stored)} posts, each once")
