"""The one spider: walks any source by its adapter and fetches only what changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar

import scrapy
import sqlalchemy as sa
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider, DownloadTimeoutError
from scrapy.http import Response, TextResponse
from scrapy.utils.defer import deferred_from_coro
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from config.database import migrate, open_database
from config.errors import (
    BadOnionAddress,
    ClientAuthorisationMissing,
    DuskwatchError,
    OnionDescriptorMissing,
    OnionUnreachable,
    PageUnreadable,
    SpoolFull,
    StopError,
    TorUnavailable,
)
from config.settings import Settings, load_settings
from crawler.adapter import Adapter, BoardPage, Gate, GateKind, Page, PostItem, ThreadPage, ThreadRow
from crawler.adapters import adapter_of
from crawler.deny import denied, denied_url
from crawler.drift import Drift, Raw, threads_by_address
from crawler.evidence import Evidence, text_headers
from crawler.frontier import Known, Visit, decide_board, next_visit, signature, vanished
from crawler.gates import SURE, find_gate
from crawler.health import Figures, state_of
from crawler.leases import Hold, LeaseLost, Leases
from crawler.markup import parse
from crawler.memory import Memory
from crawler.mirrors import Proposed, SignatureWrong, announced, read_key, signed
from crawler.paging import read_paging
from crawler.pipelines import PageRead, ThreadGone, VisitEnd
from crawler.posts import as_posts, first_position
from crawler.readers import note_reader
from crawler.source import Board, Source, load_source
from crawler.state import CrawlState, ThreadState
from crawler.tor.handler import tor_back, tor_gone
from crawler.tor.socks import Isolation
from indexer.ingest import Ingest
from indexer.masking import open_masking
from indexer.opening import open_store
from indexer.post import Post
from indexer.spool import Spool

_Content = TypeVar("_Content", BoardPage, ThreadPage)
_DRAIN = 5.0  # seconds
_STORE_GONE = "store gone"  # the reason why a crawl was closed
_GONE = {GateKind.MISSING, GateKind.FORBIDDEN}
#: What says that an address does not answer; another may.
_NO_ANSWER = (
    OnionDescriptorMissing,
    OnionUnreachable,
    BadOnionAddress,
    ClientAuthorisationMissing,
    DownloadTimeoutError,
)


@dataclass(slots=True)
class _Pass:
    """One pass over one board: what was known before it, what its pages listed, and whether a page is missing."""

    board: Board
    known: dict[str, Known]
    watermark: datetime | None
    rows: list[ThreadRow] = field(default_factory=list)
    pages: int = 0
    failed: bool = False


@dataclass(slots=True)
class _Walk:
    """One visit under way: the keys seen on the contiguous pages read since its first one."""

    visit: Visit
    board: str
    run: _Pass | None
    head: bool
    revisit: bool = False
    known: Known | None = None
    seen: set[str] = field(default_factory=set)
    next_position: int = 0  # unknown until a page was read
    anchored: bool = True  # whether the positions of the last page's posts are those in the thread


def _ingest(settings: Settings) -> Ingest:
    """The way into the store. While it is asked nothing else happens, the lease's heartbeat included: so it is given
    little time, as what it does not take is spooled."""
    hasty = settings.elasticsearch.hasty()
    spool = Spool(settings.data_dir, settings.spool.megabytes)
    masking = open_masking(settings.privacy, settings.data_dir)
    return Ingest(lambda: open_store(settings.store_url, hasty), spool, masking=masking)


def _preferred(addresses: Sequence[str], first: str | None) -> list[str]:
    """All addresses, that which answered last first."""
    return sorted(addresses, key=lambda address: address != first)


def _pass_of(kwargs: Mapping[str, Any]) -> _Pass | None:
    """The pass that a request belongs to; None when an old thread is looked at again."""
    run: _Pass | None = kwargs["run"] if "run" in kwargs else kwargs["walk"].run
    return run


class BoardSpider(scrapy.Spider):
    """``scrapy crawl board -a source=ID``. ``-a now=ISO-8601`` reads relative times as of another instant,
    for captures that are replayed."""

    name = "board"

    def __init__(
        self, source: Source, settings: Settings, now: datetime | None = None, lease: str | None = None
    ) -> None:
        super().__init__()
        self.source = source
        self.adapter: Adapter = adapter_of(source)
        self.figures = Figures()
        self.started_at = datetime.now(UTC)
        self._now = now
        database = open_database(settings.database_url)
        migrate(database)
        self._database = database
        self.ingest = _ingest(settings)
        self.ingest.drain(_DRAIN)  # of what waits, as much as there is time for
        self.state = CrawlState(database, source.id)
        self.memory = Memory(database, source.id)
        self.isolation = Isolation(source.id, self.state.generation())
        self._addresses = _preferred(source.addresses, self.state.address())
        self._evidence = Evidence(settings.data_dir / "evidence", source.id, self.started_at)
        self._keys = settings.data_dir / "keys"
        self._passes: list[_Pass] = []
        self._visited: set[str] = set()
        self._heads: set[str] = set()  # threads whose first page was read
        self._asked = 0
        self._revisited = False
        self._pgp = read_key(source)
        self._leases = Leases(database, settings.crawl.lease)
        self._lease = self._leases.take(source.id, lease)
        note_reader(database, source, self.started_at)
        self.hold = Hold(self._leases, source.id, self._lease)
        self._run = self.state.run_started(self.started_at)
        self._drift = Drift(self.memory.readings())
        spent = self.state.pages_between(self.started_at - timedelta(hours=1), self.started_at)
        left = source.politeness.pages_an_hour - spent
        self._budget = max(min(source.politeness.pages, left), 0)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *_args: Any, **kwargs: Any) -> Self:
        settings = load_settings()
        source = kwargs.pop("source", "")
        if not isinstance(source, Source):
            source = load_source(settings.sources_dir, source)
        now = kwargs.pop("now", None)
        polite = source.politeness
        for name, value in {
            "DOWNLOAD_TIMEOUT": polite.timeout,
            "DOWNLOAD_DELAY": polite.delay,
            "CONCURRENT_REQUESTS": polite.connections,
            "CONCURRENT_REQUESTS_PER_DOMAIN": polite.connections,
        }.items():
            crawler.settings.set(name, value, priority="spider")
        lease = kwargs.pop("lease", None)
        spider = cls(source, settings, datetime.fromisoformat(now) if now else None, lease)
        spider._set_crawler(crawler)
        crawler.signals.connect(spider._opened, signals.spider_opened)
        crawler.signals.connect(spider._tor_gone, tor_gone)
        crawler.signals.connect(spider._tor_back, tor_back)
        crawler.signals.connect(spider._idle, signals.spider_idle)
        crawler.signals.connect(spider._broke, signals.item_error)
        crawler.signals.connect(spider._broke, signals.spider_error)
        crawler.signals.connect(spider._closed, signals.spider_closed)
        return spider

    # --- the lease on the source

    def _opened(self) -> None:
        self._heart = LoopingCall(self._beat)
        self._heart.start(self._leases.length / 4, now=False)

    def _beat(self) -> None:
        """Keep the lease. A state database that does not answer is asked again; when it is silent for longer than the
        lease lasts, another process may crawl as well, which costs pages; nothing is stored before it is known."""
        try:
            self.hold.renew()
        except LeaseLost as lost:
            self.lease_lost(lost)
        except sa.exc.OperationalError as error:
            self.logger.warning("the lease cannot be renewed: %s", error.orig)

    def lease_lost(self, lost: LeaseLost) -> None:
        """Stop: another crawl reads the source, and may have read what is newer."""
        if self._heart.running:
            self._heart.stop()
        self.figures.detail = str(lost)
        self.figures.failed += 1
        for run in self._passes:
            run.failed = True
        assert self.crawler.engine is not None
        deferred_from_coro(self.crawler.engine.close_spider_async(reason="lease lost"))

    # --- what is asked for

    async def start(self) -> AsyncIterator[Request]:
        try:
            self.ingest.check_room()
        except SpoolFull as error:
            self.store_gone(error)
            return
        last = self.state.last_well()
        if self.source.mirrors_path and (last is None or last.date() != self.started_at.date()):
            url = self._addresses[0] + self.source.mirrors_path
            for request in self._ask(url, self.parse_mirrors, run=None):
                yield request
        for board in self.source.boards:
            run = _Pass(board, self.state.known(board.key), self.state.watermark(board.key))
            self._passes.append(run)
            first = self.adapter.board_url(self._addresses[0] + board.path, 1)
            for request in self._ask(first, self.parse_board, run=run):
                yield request

    def _ask(self, url: str, callback: Any, **kwargs: Any) -> Iterator[Request]:
        """One request within the page budget; beyond it none, and the pass is marked as not complete."""
        run = _pass_of(kwargs)
        if self._asked >= self._budget:
            self.figures.budget_ended = True
            self._missed(url, "page limit")
            if run:
                run.failed = True
            return
        self._asked += 1
        yield Request(
            self._at_address(url), callback, errback=self.failed, cb_kwargs=kwargs, dont_filter=True
        )

    def _at_address(self, url: str) -> str:
        """A page by the address that is in use: links and what is known of threads may name another."""
        for address in self.source.addresses:
            if url.startswith(f"{address}/"):
                return self._addresses[0] + url.removeprefix(address)
        return url

    # --- other addresses

    def parse_mirrors(self, response: Response, run: None) -> None:  # noqa: ARG002 - as every page's
        """A signed list of addresses: they are proposed, not followed."""
        page = self._page(response)
        if self._pgp is None:
            return
        try:
            named = signed(self.source, page.text, self._pgp)
        except SignatureWrong as wrong:
            self._missed(response.url, "mirror list with a wrong signature")
            self.logger.warning("%s: %s; page kept as %s", response.url, wrong, self._keep(response))
            return
        self.memory.not_missed(response.url)
        self._propose(named)

    def _propose(self, named: Sequence[Proposed]) -> None:
        for each in named:
            self.memory.propose(each.address, each.how, self._time())

    # --- boards

    def parse_board(self, response: Response, run: _Pass) -> Iterator[Any]:
        page = self._page(response)
        self._propose(announced(self.source, response.headers, page.text))
        try:
            listed = self._read(page, self.adapter.board)
        except PageUnreadable as error:
            self._unreadable(run, error, response)
            if self._drift.known(run.board.key) and not run.pages and response.status < 400:
                yield from self._layout_changed(run, str(error), response)
            return
        if isinstance(listed, Gate):
            self._gated(run, listed, response)
            return
        changed = self._drift.board(run.board.key, listed) if not run.pages else None
        if changed:
            yield from self._layout_changed(run, changed, response)
            return
        if not run.pages:
            self._note_boards(listed)
        self.figures.boards_read += 1
        run.pages += 1
        seen = {row.key for row in run.rows}
        fresh = [row for row in listed.threads if row.key not in seen and not self._denied(row)]
        run.rows += fresh
        decision = decide_board(replace(listed, threads=tuple(fresh)), run.known, run.watermark)
        shown = any(visit.row and visit.row.post for visit in decision.visits)
        evidence = self._keep(response) if shown else ""
        for visit in decision.visits:
            if visit.row and visit.row.post:
                yield self._shown(visit, visit.row.post, run, page, evidence)
            if visit.url:
                yield from self._begin(visit, run)
        if decision.more and listed.next_url:
            yield from self._ask(listed.next_url, self.parse_board, run=run)
            return
        whole = listed.next_url is None and not listed.newest_only
        for thread in vanished(run.rows, run.known.values(), whole=whole):
            if thread.url:
                yield from self._begin(Visit(thread.key, thread.url), run, known=thread)
            else:
                at = self._time()
                yield ThreadGone(thread.key, at, next_visit(thread.last_activity, at))

    def _shown(self, visit: Visit, item: PostItem, run: _Pass, page: Page, evidence: str) -> PageRead:
        """What a board page itself shows of a thread; the end of the visit when the thread has no other page."""
        walk = _Walk(visit, run.board.key, run, head=False, known=run.known.get(visit.key), seen={item.key})
        thread = ThreadPage(visit.key, visit.row.title if visit.row else "", (item,))
        posts = self._posts(thread, walk, page, evidence)
        return PageRead(posts, None if visit.url else self._end(walk, 1, page.fetched_at, to_end=True))

    def _denied(self, row: ThreadRow) -> bool:
        """Whether a thread must not be looked at. Only its address is kept, to count it."""
        if denied(row.title) or denied_url(row.url):
            self._missed(row.url, "deny list")
            return True
        return False

    def _note_boards(self, listed: BoardPage) -> None:
        """Keep which boards are listed and not followed."""
        followed = {self.adapter.board_url(self._addresses[0] + each.path, 1) for each in self.source.boards}
        for link in listed.boards:
            url = self.adapter.board_url(self._at_address(link.url), 1)
            if url in followed:
                self.memory.not_missed(url)
            elif denied(link.title) or denied_url(url):
                self._missed(url, "deny list")
            else:
                self._missed(url, "board not followed")

    # --- threads

    def _begin(
        self, visit: Visit, run: _Pass | None, known: Known | None = None, *, revisit: bool = False
    ) -> Iterator[Request]:
        # a reply is read where the thread ends; an edit of the listing stands where it begins
        if visit.key in (self._heads if revisit else self._visited):
            return
        self._visited.add(visit.key)
        board = run.board.key if run else ""
        head = visit.head and visit.page > 1
        walk = _Walk(visit, board, run, head, revisit, known or (run.known.get(visit.key) if run else None))
        page = 1 if head else visit.page
        yield from self._ask(self.adapter.thread_url(visit.url, page), self.parse_thread, walk=walk)

    def parse_thread(self, response: Response, walk: _Walk) -> Iterator[Any]:
        page = self._page(response)
        try:
            thread = self._read(page, self.adapter.thread)
        except PageUnreadable as error:
            self._missed(walk.visit.url, "unreadable")
            self._unreadable(None, error, response)
            return
        if isinstance(thread, Gate):
            yield from self._thread_gated(walk, thread, response)
            return
        if denied(thread.title):
            self._missed(walk.visit.url, "deny list")
            return
        changed = self._drift.thread(thread)
        if (
            changed
        ):  # nothing of it is stored, and the thread stays unread, so that it is read again when it can be
            self._missed(walk.visit.url, "layout changed")
            self.figures.layout_changed(changed, response.url, self._keep(response))
            return
        if thread.page == 1:
            self._heads.add(walk.visit.key)
        posts = self._posts(thread, walk, page, self._keep(response))
        if walk.revisit or not walk.head:
            walk.seen.update(post.key.post for post in posts)
        if walk.head:  # the first page was read for what changed on it; now to where the news is
            walk.head, walk.next_position = False, 0
            yield PageRead(posts, anchored=walk.anchored)
            target = min(walk.visit.page, thread.pages)
            yield from self._ask(
                self.adapter.thread_url(walk.visit.url, target), self.parse_thread, walk=walk
            )
        elif thread.next_url and not walk.revisit:
            yield PageRead(posts, anchored=walk.anchored)
            yield from self._ask(thread.next_url, self.parse_thread, walk=walk)
        else:
            self.memory.not_missed(walk.visit.url)
            end = self._end(walk, thread.page, page.fetched_at, to_end=thread.next_url is None)
            yield PageRead(posts, end, walk.anchored)

    def _thread_gated(self, walk: _Walk, gate: Gate, response: Response) -> Iterator[Any]:
        if gate.kind in _GONE and gate.confidence >= SURE:
            if walk.visit.page > 1 and not walk.head and not walk.seen:
                walk.visit = replace(walk.visit, page=1)  # the thread shrank: read it from its beginning
                yield from self._ask(walk.visit.url, self.parse_thread, walk=walk)
            elif walk.visit.row and walk.visit.row.post:  # its board shows it all the same
                yield PageRead((), self._end(walk, 1, self._time(), to_end=False))
            else:
                at = self._time()
                listed = self._state_of(walk, 1, at)
                if listed:
                    self._missed(walk.visit.url, gate.kind.value)
                yield ThreadGone(walk.visit.key, at, next_visit(self._activity(walk), at), listed)
        else:
            self._missed(walk.visit.url, f"gate: {gate.kind.value}")
            self._gated(None, gate, response)

    def _posts(self, thread: ThreadPage, walk: _Walk, page: Page, evidence: str) -> tuple[Post, ...]:
        stored = self.ingest.known(self.source.id, walk.visit.key)
        known = {each.post.key.post: each.post for each in stored or ()}
        numbered = thread.page == 1 or walk.next_position or any(item.position for item in thread.posts)
        walk.anchored = stored is not None or bool(numbered)
        first = first_position(thread, known, walk.next_position)
        posts = as_posts(
            self.source,
            thread,
            known,
            key=walk.visit.key,
            board=self._board(walk, known),
            first=first,
            anchored=walk.anchored,
            locked=self._locked(thread, walk, known),
            seen_at=page.fetched_at,
            evidence=evidence,
        )
        walk.next_position = first + len(posts) if walk.anchored else 0
        return posts

    def _board(self, walk: _Walk, known: Mapping[str, Post]) -> str:
        """The board of a thread: that which was read; else as it was when it was last read."""
        boards = [
            walk.board,
            *(post.board for post in known.values()),
            walk.known.board if walk.known else "",
        ]
        return next(filter(None, boards), self.source.boards[0].key)

    @staticmethod
    def _locked(thread: ThreadPage, walk: _Walk, known: Mapping[str, Post]) -> bool:
        """Whether the thread is locked: as its page says; else its row; else as it was when last read."""
        if thread.locked is not None:
            return thread.locked
        if walk.visit.row:
            return walk.visit.row.locked
        if walk.known and not known:
            return walk.known.locked
        return any(post.locked for post in known.values())

    def _end(self, walk: _Walk, page: int, at: datetime, *, to_end: bool) -> VisitEnd:
        return VisitEnd(
            thread=walk.visit.key,
            seen=frozenset(walk.seen),
            to_end=to_end,
            state=self._state_of(walk, page, at),
            at=at,
            next_visit_at=next_visit(self._activity(walk), at),
        )

    def _state_of(self, walk: _Walk, page: int, at: datetime) -> ThreadState | None:
        """A thread as its board lists it, read to ``page``; None where no board page led to it."""
        row = walk.visit.row
        if row is None:
            return None
        return ThreadState(
            key=walk.visit.key,
            board=walk.board,
            url=walk.visit.url,
            title=row.title,
            signature=signature(row),
            last_page=page,
            posts=len(walk.seen),
            locked=row.locked,
            created_at=row.created.at,
            last_activity=row.last_activity.at,
            visited_at=at,
            next_visit_at=next_visit(row.last_activity.at, at),
        )

    @staticmethod
    def _activity(walk: _Walk) -> datetime | None:
        row, known = walk.visit.row, walk.known
        return row.last_activity.at if row else (known.last_activity if known else None)

    # --- old threads

    def _idle(self) -> None:
        """Everything that moved is read: spend what is left on edits that no board page tells."""
        if self._revisited or self.figures.tor_gone or self.figures.store_gone:
            return
        self._revisited = True
        if self.figures.failed and not self.figures.pages:
            return  # nobody answers there: each further request has Tor look for it anew, over circuits of its own
        engine = self.crawler.engine
        asked = False
        for known in self.state.due(self._time(), self.source.politeness.revisits):
            for request in self._begin(Visit(known.key, known.url), None, known, revisit=True):
                assert engine is not None
                engine.crawl(request)
                asked = True
        if asked:
            raise DontCloseSpider

    # --- pages that are not as hoped

    def failed(self, failure: Failure) -> Iterator[Request]:
        """A request that gave no page, after Scrapy's retries. Another address of the source may give it."""
        request: Request = failure.request
        if failure.check(*_NO_ANSWER):
            if request.url.startswith(f"{self._addresses[0]}/") and len(self._addresses) > 1:
                self.logger.warning("%s does not answer (%s)", self._addresses.pop(0), failure.value)
            elsewhere = self._at_address(request.url)
            if elsewhere != request.url:
                yield request.replace(url=elsewhere, meta={})  # with all its tries
                return
        run = _pass_of(request.cb_kwargs)
        self.figures.failed += 1
        self.figures.detail = f"{type(failure.value).__name__}: {failure.value}"[:500]
        if failure.check(TorUnavailable):
            self.figures.tor_gone = True
        if run:
            run.failed = True
        self.logger.warning("no page: %s (%s)", request.url, self.figures.detail)

    def _tor_gone(self) -> None:
        self.logger.warning("Tor does not answer; requests wait")
        self.state.run_waits(self._run, for_tor=True)

    def _tor_back(self) -> None:
        self.state.run_waits(self._run, for_tor=False)

    def _read(self, page: Page, reader: Callable[[Page], _Content]) -> _Content | Gate:
        """What a page holds, or what stands in its way. May raise ``PageUnreadable``."""
        content: _Content | None = None
        shows, unreadable = False, None
        try:
            content = reader(page)
            shows = bool(
                content.posts if isinstance(content, ThreadPage) else content.threads or content.boards
            )
        except PageUnreadable as error:
            unreadable = error
        gate = find_gate(page, self.adapter, shows=shows)
        if gate and gate.kind is not GateKind.EMPTY:
            return gate
        if gate is None and page.status >= 400:
            raise PageUnreadable(f"status {page.status}")
        if content is None:
            assert unreadable is not None
            raise unreadable
        return content

    def _gated(self, run: _Pass | None, gate: Gate, response: Response) -> None:
        self.figures.met(gate, response.url, self._keep(response), session=self.source.session is not None)
        if run:
            run.failed = True

    def _unreadable(self, run: _Pass | None, error: PageUnreadable, response: Response) -> None:
        """Keep the page and count it. Only a board page (``run``) leaves its pass incomplete: a thread that
        can never be read must not make every later pass walk the whole board."""
        kept = self._keep(response)
        self.figures.unreadable += 1
        self.figures.detail = f"{response.url}: {error}; page kept as {kept}"[:500]
        if run:
            run.failed = True
        self.logger.warning("page unreadable: %s", self.figures.detail)

    # --- a store that is away

    def store_gone(self, error: DuskwatchError) -> None:
        """Stop: what is read from here on could not be kept."""
        away = self.ingest.away
        self.figures.store_gone = True
        self.figures.detail = f"{error}{f'; the store: {away}' if away else ''}"[:500]
        self.logger.error("the crawl stops: %s", self.figures.detail)
        assert self.crawler.engine is not None
        deferred_from_coro(self.crawler.engine.close_spider_async(reason=_STORE_GONE))

    def _broke(self, failure: Failure) -> None:
        """A page was not read, or its posts not taken: what led to it has to be read again."""
        self.figures.failed += 1
        self.figures.detail = f"{type(failure.value).__name__}: {failure.value}"[:500]
        for run in self._passes:
            run.failed = True

    def _layout_changed(self, run: _Pass, why: str, response: Response) -> Iterator[Request]:
        """A board does not look as it did: its page is kept, and so are the pages of its threads as far as their
        addresses tell, for ``reparse``. Its pass is not complete and no thread is taken for vanished."""
        run.failed = True
        self.figures.layout_changed(why, response.url, self._keep(response))
        known = [each.url for each in run.known.values()]
        for raw in threads_by_address(self._page(response, again=True), known):
            if self.memory.to_rescue(raw.url, raw.said):
                yield from self._ask(self._plain(raw.url), self.keep_raw, run=run, raw=raw)

    def keep_raw(self, response: Response, run: _Pass, raw: Raw) -> Iterator[Request]:
        """Keep a page of a thread that cannot be read now, and ask for the next one."""
        page = self._page(response)
        self._keep(response)
        self.figures.rescued += 1
        following = self._following(page)
        if following:
            yield from self._ask(following, self.keep_raw, run=run, raw=raw)
        else:
            self.memory.rescued(raw.url, raw.said, self._time())

    def _following(self, page: Page) -> str | None:
        try:
            return read_paging(parse(page.text), page.url, None).next_url
        except PageUnreadable:
            return None

    def _plain(self, url: str) -> str:
        """The address of a thread's first page, where the adapter can make one."""
        try:
            return self.adapter.thread_url(url, 1)
        except PageUnreadable:
            return url

    def _missed(self, what: str, why: str) -> None:
        self.memory.missed(what, why, self._time())

    # --- small things

    def _time(self) -> datetime:
        return self._now or datetime.now(UTC)

    def _page(self, response: Response, *, again: bool = False) -> Page:
        self.figures.pages += not again
        text = response.text if isinstance(response, TextResponse) else ""
        return Page(response.url, text, self._time(), self.source.zone, response.status)

    def _keep(self, response: Response) -> str:
        headers = text_headers(response.headers)
        asked = text_headers(response.request.headers) if response.request else None
        return self._evidence.keep(response.url, response.status, headers, response.body, self._time(), asked)

    def _seal(self) -> None:
        try:
            seal = self._evidence.seal(self._keys, datetime.now(UTC))
        except StopError as error:
            self.logger.error("evidence is kept but not sealed: %s", error)
            return
        if seal:
            self.logger.info("evidence sealed: entry %d, %s", seal.number, seal.hash)

    def _closed(self, reason: str) -> None:
        if self.figures.boards_read:
            self.state.address_answers(self._addresses[0])
        for run in self._passes:
            if reason == "finished" and run.pages and not run.failed:
                times = [row.last_activity.at for row in run.rows if row.last_activity.at]
                newest = max([*times, *([run.watermark] if run.watermark else [])], default=self._time())
                self.state.board_read(run.board.key, watermark=newest, pages=run.pages, at=self._time())
        if self._heart.running:
            self._heart.stop()
        if self.figures.spooled and not self.figures.detail:
            self.figures.detail = f"{self.figures.spooled:,} posts wait for the store: {self.ingest.away}"[
                :500
            ]
        self.memory.keep_readings(self._drift.readings(), self._time())
        self.figures.rest(self.state.gated_runs())
        self.state.run_ended(self._run, self.figures, state_of(self.figures), datetime.now(UTC))
        if reason in (
            "finished",
            _STORE_GONE,
        ):  # else the source is due at once: this process is about to end
            self._leases.release(self.source.id, self._lease, rest=self.figures.pause)
        self._seal()
        self._evidence.close()
        self.ingest.close()
        self._database.dispose()
