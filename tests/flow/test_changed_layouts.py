"""A board's theme changes: the alarm comes within one crawl, and nothing is lost."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from socks_server import CONNECTED, Connection, SocksServer, Target

sys.path.insert(0, str(Path(__file__).parents[1]))

from quality.invented import BASE, NOW, Invented, Post
from quality.measure_induction import by_url, induced

from crawler.profile import Profile
from indexer.opening import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Workspace


class Served:
    """Invented boards behind a SOCKS server. ``theme``: how they look from request number ``since`` on."""

    def __init__(self) -> None:
        self.theme, self.next_theme, self.since, self.asked = "pairs", "pairs", 0, 0
        self.sites = {name: Invented("pairs", name) for name in ("pairs", "cards")}

    def __call__(self, connection: Connection, _target: Target) -> None:
        connection.wfile.write(CONNECTED)
        path = connection.read_head().split()[1]
        theme = self.next_theme if self.asked >= self.since else self.theme
        self.asked += 1
        page = self.pages(theme).get(BASE + path)
        body = (page or "<p>no such page</p>").encode()
        head = f"Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close"
        connection.wfile.write(
            f"HTTP/1.1 {'200 OK' if page else '404 None'}\r\n{head}\r\n\r\n".encode() + body
        )

    def pages(self, theme: str) -> dict[str, str]:
        site = self.sites[theme]
        found = {page.url: page.text for page in (site.board(at, pages=1) for at in range(2))}
        for board in site.boards:
            for thread in board.threads:
                found |= {page.url: page.text for page in site.pages_of(board, thread)}
        return {url: text.replace(BASE, "http://board.example") for url, text in found.items()}

    def answer(self, number: int, at: int, text: str) -> None:
        """The same new answer on both faces of the board."""
        for site in self.sites.values():
            thread = site.boards[0].threads[at]
            thread.posts.append(Post(number, "paper.fox", NOW, [text]))

    def withdraw(self, at: int) -> None:
        for site in self.sites.values():
            site.boards[0].threads[at].posts.pop()

    def keys(self) -> set[str]:
        site = self.sites["pairs"]
        return {
            str(post.number) for board in site.boards for thread in board.threads for post in thread.posts
        }


def profile_of(theme: str) -> Profile:
    site = Invented("pairs", theme)
    pages = [page for b in site.boards for t in b.threads for page in site.pages_of(b, t)]
    profile = induced([site.board(0), site.board(1)], by_url(pages))
    assert profile is not None
    return profile


def write_source(workspace: Workspace, theme: str) -> None:
    site = Invented("pairs")
    boards = [
        {"key": board.slug, "path": site.style.board(board, 1).replace(BASE, "")} for board in site.boards
    ]
    profile = profile_of(theme).model_dump(mode="json", exclude_defaults=True)
    workspace.write(
        "config/sources/drifting.yaml",
        yaml.safe_dump(
            {
                "id": "drifting",
                "name": "Drifting",
                "adapter": "profile",
                "profile": profile,
                "addresses": ["http://board.example"],
                "boards": boards,
                "politeness": {"delay": 0, "connections": 4},
            }
        ),
    )


@pytest.fixture
def served(workspace: Workspace) -> Iterator[Served]:
    board = Served()
    with SocksServer(board) as server:
        workspace.write("duskwatch.toml", f'data_dir = "var"\n[tor]\nsocks = "{server.address}"\nwait = 1\n')
        write_source(workspace, "pairs")
        yield board


def standing(workspace: Workspace) -> tuple[set[str], set[str]]:
    """Keys of the posts that the store has, and of those among them that are removed."""
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    try:
        kept = {change.stored.post.key for change in store.changes(limit=100_000).changes}
        found = [stored for key in kept if (stored := store.get(key))]
    finally:
        store.close()
    return {each.post.key.post for each in found}, {each.post.key.post for each in found if each.removed_at}


def test_the_theme_is_swapped_between_two_crawls(served: Served, workspace: Workspace) -> None:
    first = workspace.crawl("drifting", "--now", NOW.isoformat())
    assert (first["state"], first["new"]) == ("ok", len(served.keys()))
    served.next_theme = "cards"
    for number, at in ((9001, 0), (9002, 3), (9003, 5)):
        served.answer(number, at, f"An answer that nobody could read ({number})")
    alarm = workspace.crawl("drifting", "--now", NOW.isoformat())
    assert alarm["state"] == "layout changed"
    assert (alarm["new"], alarm["changed"], alarm["removed"]) == (0, 0, 0)
    kept = re.search(r"page kept as ([^#]+)#", alarm["detail"])
    assert kept
    assert (workspace.folder / "var/evidence" / kept[1]).is_file()
    told = workspace.run("console.cli.main", "doctor", status=1).stdout
    assert "layout changed" in told

    again = workspace.crawl("drifting", "--now", NOW.isoformat())
    assert again["state"] == "layout changed"
    assert again["pages"] <= 2, "what was kept once is not asked for again"

    served.withdraw(3)  # it stood there only while nobody could read it
    write_source(workspace, "cards")
    done = workspace.duskwatch("source", "reparse", "drifting", "--since", f"{NOW:%Y-%m-%d}")
    print(f"drift: alarm after 1 crawl; {done['pages']} kept pages read again, {done['new']} new posts of 3")
    assert done["new"] == 3
    posts, removed = standing(workspace)
    assert posts == served.keys() | {"9002"}
    assert removed == set()

    after = workspace.crawl("drifting", "--now", NOW.isoformat())
    assert after["state"] == "ok"
    posts, removed = standing(workspace)
    assert posts == served.keys() | {"9002"}
    assert removed == {"9002"}


def test_the_theme_is_swapped_while_a_crawl_is_under_way(served: Served, workspace: Workspace) -> None:
    workspace.crawl("drifting", "--now", NOW.isoformat())
    for number, at in ((9001, 0), (9002, 3)):
        served.answer(number, at, f"An answer that nobody could read ({number})")
    served.next_theme, served.since, served.asked = "cards", 2, 0  # after both boards
    alarm = workspace.crawl("drifting", "--now", NOW.isoformat())
    assert alarm["state"] in ("layout changed", "partial")
    assert (alarm["new"], alarm["removed"]) == (0, 0)
    write_source(workspace, "cards")
    workspace.duskwatch("source", "reparse", "drifting", "--since", f"{NOW:%Y-%m-%d}")
    assert standing(workspace) == (served.keys(), set())
    assert workspace.crawl("drifting", "--now", NOW.isoformat())["state"] == "ok"
    assert standing(workspace) == (served.keys(), set())
