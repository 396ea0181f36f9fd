"""XenForo 2.0 to 2.3 with its default style. Checked against small pages in the markup of its public pages only; no
board was run, and no database was compared.
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
from crawler.markup import abbreviated, absolute, inline, marks_on, number, parse, spell_smileys, visible
from indexer.post import Kind

_MARKS = (
    Mark("html#XF[data-app], html[data-xf]"),
    Mark(".structItem--thread .structItem-title, article.message--post .bbWrapper"),
    Mark(".p-body-inner, .p-navEl", weight=1),
)
_THREAD = re.compile(r"/threads/(?:[^/?#]*\.)?(\d+)(?=[/?#]|$)")
_FORUM = re.compile(r"/(?:forums|categories)/(?:([^/?#]*)\.)?(\d+)(?=[/?#]|$)")
_MESSAGES = (
    (re.compile(r"could not be found", re.I), GateKind.MISSING),
    (re.compile(r"you have been banned|are banned", re.I), GateKind.BANNED),
    (re.compile(r"do not have permission|must be logged[- ]in", re.I), GateKind.FORBIDDEN),
)
_EMPTY = re.compile(r"no threads in this forum", re.I)


class XenForo:
    """Reads XenForo's forum_view and thread_view pages."""

    name = "xenforo"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first(".structItem--thread, article.message--post, .node-title a"):
            return None
        said = inline(tree.css_first(".blockMessage:not(.blockMessage--none), .blockMessage"))
        for pattern, kind in _MESSAGES:
            if pattern.search(said):
                return Gate(kind, said[:200])
        if tree.css_first("html[data-template=login] input[type=password], .block-body input[name=password]"):
            return Gate(GateKind.LOGIN, (said or inline(tree.css_first("h1")))[:200])
        return Gate(GateKind.EMPTY, said[:200]) if _EMPTY.search(said) else None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = [row for row in (self._row(node, page) for node in tree.css(".structItem--thread")) if row]
        boards = []
        for link in tree.css(".node-title a[href]"):
            url = absolute(page.url, link)
            found = _FORUM.search(url or "")
            if url and found and inline(link):
                boards.append(BoardLink(found[2], inline(link), _bare(url)))
        if not rows and not boards and not tree.css_first("html[data-template=forum_view]"):
            raise PageUnreadable(f"no XenForo forum at {page.url}")
        current, last, following = _paging(tree, page)
        return BoardPage(tuple(rows), tuple(dict.fromkeys(boards)), current, last, following)

    def _row(self, node: LexborNode, page: Page) -> ThreadRow | None:
        links = [link for link in node.css(".structItem-title a[href]") if "labelLink" not in _classes(link)]
        link = links[-1] if links else None
        url = absolute(page.url, link)
        found = _THREAD.search(url or "")
        if not url or not found:
            return None
        counts = [
            abbreviated(inline(each.css_first("dd"))) for each in node.css(".structItem-cell--meta dl.pairs")
        ]
        latest = node.css_first(".structItem-cell--latest")
        states = " ".join(_classes(each) for each in node.css(".structItem-status"))
        return ThreadRow(
            key=found[1],
            url=_bare(url),
            title=inline(link),
            author=node.attributes.get("data-author")
            or inline(node.css_first(".structItem-parts .username"))
            or None,
            created=_time(node.css_first(".structItem-startDate time"), page),
            last_activity=_time(latest.css_first("time") if latest else None, page),
            last_author=inline(latest.css_first(".username") if latest else None) or None,
            replies=counts[0] if counts else None,
            views=counts[1] if len(counts) > 1 else None,
            sticky="--sticky" in states,
            locked="--locked" in states,
            moved="--moved" in states or "--redirect" in states,
            poll="--poll" in states,
        )

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        html = tree.css_first("html")
        named = re.fullmatch(r"thread-(\d+)", (html.attributes.get("data-content-key") or "") if html else "")
        found = _THREAD.search(page.url)
        key = found[1] if found else named[1] if named else None
        items = [item for node in tree.css("article.message--post") if (item := self._post(node, page))]
        if not items or not key:
            raise PageUnreadable(f"no XenForo thread at {page.url}")
        title = tree.css_first("h1.p-title-value")
        for label in title.css(".label, .label-append") if title else ():
            label.decompose()
        current, last, following = _paging(tree, page)
        locked = bool(tree.css_first(".blockStatus-message--locked"))
        return ThreadPage(key, inline(title), tuple(items), current, last, following, locked)

    def _post(self, node: LexborNode, page: Page) -> PostItem | None:
        content = re.fullmatch(r"post-(\d+)", node.attributes.get("data-content") or "")
        body = node.css_first(".message-body .bbWrapper")
        if not content or body is None:
            return None
        name = node.css_first(".message-name .username, .message-name")
        link = node.css_first(".message-name a.username[href]")
        positions = [
            number(inline(each))
            for each in node.css(".message-attribution a")
            if inline(each).startswith("#")
        ]
        position = positions[0] if positions else None
        permanent = node.css_first(".message-attribution a[href*='post-']")
        edited = node.css_first(".message-lastEdit")
        return PostItem(
            key=content[1],
            author=node.attributes.get("data-author") or inline(name),
            text=_body(body),
            url=absolute(page.url, permanent) or f"{_bare(page.url)}#post-{content[1]}",
            posted=_time(node.css_first(".message-attribution time"), page),
            edited=_time(edited.css_first("time"), page) if edited else None,
            position=position,
            author_url=absolute(page.url, link),
            signature=inline(node.css_first(".message-signature .bbWrapper, .message-signature")),
            kind=Kind.LISTING if position == 1 else Kind.REPLY if position else None,
        )

    def board_url(self, url: str, page: int) -> str:
        return _bare(url) + (f"page-{page}" if page > 1 else "")

    def thread_url(self, url: str, page: int) -> str:
        return self.board_url(url, page)


def _bare(url: str) -> str:
    """An address without its page, post and fragment; boards without friendly addresses keep their query."""
    base, _, query = url.split("#")[0].partition("?")
    if query.startswith(("threads/", "forums/", "categories/")):
        route = re.sub(r"(?:page-\d+|post-\d+|unread|latest)/?$", "", query.split("&")[0])
        return f"{base}?{route.rstrip('/')}/"
    return re.sub(r"(?:page-\d+|post-\d+|unread|latest)/?$", "", base).rstrip("/") + "/"


def _classes(node: LexborNode) -> str:
    return node.attributes.get("class") or ""


def _time(node: LexborNode | None, page: Page) -> Instant:
    if node is None:
        return Instant()
    stated = node.attributes.get("datetime") or inline(node)
    return read_date(stated, now=page.fetched_at, zone=page.zone)


def _body(node: LexborNode) -> str:
    spell_smileys(node, "img.smilie")
    for picture in node.css("span.smilie[title], i.smilie[title]"):
        picture.replace_with(picture.attributes.get("title") or "")
    skip = (".bbCodeBlock-expandLink", ".bbCodeBlock--code .bbCodeBlock-title", ".js-selectToQuoteEnd")
    return visible(node, skip=skip, blocks=(".bbCodeBlock-title",))


def _paging(tree: LexborHTMLParser, page: Page) -> tuple[int, int, str | None]:
    current = number(inline(tree.css_first(".pageNav-page--current"))) or 1
    pages = [number(inline(link)) or 1 for link in tree.css(".pageNav-main .pageNav-page a")]
    following = tree.css_first("a.pageNav-jump--next[href]")
    return current, max([current, *pages]), absolute(page.url, following)


ADAPTER = XenForo()
