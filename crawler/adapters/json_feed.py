"""Feeds in JSON: JSON Feed 1.1, or any other by the ``mapping`` in its source's file. An entry is a thread of one post,
shown whole by the feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from config.errors import PageUnreadable
from crawler.adapter import (
    BoardPage,
    Gate,
    Instant,
    Mark,
    Page,
    PostItem,
    Product,
    ThreadPage,
    ThreadRow,
    Victim,
)
from crawler.countdowns import ahead
from crawler.json_pages import (
    at,
    joined,
    keys_on,
    moment,
    plain,
    read_json,
    records,
    shown,
    with_parameters,
    words,
)
from crawler.mapping import Mapping
from crawler.ticking import deadline_line
from indexer.post import Kind

_MARKS = (Mark("version"), Mark("items.0.id", weight=1), Mark("items.0.url", weight=1))
_MARKUP = re.compile(r"<[a-z/!][^>]*>", re.I)
_NO = frozenset(
    {"", "0", "no", "false", "none", "null", "pending", "awaiting", "countdown", "soon", "unpublished"}
)
_LONGEST_TITLE = 120


class JsonFeed:
    """Reads a feed by a mapping."""

    name = "json_feed"

    def __init__(self, mapping: Mapping | None = None) -> None:
        self._mapping = mapping or Mapping()

    def detect(self, page: Page) -> tuple[Mark, ...]:
        if "jsonfeed.org/version" not in words(read_json(page), "version"):
            return ()
        return keys_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:  # noqa: ARG002
        return None

    def board(self, page: Page) -> BoardPage:
        answer, mapping = read_json(page), self._mapping
        if not isinstance(at(answer, mapping.items), list):
            raise PageUnreadable(f"no list at {mapping.items!r} of {page.url}")
        rows: dict[str, ThreadRow] = {}
        for entry in records(answer, mapping.items):
            if row := self._row(entry, page):
                rows.setdefault(row.key, row)
        if at(answer, mapping.items) and not rows:
            raise PageUnreadable(f"no entry with {mapping.key!r} and {mapping.title!r} at {page.url}")
        current = self._number(page.url)
        following = self._next(answer, page, current) if rows else None
        last = current + 1 if following else current
        return BoardPage(tuple(rows.values()), (), current, last, following, newest_only=not mapping.whole)

    def thread(self, page: Page) -> ThreadPage:
        raise PageUnreadable(f"an entry has no page of its own: {page.url}")

    def board_url(self, url: str, page: int) -> str:
        return with_parameters(url, {self._mapping.page or "page": page if page > 1 else None})

    def thread_url(self, url: str, page: int) -> str:
        return self.board_url(url, page)

    def _number(self, url: str) -> int:
        found = (
            re.search(rf"[?&]{re.escape(self._mapping.page)}=(\d{{1,6}})", url)
            if self._mapping.page
            else None
        )
        return max(int(found[1]), 1) if found else 1

    def _next(self, answer: Any, page: Page, current: int) -> str | None:
        mapping = self._mapping
        stated = words(answer, mapping.next) if mapping.next else ""
        if stated:
            return joined(page.url, stated)
        return self.board_url(page.url, current + 1) if mapping.page else None

    def _row(self, entry: dict[str, Any], page: Page) -> ThreadRow | None:
        mapping = self._mapping
        key, title = words(entry, mapping.key), plain(_visible(words(entry, mapping.title)))
        if not key:
            return None
        texts = (_visible(words(entry, path)) for path in mapping.text)
        victim = self._victim(entry, page) if mapping.kind is Kind.VICTIM else None
        lines = [next(filter(None, texts), ""), *self._details(entry)]
        if victim and victim.deadline.at:
            lines.append(deadline_line(victim.deadline.at))
        text = "\n".join(filter(None, lines))
        created = moment(entry, mapping.created, page) if mapping.created else Instant()
        updated = moment(entry, mapping.updated, page) if mapping.updated else Instant()
        author = plain(words(entry, mapping.author)) if mapping.author else ""
        stated = words(entry, mapping.url) if mapping.url else ""
        item = PostItem(
            key="entry",
            author=author,
            text=text,
            url=joined(page.url, stated) or page.url,
            posted=created if created.at else updated,
            edited=updated if created.at and updated.at and updated.at > created.at else None,
            position=1,
            kind=mapping.kind,
            victim=victim,
            product=self._product(entry) if mapping.kind is Kind.PRODUCT else None,
        )
        return ThreadRow(
            key=key[:300],
            url="",
            title=title or text.split("\n")[0][:_LONGEST_TITLE] or key,
            author=author or None,
            created=created,
            last_activity=updated if updated.at else created,
            post=item,
        )

    def _details(self, entry: dict[str, Any]) -> Iterable[str]:
        mapping = self._mapping
        own = (mapping.domain, mapping.claimed_size, mapping.published, mapping.price)
        for path in dict.fromkeys((*mapping.details, *filter(None, own))):
            found = at(entry, path)
            said = ", ".join(map(words, found)) if isinstance(found, list) else _visible(words(found))
            said = said or (str(found).lower() if isinstance(found, bool) else "")
            if said:
                yield f"{path.rpartition('.')[2].replace('_', ' ')}: {said}"

    def _victim(self, entry: dict[str, Any], page: Page) -> Victim:
        mapping = self._mapping
        deadline = words(entry, mapping.deadline) if mapping.deadline else ""
        return Victim(
            domain=words(entry, mapping.domain) or None if mapping.domain else None,
            deadline=ahead(deadline, page.fetched_at, page.zone),
            claimed_size=words(entry, mapping.claimed_size) or None if mapping.claimed_size else None,
            published=_is_true(at(entry, mapping.published)) if mapping.published else None,
        )

    def _product(self, entry: dict[str, Any]) -> Product:
        return Product(price=words(entry, self._mapping.price) or None if self._mapping.price else None)


def _visible(text: str) -> str:
    return shown(text) if _MARKUP.search(text) or "&" in text else text.strip()


def _is_true(value: Any) -> bool | None:
    return None if value is None else str(value).strip().lower() not in _NO


def open_adapter(mapping: Mapping) -> JsonFeed:
    """The adapter that reads a feed by a source's mapping."""
    return JsonFeed(mapping)


ADAPTER = JsonFeed()
