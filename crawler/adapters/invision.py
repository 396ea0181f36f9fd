"""Invision Community (IPS) 4 with its default theme. Checked against small pages in the markup of its public pages
only; no board was run, and no database was compared.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
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
from crawler.markup import abbreviated, absolute, inline, marks_on, number, parse, spell_smileys, visible
from indexer.post import Kind, Precision

_MARKS = (
    Mark("body.ipsApp[data-pageapp], body.ipsApp"),
    Mark("li.ipsDataItem[data-rowid] .ipsDataItem_title, article.ipsComment [data-role=commentContent]"),
)
_TOPIC = re.compile(r"/topic/(\d+)-?[^/?#]*")
_FORUM = re.compile(r"/forum/(\d+)-?[^/?#]*")
_MESSAGES = (
    (re.compile(r"could not find|cannot find|has been deleted", re.I), GateKind.MISSING),
    (re.compile(r"you (?:have been|are) banned", re.I), GateKind.BANNED),
    (re.compile(r"do not have permission", re.I), GateKind.FORBIDDEN),
    (re.compile(r"site is (?:currently )?offline", re.I), GateKind.MAINTENANCE),
)


class Invision:
    """Reads Invision's forum and topic pages."""

    name = "invision"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first("li.ipsDataItem[data-rowid], article.ipsComment, .cForumRow, [data-forumid]"):
            return None
        said = inline(tree.css_first("#elErrorMessage, #elError, .ipsMessage_error, .ipsType_large"))
        for pattern, kind in _MESSAGES:
            if pattern.search(said):
                return Gate(kind, said[:200])
        if tree.css_first("body[data-pagecontroller=login] input[type=password]"):
            return Gate(GateKind.LOGIN, inline(tree.css_first("h1"))[:200])
        return None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        nodes = tree.css("li.ipsDataItem[data-rowid]")
        rows = [row for row in (self._row(node, page) for node in nodes) if row]
        boards = []
        for link in tree.css(
            ".cForumRow .ipsDataItem_title a[href], [data-forumid] .ipsDataItem_title a[href]"
        ):
            url = absolute(page.url, link)
            found = _FORUM.search(url or "")
            if url and found and inline(link):
                boards.append(BoardLink(found[1], inline(link), _address(url, 1)))
        if not rows and not boards and not tree.css_first(".cTopicList, [data-tableid=topics]"):
            raise PageUnreadable(f"no Invision forum at {page.url}")
        current, last, following = _paging(tree, page)
        return BoardPage(tuple(rows), tuple(dict.fromkeys(boards)), current, last, following)

    def _row(self, node: LexborNode, page: Page) -> ThreadRow | None:
        key = node.attributes.get("data-rowid") or ""
        link = next(
            (a for a in node.css(".ipsDataItem_title a[href]") if _TOPIC.search(a.attributes["href"] or "")),
            None,
        )
        url = absolute(page.url, link)
        if not url or not key.isdecimal():
            return None
        meta = node.css_first(".ipsDataItem_main .ipsDataItem_meta")
        last = node.css_first(".ipsDataItem_lastPoster")
        names = (
            [inline(each) for each in last.css("li > a, li .ipsType_break") if inline(each)] if last else []
        )
        counts = {}
        for item in node.css(".ipsDataItem_stats [data-stattype]"):
            counts[item.attributes["data-stattype"]] = abbreviated(
                inline(item.css_first(".ipsDataItem_stats_number"))
            )
        icons = node.css_first(".ipsDataItem_title")
        return ThreadRow(
            key=key,
            url=_address(url, 1),
            title=inline(link),
            author=_name(meta),
            created=_time(meta.css_first("time") if meta else None, page),
            last_activity=_time(last.css_first("time") if last else None, page),
            last_author=names[0] if names else None,
            replies=counts.get("forums_comments"),
            views=counts.get("num_views"),
            sticky=_has(icons, ".fa-thumb-tack, .fa-thumbtack"),
            locked=_has(icons, ".fa-lock"),
            moved=_has(icons, ".fa-arrow-right, .fa-arrow-left")
            or "ipsModerated_moved" in (node.attributes.get("class") or ""),
            poll=_has(icons, ".fa-bar-chart, .fa-chart-bar") or _has(node, ".ipsDataItem_icon .fa-bar-chart"),
        )

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        found = _TOPIC.search(page.url)
        items = [
            item
            for node in tree.css("article.ipsComment[id^='elComment_']")
            if (item := self._post(node, page))
        ]
        if not items or not found:
            raise PageUnreadable(f"no Invision topic at {page.url}")
        heading = tree.css_first("h1.ipsType_pageTitle")
        name = heading.css_first(".ipsType_break, .ipsContained") if heading else None
        current, last, following = _paging(tree, page)
        locked = _has(heading, ".fa-lock") or bool(tree.css_first(".ipsMessage .fa-lock, .cTopicLocked"))
        return ThreadPage(found[1], inline(name or heading), tuple(items), current, last, following, locked)

    def _post(self, node: LexborNode, page: Page) -> PostItem | None:
        key = (node.attributes.get("id") or "").removeprefix("elComment_")
        body = node.css_first("[data-role=commentContent]")
        if not key.isdecimal() or body is None:
            return None
        pane = node.css_first(".cAuthorPane_author")
        link = pane.css_first("a[href]") if pane else None
        meta = node.css_first(".ipsComment_meta")
        said = _quotable(node)
        exact = said.get("timestamp")
        posted = _time(meta.css_first("time") if meta else None, page)
        if isinstance(exact, int) and 0 < exact <= page.fetched_at.timestamp():
            posted = Instant(datetime.fromtimestamp(exact, UTC), Precision.SECOND)
        numbers = (inline(each) for each in node.css(".ipsComment_toolWrap a, .ipsComment_meta a"))
        position = next((number(each) for each in numbers if each.startswith("#")), None)
        edited = body.css_first("[data-excludequote] time")
        return PostItem(
            key=key,
            author=inline(link) or inline(pane) or str(said.get("username") or ""),
            text=_body(body),
            url=f"{_address(page.url, 1)}?do=findComment&comment={key}",
            posted=posted,
            edited=_time(edited, page) if edited else None,
            position=position,
            author_url=_plain(absolute(page.url, link)),
            signature=inline(node.css_first("[data-role=memberSignature]")),
            kind=Kind.LISTING if position == 1 else Kind.REPLY if position else None,
        )

    def board_url(self, url: str, page: int) -> str:
        return _address(url, page)

    def thread_url(self, url: str, page: int) -> str:
        return _address(url, page)


def _address(url: str, page: int) -> str:
    """An address without its page; boards without rewritten addresses keep ``index.php?/topic/12-title/``."""
    base, _, query = url.split("#")[0].partition("?")
    route = query.startswith("/")
    path = query.split("&")[0] if route else base
    bare = re.sub(r"/page/\d+/?$", "/", path).rstrip("/") + "/"
    bare += f"page/{page}/" if page > 1 else ""
    return f"{base}?{bare}" if route else bare


def _plain(url: str | None) -> str | None:
    return url.split("?")[0] if url and not urlsplit(url).query.startswith("/") else url


def _quotable(node: LexborNode) -> dict[str, object]:
    """What the page keeps for quoting a post: its author's name and its time in Unix seconds."""
    holder = node.css_first("[data-quotedata]")
    try:
        said = json.loads((holder.attributes.get("data-quotedata") or "") if holder else "")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _name(meta: LexborNode | None) -> str | None:
    """``By NAME, TIME``."""
    if meta is None:
        return None
    found = re.match(r"\S+ (.+?),", inline(meta))
    return inline(meta.css_first("a")) or (found[1] if found else None)


def _has(node: LexborNode | None, selector: str) -> bool:
    return node is not None and node.css_first(selector) is not None


def _time(node: LexborNode | None, page: Page) -> Instant:
    if node is None:
        return Instant()
    return read_date(node.attributes.get("datetime") or inline(node), now=page.fetched_at, zone=page.zone)


def _body(node: LexborNode) -> str:
    spell_smileys(node, "img[data-emoticon]")
    return visible(node, skip=("[data-excludequote]",), blocks=(".ipsQuote_citation",))


def _paging(tree: LexborHTMLParser, page: Page) -> tuple[int, int, str | None]:
    pager = tree.css_first("ul.ipsPagination[data-pages]")
    if pager is None:
        return 1, 1, None
    active = pager.css_first(".ipsPagination_active a, .ipsPagination_active")
    current = number((active.attributes.get("data-page") or inline(active)) if active else "") or 1
    last = max(current, number(pager.attributes.get("data-pages") or "") or 1)
    return current, last, _address(page.url, current + 1) if current < last else None


ADAPTER = Invision()
