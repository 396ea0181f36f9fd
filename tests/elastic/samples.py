"""Posts for tests of stores."""

from __future__ import annotations

from datetime import UTC, datetime

from elasticsearch import Elasticsearch

from indexer.post import Post, PostKey
from indexer.stores.elasticsearch_mapping import Names, open_log

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


def roll_over(client: Elasticsearch, prefix: str) -> str:
    """Begin a new generation of changes as the store does, whatever their size; its index."""
    names = Names(prefix)
    made = client.indices.rollover(alias=names.changes_write)["new_index"]
    assert open_log(client, names).index == made
    return str(made)
