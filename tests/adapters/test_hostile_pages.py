"""No page that a board can serve, and nothing that its authors can write, stops Duskwatch or holds it up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hostile_pages import PAGES, WRITTEN

from alerts.matching import build_matcher
from alerts.message import plain
from alerts.watchlist import Organisation
from config.errors import PageUnreadable
from crawler.adapter import Page
from crawler.adapters import adapter_names, load_adapter
from crawler.detection import detect
from crawler.gates import find_gate
from crawler.induction import Hint, induce_board, induce_thread
from indexer.fact import facts
from indexer.ingest import Ingest
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.spool import Spool

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BASE = "http://board.example"
ANY_LAYOUT = (
    "leaksite",
    "marketplace",
)  # they look at every element; of the others, each page is shown to a quarter
LONGEST = 3.0  # seconds of this process for one page or post: a page takes milliseconds


@contextmanager
def bounded(what: str) -> Iterator[None]:
    """All of it, in bounded time."""
    begun = time.process_time()
    yield
    took = time.process_time() - begun
    assert took < LONGEST, f"{what} took {took:.1f} s"


def test_there_are_enough_of_them() -> None:
    assert len(PAGES) >= 60
    assert len(set(PAGES.values())) == len(PAGES)


@pytest.mark.parametrize("what", sorted(PAGES))
def test_a_hostile_page_is_read_or_refused(what: str) -> None:
    path = "/forum/sale-1/topic/topic-502/?tid=502&page=2"
    page = Page(BASE + path, PAGES[what], NOW)
    with bounded(f"detecting {what}"):
        detect(page)
    for name in (*ANY_LAYOUT, *adapter_names()[sorted(PAGES).index(what) % 4 :: 4]):
        adapter = load_adapter(name)
        reads: tuple[Callable[[Page], object], ...] = (
            adapter.board,
            adapter.thread,
            partial(find_gate, adapter=adapter),
        )
        with bounded(f"{name} of {what}"):
            for read in reads:
                with suppress(PageUnreadable):
                    read(page)
    for induce in (partial(induce_board, [page]), partial(induce_thread, [page], [Hint()])):
        with bounded(f"induction of {what}"), suppress(PageUnreadable):
            induce()


@pytest.mark.parametrize("what", sorted(WRITTEN))
def test_what_an_author_writes_passes_through_whole(what: str, tmp_path: Path) -> None:
    text = WRITTEN[what]
    matcher = build_matcher([Organisation(id="bank", name="Invented Bank", acronyms=("IB",))])
    url = f"sqlite:///{tmp_path}/posts.db"
    with bounded(what), closing(Ingest(lambda: open_store(url), Spool(tmp_path, 10))) as ingest:
        for number, (title, author, body) in enumerate(
            ((text, "ann", "x"), ("t", text, "x"), ("t", "ann", text))
        ):
            key = PostKey("board", f"{number}{text[:50]}", "1")
            ingest.put([Post(key, "b", 1, title, author, body, BASE, NOW, kind=Kind.LISTING)], source="board")
        with closing(open_store(url)) as store:
            stored = [change.stored.post for change in store.changes().changes]
            assert len(stored) == 3
            for post in stored:
                found = matcher.match(post.title, post.text)
                for span in (span for match in found for span in match.spans):
                    field = post.title if span.field == "title" else post.text
                    assert 0 <= span.start < span.end <= len(field)
                facts(post.title, post.text)
                shown = plain(f"{post.title}{post.author}{post.text}")
                assert not set(shown) & set("\x1b\x07\x9b\x00\u202e\ud800")
                assert store.get(post.key) is not None
