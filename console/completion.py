"""What may stand where somebody types a query: fields, their values, operators, indicators. Pure but for the values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from config.errors import QueryError
from console.pivots import KINDS, told
from indexer.query import FIELDS, TIME_FIELDS, parse

#: What fields are for, as it stands beside them.
MEANINGS: Final = {
    "title": "words in the title",
    "text": "words in the text",
    "author": "who wrote it",
    "source": "one source",
    "board": "a board of a source",
    "thread": "the board's own key of a thread",
    "kind": "listing, reply, product, victim, paste",
    "language": "as en, id, zh",
    "posted": "a day or a range of days",
    "seen": "when it was read",
    "removed": "true or false",
}
_OPERATORS: Final = {"AND": "both", "OR": "one of them", "NOT": "but not"}
_MOST = 12
_OPEN = re.compile(r'(?:^|[\s(])[+-]?(?P<token>(?:[a-z]+:)?(?:"[^"]*|[^\s()"]*))$')

#: Values of a field that begin with some letters, each with how many posts have it (None: nobody counted).
Values = Callable[[str, str], Sequence[tuple[str, int | None]]]


@dataclass(frozen=True, slots=True)
class Offer:
    """One completion: ``value`` takes the place of what was typed."""

    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """What is offered for the characters ``start`` to ``end`` (excluded) of a query, and what is wrong with it at
    which character."""

    start: int
    end: int
    offers: tuple[Offer, ...]
    fault: str = ""
    position: int = -1


def complete(query: str, at: int, values: Values, now: datetime) -> Completion:
    """What may stand at a place of a query. Where it begins, facts' kinds are offered too: an indicator that is all of
    a query leads to its page."""
    at = max(min(at, len(query)), 0)
    found = _OPEN.search(query[:at])
    token = found["token"] if found else ""
    start = at - len(token)
    fault, position = "", -1
    if query.strip() and pivot_of(query) is None:
        try:
            parse(query)
        except QueryError as error:
            fault, position = _said(error), error.position
    name, colon, typed = token.partition(":")
    alone = not query[:start].strip() and not query[at:].strip()
    if colon and name in FIELDS:
        offers = _of_field(name, typed, values, now)
    elif colon and alone and name in KINDS:
        offers = [Offer(f"{name}:{value}", "indicator") for value, _ in values(name, typed.lstrip('"'))]
    else:
        offers = _fields(token, alone)
    return Completion(start, at, tuple(offers[:_MOST]), fault, position)


def pivot_of(query: str) -> tuple[str, str] | None:
    """The indicator that a query asks for by its kind, as ``wallet:bc1...``; None where it asks for posts."""
    name, colon, value = query.strip().partition(":")
    value = value.strip().strip('"')
    if not colon or name not in KINDS or not value or len(value.split()) > 1:
        return None
    return name, value


def _of_field(name: str, typed: str, values: Values, now: datetime) -> list[Offer]:
    bare = typed.lstrip('"')
    if name in TIME_FIELDS:
        return [Offer(f"{name}:{range_}", says) for says, range_ in _times(now) if range_.startswith(bare)]
    if name == "removed":
        return [Offer(f"removed:{one}") for one in ("true", "false") if one.startswith(bare)]
    return [
        Offer(f"{name}:{quoted(value)}", f"{count:,}" if count is not None else "")
        for value, count in values(name, bare)
    ]


def _fields(token: str, alone: bool) -> list[Offer]:
    if token.startswith('"'):
        return []
    offers = [Offer(f"{name}:", says) for name, says in MEANINGS.items() if name.startswith(token)]
    if token:
        offers += [
            Offer(f"{word} ", says) for word, says in _OPERATORS.items() if word.startswith(token.upper())
        ]
    if token and alone:
        offers += [Offer(f"{kind}:", "indicator") for kind in sorted(KINDS) if kind.startswith(token)]
    if len(token) > 8 and alone and (meant := told(token)):
        kind, value = meant[0]
        offers.insert(0, Offer(f"{kind}:{value}", "indicator"))
    return offers


def _times(now: datetime) -> list[tuple[str, str]]:
    def since(days: int) -> str:
        return f"[{now - timedelta(days=days):%Y-%m-%d} TO *]"

    return [
        ("today", f"{now:%Y-%m-%d}"),
        ("7 days", since(7)),
        ("30 days", since(30)),
        ("90 days", since(90)),
        ("this year", f"[{now:%Y}-01-01 TO *]"),
    ]


def quoted(value: str) -> str:
    """A value as it stands in a query: in quotes where it has more than letters and digits."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", value) and value not in _OPERATORS:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _said(error: QueryError) -> str:
    return f"{error.message}; {error.cure}" if error.cure else error.message
