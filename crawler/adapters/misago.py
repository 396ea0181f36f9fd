"""Misago 0.39 with its default theme, by the pages that it gives to visitors without scripts. Checked by hand against a
running Misago 0.39.6 and its database: 70 threads and 762 posts, 5,274 of 5,274 fields equal.

A board is paged by the last thread shown, so that a page's number is not known: its links are followed. A post's
edits are told to scripts only.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

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
from crawler.json_pages import with_parameters
from crawler.markup import abbreviated, absolute, inline, marks_on, parse, visible

_MARKS = (
    Mark("#misago-container, #page-mount, #misago-modal"),
    Mark("li.threads-list-item .threads-list-item-title, li.post article.misago-markup"),
)
_TOPIC = re.compile(r"/t/[^/?#]+/(\d+)/")
_FORUM = re.compile(r"/c/[^/?#]+/(\d+)/")


class Misago:
    """Reads Misago's categories and threads."""

    name = "misago"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first("li.threads-list-item, li.post, .category-main"):
            return None
        said = inline(tree.css_first(".page-error .message-body, .page-message .message-body, .message-body"))
        if page.status in (403, 404) and said:
            return Gate(GateKind.MISSING if page.status == 404 else GateKind.FORBIDDEN, said[:200])
        return None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = [row for row in (self._row(node, page) for node in tree.css("li.threads-list-item")) if row]
        boards = []
        for link in tree.css(".category-main h4 a[href], a.btn-subcategory[href]"):
            url = absolute(page.url, link)
            found = _FORUM.search(url or "")
            name = link.css_first(".icon-text") or link
            if url and found and inline(name):
                boards.append(BoardLink(found[1], inline(name), url))
        if not rows and not boards and not tree.css_first(".threads-list, .threads-list-blankslate"):
            raise PageUnreadable(f"no Misago category at {page.url}")
        return BoardPage(tuple(rows), tuple(dict.fromkeys(boards)), next_url=_next(tree, page))

    def _row(self, node: LexborNode, page: Page) -> ThreadRow | None:
        link = node.css_first("a.threads-list-item-title[href]")
        url = absolute(page.url, link)
        found = _TOPIC.search(url or "")
        if not found or not url:
            return None
        replies = node.css_first(".threads-replies")
        for icon in replies.css(".material-icon") if replies else ():
            icon.decompose()
        flags = " ".join(each.attributes.get("class") or "" for each in node.css(".thread-flags li"))
        activity = node.css_first("a.threads-list-item-last-activity")
        return ThreadRow(
            key=found[1],
            url=url[: found.end()],
            title=inline(link),
            author=_titled(node.css_first(".threads-list-item-starter")),
            last_activity=_date(_titled(activity) or inline(activity), page),
            last_author=_titled(node.css_first(".threads-list-item-last-poster")),
            replies=_stated(replies),
            sticky="pinned" in flags,
            locked="closed" in flags,
            poll="poll" in flags,
        )

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        found = _TOPIC.search(page.url)
        items = [item for node in tree.css("li.post[id^='post-']") if (item := self._post(node, page))]
        if not items or not found:
            raise PageUnreadable(f"no Misago thread at {page.url}")
        stated = re.search(
            r"(?<!\d)(\d{1,9})\D+(\d{1,9})(?!\d)",
            inline(tree.css_first(".thread-paginator .dropdown button")),
        )
        current, last = (int(stated[1]), int(stated[2])) if stated else (1, 1)
        following = self.thread_url(page.url, current + 1) if current < last else None
        locked = bool(tree.css_first(".page-header .thread-flag-closed"))
        title = inline(tree.css_first(".page-header h1"))
        return ThreadPage(found[1], title, tuple(items), current, last, following, locked)

    def _post(self, node: LexborNode, page: Page) -> PostItem | None:
        key = (node.attributes.get("id") or "").removeprefix("post-")
        body = node.css_first("article.misago-markup")
        if not key.isdecimal() or body is None:
            return None
        author = node.css_first("[itemprop=author]")
        clock = node.css_first(".posted-on time[datetime]")
        stated = (clock.attributes.get("datetime") or "") if clock else ""
        profile = node.css_first(".post-side-registered .media-heading a[href]")
        return PostItem(
            key=key,
            author=inline(author),
            text=_body(body),
            url=absolute(page.url, node.css_first("a.posted-on[href]"))
            or f"{page.url.split('#')[0]}#post-{key}",
            posted=_date(stated, page),
            author_url=absolute(page.url, profile),
            signature=inline(node.css_first(".post-signature")),
        )

    def board_url(self, url: str, page: int) -> str:
        """Of the first page; others are reached by the links of the pages before them."""
        return with_parameters(url, {"start": None, "page": page if page > 1 else None})

    def thread_url(self, url: str, page: int) -> str:
        parts = urlsplit(url)
        found = _TOPIC.search(parts.path)
        path = parts.path[: found.end()] if found else parts.path
        return urlunsplit((*parts[:2], path + (f"{page}/" if page > 1 else ""), "", ""))


def _body(node: LexborNode) -> str:
    for quote in node.css("aside.quote-block"):
        heading, words = quote.css_first(".quote-heading"), quote.css_first("blockquote")
        if heading and words and "data-author" not in words.attributes:  # the engine's label names nobody
            heading.decompose()
    return visible(node, quotes=(".quote-heading",))


def _next(tree: LexborHTMLParser, page: Page) -> str | None:
    """By the page's head: the link below the list asks for the wrong parameter."""
    return absolute(page.url, tree.css_first("link[rel=next][href*='start=']"))


def _titled(node: LexborNode | None) -> str | None:
    """``NAME - original poster``: what a title says before its role."""
    said = " ".join((node.attributes.get("title") or "").split()) if node else ""
    return said.rpartition(" - ")[0] or None


def _stated(node: LexborNode | None) -> int | None:
    """A count, exact in the title where the text shortens it."""
    said = (node.attributes.get("title") or "") if node else ""
    return abbreviated(said) if re.search(r"\d", said) else abbreviated(inline(node))


def _date(text: str, page: Page) -> Instant:
    return read_date(text, now=page.fetched_at, zone=page.zone)


ADAPTER = Misago()
