"""vBulletin 4 with its default style. Checked against small pages in the markup of its public pages only; no board was
run, and no database was compared.
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
from crawler.markup import absolute, inline, marks_on, number, parse, spell_smileys, visible
from indexer.post import Kind

_MARKS = (
    Mark("meta[name=generator][content^='vBulletin 4']"),
    Mark("html#vbulletin_html"),
    Mark("li.threadbit h3.threadtitle, li.postcontainer .posthead, .forumbit_post .forumtitle"),
)
_KEY = re.compile(
    r"(?:show(?:thread)?\.php\?(?:t=)?|forumdisplay\.php\?(?:f=)?|/(?:threads|forums)/|[?&][tf]=)(\d+)"
)
_MESSAGES = (
    (re.compile(r"invalid (?:thread|forum|post) specified|no .{3,10} specified", re.I), GateKind.MISSING),
    (re.compile(r"you have been banned", re.I), GateKind.BANNED),
    (re.compile(r"do not have permission", re.I), GateKind.FORBIDDEN),
)


class VBulletin4:
    """Reads vBulletin 4's forumdisplay and showthread pages."""

    name = "vbulletin4"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first("li.threadbit, li.postcontainer, .forumtitle a"):
            return None
        said = inline(tree.css_first(".standard_error, #usercontrolpanel .blockrow, .restore"))
        for pattern, kind in _MESSAGES:
            if pattern.search(said):
                return Gate(kind, said[:200])
        if said and tree.css_first("input[name=vb_login_password]"):
            return Gate(GateKind.LOGIN, said[:200])
        return None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = [row for row in (self._row(node, page) for node in tree.css("li.threadbit")) if row]
        boards = []
        for link in tree.css("h2.forumtitle a[href], .subforum a[href]"):
            url = absolute(page.url, link)
            found = _KEY.search(url or "")
            if url and found and inline(link):
                boards.append(BoardLink(found[1], inline(link), _address(url, 1)))
        if not rows and not boards and not tree.css_first("#threadlist"):
            raise PageUnreadable(f"no vBulletin forum at {page.url}")
        current, last, following = _paging(tree, page)
        return BoardPage(tuple(rows), tuple(dict.fromkeys(boards)), current, last, following)

    def _row(self, node: LexborNode, page: Page) -> ThreadRow | None:
        link = node.css_first("a.title[href]")
        url = absolute(page.url, link)
        named = re.search(r"(\d+)$", node.attributes.get("id") or "")
        found = _KEY.search(url or "") or named
        if not url or not found:
            return None
        started = node.css_first(".threadmeta .author, .author")
        author = started.css_first(".username") if started else None
        last = node.css_first(".threadlastpost")
        when = [each for each in last.css("dd") if each.css_first(".time")] if last else []
        kinds = f"{node.attributes.get('class') or ''} {_inner_class(node)}".split()
        return ThreadRow(
            key=found[1],
            url=_address(url, 1),
            title=inline(link),
            author=inline(author) or None,
            created=_date(_behind(started, author), page),
            last_activity=_date(inline(when[-1]) if when else "", page),
            last_author=inline(last.css_first(".username") if last else None) or None,
            replies=_count(node, 0),
            views=_count(node, 1),
            sticky="sticky" in kinds,
            locked="lock" in kinds or "locked" in kinds,
            moved="moved" in kinds or bool(node.css_first(".threadstats.moved")),
            poll="poll" in kinds or inline(node.css_first(".prefix")).lower().startswith("poll"),
        )

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        title = tree.css_first(".threadtitle a[href], #pagetitle .threadtitle a, #pagetitle h1 a")
        found = _KEY.search(page.url) or _KEY.search(absolute(page.url, title) or "")
        items = [item for node in tree.css("li.postcontainer") if (item := self._post(node, page))]
        if not items or not found:
            raise PageUnreadable(f"no vBulletin thread at {page.url}")
        current, last, following = _paging(tree, page)
        closed = tree.css_first("#newreplylink_top, .newcontent_textcontrol")
        locked = "closed" in inline(closed).lower() if closed else None
        name = inline(title) or inline(tree.css_first("#pagetitle h1"))
        return ThreadPage(found[1], name, tuple(items), current, last, following, locked)

    def _post(self, node: LexborNode, page: Page) -> PostItem | None:
        key = (node.attributes.get("id") or "").removeprefix("post_")
        body = node.css_first("[id^=post_message_] .postcontent") or node.css_first("[id^=post_message_]")
        if not key.isdecimal() or body is None:
            return None
        author = node.css_first(".userinfo .username, .username")
        counter = node.css_first("a.postcounter")
        position = number(inline(counter).lstrip("#"))
        edit = node.css_first(".postcontent.lastedited, .lastedited")
        return PostItem(
            key=key,
            author=inline(author),
            text=_body(body),
            url=absolute(page.url, counter) or f"{_address(page.url, 1)}#post{key}",
            posted=_date(inline(node.css_first(".postdate .date, .postdate")), page),
            edited=_edited(edit, page) if edit else None,
            position=position,
            author_url=absolute(page.url, author) if author and author.tag == "a" else None,
            signature=inline(node.css_first(".signaturecontainer, .signature")),
            kind=Kind.LISTING if position == 1 else Kind.REPLY if position else None,
        )

    def board_url(self, url: str, page: int) -> str:
        return _address(url, page)

    def thread_url(self, url: str, page: int) -> str:
        return _address(url, page)


def _address(url: str, page: int) -> str:
    """The address of a page: ``showthread.php?12-title/page3``, ``?t=12&page=3`` or ``threads/12-title/page3``; session
    ids and posts are left out."""
    bare = re.sub(r"([?&])(?:s|p|pp|page|highlight|viewfull)=[^&#]*", r"\1", url.split("#")[0])
    bare = re.sub(r"&{2,}", "&", bare).replace("?&", "?").rstrip("&?")
    bare = re.sub(r"/page\d+(?=$|[?&])", "", bare)
    if page <= 1:
        return bare
    by_parameter = re.search(r"\?[a-z]+=", bare)
    return f"{bare}&page={page}" if by_parameter else f"{bare.rstrip('/')}/page{page}"


def _inner_class(node: LexborNode) -> str:
    inner = node.css_first("div")
    return (inner.attributes.get("class") or "") if inner else ""


def _behind(node: LexborNode | None, name: LexborNode | None) -> str:
    """What is said behind a name: ``Started by NAME, 11-20-2026 10:22 AM``."""
    words, called = inline(node), inline(name)
    return words.rpartition(called)[2].strip(" ,\u200e\u200f") if called else ""


def _count(node: LexborNode, which: int) -> int | None:
    counts = [each for each in node.css(".threadstats li") if re.search(r"\d", inline(each))]
    return number(inline(counts[which]).rpartition(":")[2]) if len(counts) > which else None


def _date(text: str, page: Page) -> Instant:
    return read_date(re.sub(r"(?<=\d{4}) (?=\d)", ", ", text), now=page.fetched_at, zone=page.zone)


def _edited(node: LexborNode, page: Page) -> Instant:
    found = re.search(r"; (.+?)\.?(?: Reason:.*)?$", inline(node))
    return _date(found[1].replace(" at ", ", ") if found else "", page)


def _body(node: LexborNode) -> str:
    spell_smileys(node, "img.inlineimg")
    return visible(
        node,
        skip=(".bbcode_description", ".bbcode_postedby img", ".after_content"),
        blocks=(".bbcode_postedby", ".message"),
        quotes=(".bbcode_quote",),
    )


def _paging(tree: LexborHTMLParser, page: Page) -> tuple[int, int, str | None]:
    pager = tree.css_first("#pagination_top, .pagination_top, .pagination")
    stated = re.search(
        r"(?<!\d)(\d{1,9})\D+(\d{1,9})$", inline(pager.css_first("a.popupctrl")) if pager else ""
    )
    current, last = (int(stated[1]), int(stated[2])) if stated else (1, 1)
    following = _address(page.url, current + 1) if current < last else None
    return current, last, following


ADAPTER = VBulletin4()
