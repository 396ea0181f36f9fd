"""FlaskBB 2 and its development head, with its default theme. Checked by hand against a running FlaskBB 2.2.0 and its
database: 70 threads and 524 posts, 4,158 of 4,158 fields equal; the last activity is told as "2 years ago" there.

A development head showed each post once for every user, with wrong authors: a post with two authors is no data.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from config.errors import PageUnreadable
from crawler.adapter import (
    BoardLink,
    BoardPage,
    Gate,
    GateKind,
    Instant,
    Mark,
    Page,
    PostItem,
    ThreadPage,
    ThreadRow,
)
from crawler.dates import read_date
from crawler.markup import absolute, inline, marks_on, number, parse, visible, with_page
from indexer.post import Kind

_MARKS = (
    Mark("meta[name=author][content='FlaskBB Team']"),
    Mark(".flaskbb-layout, .flaskbb-breadcrumb"),
    Mark(".forum-row .topic-name, .post-row .post-content"),
)
_TOPIC = re.compile(r"/topic/(\d+)(?:-[^/?#]*)?")
_FORUM = re.compile(r"/forum/(\d+)(?:-[^/?#]*)?")


class FlaskBB:
    """Reads FlaskBB's forums and topics."""

    name = "flaskbb"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first(".forum-row .topic-name, .post-row, .category-row"):
            return None
        if tree.css_first(".forum-row") and tree.css_first(".flaskbb-layout"):
            return Gate(GateKind.EMPTY, inline(tree.css_first(".forum-row"))[:200])
        if tree.css_first(".flaskbb-layout input[type=password]"):
            return Gate(GateKind.LOGIN, inline(tree.css_first(".card-header, h3"))[:200])
        return None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = [row for row in (self._row(node, page) for node in tree.css(".forum-row")) if row]
        boards = []
        for link in tree.css(".category-row .forum-name a[href]"):
            url = absolute(page.url, link)
            found = _FORUM.search(url or "")
            if url and found and inline(link):
                boards.append(BoardLink(found[1], inline(link), url))
        if not rows and not boards and not tree.css_first(".forum-view .forum-row"):
            raise PageUnreadable(f"no FlaskBB forum at {page.url}")
        current, last, following = _paging(tree, page)
        return BoardPage(tuple(rows), tuple(dict.fromkeys(boards)), current, last, following)

    def _row(self, node: LexborNode, page: Page) -> ThreadRow | None:
        link = node.css_first(".topic-name a[href]")
        url = absolute(page.url, link)
        found = _TOPIC.search(url or "")
        if not found or not url:
            return None
        stats = [number(inline(each)) for each in node.css(".topic-stats")] + [None, None]
        last = node.css_first(".topic-last-post")
        status = node.css_first(".topic-status")
        return ThreadRow(
            key=found[1],
            url=url[: found.end()],
            title=inline(link),
            author=_by(node.css_first(".topic-info .topic-author")),
            last_activity=_time(last.css_first("a") if last else None, page),
            last_author=_by(last.css_first(".topic-author") if last else None),
            replies=max(stats[0] - 1, 0)
            if stats[0] is not None
            else None,  # it counts the first post as well
            views=stats[1],
            sticky=bool(status and status.css_first(".fa-star")),
            locked=bool(status and status.css_first(".topic-locked, .fa-lock")),
        )

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        title = tree.css_first(".topic-header a[href]") or tree.css_first(".breadcrumb-item.active")
        found = _TOPIC.search(page.url) or _TOPIC.search(absolute(page.url, title) or "")
        items: dict[str, PostItem] = {}
        for node in tree.css(".post-row"):
            item = self._post(node, page)
            before = items.setdefault(item.key, item) if item else None
            if item and before and before.author != item.author:
                raise PageUnreadable(f"post {item.key} has two authors at {page.url}")
        if not items or not found:
            raise PageUnreadable(f"no FlaskBB topic at {page.url}")
        current, last, following = _paging(tree, page)
        return ThreadPage(found[1], inline(title), tuple(items.values()), current, last, following)

    def _post(self, node: LexborNode, page: Page) -> PostItem | None:
        key = node.attributes.get("id") or ""
        body = node.css_first(".post-content")
        if not key.isdecimal() or body is None:
            return None
        meta = node.css_first(".post-meta")
        link = meta.css_first("a[href]") if meta else None
        edited = meta.css_first("small") if meta else None
        author = node.css_first(".author-name")
        position = number(inline(meta.css_first("strong") if meta else None).lstrip("#"))
        return PostItem(
            key=key,
            author=inline(author),
            text=visible(body, skip=(".post-signature", ".alert")),
            url=absolute(page.url, link) or f"{page.url.split('#')[0]}#{key}",
            posted=_time(link, page),
            edited=_time(edited, page) if edited else None,
            position=position,
            author_url=absolute(page.url, author.css_first("a") if author else None),
            signature=inline(body.css_first(".post-signature")),
            kind=Kind.LISTING if position == 1 else Kind.REPLY if position else None,
        )

    def board_url(self, url: str, page: int) -> str:
        return with_page(url, page)

    def thread_url(self, url: str, page: int) -> str:
        return with_page(url, page)


def _by(node: LexborNode | None) -> str | None:
    """``by NAME``; the word is the board's language."""
    link = node.css_first("a") if node else None
    return inline(link) or inline(node).partition(" ")[2] or None


def _time(node: LexborNode | None, page: Page) -> Instant:
    """A ``time`` element's instant, in UTC where it names no zone; else what the words say."""
    if node is None:
        return Instant()
    clock = node.css_first("time[datetime]")
    stated = (clock.attributes.get("datetime") or "") if clock else inline(node)
    if clock and not re.search(r"(?:Z|[+-]\d\d:?\d\d)$", stated):
        stated += "Z"
    return read_date(stated, now=page.fetched_at, zone=page.zone)


def _paging(tree: LexborHTMLParser, page: Page) -> tuple[int, int, str | None]:
    pager = tree.css_first("ul.pagination")
    current = number(inline(pager.css_first(".active"))) or 1 if pager else 1
    pages = [number(inline(link)) or 1 for link in pager.css("a")] if pager else []
    last = max([current, *pages])
    return current, last, with_page(page.url, current + 1) if current < last else None


ADAPTER = FlaskBB()
