"""Simple Machines Forum 2.0 and 2.1 with their default themes.

2.1 is checked against captures of a running board and its database. 2.0 is checked against small pages in the
markup of its public templates only; no 2.0 board was run.

SMF addresses a page by the offset of its first row, and how many rows a page holds is the board's setting. A
page's number is therefore the number of its first row: 1, 16, 31 on a board of 15 posts a page.
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
    Mark("script", r"\bvar smf_(?:theme_url|scripturl|session_id) = "),
    Mark("a[href*='simplemachines.org']", "Simple Machines|SMF"),
    Mark("#forumposts .post_wrapper .poster, #messageindex #topic_container, #messageindex td.lastpost"),
)
_TOPIC = re.compile(r"(?:[?&;/])topic[=,](\d{1,12})(?:\.(\d{1,9})?)?")
_BOARD = re.compile(r"(?:[?&;/])board[=,](\d{1,12})(?:\.(\d{1,9})?)?")
_ARGUMENTS = re.compile(r"[?#]|/(?:topic|board),")
_SESSION = re.compile(r"(?:PHPSESSID|[0-9a-f]{7,12})=[0-9a-f]{26,32}(?:&amp;|[&;])?")
_MESSAGES = (
    (re.compile(r"missing or off limits|does(n't| not) exist", re.I), GateKind.MISSING),
    (re.compile(r"banned from using this forum", re.I), GateKind.BANNED),
    (re.compile(r"only registered members", re.I), GateKind.LOGIN),
    (re.compile(r"not allowed to|don't have permission|can't read", re.I), GateKind.FORBIDDEN),
)


class SMF:
    """Reads SMF's message index and display pages."""

    name = "smf"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return marks_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        tree = parse(page.text)
        if tree.css_first("#forumposts, #messageindex, #boardindex_table, #boardindex"):
            return None
        if tree.css_first("#maintenance_mode"):
            return Gate(GateKind.MAINTENANCE, inline(tree.css_first("#maintenance_mode"))[:200])
        box = tree.css_first("#fatal_error") or tree.css_first(".login .information, .tborder .information")
        said = inline(box)
        for pattern, kind in _MESSAGES:
            if pattern.search(said):
                return Gate(kind, said[:200])
        if tree.css_first("#frmLogin input[type=password], form.login input[type=password]"):
            return Gate(GateKind.LOGIN, said[:200])
        return None

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        subjects = tree.css("#messageindex span[id^='msg_']")
        rows = [row for row in (self._row(subject, page) for subject in subjects) if row]
        boards = []
        for link in tree.css("a.subject[href]"):
            url = absolute(page.url, link)
            found = _BOARD.search(url or "")
            if url and found and inline(link):
                boards.append(BoardLink(found[1], inline(link), _address(url, "board", found[1], 0)))
        if not rows and not boards and not tree.css_first("#messageindex"):
            raise PageUnreadable(f"no SMF board at {page.url}")
        current, last, following = _paging(tree, page, "board", _BOARD)
        return BoardPage(tuple(rows), tuple(dict.fromkeys(boards)), current, last, following)

    def _row(self, subject: LexborNode, page: Page) -> ThreadRow | None:
        link = subject.css_first("a")
        url = absolute(page.url, link)
        found = _TOPIC.search(url or "")
        row = _around(subject)
        if not found or not url or row is None:
            return None
        stats = row.css_first(".board_stats, td.stats")
        said = stats.text(separator="\n").split("\n") if stats else []
        counts = [number(line) for line in said if line.strip()]
        last = row.css_first(".lastpost")
        # the time, then the author on a line of his own
        lines = [line for line in visible(last).split("\n") if line] if last else []
        icons = {
            word
            for node in row.css(".icons .main_icons")
            for word in (node.attributes.get("class") or "").split()
        }
        cell = (subject.parent.attributes.get("class") or "") if subject.parent else ""
        for node in row.css("td.subject"):
            cell += node.attributes.get("class") or ""
        pictures = " ".join(node.attributes.get("src") or "" for node in row.css("td img, .board_icon img"))
        return ThreadRow(
            key=found[1],
            url=_address(url, "topic", found[1], 0),
            title=inline(link),
            author=_starter(row),
            last_activity=_date(lines[0], page) if lines else Instant(),
            last_author=_last_author(last, lines),
            replies=counts[0] if counts else None,
            views=counts[1] if len(counts) > 1 else None,
            sticky="sticky" in icons or "sticky" in cell,
            locked="lock" in icons or "locked" in cell,
            moved="move" in icons or "/moved." in pictures,
            poll="poll" in icons or "_poll" in pictures,
        )

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        key = _TOPIC.search(page.url) or _TOPIC.search(_canonical(tree) or "")
        nodes = tree.css("#forumposts .post_wrapper")
        items = [item for item in (self._post(node, page, key[1]) for node in nodes) if item] if key else []
        if not items or not key:
            raise PageUnreadable(f"no SMF topic at {page.url}")
        title = inline(tree.css_first("#top_subject")) or inline(tree.css_first("title"))
        current, last, following = _paging(tree, page, "topic", _TOPIC)
        head = tree.css_first("#display_head, #forumposts .catbg")
        marks = head.css("h2 .lock, img[src*='_locked'], img[src*='_post_lock']") if head else []
        return ThreadPage(key[1], title, tuple(items), current, last, following, bool(marks))

    def _post(self, node: LexborNode, page: Page, topic: str) -> PostItem | None:
        body = node.css_first("div.inner[id^='msg_']")
        key = (body.attributes.get("id") or "").removeprefix("msg_") if body else ""
        if body is None or not key.isdecimal():
            return None
        author = node.css_first(".poster h4")
        # the button for messages stands before the name on boards that tell who is online
        named = author.css("a[href*='action=profile']") if author else []
        name = inline(named[-1]) if named else inline(author)
        position, posted = _stated(node, page)
        return PostItem(
            key=key,
            author=name,
            text=_body(body),
            url=f"{_address(page.url, 'topic', topic, None)}.msg{key}#msg{key}",
            posted=posted,
            edited=_edited(node.css_first("[id^='modified_']"), name, page),
            position=position,
            author_url=_plain_url(page, named[-1]) if named else None,
            signature=inline(node.css_first(".signature")),
            kind=Kind.LISTING if position == 1 else Kind.REPLY,
        )

    def board_url(self, url: str, page: int) -> str:
        found = _BOARD.search(url)
        return _address(url, "board", found[1], page - 1) if found else url

    def thread_url(self, url: str, page: int) -> str:
        found = _TOPIC.search(url)
        return _address(url, "topic", found[1], page - 1) if found else url


def _address(url: str, what: str, key: str, offset: int | None) -> str:
    """The plain address, without session ids, which SMF writes into links for visitors without cookies."""
    base = _ARGUMENTS.split(url, maxsplit=1)[0]
    return f"{base}?{what}={key}" + ("" if offset is None else f".{offset}")


def _plain_url(page: Page, node: LexborNode) -> str | None:
    url = absolute(page.url, node)
    return _SESSION.sub("", url).rstrip("?&;") if url else None


def _around(subject: LexborNode) -> LexborNode | None:
    """The row that a subject stands in: a table's row (2.0) or a block with a column for the last post."""
    node = subject.parent
    for _ in range(8):
        if node is None or node.attributes.get("id") == "topic_container":
            return None
        if node.css_first(".lastpost"):
            return node
        node = node.parent
    return None


def _starter(row: LexborNode) -> str | None:
    line = row.css_first(".info_block p, .info p, td.subject p")
    link = line.css_first("a[href*='action=profile']") if line else None
    if link:
        return inline(link) or None
    # a guest's name is no link, and the word before it is the board's language
    for part in line.css("small") if line else []:
        part.decompose()
    found = re.match(r"Started by (.+)", inline(line))
    return found[1] if found else None


def _last_author(last: LexborNode | None, said: list[str]) -> str | None:
    link = last.css_first("a[href*='action=profile']") if last else None
    if link:
        return inline(link) or None
    return said[1].partition(" ")[2] or None if len(said) > 1 else None


def _stated(node: LexborNode, page: Page) -> tuple[int, Instant]:
    """A post's number in its thread, and its time. The first post has no number, a reply's counts from 1."""
    stated = node.css_first(".postinfo a.smalltext")
    if stated:
        count = node.css_first(".page_number")
        reply = number(inline(count)) if count else None
        return (reply or 0) + 1, _date(inline(stated), page)
    line = node.css_first(".keyinfo div.smalltext")  # 2.0: « Reply #3 on: DATE »
    label = inline(line.css_first("strong")) if line else ""
    words = inline(line).strip("«» ").removeprefix(label)
    return (number(label) or 0) + 1, _date(words, page)


def _body(node: LexborNode) -> str:
    for cite in node.css("blockquote > cite, .quoteheader"):
        if not cite.css_first("a"):  # the engine's label: whom it quotes would be a link
            cite.decompose()
    spell_smileys(node, "img.smiley")
    return visible(node, skip=(".codeheader", ".quotefooter"), blocks=("code.bbc_code", "blockquote > cite"))


def _edited(node: LexborNode | None, author: str, page: Page) -> Instant | None:
    """``Last Edit: DATE by NAME``; the word before the name is the board's language."""
    said = inline(node).strip("«» ")
    if node is None or not said:
        return None
    label = node.css_first(".lastedit, em")
    words = said.removeprefix(inline(label)) if node.css_first(".lastedit") else said
    words = re.sub(r"^[^\d:]{0,40}: ", "", words.lstrip(": "))
    if " by " in words:
        return _date(words.partition(" by ")[0], page)
    return _date(words.removesuffix(author).rstrip().rpartition(" ")[0], page)


def _date(text: str, page: Page) -> Instant:
    return read_date(text, now=page.fetched_at, zone=page.zone)


def _canonical(tree: LexborHTMLParser) -> str | None:
    link = tree.css_first("link[rel=canonical]")
    return link.attributes.get("href") if link else None


def _paging(
    tree: LexborHTMLParser, page: Page, what: str, pattern: re.Pattern[str]
) -> tuple[int, int, str | None]:
    """The number of this page's first row, of the last page's first row, and the next page's address."""
    own = pattern.search(page.url)
    real = pattern.search(_canonical(tree) or "") or own
    if own is None or real is None:
        return 1, 1, None
    current = int(real[2] or 0)
    offsets = set()
    for link in tree.css(".pagesection a[href], .pagelinks a[href]"):
        found = pattern.search(absolute(page.url, link) or "")
        if found and found[1] == own[1]:
            offsets.add(int(found[2] or 0))
    following = min((offset for offset in offsets if offset > current), default=None)
    last = max(offsets | {current})
    address = _address(page.url, what, own[1], following) if following is not None else None
    return current + 1, last + 1, address


ADAPTER = SMF()
