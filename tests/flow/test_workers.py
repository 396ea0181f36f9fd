"""Three services on one database and one cluster: no source is crawled twice at once, none is left out, and no post is
lost or doubled, also when one of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from databases import create_database
from machina_pages import answer
from socks_server import CONNECTED, Connection, SocksServer, Target

from config.database import open_database
from crawler.state import run_table
from indexer.opening import open_store

if TYPE_CHECKING:
    from conftest import Workspace

SOURCES = [f"source-{letter}" for letter in "abcd"]
AT_ONCE = 2


class Boards:
    """A board for each source, with one thread more at every crawl. Counts the crawls of each, and how many of them
    were under way at once."""

    def __init__(self) -> None:
        self.threads: dict[str, dict[str, list[str]]] = defaultdict(dict)
        self.begun: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.most = 0
        self.growing = True
        self._changed = threading.Condition()

    def __call__(self, connection: Connection, _target: Target) -> None:
        user = connection.user
        with self._changed:
            self.under_way[user] += 1
            self.most = max(self.most, self.under_way[user])
        try:
            connection.wfile.write(CONNECTED)
            while head := connection.read_head():
                connection.wfile.write(self._page(user, head.split()[1]))
        finally:
            with self._changed:
                self.under_way[user] -= 1

    def _page(self, user: str, path: str) -> bytes:
        with self._changed:
            threads = self.threads[user]
            if "/topic/" not in path:
                number = len(threads) + 1
                if self.growing:
                    threads[str(number)] = [str(10 * number)]
                self.begun[user] += 1
                self._changed.notify_all()
            return answer(threads, path)

    def wait(self, more: int) -> None:
        """Until every source was crawled so often again."""
        with self._changed:
            before = Counter(self.begun)
            done = self._changed.wait_for(
                lambda: all(self.begun[name] >= before[name] + more for name in SOURCES), timeout=240
            )
            assert done, f"left out: {self.begun - before}"


@pytest.mark.timeout(600)  # a busy machine starts a crawl's process in seconds
def test_three_services_share_the_sources(
    workspace: Workspace, postgres: str, prefixes: Callable[[], str]
) -> None:
    boards = Boards()
    database, store = create_database(postgres), prefixes()
    with SocksServer(boards) as server:
        workspace.write(
            "duskwatch.toml",
            f'data_dir = "var"\ndatabase_url = "{database}"\nstore_url = "{store}"\n'
            f'[tor]\nsocks = "{server.address}"\n'
            f'[crawl]\nlease = 5\nat_once = {AT_ONCE}\n[log]\nlevel = "error"\n',
        )
        for name in SOURCES:
            workspace.source(
                name, "machina", f"http://{name}.example", {"a": "/forum/a-1/"}, "schedule: {every: 3}"
            )
            file = workspace.folder / f"config/sources/{name}.yaml"
            # one connection a crawl: two at once would be two crawls
            file.write_text(file.read_text().replace("connections: 4", "connections: 1"))
        workers = [
            subprocess.Popen([sys.executable, "-m", "console.cli.main", "run"], env=workspace.environment)
            for _ in range(3)
        ]
        try:
            boards.wait(2)
            lost = workers.pop()
            for process in [lost.pid, *children(lost.pid)]:
                os.kill(process, signal.SIGKILL)  # as if its machine had lost its power
            lost.wait()
            boards.wait(2)
        finally:
            for worker in workers:
                worker.terminate()
            ended = [worker.wait(30) for worker in workers]
        boards.growing = False
        for name in SOURCES:  # what was cut off with the workers is read by the next crawl
            assert workspace.crawl(name)["state"] == "ok"
    assert ended == [0, 0]
    assert boards.most == 1
    runs = states(database)
    # a crawl that begins while another of its source is under way counts that one as killed
    assert runs["killed"] <= AT_ONCE + 2 * AT_ONCE, "more than those under way at the kill and at the end"
    with closing(open_store(store)) as opened:
        read = [
            (change.stored.post.key.source, change.stored.post.key.post, change.stored.revision)
            for change in opened.changes(limit=10_000).changes
        ]
    wanted = [(name, posts[0], 1) for name in SOURCES for posts in boards.threads[name].values()]
    assert sorted(read) == sorted(wanted)
    print(
        f"{sum(boards.begun.values())} crawls of {len(SOURCES)} sources, {len(read)} posts, runs: {dict(runs)}"
    )


def states(database: str) -> Counter[str]:
    engine = open_database(database)
    try:
        with engine.connect() as connection:
            return Counter(connection.scalars(sa.select(run_table.c.state)))
    finally:
        engine.dispose()


def children(parent: int) -> list[int]:
    tasks = Path(f"/proc/{parent}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]
