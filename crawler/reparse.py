"""Reads pages again that were kept as evidence, once the adapter or profile of their source is mended."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from config.errors import PageUnreadable
from crawler.adapter import Adapter, BoardPage, Page, ThreadPage
from crawler.adapters import adapter_of
from crawler.evidence import Kept, kept_since, page_of
from crawler.gates import find_gate
from crawler.memory import Memory
from crawler.posts import as_posts, first_position
from crawler.source import Source
from crawler.state import CrawlState
from indexer.deposit import Done
from indexer.ingest import Ingest
from indexer.post import Post
from indexer.store import Store


@dataclass(frozen=True, slots=True)
class Reparsed:
    """What was done: pages looked at, those that a board or thread was read from, and what the store made of posts."""

    pages: int = 0
    boards: int = 0
    threads: int = 0
    unreadable: int = 0
    new: int = 0
    changed: int = 0


def reparse(
    source: Source,
    store: Store,
    ingest: Ingest,
    state: CrawlState,
    memory: Memory,
    evidence: Path,
    since: datetime,
) -> Reparsed:
    """Read every page that was kept since then. A post that was read later than its page was kept is left as it is.
    Afterwards the source's next crawl is what later ones are held against. May raise what the store raises."""
    adapter = adapter_of(source)
    done = Reparsed()
    homes: dict[str, str] = {}
    touched: set[str] = set()
    fallback = source.boards[0].key
    paths = {board.path: board.key for board in source.boards}
    for kept in kept_since(evidence, source.id, since):
        if kept.status >= 400:
            continue
        page = page_of(kept, source.zone)
        board, thread = _read(adapter, page)
        done = replace(
            done,
            pages=done.pages + 1,
            boards=done.boards + bool(board),
            threads=done.threads + bool(thread),
            unreadable=done.unreadable + (board is None and thread is None),
        )
        if board:
            key = _board_of(page.url, source, adapter, paths)
            homes |= {row.key: key for row in board.threads if key}
        if thread:
            home = homes.get(thread.key) or state.board_of(thread.key) or fallback
            put = _store(source, store, ingest, thread, home, kept)
            done = replace(
                done,
                new=done.new + put.new,
                changed=done.changed + put.changed,
            )
            memory.not_missed(page.url)
            touched |= {thread.key} if put.new or put.changed else set()
    state.read_again(touched)  # what stood there then may be gone by now
    memory.forget_readings()
    return done


def _read(adapter: Adapter, page: Page) -> tuple[BoardPage | None, ThreadPage | None]:
    thread: ThreadPage | None = None
    board: BoardPage | None = None
    with suppress(PageUnreadable):
        thread = adapter.thread(page)
    if thread is None:
        with suppress(PageUnreadable):
            board = adapter.board(page)
            board = board if board.threads else None
    shows = bool(thread or board)
    return (board, thread) if find_gate(page, adapter, shows=shows) is None else (None, None)


def _board_of(url: str, source: Source, adapter: Adapter, paths: dict[str, str]) -> str | None:
    """The key of the board whose page this is, whichever page and address."""
    for address in source.addresses:
        if url.startswith(f"{address}/"):
            with suppress(PageUnreadable):
                for each in (url, adapter.board_url(url, 1)):
                    if found := paths.get(each.removeprefix(address)):
                        return found
    return None


def _store(source: Source, store: Store, ingest: Ingest, thread: ThreadPage, board: str, kept: Kept) -> Done:
    stored = {each.post.key.post: each for each in store.thread(source.id, thread.key)}
    known: dict[str, Post] = {key: each.post for key, each in stored.items()}
    listing = next((post for post in known.values() if post.position == 1), None)
    posts = as_posts(
        source,
        thread,
        known,
        key=thread.key,
        board=next((post.board for post in known.values()), board),
        first=first_position(thread, known),
        locked=thread.locked if thread.locked is not None else bool(listing and listing.locked),
        seen_at=kept.at,
        evidence=kept.reference,
    )
    fresh = [
        post for post in posts if (old := known.get(post.key.post)) is None or old.seen_at < post.seen_at
    ]
    return ingest.put(fresh, source=source.id) if fresh else Done()
