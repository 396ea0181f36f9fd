"""NodeBB 2 to 4, by its JSON: a board's path begins with ``/api/``, or is made to. Checked against small pages in the
form of its public API only; no board was run, and no database was compared.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from config.errors import PageUnreadable
from crawler.adapter import BoardLink, BoardPage, Gate, GateKind, Mark, Page, PostItem, ThreadPage, ThreadRow
from crawler.json_pages import (
    at,
    count,
    encoded,
    flag,
    keys_on,
    moment,
    plain,
    read_json,
    records,
    shown,
    with_parameters,
    words,
)
from indexer.post import Kind

_MARKS = (
    Mark("loggedInUser"),
    Mark("relative_path", weight=2),
    Mark("topics.0.tid", weight=2),
    Mark("posts.0.pid", weight=2),
)
_ERRORS = (
    (re.compile(r"no-privileges|forbidden|not-authorised", re.I), GateKind.FORBIDDEN),
    (re.compile(r"not-found|no-topic|no-category", re.I), GateKind.MISSING),
    (re.compile(r"not-logged-in|not authorized", re.I), GateKind.LOGIN),
)


class NodeBB:
    """Reads NodeBB's categories and topics."""

    name = "nodebb"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        marks = keys_on(page, _MARKS)
        return marks if any(mark.css.endswith(("tid", "pid")) for mark in marks) else ()

    def gate(self, page: Page) -> Gate | None:
        try:
            answer = read_json(page)
        except PageUnreadable:
            return None
        said = words(answer, "error") or words(answer, "status.code") or words(answer, "code")
        return next((Gate(kind, said[:200]) for pattern, kind in _ERRORS if pattern.search(said)), None)

    def board(self, page: Page) -> BoardPage:
        answer = read_json(page)
        topics, categories = at(answer, "topics"), at(answer, "categories")
        if topics is None and categories is None:
            raise PageUnreadable(f"no category of NodeBB at {page.url}")
        rows = [row for topic in records(answer, "topics") if (row := _row(topic, page))]
        boards = [
            BoardLink(
                words(each, "cid"), plain(words(each, "name")), _api(page, "category", words(each, "slug"))
            )
            for path in ("categories", "children")
            for each in records(answer, path)
            if words(each, "slug")
        ]
        current, last, following = self._paging(answer, page)
        return BoardPage(tuple(rows), tuple(boards), current, last, following)

    def thread(self, page: Page) -> ThreadPage:
        answer = read_json(page)
        key = words(answer, "tid")
        items = [item for post in records(answer, "posts") if (item := _post(post, page))]
        if not items or not key:
            raise PageUnreadable(f"no topic of NodeBB at {page.url}")
        current, last, following = self._paging(answer, page)
        return ThreadPage(key, _title(answer), tuple(items), current, last, following, flag(answer, "locked"))

    def _paging(self, answer: Any, page: Page) -> tuple[int, int, str | None]:
        current = count(answer, "pagination.currentPage") or 1
        last = max(current, count(answer, "pagination.pageCount") or 1)
        return current, last, self.board_url(page.url, current + 1) if current < last else None

    def board_url(self, url: str, page: int) -> str:
        parts = urlsplit(url)
        path = parts.path if parts.path.startswith("/api/") or "/api/" in parts.path else f"/api{parts.path}"
        bare = urlunsplit((*parts[:2], encoded(path), parts.query, ""))
        return with_parameters(bare, {"page": page if page > 1 else None})

    def thread_url(self, url: str, page: int) -> str:
        return self.board_url(url, page)


def _api(page: Page, what: str, slug: str) -> str:
    base = urlsplit(page.url).path.partition("/api/")[0]
    return urljoin(page.url, f"{base}/api/{what}/{encoded(slug)}")


def _row(topic: dict[str, Any], page: Page) -> ThreadRow | None:
    key, slug = words(topic, "tid"), words(topic, "slug")
    if not key or flag(topic, "deleted"):
        return None
    posts = count(topic, "postcount")
    return ThreadRow(
        key=key,
        url=_api(page, "topic", slug or key),
        title=_title(topic),
        author=plain(words(topic, "user.username")) or None,
        created=moment(topic, "timestampISO", page),
        last_activity=moment(topic, "lastposttimeISO", page),
        last_author=plain(words(topic, "teaser.user.username") or words(topic, "user.username")) or None,
        replies=posts - 1 if posts else None,
        views=count(topic, "viewcount"),
        sticky=flag(topic, "pinned"),
        locked=flag(topic, "locked"),
        poll=flag(topic, "pollId"),
    )


def _post(post: dict[str, Any], page: Page) -> PostItem | None:
    key, index = words(post, "pid"), count(post, "index")
    if not key or flag(post, "deleted"):
        return None  # its placeholder holds no words of its author
    slug = words(post, "user.userslug")
    base = urljoin(page.url, urlsplit(page.url).path.partition("/api/")[0] + "/")
    position = index + 1 if index is not None and index >= 0 else None
    return PostItem(
        key=key,
        author=plain(words(post, "user.username")),
        text=shown(words(post, "content")),
        url=f"{base}post/{key}",
        posted=moment(post, "timestampISO", page),
        edited=moment(post, "editedISO", page) if flag(post, "edited") else None,
        position=position,
        author_url=f"{base}user/{encoded(slug)}" if slug else None,
        signature=" ".join(shown(words(post, "user.signature")).split()),
        kind=Kind.LISTING if position == 1 else Kind.REPLY if position else None,
    )


def _title(topic: Any) -> str:
    return plain(words(topic, "titleRaw") or words(topic, "title"))


ADAPTER = NodeBB()
