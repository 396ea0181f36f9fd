"""Posts as rows of the SQLite store, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from indexer.post import Post, Stored
from indexer.serial import check, from_values, to_values

STORED = "revision.content, revision.revision, post.first_seen, post.removed, post.last_seen"
#: The keys of ``post_values``.
COLUMNS = (
    "id",
    "source",
    "thread",
    "board",
    "author",
    "kind",
    "language",
    "position",
    "posted",
    "seen",
    "hash",
)


def time(seconds: float) -> datetime:
    """Seconds since 1970 as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)


def post_values(post: Post) -> dict[str, object]:
    """The columns that searches filter and sort by. Raises ``PostRefused``."""
    check(post)
    return {
        "id": post.id,
        "source": post.key.source,
        "thread": post.key.thread,
        "board": post.board,
        "author": post.author,
        "kind": post.kind.value,
        "language": post.language,
        "position": post.position,
        "posted": (post.posted_at or post.seen_at).timestamp(),
        "seen": post.seen_at.timestamp(),
        "hash": post.content_hash,
    }


def to_json(post: Post) -> str:
    """The whole post as JSON."""
    return json.dumps(to_values(post), ensure_ascii=False)


def from_json(content: str) -> Post:
    """The post that ``to_json`` wrote."""
    return from_values(json.loads(content))


def stored(
    content: str, revision: int, first_seen: float, removed: float | None, last_seen: float | None
) -> Stored:
    """A row of ``STORED`` columns as a record."""
    return Stored(
        post=from_json(content),
        revision=revision,
        first_seen_at=time(first_seen),
        removed_at=time(removed) if removed is not None else None,
        last_seen_at=time(last_seen) if last_seen is not None else None,
    )


def marks(values: Sequence[object]) -> str:
    """As many question marks."""
    return ", ".join("?" * len(values))
