"""Times that a card states: when it was put up, and when it was changed."""

from __future__ import annotations

import re

from crawler.adapter import Instant, Page
from crawler.cards import Card
from crawler.dates import read_date
from crawler.markup import inline

#: What speaks of a time that lies ahead.
AHEAD = re.compile(
    r"deadline|publication|publish(?:ed|ing)?(?: (?:date|on|at|in|time))|will be published|time left|timer|expir"
    r"|until|release|countdown|срок|дедлайн|публикаци",
    re.I,
)
DATE_WORDS = (
    r"20\d\d[-./]\d\d?[-./]\d\d?|\d\d?[-./ ](?:\d\d?|[A-Za-z]{3,9})[-./ ,]{1,2}20\d\d"
    r"|[A-Z][a-z]{2,8} \d\d?,? 20\d\d"
)
DATE = re.compile(rf"\b(?:{DATE_WORDS})\b")
_ADDED = re.compile(
    r"^(?:added|posted|date|discovered|created|published|listed|добавлен\w*|дата)\b(?! (?:of )?publ)", re.I
)
_UPDATED = re.compile(r"\b(?:updated?|обновл\w*)\b", re.I)


def dates_of(card: Card, page: Page) -> tuple[Instant, Instant]:
    """When a card was put up and when it was changed last, as its labels, or else a lone date, tell."""
    posted, updated = _stated(card, _ADDED, page), _stated(card, _UPDATED, page)
    if posted.at is None and updated.at is None:
        posted = _lone_date(card, page)
    return posted, updated


def _stated(card: Card, label: re.Pattern[str], page: Page) -> Instant:
    for name, said in card.labels:
        if label.search(name) and not AHEAD.search(name):
            stated = read_date(_plain_date(said), now=page.fetched_at, zone=page.zone)
            if stated.at:
                return stated
    return Instant()


def _lone_date(card: Card, page: Page) -> Instant:
    """The date of a ``time`` element, or of a line that is nothing but a date."""
    for node in card.nodes:
        for each in node.css("time"):
            for words in (each.attributes.get("datetime") or "", inline(each)):
                stated = read_date(words, now=page.fetched_at, zone=page.zone)
                if stated.at:
                    return stated
    for line in card.text.split("\n"):
        line = re.sub(r"^(?:added|posted|date)(?: on)?\W+", "", line.strip(), flags=re.I)
        found = DATE.match(line)
        if found and len(line) <= 40 and not AHEAD.search(line):
            return read_date(_plain_date(line), now=page.fetched_at, zone=page.zone)
    return Instant()


def _plain_date(words: str) -> str:
    return re.sub(r"\s*\(?\b(?:UTC|GMT)\)?$", "", words.split("|")[0].strip())
