"""FluxBB 1.4 and 1.5, and PunBB 1.2, whose markup it kept, with their default templates. Checked by hand against a
running FluxBB 1.5.11 and its database: 70 threads and 762 posts, 7,560 of 7,560 fields equal.

A moved topic leaves a stub on its old board that links to the topic itself, so one key stands on two boards.
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
from crawler.markup import absolute, inline, marks_on, number, parameter, parse, visible
from indexer.post import Kind

_MARKS = (
    Mark("div.pun[id^='pun']"),
    Mark("#brdmain .blockpost .postleft, #vf .tclcon, #punindex .tclcon"),
    Mark("a[href*='fluxbb.org'], a[href*='punbb.']", "FluxBB|PunBB"),
)
_MESSAGES = (
    (re.compile(r"link you followed is incorrect or outdated", re.I), GateKind.MISSING),
    (re.compile(r"you are banned", re.I), GateKind.BANNED),
    (re.compile(r"do not have permission", re.I), GateKind.FORBIDDEN),
)


#: What was typed for the small pictures, of which the page names the file only.
_SMILEYS = {
    "smile": ":)",
    "neutral": ":|",
    "sad": ":(",
    "big_smile": ":D",
    "yikes": ":o",
    "wink": ";)",
    "hmm": ":/",
    "tongue": ":P",
    "lol": ":lol:",
    "mad": ":mad:",
    "roll": ":rolleyes:",
    "cool": ":cool:",
}


class FluxBB:
    """Reads FluxBB's viewforum and viewtopic pages."""

    name = "fluxbb"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first("#vf, div.blockpost, #punindex .tclcon"):
            return None
        if tree.css_first("#punmaint"):
            return Gate(GateKind.MAINTENANCE, inline(tree.css_first("#maint .inbox"))[:200])
        said = inline(tree.css_first("#msg .inbox"))
        for pattern, kind in _MESSAGES:
            if pattern.search(said):
                return Gate(kind, said[:200])
        if tree.css_first("form#login input[type=password]"):
            return Gate(GateKind.LOGIN, inline(tree.css_first("#login legend, h2"))[:200])
        return None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = [row for row in (self._row(node, page) for node in tree.css("#vf tr")) if row]
        boards = []
        for link in tree.css(".tclcon h3 a[href*='viewforum.php']"):
            url = absolute(page.url, link)
            key = parameter(url, "id")
            if url and key and inline(link):
                boards.append(BoardLink(key, inline(link), _address(url, key, 1)))
        if not rows and not boards and not tree.css_first("#vf"):
            raise PageUnreadable(f"no FluxBB forum at {page.url}")
        current, last, following = _paging(tree, page)
        return BoardPage(tuple(rows), tuple(dict.fromkeys(boards)), current, last, following)

    def _row(self, node: LexborNode, page: Page) -> ThreadRow | None:
        link = node.css_first("td.tcl a[href*='viewtopic.php?id=']")  # numbers of its pages stand behind it
        url = absolute(page.url, link)
        key = parameter(url, "id")
        if not key or not url:
            return None
        kinds = (node.attributes.get("class") or "").split()
        last = node.css_first("td.tcr a")
        return ThreadRow(
            key=key,
            url=_address(url, key, 1),
            title=inline(link),
            author=_name(node.css_first("td.tcl .byuser")),
            last_activity=_date(inline(last), page),
            last_author=_name(node.css_first("td.tcr .byuser")),
            replies=number(inline(node.css_first("td.tc2"))),
            views=number(inline(node.css_first("td.tc3"))),
            sticky="isticky" in kinds,
            locked="iclosed" in kinds,
            moved="imoved" in kinds,
        )

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        crumb = tree.css_first(".crumbs strong a[href*='viewtopic.php?id=']")
        key = parameter(page.url, "id") or parameter(absolute(page.url, crumb), "id")
        items = [item for item in (self._post(node, page) for node in tree.css("div.blockpost")) if item]
        if not items or not key:
            raise PageUnreadable(f"no FluxBB topic at {page.url}")
        title = inline(crumb) or inline(tree.css_first(".firstpost .postright h3"))
        current, last, following = _paging(tree, page)
        return ThreadPage(key, title, tuple(items), current, last, following)

    def _post(self, node: LexborNode, page: Page) -> PostItem | None:
        key = (node.attributes.get("id") or "").removeprefix("p")
        body = node.css_first(".postright .postmsg")
        author = node.css_first(".postleft dt strong")
        if not key.isdecimal() or body is None:
            return None
        position = number(inline(node.css_first("h2 .conr")).lstrip("#"))
        for picture in body.css("img[src*='/smilies/']"):
            picture.replace_with(_SMILEYS.get(picture.attributes.get("alt") or "", ""))
        edit = body.css_first(".postedit")
        return PostItem(
            key=key,
            author=inline(author),
            text=visible(body, skip=(".postedit",), blocks=(".quotebox cite",)),
            url=f"{page.url.split('?')[0]}?pid={key}#p{key}",
            posted=_date(inline(node.css_first("h2 a")), page),
            edited=_edited(edit, page) if edit else None,
            position=position,
            author_url=absolute(page.url, author.css_first("a") if author else None),
            signature=inline(node.css_first(".postsignature")),
            kind=Kind.LISTING if position == 1 else Kind.REPLY if position else None,
        )

    def board_url(self, url: str, page: int) -> str:
        key = parameter(url, "id")
        return _address(url, key, page) if key else url

    def thread_url(self, url: str, page: int) -> str:
        return self.board_url(url, page)


def _address(url: str, key: str, page: int) -> str:
    return f"{url.split('?')[0].split('#')[0]}?id={key}" + (f"&p={page}" if page > 1 else "")


def _name(node: LexborNode | None) -> str | None:
    """``by NAME``, with the first word in the board's language."""
    return inline(node).partition(" ")[2] or None


def _edited(node: LexborNode, page: Page) -> Instant:
    found = re.search(r"\(([^()]{4,60})\)$", inline(node))
    return _date(found[1], page) if found else Instant()


def _date(text: str, page: Page) -> Instant:
    return read_date(text, now=page.fetched_at, zone=page.zone)


def _paging(tree: LexborHTMLParser, page: Page) -> tuple[int, int, str | None]:
    pager = tree.css_first(".pagelink")
    own = parameter(page.url, "id")
    if pager is None or own is None:
        return 1, 1, None
    current = number(inline(pager.css_first("strong"))) or 1
    last = max([current, *(int(parameter(absolute(page.url, a), "p") or 1) for a in pager.css("a[href]"))])
    return current, last, _address(page.url, own, current + 1) if current < last else None


ADAPTER = FluxBB()
