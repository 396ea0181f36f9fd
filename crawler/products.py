"""What a market states of a listing, read from its card or page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from selectolax.lexbor import LexborNode

from crawler.adapter import Page, PostItem, Product
from crawler.card_dates import dates_of
from crawler.cards import Card, same_host
from crawler.markup import absolute, inline, visible
from indexer.post import Kind

_CODES = r"USDT?|EUR|GBP|AUD|CAD|CHF|JPY|CNY|RUB|UAH|IDR|INR|BRL|TRY|PLN|BTC|XMR|LTC|ETH|BCH|USDC|руб\.?"
_SIGNS = r"[$€£¥₽₴₹₿ɱ₺]"
_AMOUNT = r"\d{1,3}(?:[ ,.']\d{3})+(?:[.,]\d{1,8})?|\d+(?:[.,]\d{1,12})?"
_PRICE = re.compile(
    rf"(?<![\w.])(?:(?:{_CODES}|(?:US|A|C)?{_SIGNS})\s?(?:{_AMOUNT})(?!\w)|(?:{_AMOUNT})\s?(?:(?:{_CODES})\b|{_SIGNS}))",
    re.I,
)
_SELLER_CLASS = re.compile(r"(?:^|[-_ ])(?:seller|vendor|merchant|shop-?name)", re.I)
_SELLER_LABEL = re.compile(r"^(?:vendor|seller|sold by|merchant|by|продавец)(?: name)?$", re.I)
_SELLER = re.compile(r"(?:^|\b)(?:sold by|by|vendor|seller|продавец)\s*[:\s]\s*(\S[^\n(|·•]{0,60})", re.I)
_FROM_LABEL = re.compile(
    r"^(?:ship(?:s|ping|ped)? ?|sent |origin ?|dispatch\w* ?)?(?:from|origin(?: country)?)$", re.I
)
_TO_LABEL = re.compile(r"^(?:ship(?:s|ping|ped)? ?|deliver\w* ?|sent )?(?:to|destinations?|delivery)$", re.I)
_SHIPS = re.compile(
    r"ship(?:s|ping|ped)?\W{0,3}(?:from\W{0,3})?(?P<a>[^\n→>|]{2,40}?)\s*(?:→|->|=>|»|\bto\b)\s*(?P<b>[^\n→>|]{2,60})",
    re.I,
)
_SHIPS_FROM = re.compile(r"ship(?:s|ping|ped)?\s+from\W{0,3}(?P<a>[^\n→>|,]{2,40})", re.I)
_SHIPS_TO = re.compile(r"ship(?:s|ping|ped)?\s+to\W{0,3}(?P<b>[^\n→>|]{2,60})", re.I)
_CATEGORY = re.compile(r"^(?:category|categories|section|type of goods|категория)$", re.I)
_CATEGORY_CLASS = re.compile(r"(?:^|[-_ ])categor", re.I)
_STOCK_LABEL = re.compile(
    r"^(?:(?:in )?stock|quantity(?: left| available)?|qty|available|items? left|наличие)$", re.I
)
_STOCK = re.compile(
    r"\b(?:out of stock|sold out|\d[\d,]* (?:in stock|left|available)|unlimited(?= |$)|in stock)\b", re.I
)
_FEEDBACK_LABEL = re.compile(r"feedback|rating|reviews?|score|отзыв", re.I)
_FEEDBACK_CLASS = re.compile(r"rating|feedback|stars|score", re.I)
_FEEDBACK = re.compile(
    r"\d{1,3}(?:\.\d+)?\s?%(?: positive)?(?: \(\d[\d,]*\))?|\b\d(?:\.\d+)?\s?/\s?(?:5|10)\b(?: \(\d[\d,]*\))?"
    r"|\b\d(?:\.\d+)?\s?(?:★|stars?)|\(\d[\d,]* reviews?\)|\b\d[\d,]* (?:reviews?|ratings?)\b",
    re.I,
)
_BUY = re.compile(r"^\W*(?:buy|add to cart|order|purchase|view|details?|more|купить|подробнее)\b", re.I)
_TICKS = re.compile(
    r"\b\d[\d,]*\s*(?:sold|sales|views?|orders?|in stock|left|available|reviews?|ratings?)\b"
    r"|^\W*(?:sold|sales|views?|orders?|(?:in )?stock|quantity|qty|feedback|rating|reviews?|score)\W{1,3}\d",
    re.I,
)
_TICKING_LABEL = re.compile(
    r"\W*(?:sold|sales|views?|orders?|(?:in )?stock|quantity|qty|feedback|rating|reviews?|score|наличие)\W*",
    re.I,
)
_ASIDE = (
    "[class*=related i]", "[class*=similar i]", "[id*=feedback i] table", "[id*=review i]", "[class*=reviews i]",
    "[class*=feedbacks i]", "table[class*=feedback i]", "ul[class*=feedback i]",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """A listing as a card or page states it. ``seller`` is empty when none is named."""

    title: str
    seller: str
    seller_url: str | None
    product: Product


def evidence(text: str, attributes: Mapping[str, str | None]) -> frozenset[str]:
    """What in a text, or in an element's attributes, speaks for a listing's card."""
    kinds = set()
    if attributes:
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        for kind, pattern in (("seller", _SELLER_CLASS), ("feedback", _FEEDBACK_CLASS)):
            if pattern.search(names):
                kinds.add(kind)
    if not text:
        return frozenset(kinds)
    for kind, found in (
        ("price", _PRICE.search(text)),
        ("seller", re.search(r"\b(?:vendor|seller|sold by|продавец)\b|^by\b", text, re.I)),
        ("ships", re.search(r"\bship(?:s|ping|ped)?\b", text, re.I)),
        ("stock", _STOCK.search(text) or re.match(r"(?:stock|quantity|qty)\b", text, re.I)),
        ("feedback", _FEEDBACK.search(text)),
        ("buy", len(text) < 30 and _BUY.match(text)),
    ):
        if found:
            kinds.add(kind)
    return frozenset(kinds)


def read_offer(card: Card, page: Page, category: str | None = None) -> Offer:
    """What a card or page states; ``category`` where the page's trail names it."""
    seller, seller_url = _seller(card, page)
    ships_from, ships_to = _ships(card)
    return Offer(
        _title(card),
        seller,
        seller_url,
        Product(
            price=price_of(card),
            ships_from=ships_from,
            ships_to=ships_to,
            category=_first(card, _CATEGORY, _CATEGORY_CLASS) or category,
            stock=_stock(card),
            feedback=_feedback(card),
        ),
    )


def post_of(card: Card, page: Page, offer: Offer, *, key: str, url: str) -> PostItem:
    """The post that a listing makes: its description without reviews and other listings."""
    shown = Card(card.page_url, card.nodes, card.columns, (*card.skip, *_ASIDE))
    posted, updated = dates_of(card, page)
    lines = shown.text.split("\n")
    ticks = [line for line in lines if len(line) < 60 and _TICKS.search(line)]
    ticks += [line for name, line in pairwise(lines) if _TICKING_LABEL.fullmatch(name) and len(line) < 60]
    return PostItem(
        key=key,
        author=offer.seller,
        text=shown.text,
        url=url,
        posted=posted,
        edited=updated if updated.at else None,
        position=1,
        author_url=offer.seller_url,
        kind=Kind.PRODUCT,
        ticks=tuple(ticks),
        product=offer.product,
    )


def price_of(card: Card) -> str | None:
    """A listing's price in its own words."""
    for node in card.classed(re.compile(r"price|amount|cost", re.I)):
        words = " ".join(visible(node).split())
        if len(words) <= 60 and (found := _PRICE.search(words)):
            return words if _PRICE.match(words) else found[0]
    labelled = card.labelled(re.compile(r"^(?:price|cost|цена)", re.I))
    found = _PRICE.search(labelled or "") or _PRICE.search(card.parted)
    return found[0] if found else None


def _title(card: Card) -> str:
    labelled = card.labelled(re.compile(r"^(?:title|product|listing|item|name|название|товар)$", re.I))
    node = card.title_node()
    if labelled and (node is None or not (node.tag or "").startswith("h")):
        return labelled[:300]
    words = next((line for line in visible(node).split("\n") if line.strip()), "") if node is not None else ""
    if not words or _PRICE.fullmatch(words) or _BUY.fullmatch(words):
        words = next((line for line in card.text.split("\n") if len(line.strip()) > 2), "")
    return words.strip()[:300]


def _seller(card: Card, page: Page) -> tuple[str, str | None]:
    for node in card.classed(_SELLER_CLASS):
        link = node if node.tag == "a" else node.css_first("a[href]")
        words = inline(link) or inline(node)
        name = _name(re.sub(r"^(?:sold by|by|vendor|seller|продавец)\b\s*:?\s*", "", words, flags=re.I))
        if name:
            return name, _profile(link, page)
    labelled = card.labelled(_SELLER_LABEL)
    found = _SELLER.search(card.parted)
    name = _name(labelled or (found[1] if found else ""))
    for link, _ in card.links():
        if name and _name(inline(link)) == name:
            return name, _profile(link, page)
    return name, None


def _name(words: str) -> str:
    return re.split(r"\s*[(\[|·•★]|\s+\d{1,3}(?:\.\d+)?\s?%", words.strip())[0].strip()[:80]


def _profile(link: LexborNode | None, page: Page) -> str | None:
    url = absolute(page.url, link)
    return url if url and same_host(url, page.url) else None


def _ships(card: Card) -> tuple[str | None, str | None]:
    origin, destination = card.labelled(_FROM_LABEL), card.labelled(_TO_LABEL)
    both = _SHIPS.search(card.parted)
    if not (origin or destination) and both:
        return both["a"].strip(" :"), both["b"].strip()
    one, two = _SHIPS_FROM.search(card.parted), _SHIPS_TO.search(card.parted)
    return origin or (one["a"].strip() if one else None), destination or (two["b"].strip() if two else None)


def _first(card: Card, label: re.Pattern[str], name: re.Pattern[str]) -> str | None:
    if labelled := card.labelled(label):
        return labelled
    for node in card.classed(name):
        words = re.sub(r"^[^:]{0,20}:\s*", "", inline(node))
        if 1 < len(words) <= 60:
            return words
    return None


def _stock(card: Card) -> str | None:
    labelled = card.labelled(_STOCK_LABEL)
    found = _STOCK.search(card.parted)
    return labelled[:60] if labelled else found[0] if found else None


def _feedback(card: Card) -> str | None:
    for name, said in card.labels:
        if _FEEDBACK_LABEL.search(name) and len(said) <= 60 and re.search(r"\d", said):
            return said
    for node in card.classed(_FEEDBACK_CLASS):
        words = inline(node)
        if len(words) <= 60 and (found := _FEEDBACK.search(words)):
            return found[0]
    found = _FEEDBACK.search(card.parted)
    return found[0] if found else None
