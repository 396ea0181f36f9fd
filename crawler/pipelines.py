"""Puts what the spider read into the store, then writes down that it was read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from scrapy.exceptions import NotConfigured

from config.errors import DuskwatchError
from crawler.health import Figures
from crawler.leases import LeaseLost
from crawler.state import CrawlState, ThreadState
from indexer.deposit import Done
from indexer.ingest import Ingest
from indexer.post import Post


@dataclass(frozen=True, slots=True)
class PageRead:
    """The posts of one thread page. ``end`` is set on the last page of a visit. ``anchored`` as for
    ``indexer.deposit.Put``."""

    posts: tuple[Post, ...]
    end: VisitEnd | None = None
    anchored: bool = True

    @property
    def thread(self) -> str:
        return self.end.thread if self.end else self.posts[0].key.thread if self.posts else ""


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
    """The last step of a crawl. One deposit a page: all of a page is taken, or nothing of it.

    What is written down as read must be stored, or kept in the spool: so once something could not be kept, nothing
    more is taken, and of a thread with a page that broke nothing is written down. ``stop`` hears why to end.
    ``sure`` raises ``LeaseLost`` where another crawl may have stored what is newer, which ``lost`` then hears.
    """

    def __init__(
        self,
        ingest: Ingest,
        state: CrawlState,
        source: str,
        figures: Figures,
        stop: Callable[[DuskwatchError], None],
        sure: Callable[[], None],
        lost: Callable[[LeaseLost], None],
    ) -> None:
        self._ingest = ingest
        self._state = state
        self._source = source
        self._figures = figures
        self._stop = stop
        self._sure = sure
        self._lost = lost
        self._stopped = False
        self._broken: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: object) -> StorePipeline:
        spider = crawler.spider  # type: ignore[attr-defined]
        if spider is None:
            raise NotConfigured  # scrapy shell: no source is read, so there is nothing to store
        return cls(
            spider.ingest,
            spider.state,
            spider.source.id,
            spider.figures,
            spider.store_gone,
            spider.hold.sure,
            spider.lease_lost,
        )

    def process_item(self, item: object) -> object:
        """Take a ``PageRead`` or a ``ThreadGone``; other items are the spider's own fault."""
        if not isinstance(item, PageRead | ThreadGone):
            raise TypeError(f"the store takes no {type(item).__name__}")
        if self._stopped:
            return item
        try:
            self._sure()
            if isinstance(item, PageRead):
                self._page(item)
            else:
                self._vanished(item)
        except LeaseLost as lost:
            self._stopped = True
            self._lost(lost)
        except DuskwatchError as error:
            self._stopped = True
            self._stop(error)
        except Exception:
            self._broken.add(item.thread)
            raise
        return item

    def _page(self, page: PageRead) -> None:
        if page.posts:
            self._count(
                self._ingest.put(page.posts, source=self._source, anchored=page.anchored), len(page.posts)
            )
        end = page.end
        if end is None or page.thread in self._broken:
            return
        if end.to_end:
            self._count(self._ingest.thread_seen(self._source, end.thread, end.seen, end.at))
        if end.state:
            self._state.thread_read(end.state)
        else:
            self._state.thread_revisited(end.thread, at=end.at, next_visit_at=end.next_visit_at)

    def _vanished(self, item: ThreadGone) -> None:
        last = self._state.visited_at(item.thread) or item.at
        self._count(self._ingest.thread_gone(self._source, item.thread, last_seen=last, at=item.at))
        self._state.thread_removed(
            item.thread, at=item.at, next_visit_at=item.next_visit_at, listed=item.listed
        )

    def _count(self, done: Done, posts: int = 0) -> None:
        self._figures.new += done.new
        self._figures.changed += done.changed
        self._figures.removed += done.removed
        if done.waits:
            self._figures.spooled += posts
