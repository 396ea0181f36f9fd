"""The one way into a store: cleans what no store can hold, masks personal data, tells the language, and spools what a
store that is away does not take."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from config.errors import DuskwatchError, PostRefused, SpoolFull, StoreRefused, StoreUnavailable
from indexer.deposit import Deposit, Done, Put, ThreadGone, ThreadSeen, do, settled
from indexer.language import language
from indexer.masking import Masking
from indexer.post import Post, PostKey, Stored
from indexer.serial import check
from indexer.spool import FULL, Spool
from indexer.store import Store

_log = structlog.get_logger(__name__)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: A post of more characters is cut: no person wrote it, and evidence keeps the whole page.
MOST_CHARACTERS = 1_000_000
#: A store that is away is asked again after so many seconds, then after twice as many, up to the most.
_PAUSE, _LONGEST_PAUSE = 5.0, 60.0
_AWAY = (StoreUnavailable, StoreRefused)


def clean(text: str) -> str:
    """Text that every store can hold: NUL and lone surrogates become U+FFFD, and its length is bounded."""
    return _UNSTORABLE.sub("\ufffd", text[:MOST_CHARACTERS])


class Ingest:
    """Puts deposits into the store, or into the spool while the store is away or something older of the source waits.

    ``opener`` opens the store when it is first needed; it may fail as the store may. ``masking``: of personal data;
    None: everything is stored as it was posted. When a method returns, the deposit is durable. Methods raise
    ``SpoolFull``, and what the spool itself raises: nothing of the deposit may be taken for stored then.
    """

    def __init__(
        self,
        opener: Callable[[], Store],
        spool: Spool,
        clock: Callable[[], float] = time.monotonic,
        masking: Masking | None = None,
    ) -> None:
        self._opener = opener
        self._spool = spool
        self._clock = clock
        self._masking = masking
        self._store: Store | None = None
        self._pause = _PAUSE
        self._ask_at = clock()  # not before, as the store was away
        #: Why the store did not do what it was last asked; None: it did.
        self.away: DuskwatchError | None = None

    def known(self, source: str, thread: str) -> list[Stored] | None:
        """Every post of a thread, as ``Store.thread`` tells; None where nobody can tell now."""
        if self._spool.holds(source) or not self._may_ask():
            return None
        try:
            found = self._opened().thread(source, clean(thread))
        except _AWAY as error:
            self._gone(error)
            return None
        self._back()
        return found

    def put(self, posts: Sequence[Post], *, source: str, anchored: bool = True) -> Done:
        """Take the posts of one page; those that no store can hold are set aside."""
        kept = []
        for post in (_cleaned(each, self._masking) for each in posts):
            try:
                check(post)
                kept.append(post)
            except PostRefused as error:
                self._spool.refuse(post, error.reason)
        return self._take(Put(source, tuple(kept), anchored)) if kept else Done()

    def thread_seen(self, source: str, thread: str, seen: Collection[str], at: datetime) -> Done:
        """Take that a thread was read to its end; as ``ThreadSeen``."""
        return self._take(ThreadSeen(source, clean(thread), frozenset(map(clean, seen)), at))

    def thread_gone(self, source: str, thread: str, *, last_seen: datetime, at: datetime) -> Done:
        """Take that a whole thread was found gone."""
        return self._take(ThreadGone(source, clean(thread), last_seen, at))

    def _take(self, deposit: Deposit) -> Done:
        """Do a deposit, or keep it until it can be done."""
        if not self._spool.holds(deposit.source) and self._may_ask():
            try:
                done = do(self._opened(), deposit, self._spool.refuse, datetime.now(UTC))
            except _AWAY as error:
                if self.away is None:
                    _log.error("the store is away; posts wait for it", reason=str(error))
                self._gone(error)
            else:
                self._back()
                return done
        self._spool.append(deposit)
        if self._may_ask():
            self.drain(1.0)
        return Done(waits=True)

    def drain(self, seconds: float) -> int:
        """Do what waits, in order, for so long; how many deposits were done. Does nothing while another process
        does it, or where the store is away: ``away`` says why."""
        count, until = 0, self._clock() + seconds
        with self._spool.draining() as mine:
            while mine and self._may_ask() and (item := self._spool.first()):
                now = datetime.now(UTC)
                try:
                    store = self._opened()
                    late = None if item.settled else settled(store, item.deposit, now)
                    if late is None:
                        do(store, item.deposit, self._spool.refuse, now)
                except _AWAY as error:
                    self._gone(error)
                    break
                self._back()
                if late is None:
                    self._spool.done(item)
                    count += 1
                else:
                    self._spool.replace(item, late)
                if self._clock() >= until:
                    break
            if count and self._spool.first() is None:
                self._spool.shrink()
                _log.info("what waited for the store is in it", deposits=count)
        return count

    def again(self) -> int:
        """Put the posts that were refused once more; how many the store took. Raises as the store does."""
        count, now = 0, datetime.now(UTC)
        for post in self._spool.every_refused():
            if self._takes(post, now):
                self._spool.forget(post)
                count += 1
        return count

    def _takes(self, post: Post, now: datetime) -> bool:
        faults: list[str] = []
        deposit = Put(post.key.source, (post,))
        try:
            check(post)
            late = settled(self._opened(), deposit, now)
            for each in [deposit] if late is None else late:
                do(self._opened(), each, lambda _, reason: faults.append(reason), now)
        except PostRefused:
            return False
        return not faults

    def check_room(self) -> None:
        """Raise ``SpoolFull`` where a crawl had better not begin."""
        figures = self._spool.figures()
        if figures.full:
            raise SpoolFull(str(figures), cure=FULL)

    def close(self) -> None:
        """Close store and spool."""
        if self._store:
            self._store.close()
        self._spool.close()

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self._opener()
        return self._store

    def _may_ask(self) -> bool:
        return self._clock() >= self._ask_at

    def _gone(self, error: DuskwatchError) -> None:
        self.away = error
        self._ask_at = self._clock() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _back(self) -> None:
        self.away, self._pause = None, _PAUSE


def _cleaned(post: Post, masking: Masking | None) -> Post:
    key = PostKey(*(clean(part) for part in (post.key.source, post.key.thread, post.key.post)))
    title, text = clean(post.title), clean(post.text)
    told = post.language or language(f"{title}\n{text}")
    if masking:  # before the content is hashed: whoever can guess could find out by the hash what is hidden
        title, text = masking.mask(title), masking.mask(text)
    return replace(
        post,
        key=key,
        title=title,
        board=clean(post.board),
        author=clean(post.author),
        text=text,
        language=told,
        url=clean(post.url),
        author_url=clean(post.author_url) if post.author_url else post.author_url,
        content_hash="",
    )
