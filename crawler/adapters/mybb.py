"""MyBB 1.8 with its default theme. Checked against captures of a running board and its database."""

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
from crawler.markup import absolute, inline, marks_on, number, parameter, parse, visible, with_page
from indexer.post import Kind

_MARKS = (
    Mark("script", r"\bmy_post_key\b"),
    Mark("script", r"\bMyBB\."),
    Mark("a[href*='mybb.']", r"\bMyBB\b"),
    Mark("script[src*='/jscripts/general.js'], input[name=my_post_key]", weight=2),
)
_MESSAGES = (
    (
        re.compile(r"specified (thread|forum|post) does not exist|invalid (thread|forum)", re.I),
        GateKind.MISSING,
    ),
    (re.compile(r"do not have permission|not logged in", re.I), GateKind.FORBIDDEN),
    (re.compile(r"you are (currently )?banned|has been banned", re.I), GateKind.BANNED),
    (re.compile(r"board (is )?(currently )?closed", re.I), GateKind.MAINTENANCE),
)


class MyBB:
    """Reads MyBB's forumdisplay and showthread pages."""

    name = "mybb"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first("#posts, [id^=post_], tr.inline_row, .thread_legend"):
            return None
        said = inline(tree.css_first("#content td.trow1") or tree.css_first("#content"))
        for pattern, kind in _MESSAGES:
            if pattern.search(said):
                return Gate(kind, said[:200])
        return None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = [row for row in (self._row(node, page) for node in tree.css("tr.inline_row")) if row]
        own = parameter(page.url, "fid")  # the columns' heads link to it by sort order
        boards = []
        for link in tree.css("td a[href*='forumdisplay.php?fid='] , strong a[href*='forumdisplay.php?fid=']"):
            url = absolute(page.url, link)
            key = parameter(url, "fid")
            if url and key and inline(link) and key != own:
                boards.append(BoardLink(key, inline(link), url))
        if not rows and not boards and not tree.css_first("table.tborder"):
            raise PageUnreadable(f"no MyBB board at {page.url}")
        current, last, following = _paging(tree, page)
        return BoardPage(tuple(rows), tuple(dict.fromkeys(boards)), current, last, following)

    def _row(self, node: LexborNode, page: Page) -> ThreadRow | None:
        subject = node.css_first("span[id^='tid_']")
        link = subject.css_first("a") if subject else None
        url = absolute(page.url, link)
        key = parameter(url, "tid")
        if not key or not url:
            return None
        last = node.css_first(".lastpost")
        last_link = last.css("a")[-1] if last and last.css("a") else None
        status = node.css_first(".thread_status")
        classes = (status.attributes.get("class") or "") if status else ""
        counts = _counts(subject)
        return ThreadRow(
            key=key,
            url=f"{url.split('?')[0]}?tid={key}",
            title=inline(link),
            author=inline(node.css_first(".author")).rstrip(", ") or None,
            created=_date(node.css_first(".thread_start_datetime"), page),
            last_activity=_date(last, page, until="br"),
            last_author=inline(last_link) or None,
            replies=counts[0],
            views=counts[1],
            sticky=bool(node.css_first(".forumdisplay_sticky")),
            locked="lock" in classes or "close" in classes,
            moved="move" in classes,
            poll=inline(node).startswith("Poll:"),
        )

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        items = [
            item for item in (self._post(node, page) for node in tree.css("div.post[id^='post_']")) if item
        ]
        key = parameter(page.url, "tid")
        if not items or not key:
            raise PageUnreadable(f"no MyBB thread at {page.url}")
        # the title's own element holds the rating box too; a reply's subject is its author's to write
        named = tree.css_first("div.post_head a[title]") if items[0].position == 1 else None
        title = (named.attributes.get("title") if named else "") or inline(tree.css_first("title"))
        current, last, following = _paging(tree, page)
        locked = bool(tree.css_first("a.closed_button, .closed_button"))
        return ThreadPage(key, title, tuple(items), current, last, following, locked)

    def _post(self, node: LexborNode, page: Page) -> PostItem | None:
        key = (node.attributes.get("id") or "").removeprefix("post_")
        body = node.css_first(".post_body")
        if not key.isdecimal() or body is None:
            return None
        author = node.css_first(".author_information strong")
        anchor = node.css_first(".post_head .float_right a")
        edit = node.css_first(".post_edit")
        position = number(inline(anchor).lstrip("#"))
        edited = _edited(edit, page)
        date = node.css_first(".post_date")
        posted = _date(date, page, drop=inline(edit))
        return PostItem(
            key=key,
            author=inline(author),
            text=_body(body),
            url=absolute(page.url, anchor) or page.url,
            posted=posted,
            edited=edited,
            position=position,
            author_url=absolute(page.url, author.css_first("a") if author else None),
            signature=inline(node.css_first(".signature")),
            kind=Kind.LISTING if position == 1 else Kind.REPLY if position else None,
        )

    def board_url(self, url: str, page: int) -> str:
        return with_page(url, page)

    def thread_url(self, url: str, page: int) -> str:
        return with_page(url, page)


def _counts(subject: LexborNode | None) -> list[int | None]:
    """Replies and views: what the two cells behind the subject's own say."""
    cell = subject.parent if subject else None
    while cell is not None and cell.tag != "td":
        cell = cell.parent
    counts: list[int | None] = []
    while cell is not None and len(counts) < 2:
        cell = cell.next
        if cell is not None and cell.tag == "td":
            counts.append(number(inline(cell)))
    return [*counts, None, None]


def _body(node: LexborNode) -> str:
    for cite in node.css("blockquote > cite"):
        if inline(cite) == "Quote:":  # the engine's label, not the author's word
            cite.decompose()
    return visible(node, skip=(".codeblock > .title", "blockquote > cite > span.float_right"))


def _date(node: LexborNode | None, page: Page, *, until: str = "", drop: str = "") -> Instant:
    """One of MyBB's three forms: absolute; a day in ``title`` with the time behind it; relative with the full
    time in ``title``."""
    if node is None:
        return Instant()
    titled = node.css_first("span[title]")
    text = ""
    child = node.child
    while child is not None and child.tag != (until or "-none"):
        text += child.text(deep=True) or "" if child.tag != "-text" else child.text_content or ""
        child = child.next
    text = " ".join(text.split())
    if drop:
        text = text.replace(drop, "").strip()
    stated = titled.attributes.get("title") if titled else None
    if titled is None or stated is None:
        return read_date(text, now=page.fetched_at, zone=page.zone)
    if ":" in stated:
        return read_date(stated, now=page.fetched_at, zone=page.zone)
    return read_date(text.replace(inline(titled), stated, 1), now=page.fetched_at, zone=page.zone)


def _edited(node: LexborNode | None, page: Page) -> Instant | None:
    said = inline(node)
    if node is None or not said:
        return None
    found = re.search(r"last modified: (.+?) by ", said)
    if not found:
        return Instant()
    words = found[1]
    titled = node.css_first("span[title]")
    stated = titled.attributes.get("title") if titled else None
    if titled is not None and stated:
        words = stated if ":" in stated else words.replace(inline(titled), stated, 1)
    return read_date(words, now=page.fetched_at, zone=page.zone)


def _paging(tree: LexborHTMLParser, page: Page) -> tuple[int, int, str | None]:
    """The page's number, how many there are, and the next one's address.

    A thread page holds two pagers: its own, and its board's in the navigation bar above it.
    """
    own = urlsplit(page.url).path
    for pager in tree.css(".pagination"):
        links = [absolute(page.url, link) for link in pager.css("a")]
        if not any(urlsplit(link or "").path == own for link in links):
            continue
        current = number(inline(pager.css_first(".pagination_current"))) or 1
        listed = [number(inline(node)) or 1 for node in pager.css("a.pagination_page, a.pagination_last")]
        total = re.search(r"\((\d{1,9})\)", inline(pager.css_first(".pages")))
        last = max([current, *listed, int(total[1]) if total else 1])
        return current, last, absolute(page.url, pager.css_first("a.pagination_next"))
    return 1, 1, None


ADAPTER = MyBB()
