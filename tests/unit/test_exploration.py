"""From one address to a source: which engine, which boards, which profile; without a network."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from quality.invented import BASE, NOW, STYLES, Invented

from config.errors import PageUnreadable
from crawler.adapter import GateKind, Page
from crawler.adapters.profile import ByProfile
from crawler.exploration import Found, explore
from crawler.tor.onion import check_host, near_misses


class Site:
    """All pages of a layout, with those that every board has and that lead nowhere."""

    def __init__(self, name: str) -> None:
        self.invented = Invented(name)
        boards = self.invented.boards
        pages = [self.invented.index(), *(self.invented.board(at) for at in range(len(boards)))]
        pages += [page for b in boards for t in b.threads for page in self.invented.pages_of(b, t)]
        self.pages = {page.url: page for page in pages}
        self.asked: list[str] = []

    async def fetch(self, url: str) -> Page:
        self.asked.append(url)
        if url in self.pages:
            return self.pages[url]
        raise PageUnreadable("status 404")

    def explore(self, url: str) -> Found:
        return asyncio.run(explore(url, self.fetch))


@pytest.mark.parametrize("name", sorted(STYLES))
def test_boards_are_found_from_the_start_page(name: str) -> None:
    site = Site(name)
    found = site.explore(f"{BASE}/")
    assert found.adapter == "profile"
    boards = site.invented.boards
    assert [board.url for board in found.boards] == [BASE + site.invented.style.board(b, 1) for b in boards]
    assert [board.title for board in found.boards] == [board.name for board in boards]
    adapter = ByProfile(found.profile)
    for at, board in enumerate(boards):
        assert [row.key for row in adapter.board(site.invented.board(at)).threads] == [
            str(thread.number) for thread in board.threads
        ]
    assert len(site.asked) <= 20


@pytest.mark.parametrize("name", sorted(STYLES))
def test_the_address_of_a_board_will_do(name: str) -> None:
    site = Site(name)
    board = site.invented.board(1)
    found = site.explore(board.url)
    assert found.adapter == "profile"
    assert found.boards[0].url == board.url
    assert len(ByProfile(found.profile).board(board).threads) == len(site.invented.boards[1].threads)


def test_a_denied_area_is_not_even_looked_at() -> None:
    site = Site("cards")
    index = site.invented.index()
    bad = f"{BASE}/c/child-porn"
    site.pages[index.url] = Page(
        index.url, index.text.replace("<ul", f"<a href='{bad}'>Other area</a><ul"), NOW
    )
    found = site.explore(index.url)
    assert len(found.boards) == 2
    assert bad not in site.asked


def test_what_stands_in_the_way_is_told() -> None:
    html = "<title>Queue</title><p>You are in a queue. Please wait 30 seconds.</p>"
    page = Page(f"{BASE}/", html, NOW)

    async def fetch(_url: str) -> Page:
        return page

    found = asyncio.run(explore(page.url, fetch))
    assert found.adapter == ""
    assert found.gate is not None
    assert found.gate.kind is GateKind.WAIT


RIGHT = "zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd"


@pytest.mark.parametrize(
    "wrong",
    [
        RIGHT.replace("4ufh", "5ufh"),
        RIGHT.replace("zld", "zl"),
        RIGHT.replace("zld", "zldd"),
        RIGHT.replace("ufh", "fuh"),
        RIGHT.replace("onq", "0nq"),
    ],
)
def test_the_near_miss_of_an_address_is_named(wrong: str) -> None:
    assert RIGHT in near_misses(wrong)
    with pytest.raises(ValueError, match=f"did you mean .*{RIGHT}"):
        check_host(f"{wrong}.onion")


def test_an_address_far_from_any_is_refused_without_a_guess() -> None:
    with pytest.raises(ValueError, match="checksum") as caught:
        check_host("a" * 55 + "d.onion")
    assert "did you mean" not in str(caught.value)
