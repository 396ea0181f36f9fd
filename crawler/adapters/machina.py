"""django-machina 1.3 with its default templates. Checked against a running forum and its database."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

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

_MARKS = (
    Mark(".topiclist .topic-data-table, .post .post-content-wrapper"),
    Mark("link[href*='/machina.board_theme']"),
)
_TOPIC = re.compile(r"/topic/[^/]+?-(\d+)/?$")
_FORUM = re.compile(r"/forum/[^/]+?-(\d+)/?$")


class Machina:
    """Reads machina's forum and topic pages."""

    name = "machina"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first(".topiclist, .post .post-content, .forumlist, .forum-list"):
            return None
        if tree.css_first("form input[type=password]"):
            return Gate(GateKind.LOGIN, inline(tree.css_first("h1, h2, h3"))[:200])
        return None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = [
            row for row in (self._row(node, page) for node in tree.css(".topiclist .card-body > .row")) if row
        ]
        own = _FORUM.search(urlsplit(page.url).path)  # the pager links to it by page numbers
        boards = []
        for link in tree.css("a[href]"):
            url = absolute(page.url, link)
            found = _FORUM.search(urlsplit(url or "").path)
            if url and found and inline(link) and not (own and own[1] == found[1]):
                boards.append(BoardLink(found[1], inline(link), url))
        if not rows and not boards and not tree.css_first(".topiclist"):
            raise PageUnreadable(f"no machina forum at {page.url}")
        current, last, following = _paging(tree, page)
        return BoardPage(tuple(rows), tuple(dict.fromkeys(boards)), current, last, following)

    def _row(self, node: LexborNode, page: Page) -> ThreadRow | None:
        link = node.css_first("a.topic-name-link")
        url = absolute(page.url, link)
        found = _TOPIC.search(urlsplit(url or "").path)
        if not found or not url:
            return None
        author, created = _by(inline(node.css_first(".topic-created")), page)
        counts = [number(inline(cell)) for cell in node.css(".topic-count")] + [None, None]
        last = node.css_first(".topic-last-post")
        # an anonymous author's name is no link; behind it stands the link to the post, then its time
        last_name = re.match(r"By: (.*)", _before_link(last))
        icon = node.css_first(".topic-icon i")
        return ThreadRow(
            key=found[1],
            url=url,
            title=inline(link),
            author=author,
            created=created,
            last_activity=_date(inline(last.css_first("small") if last else None), page),
            last_author=(last_name[1] or None) if last_name else None,
            replies=counts[0],
            views=counts[1],
            sticky=bool(icon and re.search("fa-lightbulb|fa-info", icon.attributes.get("class") or "")),
            locked=bool(node.css_first(".locked-indicator")),
        )

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        key = _TOPIC.search(urlsplit(page.url).path)
        items = [item for item in (self._post(node, page) for node in tree.css("div.card.post")) if item]
        if not items or not key:
            raise PageUnreadable(f"no machina topic at {page.url}")
        current, last, following = _paging(tree, page)
        title = inline(tree.css_first("h1"))
        return ThreadPage(key[1], title, tuple(items), current, last, following)

    def _post(self, node: LexborNode, page: Page) -> PostItem | None:
        key = node.attributes.get("id") or ""
        body = node.css_first(".post-content")
        if not key.isdecimal() or body is None:
            return None
        line = node.css_first("small.text-muted")
        author, posted = _by(inline(line), page)
        edit = node.css_first(".edit-info small")
        return PostItem(
            key=key,
            author=author or "",
            text=visible(body),
            url=f"{page.url.split('#')[0]}#{key}",
            posted=posted,
            edited=_edited(inline(edit), page) if edit else None,
            author_url=absolute(page.url, line.css_first("a") if line else None),
            signature=inline(node.css_first(".post-signature")),
        )

    def board_url(self, url: str, page: int) -> str:
        return with_page(url, page)

    def thread_url(self, url: str, page: int) -> str:
        return with_page(url, page)


def _date(text: str, page: Page) -> Instant:
    return read_date(text, now=page.fetched_at, zone=page.zone)


def _before_link(last: LexborNode | None) -> str:
    """The line of a last post up to the arrow that links to the post."""
    words = ""
    child = last.child if last else None
    while child is not None and not (child.tag == "a" and child.css_first("i")) and child.tag != "br":
        words += (child.text_content or "") if child.tag == "-text" else child.text()
        child = child.next
    return " ".join(words.split())


def _by(line: str, page: Page) -> tuple[str | None, Instant]:
    """``By: NAME on DATE``; the name itself may hold " on "."""
    found = re.search(r"By: (.*) on (.*)$", line)
    return (found[1], _date(found[2], page)) if found else (None, Instant())


def _edited(line: str, page: Page) -> Instant:
    found = re.search(r" on (\S.*), edited \d+ times? in total", line)
    return _date(found[1], page) if found else Instant()


def _paging(tree: LexborHTMLParser, page: Page) -> tuple[int, int, str | None]:
    pager = tree.css_first("ul.pagination")
    if pager is None:
        return 1, 1, None
    current = number(inline(pager.css_first("li.active"))) or 1
    last = max([current, *(number(inline(link)) or 1 for link in pager.css("a.page-link"))])
    return current, last, with_page(page.url, current + 1) if current < last else None


ADAPTER = Machina()
