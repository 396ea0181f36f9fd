"""``kill -9`` at random points loses nothing and doubles nothing."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
import small_backtester
import sqlalchemy as sa

from alerts import cases
from alerts.baseline import list_entries
from alerts.baseline_report import list_reports
from alerts.hits import hits_of
from alerts.outbox import enqueue, list_deliveries
from alerts.retro import list_hunts
from console.demo.board import Forum
from console.demo.receiver import Receiver
from console.demo.tor_network import PrivateTor
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey

if TYPE_CHECKING:
    from conftest import Workspace

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
KILLS, CRAWL_KILLS = 44, 8
DELIVERER_KILLS = {"sqlite": 100, "postgresql": 20}  # a connection to the latter takes longer than the rest
BACKTEST_KILLS = {"sqlite": 8, "postgresql": 4}
OLD_POSTS = 9  # of each watch


NURSERY = """
import json, os, sys
{imports}
from {module} import main
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if not child:
        sys.argv[1:] = json.loads(line)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        try:
            main()
        finally:
            os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Nursery:
    """A process that has imported everything, which takes longer than what is to be killed, and forks. A context
    manager."""

    def __init__(self, workspace: Workspace, module: str, imports: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", NURSERY.format(module=module, imports=imports)],
            env=workspace.environment | {"PYTHONPATH": str(Path(__file__).parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, words: list[str], after: float) -> bool:
        """Start ``words`` and kill it so many seconds later; whether it was still running."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        self._process.stdin.flush()
        child = int(self._line())
        if not select.select([self._process.stdout], [], [], after)[0]:
            os.kill(child, signal.SIGKILL)
        return os.WIFSIGNALED(int(self._line()))

    def _line(self) -> bytes:
        """One line, unbuffered: ``select`` must see what is not read."""
        assert self._process.stdout
        line = b""
        while not line.endswith(b"\n"):
            piece = os.read(self._process.stdout.fileno(), 1)
            assert piece, "the nursery ended"
            line += piece
        return line

    def __enter__(self) -> Self:
        assert self._line() == b"ready\n"
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()


def thread_of(number: int) -> list[Post]:
    return [
        Post(
            key=PostKey("forum", str(number), str(position)),
            board="sale",
            position=position,
            title=f"listing {number}",
            author="seller",
            text="the Invented Bank" if position == 1 and number % 2 else "nothing",
            url=f"http://board.invalid/{number}",
            seen_at=NOON,
            posted_at=NOON - timedelta(minutes=number),
            kind=Kind.LISTING if position == 1 else Kind.REPLY,
        )
        for position in (1, 2)
    ]


def test_watcher_and_deliverer(workspace: Workspace) -> None:
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    workspace.write("config/watchlists/a.yaml", "organisations:\n  - id: bank\n    name: Invented Bank\n")
    chance = random.Random(20220106)
    kills = Counter[str]()
    threads = 0
    imports = "import console.cli.main, alerts.matching.engine, alembic.command, alembic.script"
    imports += ", alerts.channels.webhook, alerts.channels.jsonl, indexer.stores.sqlite, indexer.facts"
    nursery = Nursery(workspace, "console.cli.main", imports)
    with Receiver() as receiver, nursery:
        workspace.write("config/channels/hook.yaml", f"type: webhook\nurl: {receiver.url}\nprivate: true\n")
        workspace.write("config/channels/lines.yaml", f"type: jsonl\npath: {workspace.folder}/lines.jsonl\n")
        workspace.write("duskwatch.toml", 'data_dir = "var"\n[watch]\nbatch = 5\n')
        database = workspace.folder / "var/state.db"
        latest = {"watch": 0.8, "deliver": 0.8}  # seconds; sinks on a machine that is done sooner
        for turn in range(200):
            if kills.total() >= KILLS:
                break
            for _ in range(20):  # so that there is always something to do
                threads += 1
                store.put(thread_of(threads))
            name = "watch" if turn % 2 else "deliver"
            killed = nursery.kill([name, "run"], chance.uniform(0.05, latest[name]))
            kills[name] += killed
            latest[name] = max(latest[name] * (1.05 if killed else 0.85), 0.06)
            # a lease outlives its killed holder by two minutes: let the clock of the test run them out
            if database.exists():
                with closing(sqlite3.connect(database, timeout=30)) as state, state:
                    if state.execute("SELECT 1 FROM sqlite_master WHERE name = 'delivery'").fetchone():
                        state.execute("UPDATE delivery SET leased_until = NULL WHERE state = 'waiting'")
        store.close()
        before = len(receiver.requests)
        workspace.duskwatch("watch", "run")
        while workspace.duskwatch("deliver", "run")["sent"]:
            pass
        requests = Counter(request.headers["Idempotency-Key"] for request in receiver.requests)
        per_alert = {
            (request.payload["alert"], request.headers["Idempotency-Key"]) for request in receiver.requests
        }
    alerts = workspace.duskwatch("alerts", "list", "--limit", "10000")
    named = threads // 2
    print(
        f"kills while running: {dict(kills)}; {sum(requests.values())} requests under {len(requests)} keys,"
        f" {before} of them between the kills"
    )
    assert kills.total() >= KILLS
    assert before > 0, "the kills left time to do something"
    assert len(alerts) == len({alert["thread"] for alert in alerts}) == named
    assert len(requests) == len(per_alert) == named
    lines = (workspace.folder / "lines.jsonl").read_text().splitlines()
    assert len(lines) == len(set(lines)) == named


def outbox(database: sa.Engine, numbers: range) -> None:
    """An alert for each number, with a message for the hook."""
    values = dict.fromkeys(
        ("organisation", "source", "thread", "title", "url", "severity", "state", "tlp"), "x"
    )
    times = dict.fromkeys(("created_at", "updated_at", "first_seen_at", "stored_at"), NOON)
    with database.begin() as connection:
        for name in map(str, numbers):
            cases.insert_alert(connection, {"id": name, **values, **times, "posted_at": None, "matches": []})
            enqueue(connection, name, "new", "hook", {"alert": name}, NOON)


def test_deliverer(workspace: Workspace, database: sa.Engine) -> None:
    chance = random.Random(20220108)
    kills = put = 0
    wanted = DELIVERER_KILLS[database.dialect.name]
    latest = 0.3  # seconds, as above
    statuses = tuple(chance.choices((204, 204, 204, 500, 429), k=60))  # a peer in trouble as well
    url = database.url.render_as_string(hide_password=False)
    channels = workspace.folder / "config/channels"
    with Receiver(statuses) as receiver:
        workspace.write("config/channels/hook.yaml", f"type: webhook\nurl: {receiver.url}\nprivate: true\n")
        imports = "import alerts.channels.webhook, sqlalchemy.dialects.sqlite, psycopg"
        with Nursery(workspace, "small_deliverer", imports) as nursery:
            for turn in range(400):
                if kills >= wanted:
                    break
                outbox(database, range(put, put := put + 6))
                # a lease outlives its killed holder by two minutes
                killed = nursery.kill([url, str(channels), str(3 * turn)], chance.uniform(0.01, latest))
                kills += killed
                latest = max(latest * (1.05 if killed else 0.85), 0.03)
            before = len(receiver.requests)
            for later in range(100):  # the peer's troubles end as well
                if not list_deliveries(database, "waiting", 1):
                    break
                nursery.kill([url, str(channels), str(100_000 * (later + 1))], 60)
        requests = Counter(
            (request.payload["alert"], request.headers["Idempotency-Key"]) for request in receiver.requests
        )
    twice = sum(count > 1 for count in requests.values())
    print(
        f"{kills} kills; {put} alerts, {before} requests meanwhile, {len(receiver.requests)} in all, {twice} repeated"
    )
    assert kills >= wanted
    assert before > 0, "the kills left time to do something"
    assert sorted(alert for alert, _ in requests) == sorted(map(str, range(put))), "each, under one key"
    assert {row["state"] for row in list_deliveries(database, limit=10_000)} == {"sent"}


def offer(number: int, name: str) -> Post:
    """A listing of its own that names somebody."""
    (post, _reply) = thread_of(number)
    return replace(post, text=f"rows of {name}, lot {number}", author=f"seller {number}")


def under_way(database: sa.Engine) -> bool:
    """Whether a watch is being held against its past."""
    return any(hunt.state == "running" for hunt in list_hunts(database))


def test_backtests(workspace: Workspace, database: sa.Engine) -> None:
    """Watches are added one after another; each is told of its own past once, whatever was killed meanwhile."""
    chance = random.Random(20220109)
    url = database.url.render_as_string(hide_password=False)
    where = f"sqlite:///{workspace.folder}/posts.db"
    names = small_backtester.NAMES
    store = open_store(where)
    old = [offer(number, names[number % len(names)]) for number in range(OLD_POSTS * len(names))]
    store.put(old)
    small_backtester.watcher_of(database, store, 1).run_once()
    wanted, kills, new, count, read = BACKTEST_KILLS[database.dialect.name], 0, 0, 1, 0
    within, latest = 0, 0.4  # kills that left a back-test under way; seconds, as above
    imports = "import alerts.matching.engine, indexer.stores.sqlite, indexer.facts, sqlalchemy.dialects.sqlite, psycopg"
    with Nursery(workspace, "small_backtester", imports) as nursery:
        for turn in range(400):
            if not under_way(database) and len(list_reports(database)) == count - 1:
                if count == len(names) or kills >= wanted:
                    break
                count += 1
            if turn % 5 == 0:  # what is posted meanwhile is news to the watches that there are
                store.put([offer(10_000 + new, names[0])])
                new += 1
            after = chance.uniform(0.02, latest) if kills < wanted else 60
            killed = nursery.kill([url, where, str(count)], after)
            kills += killed
            within += killed and under_way(database)
            done = sum(hunt.revisions_read for hunt in list_hunts(database))
            latest = max(latest * (0.85 if not killed else 0.95 if done > read else 1.2), 0.04)
            read = done
    store.close()
    hunts, entries, reports = list_hunts(database), list_entries(database), list_reports(database)
    print(
        f"{kills} kills, {within} of them within a back-test; {len(entries)} old listings, {len(reports)} reports"
    )
    assert kills >= wanted
    assert within > wanted / 4, "back-tests were cut off, not only beginnings"
    later = [each.id for each in small_backtester.watches(count)[1:]]
    assert sorted((hunt.organisations, hunt.state) for hunt in hunts) == sorted(
        ((each,), "done") for each in later
    )
    assert Counter(each.organisation for each in entries) == Counter(dict.fromkeys(later, OLD_POSTS))
    assert {each.report for each in entries} == {report.id for report in reports}
    assert sorted(report.listings for report in reports) == [OLD_POSTS] * len(later)
    events = Counter(row["event"] for row in list_deliveries(database, limit=10_000))
    assert events == {"new": OLD_POSTS + new, "baseline": len(later)}, "0 alarms of what is old"
    hits = {name: (hit.posts, hit.past) for (name, _kind, _term), hit in hits_of(database).items()}
    assert hits.pop("invented") == (OLD_POSTS + new, 0)
    assert hits == dict.fromkeys(later, (0, OLD_POSTS)), "nothing is skipped, and nothing read twice"


@pytest.mark.tor
def test_crawls(private_tor: PrivateTor, forum: Forum, workspace: Workspace) -> None:
    onion = private_tor.add_onion(forum.port)
    workspace.onion(private_tor)
    workspace.source("forum", "machina", f"http://{onion}", forum.boards)
    chance = random.Random(20220107)
    imports = "import crawler.run, scrapy.crawler, crawler.pipelines, indexer.opening"
    killed, latest = 0, 2.5  # seconds, as above
    with Nursery(workspace, "crawler.run", imports) as nursery:
        for _ in range(60):
            one = nursery.kill(["forum"], chance.uniform(0.2, latest))
            killed += one
            latest = max(latest * (1 if one else 0.85), 0.25)
            if killed >= CRAWL_KILLS:
                break
    assert killed >= CRAWL_KILLS
    summary = workspace.crawl("forum")
    assert summary["state"] == "ok"
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    try:
        stored = Counter(change.stored.post.key.post for change in store.changes(limit=1_000_000).changes)
    finally:
        store.close()
    assert stored == Counter(want["post"] for want in forum.truth())
    print(f"{killed} crawls killed; {len(stored)} posts, each once")
