"""Discourse, by its JSON: a board's path ends in ``.json``, or is made to. Checked against small pages in the form of
its public API only; no board was run, and no database was compared.
"""

from __future__ import annotations

import re
from math import ceil
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from config.errors import PageUnreadable
from crawler.adapter import BoardLink, BoardPage, Gate, GateKind, Mark, Page, PostItem, ThreadPage, ThreadRow
from crawler.json_pages import (
    at,
    count,
    flag,
    keys_on,
    moment,
    plain,
    read_json,
    records,
    shown,
    with_parameters,
    words,
)
from crawler.markup import number
from indexer.post import Kind

_MARKS = (Mark("topic_list.topics"), Mark("post_stream.posts"), Mark("category_list.categories"))
_ERRORS = {
    "not_found": GateKind.MISSING,
    "invalid_access": GateKind.FORBIDDEN,
    "not_logged_in": GateKind.LOGIN,
}
_SMALL_ACTION = 3  # "closed this topic": an entry of the log, no post


class Discourse:
    """Reads Discourse's topic lists and topics."""

    name = "discourse"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        return keys_on(page, _MARKS)

    def gate(self, page: Page) -> Gate | None:
        try:
            answer = read_json(page)
        except PageUnreadable:
            return None
        kind = _ERRORS.get(words(answer, "error_type"))
        return Gate(kind, words(answer, "errors.0")[:200]) if kind else None

    def board(self, page: Page) -> BoardPage:
        answer = read_json(page)
        if at(answer, "topic_list.topics") is None and at(answer, "category_list.categories") is None:
            raise PageUnreadable(f"no topics of Discourse at {page.url}")
        users = {words(user, "id"): words(user, "username") for user in records(answer, "users")}
        rows = [row for topic in records(answer, "topic_list.topics") if (row := _row(topic, users, page))]
        boards = [
            BoardLink(words(each, "id"), plain(words(each, "name")), urljoin(page.url, _category(each)))
            for each in records(answer, "category_list.categories")
        ]
        current = _page_of(page.url) + 1
        more = bool(words(answer, "topic_list.more_topics_url"))
        following = self.board_url(page.url, current + 1) if more else None
        return BoardPage(tuple(rows), tuple(boards), current, current + more, following)

    def thread(self, page: Page) -> ThreadPage:
        answer = read_json(page)
        key = words(answer, "id")
        items = [item for post in records(answer, "post_stream.posts") if (item := _post(post, answer, page))]
        if not items or not key:
            raise PageUnreadable(f"no topic of Discourse at {page.url}")
        current = max(_page_of(page.url), 1)
        stream = at(answer, "post_stream.stream")
        posts = len(stream) if isinstance(stream, list) else count(answer, "posts_count") or 0
        last = max(current, ceil(posts / max(count(answer, "chunk_size") or 20, 1)))
        following = self.thread_url(page.url, current + 1) if current < last else None
        locked = flag(answer, "closed") or flag(answer, "archived")
        return ThreadPage(key, _title(answer), tuple(items), current, last, following, locked)

    def board_url(self, url: str, page: int) -> str:
        return with_parameters(_as_json(url), {"page": page - 1 if page > 1 else None})

    def thread_url(self, url: str, page: int) -> str:
        return with_parameters(_as_json(url), {"page": page if page > 1 else None})


def _row(topic: dict[str, Any], users: dict[str, str], page: Page) -> ThreadRow | None:
    key = words(topic, "id")
    if not key:
        return None
    posters = list(records(topic, "posters"))
    first = next((each for each in posters if "Original" in words(each, "description")), None) or next(
        iter(posters), {}
    )
    posts = count(topic, "posts_count")
    return ThreadRow(
        key=key,
        url=urljoin(page.url, f"/t/{key}.json"),
        title=_title(topic),
        author=users.get(words(first, "user_id")) or None,
        created=moment(topic, "created_at", page),
        last_activity=moment(topic, "last_posted_at", page),
        last_author=words(topic, "last_poster_username") or None,
        replies=posts - 1 if posts else None,
        views=count(topic, "views"),
        sticky=flag(topic, "pinned") or flag(topic, "pinned_globally"),
        locked=flag(topic, "closed") or flag(topic, "archived"),
    )


def _post(post: dict[str, Any], topic: Any, page: Page) -> PostItem | None:
    key, position = words(post, "id"), count(post, "post_number")
    if not key or count(post, "post_type") == _SMALL_ACTION:
        return None
    name = words(post, "username")
    return PostItem(
        key=key,
        author=name,
        text=shown(
            words(post, "cooked"),
            skip=(".quote-controls", ".lightbox-wrapper .meta"),
            quotes=("aside.quote > .title",),
        ),
        url=urljoin(page.url, f"/t/{words(topic, 'id')}/{position or 1}"),
        posted=moment(post, "created_at", page),
        edited=moment(post, "updated_at", page) if (count(post, "version") or 1) > 1 else None,
        position=position,
        author_url=urljoin(page.url, f"/u/{name}") if name else None,
        kind=Kind.LISTING if position == 1 else Kind.REPLY,
    )


def _title(topic: Any) -> str:
    return plain(words(topic, "title") or words(topic, "fancy_title"))


def _category(category: dict[str, Any]) -> str:
    return f"/c/{words(category, 'slug') or '-'}/{words(category, 'id')}.json"


def _page_of(url: str) -> int:
    found = re.search(r"[?&]page=(\d{1,6})(?:&|$)", url)
    return number(found[1]) or 0 if found else 0


def _as_json(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.rstrip("/") or "/latest"
    return urlunsplit((*parts[:2], path if path.endswith(".json") else f"{path}.json", parts.query, ""))


ADAPTER = Discourse()
