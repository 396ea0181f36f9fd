"""Leak sites of any layout: victim cards, found by structure. Checked against invented pages in ten layouts only; no
leak site was read for it.

A victim is a thread. Its card on the board is the first post; its own page, where the site has one, the second. A
countdown is no part of the text, as it moves: the text names the deadline instead.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from config.errors import PageUnreadable
from crawler.adapter import BoardPage, Gate, Mark, Page, ThreadPage, ThreadRow
from crawler.cards import Card, content, find_cards, is_list, key_of, next_page, page_number, same_host
from crawler.markup import inline, marks_on, parse, with_page
from crawler.victims import MORE, domain_in, evidence, read_victim, title_of

_MARKS = (
    Mark("[class*=countdown i], [class*=timer i], [data-countdown], [data-deadline]", weight=1),
    Mark(
        "title, h1, h2, .logo, .navbar-brand",
        r"(?i)\b(?:leaks?|leaked|victims?|data breach|wall of shame)\b",
        1,
    ),
)
#: What most of a leak site's records state; two of the three are wanted.
_STATED = (
    ("records with a domain", lambda victim: bool(victim.domain)),
    ("records with a claimed size", lambda victim: bool(victim.claimed_size)),
    (
        "records with a deadline or state",
        lambda victim: bool(victim.deadline.at) or victim.published is not None,
    ),
)
_MOST = 0.6
_TELLING = frozenset({"domain", "size", "subject"})  # what no page for waiting says
_LIST = 3  # so many other victims make a page a list
_FILES = re.compile(
    r"\.(?:zip|rar|tar|gz|7z|txt|pdf|docx?|xlsx?|csv|sql|json|jpe?g|png|gif|exe|iso|torrent|bak)$"
)
_FETCHED = re.compile(r"/(?:download|file|dl|mirror|login|logout|register)s?(?:/|$)")


class LeakSite:
    """Reads a leak site's list of victims, and a victim's page."""

    name = "leaksite"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        victims = [
            victim for row in self._rows(parse(page.text), page) if row.post and (victim := row.post.victim)
        ]
        stated = tuple(
            Mark(what, weight=1)
            for what, said in _STATED
            if victims and sum(map(said, victims)) >= _MOST * len(victims)
        )
        return (*stated, *marks_on(page, _MARKS)) if len(stated) > 1 else ()

    def gate(self, page: Page) -> Gate | None:  # noqa: ARG002
        return None  # no words of its own: crawler/gates.py tells those of any site

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = self._rows(tree, page)
        if not rows:
            raise PageUnreadable(f"no list of victims at {page.url}")
        number = page_number(page.url)
        following = next_page(tree, page.url, number)
        return BoardPage(rows, (), number, max(number, page_number(following or "")), following)

    def _rows(self, tree: LexborHTMLParser, page: Page) -> tuple[ThreadRow, ...]:
        rows: dict[str, ThreadRow] = {}
        for card in find_cards(tree, page.url, evidence):
            if row := _row(card, page):
                rows.setdefault(row.key, row)
        few = len(rows) < _LIST and not any(_tells(row) for row in rows.values())
        return () if few else tuple(rows.values())

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        cards = find_cards(tree, page.url, evidence)
        if is_list(tree, [card for card in cards if domain_in(card.text)]):
            raise PageUnreadable(f"a list of victims, not one, at {page.url}")
        main = content(tree)
        if main is None:
            raise PageUnreadable(f"nothing at {page.url}")
        card = Card(page.url, (main,))
        title = title_of(card) or inline(tree.css_first("title"))
        item = read_victim(card, page, title, key="page", url=page.url.split("#")[0], position=2)
        if not title or not evidence(item.text, {}) & _TELLING:
            raise PageUnreadable(f"no victim at {page.url}")
        return ThreadPage(key_of(page.url), title, (item,))

    def board_url(self, url: str, page: int) -> str:
        return with_page(url, page)

    def thread_url(self, url: str, page: int) -> str:
        return with_page(url, page)


def _row(card: Card, page: Page) -> ThreadRow | None:
    title = title_of(card)
    url = _own_page(card, page)
    key = key_of(url) if url else re.sub(r"[\W_]+", "-", title.casefold()).strip("-")[:200]
    item = read_victim(card, page, title, key="card", url=url or page.url.split("#")[0], position=1)
    if not title or not key or not item.text:
        return None
    newest = item.edited or item.posted
    return ThreadRow(key, url or "", title, created=item.posted, last_activity=newest, post=item)


def _tells(row: ThreadRow) -> bool:
    return bool(row.post and evidence(row.post.text, {}) & _TELLING)


def _own_page(card: Card, page: Page) -> str | None:
    """The victim's own page on this host: what the title or the words for more lead to. Never a file."""
    best, rank = None, 0
    title = inline(card.title_node())
    for link, url in card.links():
        if not same_host(url, page.url) or _is_file(url) or url.split("#")[0] == page.url.split("#")[0]:
            continue
        said = inline(link)
        titled = title and said and (title in said or said in title)
        worth = 3 if titled else 2 if MORE.match(said) else 1
        if worth > rank:
            best, rank = url.split("#")[0], worth
    return best


def _is_file(url: str) -> bool:
    path = urlsplit(url).path.lower()
    return bool(_FILES.search(path) or _FETCHED.search(path))


ADAPTER = LeakSite()
