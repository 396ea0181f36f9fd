"""Puts what the spider read into the store, then writes down that it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from scrapy.exceptions import NotConfigured

from crawler.frontier import gone
from crawler.health import Figures
from crawler.state import CrawlState, ThreadState
from indexer.ingest import Ingest
from indexer.post import Outcome, Post, PostKey
from indexer.store import Store


@dataclass(frozen=True, slots=True)
class PageRead:
    """The posts of one thread page. ``end`` is set on the last page of a visit."""

    posts: tuple[Post, ...]
    end: VisitEnd | None = None


@dataclass(frozen=True, slots=True)
class VisitEnd:
    """A visit to a thread came to its end. ``seen``: keys of the posts on all its contiguous pages;
    ``to_end``: those pages reach to the thread's last one, so what is missing there is gone.
    ``state`` is None when only the first page was looked at again; ``next_visit_at`` speaks then."""

    thread: str
    seen: frozenset[str]
    to_end: bool
    state: ThreadState | None
    at: datetime
    next_visit_at: datetime


@dataclass(frozen=True, slots=True)
class ThreadGone:
    """A thread that was known is not on its board any more; or, where ``listed`` says how it stands there, it cannot
    be read."""

    thread: str
    at: datetime
    next_visit_at: datetime
    listed: ThreadState | None = None


class StorePipeline:
    """The last step of a crawl. One batch a page: all of a page is stored, or nothing of it."""

    def __init__(self, store: Store, state: CrawlState, source: str, figures: Figures) -> None:
        self._store = store
        self._ingest = Ingest(store)
        self._state = state
        self._source = source
        self._figures = figures

    @classmethod
    def from_crawler(cls, crawler: object) -> StorePipeline:
        spider = crawler.spider  # type: ignore[attr-defined]
        if spider is None:
            raise NotConfigured  # scrapy shell: no source is read, so there is nothing to store
        return cls(spider.store, spider.state, spider.source.id, spider.figures)

    def process_item(self, item: object) -> object:
        """Store a ``PageRead`` or a ``ThreadGone``; other items are the spider's own fault."""
        match item:
            case PageRead():
                self._page(item)
            case ThreadGone():
                self._gone(item)
            case _:
                raise TypeError(f"the store takes no {type(item).__name__}")
        return item

    def _page(self, page: PageRead) -> None:
        for post in page.posts:
            self._ingest.add(post)
        outcomes = self._ingest.flush()
        self._figures.new += outcomes.count(Outcome.NEW)
        self._figures.changed += outcomes.count(Outcome.CHANGED)
        if page.end:
            self._end(page.end)

    def _end(self, end: VisitEnd) -> None:
        if end.to_end:
            missing = gone(self._positions(end.thread), end.seen)
            self._remove(end.thread, missing, last_seen=end.at, at=end.at)
        if end.state:
            self._state.thread_read(end.state)
        else:
            self._state.thread_revisited(end.thread, at=end.at, next_visit_at=end.next_visit_at)

    def _gone(self, item: ThreadGone) -> None:
        last = self._state.thread_removed(
            item.thread, at=item.at, next_visit_at=item.next_visit_at, listed=item.listed
        )
        self._remove(item.thread, list(self._positions(item.thread)), last_seen=last or item.at, at=item.at)

    def _remove(self, thread: str, posts: list[str], *, last_seen: datetime, at: datetime) -> None:
        if posts:
            keys = [PostKey(self._source, thread, post) for post in posts]
            self._figures.removed += self._store.mark_removed(keys, last_seen=last_seen, at=at)

    def _positions(self, thread: str) -> Mapping[str, int]:
        return {
            stored.post.key.post: stored.post.position
            for stored in self._store.thread(self._source, thread)
            if stored.removed_at is None
        }
