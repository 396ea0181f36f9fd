"""Three services on one database: no source is crawled twice at once, none is left out, also when one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from databases import create_database
from socks_server import CONNECTED, Connection, SocksServer, Target

if TYPE_CHECKING:
    from conftest import Workspace

SOURCES = [f"source-{letter}" for letter in "abcd"]
BOARD = '<div class="topiclist"><div class="card-body"></div></div><a href="/forum/a-1/">a</a>'


class Boards:
    """Counts the crawls of each source, and how many of them were under way at once."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.most = 0
        self._changed = threading.Condition()

    def __call__(self, connection: Connection, _target: Target) -> None:
        user = connection.user
        with self._changed:
            self.under_way[user] += 1
            self.most = max(self.most, self.under_way[user])
        try:
            connection.wfile.write(CONNECTED)
            while connection.read_head():
                with self._changed:
                    self.begun[user] += 1
                    self._changed.notify_all()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(BOARD)}\r\n\r\n"
                connection.wfile.write((head + BOARD).encode())
        finally:
            with self._changed:
                self.under_way[user] -= 1

    def wait(self, more: int) -> None:
        """Until every source was crawled so often again."""
        with self._changed:
            before = Counter(self.begun)
            done = self._changed.wait_for(
                lambda: all(self.begun[name] >= before[name] + more for name in SOURCES), timeout=120
            )
            assert done, f"left out: {self.begun - before}"


def test_three_services_share_the_sources(workspace: Workspace, postgres: str) -> None:
    boards = Boards()
    with SocksServer(boards) as server:
        workspace.write(
            "duskwatch.toml",
            f'data_dir = "var"\ndatabase_url = "{create_database(postgres)}"\n[tor]\nsocks = "{server.address}"\n'
            '[crawl]\nlease = 5\nat_once = 2\n[log]\nlevel = "error"\n',
        )
        for name in SOURCES:
            workspace.source(
                name, "machina", f"http://{name}.example", {"a": "/forum/a-1/"}, "schedule: {every: 3}"
            )
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
    assert ended == [0, 0]
    assert boards.most == 1


def children(parent: int) -> list[int]:
    tasks = Path(f"/proc/{parent}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]
