"""vBulletin 5 with its default style. Checked against small pages in the markup of its public pages only; no board was
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
    Mark("body#vb-page-body, #vb-page-body"),
    Mark("tr.topic-item .js-topic-title, li.b-post .js-post__content-text"),
    Mark("meta[name=generator][content^='vBulletin 5']"),
)
_MESSAGES = (
    (
        re.compile(r"page (?:you requested )?(?:could not be|not) found|invalid (?:page|node)", re.I),
        GateKind.MISSING,
    ),
    (re.compile(r"you have been banned", re.I), GateKind.BANNED),
    (re.compile(r"do not have permission", re.I), GateKind.FORBIDDEN),
)
_KEY = re.compile(r"/(\d+)(?:-[^/?#]*)?(?=/page\d|/?$|[?#])")


class VBulletin5:
    """Reads vBulletin 5's channel and conversation pages."""

    name = "vbulletin5"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first("tr.topic-item, li.b-post, .js-forum-item, .forum-title"):
            return None
        said = inline(tree.css_first(".error-message, .message-box, #main-contents .restore, h1.main-title"))
        for pattern, kind in _MESSAGES:
            if pattern.search(said):
                return Gate(kind, said[:200])
        return None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = [row for row in (self._row(node, page) for node in tree.css("tr.topic-item")) if row]
        boards = []
        for link in tree.css("a.forum-title[href], .forum-title a[href], .subforum-list a[href]"):
            url = absolute(page.url, link)
            if url and inline(link):
                boards.append(BoardLink(_address(url, 1).rpartition("/")[2], inline(link), _address(url, 1)))
        if not rows and not boards and not tree.css_first(".topic-list, .js-topic-list"):
            raise PageUnreadable(f"no vBulletin 5 channel at {page.url}")
        current, last, following = _paging(tree, page)
        return BoardPage(tuple(rows), tuple(dict.fromkeys(boards)), current, last, following)

    def _row(self, node: LexborNode, page: Page) -> ThreadRow | None:
        link = node.css_first("a.js-topic-title[href], a.topic-title[href]")
        url = absolute(page.url, link)
        key = node.attributes.get("data-node-id") or ""
        if not url or not key.isdecimal():
            return None
        info = node.css_first(".topic-info")
        author = info.css_first("a") if info else None
        last = node.css_first(".cell-lastpost")
        kinds = (node.attributes.get("class") or "").split()
        prefix = inline(node.css_first(".js-topic-prefix, .topic-prefix")).lower()
        return ThreadRow(
            key=key,
            url=_address(url, 1),
            title=inline(link),
            author=inline(author) or None,
            created=_date(inline(info.css_first(".date") if info else None) or _behind(info, author), page),
            last_activity=_date(inline(last.css_first(".post-date") if last else None), page),
            last_author=inline(last.css_first(".lastpost-by a") if last else None) or None,
            replies=number(inline(node.css_first(".posts-count"))),
            views=number(inline(node.css_first(".views-count"))),
            sticky="sticky" in kinds or bool(node.css_first(".b-icon__pin, [class*=pin-small]")),
            locked="locked" in kinds or "closed" in prefix or bool(node.css_first("[class*=lock]")),
            moved="moved" in kinds or "moved" in prefix,
            poll="poll" in kinds or "poll" in prefix,
        )

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        found = _KEY.search(page.url)
        items = [item for node in tree.css("li.b-post[data-node-id]") if (item := self._post(node, page))]
        key = found[1] if found else items[0].key if items else None
        if not items or not key:
            raise PageUnreadable(f"no vBulletin 5 conversation at {page.url}")
        current, last, following = _paging(tree, page)
        title = inline(tree.css_first("h1.main-title, .js-main-title"))
        return ThreadPage(
            key, title or inline(tree.css_first("title")), tuple(items), current, last, following
        )

    def _post(self, node: LexborNode, page: Page) -> PostItem | None:
        key = node.attributes.get("data-node-id") or ""
        body = node.css_first(".js-post__content-text")
        if not key.isdecimal() or body is None:
            return None
        author = node.css_first(".author strong, .author a, .author")
        profile = node.css_first(".author a[href]")
        count = node.css_first("a.b-post__count")
        position = number(inline(count).lstrip("#"))
        when = node.css_first(".b-post__timestamp")
        edit = node.css_first(".post-edit-info, .b-post__edit-info, .js-post-info .edited, .edited")
        return PostItem(
            key=key,
            author=inline(author),
            text=_body(body),
            url=absolute(page.url, count) or f"{_address(page.url, 1)}#post{key}",
            posted=_exact(when, page),
            edited=_edited(edit, page) if edit else None,
            position=position,
            author_url=absolute(page.url, profile),
            signature=inline(node.css_first(".b-post__signature, .post-signature, .signature")),
            kind=Kind.LISTING if position == 1 else Kind.REPLY if position else None,
        )

    def board_url(self, url: str, page: int) -> str:
        return _address(url, page)

    def thread_url(self, url: str, page: int) -> str:
        return _address(url, page)


def _address(url: str, page: int) -> str:
    bare = re.sub(r"/page\d+$", "", url.split("#")[0].split("?")[0].rstrip("/"))
    return f"{bare}/page{page}" if page > 1 else bare


def _behind(node: LexborNode | None, name: LexborNode | None) -> str:
    words, called = inline(node), inline(name)
    return words.rpartition(called)[2].strip(" ,\u200e\u200f") if called else ""


def _exact(node: LexborNode | None, page: Page) -> Instant:
    """The time that a visitor sees: the attribute of vBulletin 5 is in the server's zone, without naming it."""
    if node is None:
        return Instant()
    shown = _date(inline(node), page)
    clock = node.css_first("time[datetime]")
    return shown if shown.at or clock is None else _date(clock.attributes.get("datetime") or "", page)


def _edited(node: LexborNode, page: Page) -> Instant:
    found = re.search(r"[;,] ([^;]{6,40}?)\.?(?: Reason:.*)?$", inline(node))
    return _date(found[1] if found else "", page)


def _date(text: str, page: Page) -> Instant:
    return read_date(text, now=page.fetched_at, zone=page.zone)


def _body(node: LexborNode) -> str:
    spell_smileys(node, "img.inlineimg, img.smilie")
    return visible(
        node,
        skip=(".bbcode_description", ".bbcode_postedby img", ".js-post-attachments"),
        blocks=(".bbcode_postedby", ".message"),
        quotes=(".bbcode_quote",),
    )


def _paging(tree: LexborHTMLParser, page: Page) -> tuple[int, int, str | None]:
    current = (
        number(inline(tree.css_first(".js-pagenav-current, .pagenav .primary, .js-pagenav-button.primary")))
        or 1
    )
    pages = [
        int(each.attributes.get("data-page") or 0) for each in tree.css("[data-page]") if _is_number(each)
    ]
    last = max([current, number(inline(tree.css_first(".pagetotal"))) or 1, *pages])
    return current, last, _address(page.url, current + 1) if current < last else None


def _is_number(node: LexborNode) -> bool:
    said = node.attributes.get("data-page") or ""
    return said.isdecimal() and len(said) < 10


ADAPTER = VBulletin5()
