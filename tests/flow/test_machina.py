"""The machina adapter against a genuine forum over plain HTTP: every field equals the engine's database."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from console.demo import content
from console.demo.board import Forum
from crawler.adapter import Page, PostItem, ThreadPage, ThreadRow
from crawler.adapters.machina import ADAPTER

#: What machina shows on one page, by its own settings.
ROWS_A_PAGE, POSTS_A_PAGE = 20, 15


@pytest.fixture(scope="module")
def forum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forum]:
    with Forum(tmp_path_factory.mktemp("forum")) as running:
        yield running


class Walk:
    """A whole forum as the adapter reads it."""

    def __init__(self, forum: Forum) -> None:
        self.rows: dict[str, tuple[str, ThreadRow]] = {}
        self.posts: dict[str, tuple[ThreadPage, PostItem]] = {}
        self.pages = 0
        with httpx.Client(base_url=forum.base_url, trust_env=False) as client:
            for name, path in forum.boards.items():
                self._board(client, name, str(client.base_url.join(path)))

    def _get(self, client: httpx.Client, url: str) -> Page:
        answer = client.get(url)
        assert answer.status_code == 200, url
        page = Page(url, answer.text, datetime.now(UTC))
        assert ADAPTER.detect(page)
        assert ADAPTER.gate(page) is None
        self.pages += 1
        return page

    def _board(self, client: httpx.Client, name: str, url: str | None) -> None:
        while url:
            board = ADAPTER.board(self._get(client, url))
            assert board.page == board.pages or len(board.threads) == ROWS_A_PAGE
            for row in board.threads:
                assert row.key not in self.rows
                self.rows[row.key] = (name, row)
                self._thread(client, row)
            url = board.next_url

    def _thread(self, client: httpx.Client, row: ThreadRow) -> None:
        url: str | None = row.url
        while url:
            thread = ADAPTER.thread(self._get(client, url))
            assert thread.key == row.key
            assert thread.page == thread.pages or len(thread.posts) == POSTS_A_PAGE
            for post in thread.posts:
                assert post.key not in self.posts
                self.posts[post.key] = (thread, post)
            url = thread.next_url


def plain(text: str) -> str:
    """Words only: without Markdown, quote marks and line breaks."""
    return " ".join(re.sub(r"\*\*|^- |^(> ?)+", "", text, flags=re.M).split())


def minute(at: datetime | float | None) -> int | None:
    return None if at is None else int(at.timestamp() if isinstance(at, datetime) else at) // 60


def compare(walk: Walk, truth: list[dict[str, Any]]) -> dict[str, float]:
    """F1 of every field: a value found where the database has it counts once for both sides."""
    said: dict[str, set[tuple[str, Any]]] = {}
    true: dict[str, set[tuple[str, Any]]] = {}

    def add(side: dict[str, set[tuple[str, Any]]], key: str, **fields: Any) -> None:
        for field, value in fields.items():
            side.setdefault(field, set()).add((key, value))

    threads: dict[str, list[dict[str, Any]]] = {}
    for want in truth:
        threads.setdefault(want["thread"], []).append(want)
        add(
            true,
            want["post"],
            post=want["post"],
            post_thread=want["thread"],
            post_author=want["author"],
            post_time=minute(want["created"]),
            post_text=plain(want["text"]),
            post_edited=want["edited"],
            post_title=want["title"],
        )
    for key, (thread, post) in walk.posts.items():
        add(
            said,
            key,
            post=post.key,
            post_thread=thread.key,
            post_author=post.author,
            post_time=minute(post.posted.at),
            post_text=plain(post.text),
            post_edited=post.edited is not None,
            post_title=thread.title,
        )
    for key, posts in threads.items():
        first, last = posts[0], posts[-1]
        add(
            true,
            key,
            thread=key,
            thread_board=first["board"],
            thread_title=first["title"],
            thread_author=first["author"],
            thread_created=minute(first["created"]),
            thread_last=minute(last["created"]),
            thread_last_author=last["author"],
            thread_replies=len(posts) - 1,
            thread_locked=first["locked"],
            thread_sticky=first["sticky"],
        )
    for key, (board, row) in walk.rows.items():
        add(
            said,
            key,
            thread=row.key,
            thread_board=board,
            thread_title=row.title,
            thread_author=row.author,
            thread_created=minute(row.created.at),
            thread_last=minute(row.last_activity.at),
            thread_last_author=row.last_author,
            thread_replies=row.replies,
            thread_locked=row.locked,
            thread_sticky=row.sticky,
        )
    return {
        field: 2 * len(said.get(field, set()) & values) / (len(said.get(field, set())) + len(values))
        for field, values in true.items()
    }


def test_every_field_equals_the_database_before_and_after(forum: Forum) -> None:
    before, truth = Walk(forum), forum.truth()
    figures = compare(before, truth)
    print(
        f"machina: {len(before.rows)} threads, {len(before.posts)} posts on {before.pages} pages: {figures}"
    )
    assert set(figures.values()) == {1.0}, figures
    assert max(Counter(want["thread"] for want in truth).values()) > 2 * POSTS_A_PAGE

    begun = datetime.now(UTC)
    forum.change()
    after, truth = Walk(forum), forum.truth()
    figures = compare(after, truth)
    print(f"machina after its change: {len(after.rows)} threads, {len(after.posts)} posts: {figures}")
    assert set(figures.values()) == {1.0}, figures

    titles = {row.title for _board, row in after.rows.values()}
    assert titles - {row.title for _board, row in before.rows.values()} == {content.ALIAS_TITLE}
    assert len(before.rows.keys() - after.rows.keys()) == 1, "one topic was deleted"
    (edited,) = (post for _thread, post in after.posts.values() if post.edited)
    assert content.PRICE_AFTER in edited.text
    assert edited.edited is not None
    assert minute(begun) == minute(edited.edited.at) or begun < (edited.edited.at or begun)


def test_what_is_gone_or_for_members_shows_no_content(forum: Forum) -> None:
    with httpx.Client(base_url=forum.base_url, trust_env=False) as client:
        for path, status in (
            ("/forum/databases-1/topic/no-such-topic-99999/", 404),
            ("/forum/no-such-forum-99/", 404),
            ("/forum/databases-1/topic/create/", 302),  # to a page for logging in
        ):
            answer = client.get(path)
            assert answer.status_code == status, path
            assert not ADAPTER.detect(Page(str(answer.url), answer.text, datetime.now(UTC), status=status))


def test_the_listing_does_not_use_the_ministry_s_own_name() -> None:
    listing = f"{content.MINISTRY_TITLE} {content.MINISTRY_TEXT}".lower()
    assert "ministry of health of indonesia" in listing
    assert "kemenkes" not in listing
    assert "kemenkes" in content.ALIAS_TITLE.lower()
