"""Whether a source still looks as it did: what its pages yield, held against what they yielded before.

A board's theme that changes makes an adapter find fewer records, or records without author, time or text, without any
error. Pure: counts in, a reason out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from selectolax.lexbor import LexborNode

from crawler.adapter import BoardPage, Page, PostItem, ThreadPage
from crawler.links import form_of, key_of
from crawler.markup import absolute, inline, parse

#: What a source's posts are counted under; its boards have their own keys.
POSTS = ""
_FEWER, _HALF = 0.4, 0.5  # a fall below this share of the usual is no chance
_USUAL = 0.8  # a field that fewer records than these have may well be missing on a page
_FEW = 3  # records from which a share says something


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the first page of a board, or all thread pages of a crawl. Counts of records, and of those with
    each field; ``stated``: how many threads the board itself says that it has."""

    board: str
    pages: int
    records: int
    author: int
    time: int
    text: int
    stated: int | None = None

    def __add__(self, other: Reading) -> Reading:
        return replace(
            self,
            pages=self.pages + other.pages,
            records=self.records + other.records,
            author=self.author + other.author,
            time=self.time + other.time,
            text=self.text + other.text,
        )


def of_board(board: str, listed: BoardPage) -> Reading:
    """What a board's first page yields. It states its threads by its number of pages."""
    rows = listed.threads
    return Reading(
        board,
        1,
        len(rows),
        sum(bool(row.author) for row in rows),
        sum(bool(row.last_activity.at or row.created.at) for row in rows),
        sum(bool(row.title) for row in rows),
        len(rows) if listed.pages == 1 and listed.next_url is None else _stated(listed),
    )


def _stated(listed: BoardPage) -> int | None:
    rows = len(listed.threads)
    if listed.pages > rows:  # an engine that counts rows: its last page begins there
        return listed.pages - 1 + rows
    return listed.pages * rows if listed.pages > 1 else None


def of_posts(posts: Sequence[PostItem]) -> Reading:
    """What a page of a thread yields."""
    return Reading(
        POSTS,
        1,
        len(posts),
        sum(bool(post.author) for post in posts),
        sum(post.posted.at is not None for post in posts),
        sum(bool(post.text) for post in posts),
    )


def fallen(now: Reading, before: Sequence[Reading]) -> str | None:
    """What of a reading fell against the readings before it; None when it is as usual, or nothing is known."""
    known = [each for each in before if each.pages]
    if not known:
        return None
    usual = median(each.records / each.pages for each in known)
    if now.board and usual >= _FEW and now.records < _FEWER * usual * now.pages:
        return f"{now.records} threads on a page where {usual:g} were usual"
    what = "threads" if now.board else "posts"
    for name in ("author", "time", "text"):
        shares = [getattr(each, name) / each.records for each in known if each.records >= _FEW]
        if not shares or now.records == 0:
            continue
        had, has = median(shares), getattr(now, name) / now.records
        whole = had >= _USUAL and has == 0 and (name != "text" or now.records >= _FEW)
        if whole or (had >= _HALF and now.records >= 2 * _FEW and has < _HALF * had):
            label = "title" if now.board and name == "text" else name
            return f"{label} of {has:.0%} of {what} where {had:.0%} had one"
    return None


class Drift:
    """The judgement over one crawl. ``history``: earlier readings by board, posts under ``POSTS``."""

    def __init__(self, history: Mapping[str, Sequence[Reading]]) -> None:
        self._history = history
        self._read: dict[str, Reading] = {}

    def board(self, key: str, listed: BoardPage) -> str | None:
        """Judge a board's first page."""
        reading = of_board(key, listed)
        why = fallen(reading, self._history.get(key, ()))
        if why is None:
            self._read[key] = reading
        return why

    def known(self, key: str) -> bool:
        """Whether a board was read before."""
        return bool(self._history.get(key))

    def thread(self, thread: ThreadPage) -> str | None:
        """Judge a page of a thread."""
        reading = of_posts(thread.posts)
        why = fallen(reading, self._history.get(POSTS, ()))
        if why is None:
            before = self._read.get(POSTS)
            self._read[POSTS] = before + reading if before else reading
        return why

    def readings(self) -> tuple[Reading, ...]:
        """What was read as usual."""
        return tuple(self._read.values())


# --- a board page that no adapter can read


@dataclass(frozen=True, slots=True)
class Raw:
    """A thread that a page links to, told by its address alone; ``said`` stands for what the page says of it."""

    url: str
    said: str


def threads_by_address(page: Page, known: Sequence[str]) -> list[Raw]:
    """The threads that a page links to, though its layout is not known: links of the form that the addresses of known
    threads have. May raise ``PageUnreadable``."""
    form = form_of(known)
    if form is None or len(set(known)) < 2:
        return []
    found: dict[str, Raw] = {}
    for link in parse(page.text).css("a[href]"):
        url = absolute(page.url, link)
        key = key_of(form, url) if url else None
        if url and key and key not in found:
            found[key] = Raw(url.split("#")[0], _said(link, form, key, page))
    return list(found.values())


def _said(link: LexborNode, form: str, key: str, page: Page) -> str:
    """A digest of the widest element around a link that tells of no other thread."""
    widest, up = link, link.parent
    while up is not None and up.tag not in ("body", "html", None):
        keys = {
            other
            for each in up.css("a[href]")
            if (url := absolute(page.url, each)) and (other := key_of(form, url))
        }
        if keys - {key}:
            break
        widest, up = up, up.parent
    return hashlib.sha256(inline(widest).encode()).hexdigest()[:16]
