"""Flarum 1 and 2, by its JSON API. A board's path is ``/api/discussions``, with ``?filter[tag]=NAME`` for one tag;
``/t/NAME`` is taken for it. Checked against small pages in the form of its public API only; no board was run.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from config.errors import PageUnreadable
from crawler.adapter import BoardLink, BoardPage, Gate, GateKind, Mark, Page, PostItem, ThreadPage, ThreadRow
from crawler.json_pages import (
    at,
    count,
    flag,
    moment,
    plain,
    read_json,
    records,
    shown,
    with_parameters,
    words,
)
from indexer.post import Kind

_SIZE = 20  # rows of a page, which its addresses ask for
_MARKS = {
    "discussions": Mark("attributes.commentCount"),
    "posts": Mark("attributes.contentHtml"),
    "tags": Mark("attributes.discussionCount"),
}
_ERRORS = {
    "404": GateKind.MISSING,
    "403": GateKind.FORBIDDEN,
    "401": GateKind.LOGIN,
    "503": GateKind.MAINTENANCE,
}


class Flarum:
    """Reads Flarum's discussions and their posts."""

    name = "flarum"

    def detect(self, page: Page) -> tuple[Mark, ...]:
        first = next(records(read_json(page), "data"), {})
        mark = _MARKS.get(words(first, "type"))
        return (mark,) if mark and at(first, mark.css) is not None else ()

    def gate(self, page: Page) -> Gate | None:
        try:
            error = next(records(read_json(page), "errors"), {})
        except PageUnreadable:
            return None
        kind = _ERRORS.get(words(error, "status"))
        return Gate(kind, (words(error, "detail") or words(error, "code"))[:200]) if kind else None

    def board(self, page: Page) -> BoardPage:
        answer = read_json(page)
        if not isinstance(at(answer, "data"), list):
            raise PageUnreadable(f"no discussions of Flarum at {page.url}")
        known = _included(answer)
        rows, boards = [], []
        for each in records(answer, "data"):
            if words(each, "type") == "discussions":
                rows.append(_row(each, known, page))
            elif words(each, "type") == "tags":
                slug = words(each, "attributes.slug")
                url = urljoin(page.url, f"/api/discussions?filter[tag]={slug}")
                boards.append(BoardLink(slug, plain(words(each, "attributes.name")), self.board_url(url, 1)))
        if not rows and not boards and at(answer, "data"):
            raise PageUnreadable(f"no discussions of Flarum at {page.url}")
        current, last, following = self._paging(answer, page)
        return BoardPage(tuple(rows), tuple(boards), current, last, following)

    def thread(self, page: Page) -> ThreadPage:
        answer = read_json(page)
        known = _included(answer)
        posts = [each for each in records(answer, "data") if words(each, "type") == "posts"]
        items = [item for post in posts if (item := _post(post, known, page))]
        asked = re.search(r"filter(?:\[|%5B)discussion(?:\]|%5D)=(\d+)", page.url, re.I)
        key = asked[1] if asked else words(posts[0] if posts else {}, "relationships.discussion.data.id")
        if not items or not key:
            raise PageUnreadable(f"no discussion of Flarum at {page.url}")
        discussion = known.get(("discussions", key), {})
        current, last, following = self._paging(answer, page)
        locked = at(discussion, "attributes.isLocked")
        return ThreadPage(
            key,
            plain(words(discussion, "attributes.title")),
            tuple(items),
            current,
            last,
            following,
            locked if isinstance(locked, bool) else None,
        )

    def _paging(self, answer: Any, page: Page) -> tuple[int, int, str | None]:
        offset = re.search(r"page(?:\[|%5B)offset(?:\]|%5D)=(\d{1,9})", page.url, re.I)
        current = int(offset[1]) // _SIZE + 1 if offset else 1
        more = bool(words(answer, "links.next"))
        return current, current + more, self.board_url(page.url, current + 1) if more else None

    def board_url(self, url: str, page: int) -> str:
        tag = re.fullmatch(r"/t/([^/]+)/?", urlsplit(url).path)
        if tag:
            url = urljoin(url, f"/api/discussions?filter[tag]={tag[1]}")
        elif "/api/" not in url:
            url = urljoin(url, "/api/discussions")
        return with_parameters(url, {"page[limit]": _SIZE, "page[offset]": (page - 1) * _SIZE or None})

    def thread_url(self, url: str, page: int) -> str:
        return self.board_url(url, page)


def _included(answer: Any) -> dict[tuple[str, str], dict[str, Any]]:
    return {(words(each, "type"), words(each, "id")): each for each in records(answer, "included")}


def _user(each: dict[str, Any], role: str, known: dict[tuple[str, str], dict[str, Any]]) -> dict[str, Any]:
    return known.get(("users", words(each, f"relationships.{role}.data.id")), {})


def _name(user: dict[str, Any]) -> str:
    return words(user, "attributes.displayName") or words(user, "attributes.username")


def _row(each: dict[str, Any], known: dict[tuple[str, str], dict[str, Any]], page: Page) -> ThreadRow:
    key = words(each, "id")
    posts = count(each, "attributes.commentCount")
    posts_of: dict[str, str | int | None] = {
        "filter[discussion]": key,
        "sort": "number",
        "page[limit]": _SIZE,
    }
    url = with_parameters(urljoin(page.url, "/api/posts"), posts_of)
    return ThreadRow(
        key=key,
        url=url,
        title=plain(words(each, "attributes.title")),
        author=_name(_user(each, "user", known)) or None,
        created=moment(each, "attributes.createdAt", page),
        last_activity=moment(each, "attributes.lastPostedAt", page),
        last_author=_name(_user(each, "lastPostedUser", known)) or None,
        replies=posts - 1 if posts else None,
        views=count(each, "attributes.viewCount"),
        sticky=flag(each, "attributes.isSticky"),
        locked=flag(each, "attributes.isLocked"),
        poll=flag(each, "attributes.hasPoll"),
    )


def _post(post: dict[str, Any], known: dict[tuple[str, str], dict[str, Any]], page: Page) -> PostItem | None:
    key, position = words(post, "id"), count(post, "attributes.number")
    markup = words(post, "attributes.contentHtml")
    if not key or words(post, "attributes.contentType") != "comment" or not markup:
        return None  # an entry of the log, or a hidden post
    user = _user(post, "user", known)
    slug = words(user, "attributes.slug") or words(user, "attributes.username")
    thread = words(post, "relationships.discussion.data.id")
    return PostItem(
        key=key,
        author=_name(user),
        text=shown(markup, skip=("blockquote > div > cite > a.PostMention",), blocks=("cite",)),
        url=urljoin(page.url, f"/d/{thread}/{position or 1}"),
        posted=moment(post, "attributes.createdAt", page),
        edited=moment(post, "attributes.editedAt", page) if words(post, "attributes.editedAt") else None,
        position=position,
        author_url=urljoin(page.url, f"/u/{unquote(slug)}") if slug else None,
        kind=Kind.LISTING if position == 1 else Kind.REPLY,
    )


ADAPTER = Flarum()
