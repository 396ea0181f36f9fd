"""What a leak site states of a victim, read from its card or page."""

from __future__ import annotations

import re
from collections.abc import Mapping

from selectolax.lexbor import LexborNode

from crawler.adapter import Instant, Page, PostItem, Victim
from crawler.card_dates import AHEAD, DATE, DATE_WORDS, dates_of
from crawler.cards import Card
from crawler.countdowns import after, ahead, clock_of, ticking
from crawler.markup import visible
from crawler.ticking import deadline_line
from indexer.post import Kind

#: Ends of names that are files or ours, and no domain's.
FILES = re.compile(
    r"zip|rar|tar|gz|7z|txt|pdf|docx?|xlsx?|csv|sql|json|jpe?g|png|gif|exe|iso|torrent|bak|mdb|js|css|onion|html?|php|aspx?"
)
MORE = re.compile(r"^\W*(?:read|show|learn|see|view|more|details?|full|open|подробнее|далее)\b", re.I)
_SIZE = re.compile(
    r"(?<![\w.,])\d+(?:[.,]\d+)*\s?(?:[KMGTP]i?B|[МГТ]Б|(?:giga|tera|mega)bytes?)(?![^\W\d_])", re.I
)
_DOMAIN = re.compile(
    r"(?<![\w@./-])(?:https?://)?(?:www\.)?((?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,18})(?=$|[\s/,;:)\]|?]|\.(?:\s|$))",
    re.I,
)
_STATUS = re.compile(
    r"\b(?:(?P<not>not (?:yet )?(?:published|leaked)|unpublished|awaiting|pending|negotiat\w+|(?:coming )?soon"
    r"|countdown|in progress|(?:will|to) be (?:fully )?(?:published|leaked|released)|ожида\w+|скоро|не опубликован\w*)"
    r"|(?P<out>published|leaked|fully released|data (?:is )?available|full (?:dump|leak)|опубликован\w*))\b"
    r"(?!\s+(?:on|at|in|size)\b|\s*:)",
    re.I,
)
_SITE = re.compile(r"\b(?:web ?site|site|domain|url|web|homepage|сайт|домен)\b", re.I)
_SIZE_LABEL = re.compile(r"size|volume|data|amount|leak|объ[её]м|размер", re.I)
_NAME_LABEL = re.compile(
    r"^(?:company|victim|organi[sz]ation|name|target|client|компания|название)(?: name)?$", re.I
)
_STATUS_LABEL = re.compile(r"^(?:status|state|статус)$", re.I)
_CLOCKS = re.compile(r"countdown|timer|time-?left|remaining|deadline|clock|(?:^|[ -])tick", re.I)
_BARE_CLOCK = re.compile(
    r"[\d\W_]*(?:(?:days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|left|[dhms])\b[\d\W_]*)*", re.I
)
_COUNTED = r"(?:views?|visits?|visitors?|hits|downloads?|просмотр\w*|👁)"
_TICKS = re.compile(rf"\d\s*{_COUNTED}\b|(?<!\w){_COUNTED}\W{{0,3}}\d", re.I)
_DATED_AHEAD = re.compile(
    rf"(?:{AHEAD.pattern})[^\n\d]{{0,30}}((?:{DATE_WORDS})(?:,? \d\d?:\d\d(?::\d\d)?)?)", re.I
)
_SUBJECT = re.compile(
    r"\b(?:revenue|employees|industry|headquarters?|country|sector|exfiltrat\w+|stolen|passports?|confidential|ransom)\b",
    re.I,
)
_LEFT_WORDS = re.compile(
    r"time|left|remaining|deadline|until|publication|publish\w*|timer|countdown|\bin\b|\bto\b|ends?|the|\W",
    re.I,
)
_SMALL = (".badge", ".label", ".tag", "small", ".timer", ".status", ".place")


def evidence(text: str, attributes: Mapping[str, str | None]) -> frozenset[str]:
    """What in a text, or in an element's attributes, speaks for a victim's card."""
    kinds = set()
    if attributes:
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''} {' '.join(attributes)}"
        if _CLOCKS.search(names):
            kinds.add("deadline")
        if re.search(r"view|open|location", attributes.get("onclick") or ""):
            kinds.add("more")
    if not text:
        return frozenset(kinds)
    for kind, found in (
        ("size", _SIZE.search(text)),
        ("domain", domain_in(text)),
        ("status", _STATUS.search(text)),
        ("date", DATE.search(text)),
        ("deadline", AHEAD.search(text) or ticking(text)),
        ("subject", _SUBJECT.search(text)),
        ("more", len(text) < 30 and MORE.match(text)),
    ):
        if found:
            kinds.add(kind)
    return frozenset(kinds)


def read_victim(card: Card, page: Page, title: str, *, key: str, url: str, position: int) -> PostItem:
    """The post that a card, or a victim's own page, makes."""
    deadline, clocks, told = _deadline(card, page)
    shown = Card(card.page_url, card.nodes, card.columns, (*card.skip, *clocks)) if clocks else card
    lines = [line for line in shown.text.split("\n") if not _only_ticks(line)]
    ticks = [line for line in lines if _TICKS.search(line) and len(line) < 60]
    if told and deadline.at:
        lines.append(deadline_line(deadline.at))
        ticks.append(lines[-1])
    posted, updated = dates_of(card, page)
    return PostItem(
        key=key,
        author="",
        text=re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n"),
        url=url,
        posted=posted,
        edited=updated if updated.at else None,
        position=position,
        kind=Kind.VICTIM,
        ticks=tuple(ticks),
        victim=Victim(
            domain=_site(card, title),
            deadline=deadline,
            claimed_size=_size(card),
            published=_published(card.labelled(_STATUS_LABEL) or "\n".join(lines), deadline, page),
        ),
    )


def title_of(card: Card) -> str:
    """A victim's name as its card states it; empty when it states none."""
    node = card.title_node()
    title = ""
    if node is not None:
        title = next((line for line in visible(node, _SMALL).split("\n") if line.strip()), "").strip()
    labelled = card.labelled(_NAME_LABEL)
    if labelled and (node is None or node.tag not in ("h1", "h2", "h3", "h4", "h5", "h6")):
        title = labelled
    if not title or _SIZE.fullmatch(title) or ticking(title) or MORE.match(title):
        title = next((line.strip() for line in card.text.split("\n") if len(line.strip()) > 1), "")
    return title[:300]


def domain_in(text: str) -> str | None:
    """The first domain of a text that is no file's name and no onion address."""
    for found in _DOMAIN.finditer(text):
        name = found[1].lower()
        if not FILES.fullmatch(name.rpartition(".")[2]):
            return name
    return None


def _deadline(card: Card, page: Page) -> tuple[Instant, tuple[str, ...], bool]:
    """When the site threatens to publish; the selectors of the clocks that tell it; whether only they do."""
    clocks: list[str] = []
    by_clock = Instant()
    for node in card.classed(_CLOCKS):
        words = " ".join(node.text(separator=" ").split())
        stated = clock_of(node.attributes, words, page.fetched_at, page.zone)
        if stated.at is None:
            continue
        by_clock = by_clock if by_clock.at else stated
        if _BARE_CLOCK.fullmatch(words):
            clocks += _selector(node)
    for name, said in card.labels:
        if AHEAD.search(name) and (stated := ahead(said, page.fetched_at, page.zone)).at:
            return stated, tuple(clocks), False
    if by_clock.at:
        return by_clock, tuple(clocks), True
    if found := ticking(card.text):
        return after(page.fetched_at, found[1]), (), True
    by_words = _DATED_AHEAD.search(card.text)
    return (ahead(by_words[1], page.fetched_at, page.zone) if by_words else Instant()), (), False


def _selector(node: LexborNode) -> list[str]:
    name = (node.attributes.get("class") or "").split()
    if name and re.fullmatch(r"[A-Za-z][\w-]*", name[0]):
        return [f".{name[0]}"]
    key = node.attributes.get("id") or ""
    if re.fullmatch(r"[A-Za-z][\w-]*", key):
        return [f"#{key}"]
    return [f"[{each}]" for each in node.attributes if re.fullmatch(r"data-[a-z-]+", each)][:1]


def _only_ticks(line: str) -> bool:
    """Whether a line says nothing but what is left of the time."""
    found = ticking(line)
    return found is not None and len(_LEFT_WORDS.sub("", line.replace(found[0], ""))) < 4


def _site(card: Card, title: str) -> str | None:
    for words in (card.labelled(_SITE) or "", title):
        if found := domain_in(words):
            return found
    host = card.page_url.split("/")[2] if card.page_url.count("/") > 1 else ""
    for _, url in card.links():
        if (found := domain_in(url)) and found != host.split(":")[0]:
            return found
    return domain_in(card.text)


def _size(card: Card) -> str | None:
    for name, said in card.labels:
        if _SIZE_LABEL.search(name) and (found := _SIZE.search(said)):
            return found[0]
    found = _SIZE.search(card.text)
    return found[0] if found else None


def _published(status: str, deadline: Instant, page: Page) -> bool | None:
    if found := _STATUS.search(status):
        return bool(found["out"])
    return False if deadline.at and deadline.at > page.fetched_at else None
