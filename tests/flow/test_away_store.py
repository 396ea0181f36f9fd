"""A crawl goes on while the store is away, costs what changed, and marks what is gone when the store is back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from machina_pages import answer
from socks_server import CONNECTED, Connection, SocksServer, Target

from indexer.opening import open_store

if TYPE_CHECKING:
    from conftest import Workspace


class Board:
    """A machina board: posts by thread, in pages of two. Counts what is fetched."""

    def __init__(self, threads: dict[str, list[str]]) -> None:
        self.threads = threads
        self.asked = 0

    def __call__(self, connection: Connection, _target: Target) -> None:
        connection.wfile.write(CONNECTED)
        while head := connection.read_head():
            self.asked += 1
            connection.wfile.write(answer(self.threads, head.split()[1]))


@pytest.fixture
def board(workspace: Workspace) -> Iterator[Board]:
    made = Board({"1": ["10", "11", "12"], "2": ["20"], "3": ["30", "31"]})
    with SocksServer(made) as server:
        workspace.write(
            "duskwatch.toml",
            f'data_dir = "var"\n[tor]\nsocks = "{server.address}"\nwait = 1\n[spool]\nmegabytes = 1\n'
            '[log]\nlevel = "warning"\n',
        )
        workspace.source("board", "machina", "http://board.example", {"a": "/forum/a-1/"})
        yield made


def take_away(workspace: Workspace) -> None:
    """Have the store's file not open, as where its disk is not there."""
    data = workspace.folder / "var"
    for file in data.glob("posts.db*"):
        file.rename(data / f"kept.{file.name}")
    (data / "posts.db").mkdir(parents=True)


def bring_back(workspace: Workspace) -> None:
    data = workspace.folder / "var"
    (data / "posts.db").rmdir()
    for file in data.glob("kept.*"):
        file.rename(data / file.name.removeprefix("kept."))


def standing(workspace: Workspace) -> dict[str, Any]:
    with closing(open_store(f"sqlite:///{workspace.folder}/var/posts.db")) as store:
        found = [stored for number in "1234" for stored in store.thread("board", number)]
    return {each.post.key.post: each.post.position for each in found if each.removed_at is None}


def test_from_an_empty_store_that_is_away(workspace: Workspace, board: Board) -> None:
    take_away(workspace)
    first = workspace.crawl("board")
    assert (first["state"], first["new"], first["spooled"]) == ("ok", 0, 6)
    assert "6 posts wait for the store" in first["detail"]
    pages = board.asked
    second = workspace.crawl("board")
    assert (second["spooled"], board.asked - pages) == (0, 1), "an unchanged board costs one page still"
    bring_back(workspace)
    third = workspace.crawl("board")
    assert (third["new"], third["detail"]) == (0, "")
    assert standing(workspace) == {"10": 1, "11": 2, "12": 3, "20": 1, "30": 1, "31": 2}


def test_what_changes_while_the_store_is_away(workspace: Workspace, board: Board) -> None:
    assert workspace.crawl("board")["new"] == 6
    take_away(workspace)
    board.threads["1"] += ["13", "14"]  # read from page 2 on, of which nobody knows where it begins
    del board.threads["2"]
    board.threads["3"].remove("31")
    board.threads["4"] = ["40"]
    away = workspace.crawl("board")
    assert (away["state"], away["new"], away["removed"]) == ("ok", 0, 0)
    board.threads["1"].remove("12")
    assert workspace.crawl("board")["spooled"] > 0
    bring_back(workspace)
    assert workspace.crawl("board")["state"] == "ok"
    assert standing(workspace) == {"10": 1, "11": 2, "13": 4, "14": 5, "30": 1, "40": 1}


def test_a_full_spool_stops_the_crawl_and_loses_nothing(workspace: Workspace, board: Board) -> None:
    take_away(workspace)
    workspace.crawl("board")
    with closing(sqlite3.connect(workspace.folder / "var/spool.db")) as spool, spool:
        content = spool.execute("SELECT content FROM item").fetchone()[0]
        row = "INSERT INTO item VALUES (?, 0, 'other', 1, 0, 0, ?)"
        spool.executemany(row, [(100 + at, content + bytes(5000)) for at in range(180)])
    board.threads["1"].append("13")
    board.threads["5"] = [str(500 + at) for at in range(60)]
    asked = board.asked
    stopped = workspace.crawl("board", status=75)
    assert stopped["state"] == "waiting for the store"
    assert "raise spool.megabytes" in stopped["detail"]
    (row,) = workspace.duskwatch("source", "list")
    assert row["state"] == "waiting for the store"
    print(board.asked - asked, "pages fetched")
    with closing(sqlite3.connect(workspace.folder / "var/spool.db")) as spool, spool:
        spool.execute("DELETE FROM item WHERE source = 'other'")
    bring_back(workspace)
    assert workspace.crawl("board")["state"] == "ok"
    wanted = {text for posts in board.threads.values() for text in posts}
    with closing(open_store(f"sqlite:///{workspace.folder}/var/posts.db")) as store:
        changes = [change.stored.post.key.post for change in store.changes().changes]
    assert sorted(changes) == sorted(wanted)
