"""Posts as documents of the Elasticsearch store, and back.

A *change* document is written once, for every revision and every removal. A *head* document stands for a post as
it is now; it follows from the post's last change and from nothing else, so anybody can write it anew.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from config.errors import PostRefused
from indexer.post import Change, ChangeKind, Post, Stored
from indexer.serial import from_values, to_values
from indexer.text import fold

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_LONG = 2**63
#: Lucene takes 32,766 bytes for a keyword. What is longer is cut and told apart by its hash.
LONGEST_KEYWORD = 8_000

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """What a writer must know of a post as it is now. ``place`` is (sequence number, primary term)."""

    change: int
    revision: int
    content_hash: str
    first_seen: int
    removed: bool
    token: str
    place: tuple[int, int]


def document_id(post_id: str) -> str:
    """The id of a post's head: Elasticsearch takes at most 512 bytes."""
    return hashlib.sha256(post_id.encode()).hexdigest()


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """The time that ``micros`` was made of."""
    return _EPOCH + value * _MICROSECOND


def keyword(value: str) -> str:
    """A value as it is indexed whole."""
    if len(value) <= LONGEST_KEYWORD:
        return value
    return value[:LONGEST_KEYWORD] + hashlib.sha256(value.encode()).hexdigest()


def next_change(
    kind: ChangeKind,
    post: Post,
    before: Head | None,
    *,
    now: datetime,
    gone: tuple[datetime, datetime] | None,
) -> Document:
    """The change document that follows ``before``. ``gone``: when it was found gone and last seen.

    Raises ``PostRefused`` for a post that no index can hold.
    """
    if not -_MOST_LONG <= post.position < _MOST_LONG:
        raise PostRefused(f"post {post.id[:200]}: position {str(post.position)[:40]} is no 64-bit number")
    revision = before.revision if before else 0
    return {
        "id": document_id(post.id),
        "change": before.change + 1 if before else 1,
        "revision": revision if gone else revision + 1,
        "kind": kind.value,
        "source": keyword(post.key.source),
        "stored": micros(now),
        "seen": micros(post.seen_at),
        "first_seen": before.first_seen if before else micros(post.seen_at),
        "removed": micros(gone[0]) if gone else None,
        "last_seen": micros(gone[1]) if gone else None,
        "token": secrets.token_hex(8),
        "post": to_values(post),
    }


def head_of(change: Mapping[str, Any]) -> Document:
    """The head document that follows from a change."""
    post = from_values(change["post"])
    posted = micros(post.posted_at) if post.posted_at else change["first_seen"]
    kept = ("change", "revision", "source", "seen", "first_seen", "removed", "last_seen", "token", "post")
    return {name: change[name] for name in kept} | {
        "id": keyword(post.id),
        "thread": keyword(post.key.thread),
        "board": keyword(post.board),
        "author": keyword(post.author),
        "kind": post.kind.value,
        "language": keyword(post.language) if post.language is not None else None,
        "position": post.position,
        "posted": posted,
        "posted_at": posted // 1000,
        "hash": post.content_hash,
        "title_words": fold(post.title),
        "text_words": fold(post.text),
        "author_words": fold(post.author),
    }


def read_head(found: Mapping[str, Any]) -> Head:
    """A head as ``mget`` gives it with the fields of ``HEAD_FIELDS``."""
    source = found["_source"]
    return Head(
        change=source["change"],
        revision=source["revision"],
        content_hash=source["hash"],
        first_seen=source["first_seen"],
        removed=source["removed"] is not None,
        token=source["token"],
        place=(found["_seq_no"], found["_primary_term"]),
    )


HEAD_FIELDS = ["change", "revision", "hash", "first_seen", "removed", "token"]


def read_stored(source: Mapping[str, Any]) -> Stored:
    """The post of a head or change document."""
    return Stored(
        post=from_values(source["post"]),
        revision=source["revision"],
        first_seen_at=moment(source["first_seen"]),
        removed_at=moment(source["removed"]) if source["removed"] is not None else None,
        last_seen_at=moment(source["last_seen"]) if source["last_seen"] is not None else None,
    )


def read_change(source: Mapping[str, Any]) -> Change:
    """A change document as an entry of the feed."""
    return Change(ChangeKind(source["kind"]), read_stored(source), moment(source["stored"]))


def encode(document: Mapping[str, Any]) -> bytes:
    """One line of a bulk request."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
