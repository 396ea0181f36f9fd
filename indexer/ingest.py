"""The one way into a store: cleans what no store can hold, and hands over whole batches."""

from __future__ import annotations

import re
from dataclasses import replace

import structlog

from config.errors import PostRefused
from indexer.post import Outcome, Post, PostKey
from indexer.store import Store

_log = structlog.get_logger(__name__)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: A post of more characters is cut: no person wrote it, and evidence keeps the whole page.
MOST_CHARACTERS = 1_000_000


def clean(text: str) -> str:
    """Text that every store can hold: NUL and lone surrogates become U+FFFD, and its length is bounded."""
    return _UNSTORABLE.sub("�", text[:MOST_CHARACTERS])


class Ingest:
    """Collects posts and puts them into the store in one transaction a batch."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[Post] = []

    def add(self, post: Post) -> None:
        """Take a post; it is stored by the next ``flush``."""
        self._waiting.append(_cleaned(post))

    def flush(self) -> list[Outcome]:
        """Store what waits and tell what became of each; a post that the store can never hold is set aside in
        the log. Raises as ``Store.put`` else; what waits is kept then."""
        while True:
            try:
                outcomes = self._store.put(self._waiting)
            except PostRefused as error:
                kept = [post for post in self._waiting if post.id != error.post]
                if len(kept) == len(self._waiting):
                    raise
                _log.error("post refused", post=error.post[:200], reason=error.message)
                self._waiting = kept
            else:
                self._waiting.clear()
                return outcomes


def _cleaned(post: Post) -> Post:
    key = PostKey(*(clean(part) for part in (post.key.source, post.key.thread, post.key.post)))
    return replace(
        post,
        key=key,
        title=clean(post.title),
        board=clean(post.board),
        author=clean(post.author),
        text=clean(post.text),
        url=clean(post.url),
        author_url=clean(post.author_url) if post.author_url else post.author_url,
        content_hash="",
    )
