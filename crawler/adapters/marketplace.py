"""Markets of any layout: listing cards and listing pages, found by structure. Checked against invented pages in seven
layouts only; no market was read for it.

A listing is a thread with one post of kind product, read from its own page, or from its card where it has none. It
is read anew when its price, title or seller changes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from config.errors import PageUnreadable
from crawler.adapter import BoardPage, Gate, Mark, Page, ThreadPage, ThreadRow
from crawler.cards import Card, content, find_cards, is_list, key_of, next_page, page_number, same_host
from crawler.markup import inline, marks_on, parse, with_page
from crawler.products import evidence, post_of, price_of, read_offer

_MARKS = (
    Mark(
        "a, button, input[type=submit]",
        r"(?i)^\s*(?:add to cart|buy now|my orders|place order|vendors?)\s*$",
        1,
    ),
    Mark("body", r"(?i)\bships? (?:from|to)\b", 1),
)
#: What most of a market's records state; both are wanted.
_STATED = ("records with a price", "records with a seller, stock, feedback or shipping")
_MOST = 0.6
_NO_LISTING = re.compile(
    r"/(?:cart|login|logout|register|vendors?|sellers?|users?|profile|cat(?:egory)?|buy|order)s?(?:[/?]|$)"
    r"|[?&](?:vendor|seller|user|cat|category|sort|add)="
    r"|\.(?:zip|rar|7z|jpe?g|png|gif|pdf|asc|txt)$",
    re.I,
)


class Marketplace:
    """Reads a market's lists of listings, and a listing's page."""

    name = "marketplace"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        rows = self._rows(parse(page.text), page)
        if not rows or sum(bool(row.author) or _says_more(row) for row in rows) < _MOST * len(rows):
            return ()
        return (*(Mark(what, weight=1) for what in _STATED), *marks_on(page, _MARKS))

    def gate(self, page: Page) -> Gate | None:  # noqa: ARG002
        return None  # no words of its own: crawler/gates.py tells those of any site

    def board(self, page: Page) -> BoardPage:
        tree = parse(page.text)
        rows = self._rows(tree, page)
        if not rows:
            raise PageUnreadable(f"no listings at {page.url}")
        number = page_number(page.url)
        following = next_page(tree, page.url, number)
        return BoardPage(rows, (), number, max(number, page_number(following or "")), following)

    def _rows(self, tree: LexborHTMLParser, page: Page) -> tuple[ThreadRow, ...]:
        rows: dict[str, ThreadRow] = {}
        for card in find_cards(tree, page.url, evidence):
            if price_of(card) and (row := _row(card, page)):
                rows.setdefault(row.key, row)
        return tuple(rows.values())

    def thread(self, page: Page) -> ThreadPage:
        tree = parse(page.text)
        cards = find_cards(tree, page.url, evidence)
        if is_list(tree, [card for card in cards if price_of(card)]):
            raise PageUnreadable(f"a list of listings, not one, at {page.url}")
        category = _trail(tree)
        main = content(tree)
        if main is None:
            raise PageUnreadable(f"nothing at {page.url}")
        card = Card(page.url, (main,))
        offer = read_offer(card, page, category)
        heading = inline(main.css_first("h1, h2"))
        title = heading or offer.title
        if not title or not offer.product.price:
            raise PageUnreadable(f"no listing at {page.url}")
        item = post_of(card, page, replace(offer, title=title), key="listing", url=page.url.split("#")[0])
        return ThreadPage(key_of(page.url), title, (item,))

    def board_url(self, url: str, page: int) -> str:
        return with_page(url, page)

    def thread_url(self, url: str, page: int) -> str:
        return with_page(url, page)


def _row(card: Card, page: Page) -> ThreadRow | None:
    offer = read_offer(card, page)
    url = _own_page(card, page, offer.title)
    key = (
        key_of(url)
        if url
        else re.sub(r"[\W_]+", "-", f"{offer.seller} {offer.title}".casefold()).strip("-")[:200]
    )
    if not offer.title or not key:
        return None
    item = post_of(card, page, offer, key="listing", url=url or page.url.split("#")[0])
    return ThreadRow(
        key=key,
        url=url or "",
        title=offer.title,
        author=offer.seller or None,
        created=item.posted,
        last_activity=item.edited or item.posted,
        says=" ".join(filter(None, (offer.product.price, offer.seller))),
        post=None if url else item,
        product=offer.product,
    )


def _own_page(card: Card, page: Page, title: str) -> str | None:
    best, rank = None, 0
    for link, url in card.links():
        bare = url.split("#")[0]
        parts = urlsplit(bare)
        where = f"{parts.path}?{parts.query}"
        if not same_host(url, page.url) or bare == page.url.split("#")[0]:
            continue
        said = inline(link)
        titled = bool(said and title and (said in title or title in said))
        if _NO_LISTING.search(where) and not titled:
            continue
        worth = 2 if titled else 1
        if worth > rank:
            best, rank = bare, worth
    return best


def _says_more(row: ThreadRow) -> bool:
    product = row.product
    return bool(product and (product.stock or product.feedback or product.ships_from or product.ships_to))


def _trail(tree: LexborHTMLParser) -> str | None:
    """The category that the page's trail names: its last link."""
    links = tree.css("[class*=breadcrumb i] a, [id*=breadcrumb i] a, [class*=crumbs i] a")
    names = [inline(link) for link in links if inline(link)]
    return names[-1] if len(names) > 1 or (names and names[0].lower() not in ("home", "index")) else None


ADAPTER = Marketplace()
