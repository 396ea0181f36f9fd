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

from indexer.post import Change, ChangeKind, Post, Stored
from indexer.serial import from_values, to_values
from indexer.text import fold

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: Lucene takes 32,766 bytes for a keyword. What is longer is cut and told apart by its hash.
LONGEST_KEYWORD = 8_000

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """What a writer must know of a post as it is now. ``place`` is (sequence number, primary term). Of a
    ``forgotten`` one nothing else is there."""

    change: int
    revision: int
    content_hash: str
    first_seen: int
    removed: bool
    token: str
    place: tuple[int, int]
    forgotten: bool = False


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


@dataclass(frozen=True, slots=True)
class Entry:
    """A change document. ``id`` is that of the post's head, ``name`` the post's own; times in microseconds."""

    id: str
    name: str
    change: int
    revision: int
    kind: ChangeKind
    stored: int
    first_seen: int
    removed: int | None
    last_seen: int | None
    token: str
    post: Post
    content: bytes  # the post as JSON: one piece for both documents

    def line(self) -> bytes:
        """The change document."""
        return self._line({"kind": self.kind.value, "stored": self.stored, "id": self.id})

    def head_line(self) -> bytes:
        """The head document that follows from it."""
        post = self.post
        posted = micros(post.posted_at) if post.posted_at else self.first_seen
        return self._line(
            {
                "id": keyword(self.name),
                "thread": keyword(post.key.thread),
                "listing": keyword(self.name.rpartition("/")[0]),
                "stored": self.stored,
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
        )

    def _line(self, more: Document) -> bytes:
        both = {
            "source": keyword(self.post.key.source),
            "change": self.change,
            "revision": self.revision,
            "seen": micros(self.post.seen_at),
            "first_seen": self.first_seen,
            "removed": self.removed,
            "last_seen": self.last_seen,
            "token": self.token,
        }
        return b'%s,"post":%s}' % (_encode(both | more)[:-1], self.content)


def next_entry(
    kind: ChangeKind,
    post: Post,
    name: str,
    before: Head | None,
    *,
    now: datetime,
    gone: tuple[datetime, datetime] | None = None,
) -> Entry:
    """The change that follows ``before``. ``name`` is the post's id, ``gone`` when it was found gone and when it
    was last seen. Raises ``PostRefused``."""
    revision = before.revision if before else 0
    return Entry(
        id=document_id(name),
        name=name,
        change=before.change + 1 if before else 1,
        revision=revision if gone else revision + 1,
        kind=kind,
        stored=micros(now),
        first_seen=before.first_seen if before else micros(post.seen_at),
        removed=micros(gone[0]) if gone else None,
        last_seen=micros(gone[1]) if gone else None,
        token=secrets.token_hex(8),
        post=post,
        content=_encode(to_values(post)),
    )


def read_entry(source: Mapping[str, Any]) -> Entry:
    """The change of a change document."""
    post = from_values(source["post"])
    names = ("id", "change", "revision", "stored", "first_seen", "removed", "last_seen", "token")
    return Entry(
        name=post.id,
        kind=ChangeKind(source["kind"]),
        post=post,
        content=_encode(source["post"]),
        **{name: source[name] for name in names},
    )


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
        forgotten="forgotten" in source,
    )


HEAD_FIELDS = ["change", "revision", "hash", "first_seen", "removed", "token", "forgotten"]
#: What stays of a post that is forgotten, so that it is known when its board still shows it.
REMNANT_FIELDS = ["source", "change", "revision", "hash", "first_seen", "seen", "removed", "token", "stored"]


def head_again(source: Mapping[str, Any]) -> bytes:
    """A head laid out as this version does, from one as any did."""
    if "forgotten" in source:
        return _encode(source)
    post = from_values(source["post"])
    names = ("change", "revision", "first_seen", "removed", "last_seen", "token")
    return Entry(
        id="",
        name=post.id,
        kind=ChangeKind.CHANGED,
        stored=source.get("stored", source["seen"]),  # the first schema had none
        post=post,
        content=_encode(source["post"]),
        **{name: source[name] for name in names},
    ).head_line()


def read_stored(source: Mapping[str, Any]) -> Stored:
    """The post of a head or change document."""
    return Stored(
        post=from_values(source["post"]),
        revision=source["revision"],
        first_seen_at=moment(source["first_seen"]),
        removed_at=moment(source["removed"]) if source["removed"] is not None else None,
        last_seen_at=moment(source["last_seen"]) if source["last_seen"] is not None else None,
    )


def read_change(entry: Entry) -> Change:
    """A change as an entry of the feed."""
    stored = Stored(
        post=entry.post,
        revision=entry.revision,
        first_seen_at=moment(entry.first_seen),
        removed_at=moment(entry.removed) if entry.removed is not None else None,
        last_seen_at=moment(entry.last_seen) if entry.last_seen is not None else None,
    )
    return Change(entry.kind, stored, moment(entry.stored))


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _encode(document: Mapping[str, Any]) -> bytes:
    return _JSON.encode(document).encode()
