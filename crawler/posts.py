"""From a thread page as an adapter read it to posts as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crawler.adapter import ThreadPage
from crawler.source import Source
from crawler.ticking import steady
from indexer.deposit import first_position as by_known
from indexer.post import Kind, Post, PostKey


def as_posts(
    source: Source,
    thread: ThreadPage,
    known: Mapping[str, Post],
    *,
    key: str,
    board: str,
    first: int,
    anchored: bool = True,
    locked: bool,
    seen_at: datetime,
    evidence: str,
) -> tuple[Post, ...]:
    """The posts of a page. ``known``: those of the thread that are stored, by key. ``first``: the place in the thread
    where the page begins, sure only where ``anchored``; ``evidence``: the reference under which the page was kept."""
    posts = []
    for position, item in enumerate(thread.posts, first):
        number = item.position or position
        opening = number == 1 and anchored
        before = known.get(item.key)
        posts.append(
            Post(
                key=PostKey(source.id, key, item.key),
                board=board,
                position=number,
                title=thread.title,
                author=item.author,
                text=steady(item.text, item.ticks, before.text) if before else item.text,
                url=item.url,
                seen_at=seen_at,
                posted_at=item.posted.at,
                precision=item.posted.precision,
                edited_at=item.edited.at if item.edited else None,
                author_url=item.author_url,
                kind=item.kind or (Kind.LISTING if opening else Kind.REPLY),
                language=source.language,
                locked=locked and opening,
                evidence=evidence,
            )
        )
    return tuple(posts)


def first_position(thread: ThreadPage, known: Mapping[str, Post], after: int = 0) -> int:
    """Where a page begins in its thread, for boards that do not number their posts: ``after`` what was read of it just
    before (0: nothing); else by the first post that is known; else behind everything known."""
    if thread.page == 1:
        return 1
    if after:
        return after
    positions = {key: post.position for key, post in known.items()}
    return by_known((item.key for item in thread.posts), positions)
