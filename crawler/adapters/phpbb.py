"""phpBB 3.0 to 3.3 with its style prosilver. Checked by hand against a running phpBB 3.3 and its database: 70
threads and 762 posts, 7,700 of 7,700 fields equal; and against small pages in the markup of its public templates.

phpBB addresses a page by the offset of its first row, and how many rows a page holds is the board's setting. A
page's number is therefore the number of its first row.
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
from crawler.markup import absolute, inline, marks_on, number, parameter, parse, spell_smileys, visible
from indexer.post import Kind

_MARKS = (
    Mark("body#phpbb"),
    Mark("a[href*='phpbb.com']", r"\bphpBB\b"),
    Mark(".post .postprofile, ul.topiclist.topics a.topictitle"),
)
_NAME = ".username, .username-coloured"
_MESSAGES = (
    (re.compile(r"does not exist|no longer exists", re.I), GateKind.MISSING),
    (re.compile(r"banned from this board|ban has been issued", re.I), GateKind.BANNED),
    (re.compile(r"board is currently (unavailable|disabled)", re.I), GateKind.MAINTENANCE),
    (re.compile(r"not authori[sz]ed to", re.I), GateKind.FORBIDDEN),
)


class PhpBB:
    """Reads phpBB's viewforum and viewtopic pages."""

    name = "phpbb"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first("ul.topics a.topictitle, div.post .postbody, a.forumtitle"):
            return None
        said = inline(tree.css_first("#message p"))
        for pattern, kind in _MESSAGES:
            if pattern.search(said):
                return Gate(kind, said[:200])
        if tree.css_first("form#login input[type=password]"):
            return Gate(GateKind.LOGIN, inline(tree.css_first(".login-title, #login .content p"))[:200])
        return None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = [row for row in (self._row(node, page) for node in tree.css("ul.topics > li.row")) if row]
        boards = []
        for link in tree.css("a.forumtitle[href]"):
            url = absolute(page.url, link)
            key = parameter(url, "f")
            if url and key and inline(link):
                boards.append(BoardLink(key, inline(link), _address(url, "f", key, 0)))
        if not rows and not boards and not tree.css_first("body.section-viewforum, .forum-title"):
            raise PageUnreadable(f"no phpBB forum at {page.url}")
        current, last, following = _paging(tree, page, "f")
        return BoardPage(tuple(rows), tuple(dict.fromkeys(boards)), current, last, following)

    def _row(self, node: LexborNode, page: Page) -> ThreadRow | None:
        link = node.css_first("a.topictitle")
        url = absolute(page.url, link)
        key = parameter(url, "t")
        if not key or not url:
            return None
        poster = node.css_first(".topic-poster") or node.css_first("dt")
        last = node.css_first("dd.lastpost span") or node.css_first("dd.lastpost")
        style = (dl.attributes.get("class") or "") if (dl := node.css_first("dl")) else ""
        kinds = node.attributes.get("class") or ""
        return ThreadRow(
            key=key,
            url=_address(url, "t", key, 0),
            title=inline(link),
            author=inline(poster.css_first(_NAME) if poster else None) or None,
            created=_stated(poster, page),
            last_activity=_stated(last, page),
            last_author=inline(last.css_first(_NAME) if last else None) or None,
            replies=number(inline(node.css_first("dd.posts"))),
            views=number(inline(node.css_first("dd.views"))),
            sticky=bool(re.search(r"\bsticky\b|announce", kinds)),
            locked="_locked" in style,
            moved="topic_moved" in style,
            poll=bool(node.css_first(".fa-bar-chart")),
        )

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        title = tree.css_first(".topic-title a, h2 a[href*='viewtopic']")
        key = parameter(page.url, "t") or parameter(absolute(page.url, title), "t")
        current, last, following = _paging(tree, page, "t")
        nodes = tree.css("div.post[id^='p']")
        items = [item for at, node in enumerate(nodes) if (item := self._post(node, page, key, current + at))]
        if not items or not key:
            raise PageUnreadable(f"no phpBB topic at {page.url}")
        locked = bool(tree.css_first(".action-bar .fa-lock, .locked-icon"))
        return ThreadPage(key, inline(title), tuple(items), current, last, following, locked)

    def _post(self, node: LexborNode, page: Page, topic: str | None, position: int) -> PostItem | None:
        key = (node.attributes.get("id") or "").removeprefix("p")
        body = node.css_first(".content")
        if not key.isdecimal() or body is None or not topic:
            return None
        line = node.css_first("p.author")
        author = line.css_first(_NAME) if line else None
        uid = parameter(absolute(page.url, author), "u")
        return PostItem(
            key=key,
            author=inline(author) or inline(line.css_first("strong") if line else None),
            text=_body(body),
            url=f"{_script(page.url, 'viewtopic')}?p={key}#p{key}",
            posted=_stated(line, page),
            edited=_edited(node, page),
            position=position,
            author_url=f"{_script(page.url, 'memberlist')}?mode=viewprofile&u={uid}" if uid else None,
            signature=inline(node.css_first(".signature")),
            kind=Kind.LISTING if position == 1 else Kind.REPLY,
        )

    def board_url(self, url: str, page: int) -> str:
        key = parameter(url, "f")
        return _address(url, "f", key, page - 1) if key else url

    def thread_url(self, url: str, page: int) -> str:
        key = parameter(url, "t")
        return _address(url, "t", key, page - 1) if key else url


def _script(url: str, name: str) -> str:
    return f"{url.split('?')[0].rpartition('/')[0]}/{name}.php"


def _address(url: str, what: str, key: str, offset: int) -> str:
    """The plain address, without the session id that phpBB writes into links for visitors without cookies."""
    return f"{url.split('?')[0].split('#')[0]}?{what}={key}" + (f"&start={offset}" if offset else "")


def _stated(node: LexborNode | None, page: Page) -> Instant:
    """The time in an element of its own, where there is one; else the text behind the name's mark."""
    if node is None:
        return Instant()
    exact = node.css_first("time[datetime]")
    if exact:
        return _date(exact.attributes.get("datetime") or "", page)
    said = visible(node).split("\n")[-1]
    return _date(said.rpartition("»")[2], page)


def _date(text: str, page: Page) -> Instant:
    return read_date(text, now=page.fetched_at, zone=page.zone)


def _body(node: LexborNode) -> str:
    spell_smileys(node, "img.smilies")
    skip = (".codebox > p", ".codebox > dt", "cite .responsive-hide", "cite a[data-post-id]", ".attachbox")
    return visible(node, skip=skip, blocks=("blockquote cite",))


def _edited(node: LexborNode, page: Page) -> Instant | None:
    for notice in node.css(".notice"):
        said = inline(notice)
        found = re.search(r".* on (\S.{4,60}?), edited \d", said)
        if found or notice.css_first(_NAME):
            return _date(found[1], page) if found else Instant()
    return None


def _paging(tree: LexborHTMLParser, page: Page, what: str) -> tuple[int, int, str | None]:
    """The number of this page's first row, of the last page's first row, and the next page's address."""
    canonical = tree.css_first("link[rel=canonical]")
    real = absolute(page.url, canonical) if canonical else page.url
    current = int(parameter(real, "start") or 0)
    key = parameter(page.url, what) or parameter(real, what)
    offsets = set()
    for link in tree.css(".action-bar .pagination a[href], .topic-actions .pagination a[href]"):
        url = absolute(page.url, link)
        if key and parameter(url, what) == key:
            offsets.add(int(parameter(url, "start") or 0))
    following = min((offset for offset in offsets if offset > current), default=None)
    last = max(offsets | {current})
    address = _address(page.url, what, key, following) if key and following is not None else None
    return current + 1, last + 1, address


ADAPTER = PhpBB()
