"""Pages that are JSON: read without trust, and their texts made visible."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from config.errors import PageUnreadable
from crawler.adapter import Instant, Mark, Page
from crawler.dates import read_date
from crawler.markup import parse, spell_smileys, visible
from indexer.post import Precision

_SMILEYS = "img.emoji[alt], img.emoji[title]"
_MOST = 10**15  # JSON has numbers that no calendar, database or division takes


def read_json(page: Page) -> Any:
    """What a page holds. ``PageUnreadable`` when it is no JSON, or nested too deeply."""
    try:
        return json.loads(page.text)
    except (ValueError, RecursionError) as error:
        raise PageUnreadable(f"no JSON at {page.url}") from error


def at(value: Any, path: str) -> Any:
    """What stands at a dotted path (``data.0.name``; "" is the value itself); None where there is nothing."""
    for part in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def records(value: Any, path: str) -> Iterator[dict[str, Any]]:
    """The objects of the list at a path."""
    found = at(value, path)
    yield from (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def words(value: Any, path: str = "") -> str:
    """The text at a path, a number as its digits; empty where there is none."""
    found = at(value, path)
    return str(found) if isinstance(found, (str, int, float)) and not isinstance(found, bool) else ""


def count(value: Any, path: str) -> int | None:
    """The whole number at a path, None where there is none that counts anything."""
    found = at(value, path)
    return found if isinstance(found, int) and not isinstance(found, bool) and abs(found) <= _MOST else None


def flag(value: Any, path: str) -> bool:
    """Whether something true stands at a path."""
    return bool(at(value, path))


def moment(value: Any, path: str, page: Page) -> Instant:
    """The instant at a path: ISO 8601, Unix seconds or milliseconds, or as boards write it."""
    found = at(value, path)
    if isinstance(found, str) and found.isdecimal() and len(found) in (10, 13):
        found = int(found)
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        if not abs(found) <= _MOST:
            return Instant()
        seconds = found / 1000 if found > 10**11 else float(found)
        if not 0 < seconds <= page.fetched_at.timestamp():
            return Instant()
        return Instant(datetime.fromtimestamp(seconds, UTC), Precision.SECOND)
    return (
        read_date(words(found), now=page.fetched_at, zone=page.zone) if isinstance(found, str) else Instant()
    )


def plain(text: str) -> str:
    """A title that is written as HTML."""
    return " ".join(html.unescape(text).split())


def shown(
    markup: str, skip: tuple[str, ...] = (), blocks: tuple[str, ...] = (), quotes: tuple[str, ...] = ()
) -> str:
    """The visible text of a piece of HTML, as ``visible`` gives it. May raise ``PageUnreadable``."""
    body = parse(markup).body
    if body is None:
        return ""
    for picture in body.css(_SMILEYS):
        if not picture.attributes.get("alt"):
            picture.replace_with(picture.attributes.get("title") or "")
    spell_smileys(body, _SMILEYS)
    return visible(body, skip, blocks, quotes)


def keys_on(page: Page, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Those of an engine's marks that a page of JSON bears; a mark's ``css`` is a dotted path. May raise
    ``PageUnreadable``."""
    value = read_json(page)
    return tuple(mark for mark in marks if at(value, mark.css) is not None)


def with_parameters(url: str, changes: Mapping[str, str | int | None]) -> str:
    """The address with some of its parameters set, or left out where None; as it is where nothing changes."""
    parts = urlsplit(url)
    named = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if not any(value is not None or name in named for name, value in changes.items()):
        return url
    kept = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in changes
    ]
    kept += [(name, str(value)) for name, value in changes.items() if value is not None]
    return urlunsplit((*parts[:3], urlencode(kept, safe="[]"), ""))


def joined(base: str, address: str) -> str:
    """An address that a page gives, made absolute; empty when it is none."""
    try:
        return urljoin(base, address) if address else ""
    except ValueError:
        return ""


def encoded(path: str) -> str:
    """A path with everything that an address may not hold encoded, and nothing twice."""
    return quote(path, safe="/%:@!$&'()*+,;=~-._")
