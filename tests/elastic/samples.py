"""Posts for tests of stores."""

from __future__ import annotations

from datetime import UTC, datetime

from indexer.post import Post, PostKey

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


def post(name: str, text: str = "words") -> Post:
    """A post of one thread by its key."""
    return Post(
        key=PostKey("forum", "t", name),
        board="sale",
        position=1,
        title="t",
        author="ann",
        text=text,
        url="http://b.invalid/",
        seen_at=NOON,
    )
