"""The records that travel through Duskwatch: a post, its revisions, and its place in the change feed."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, unquote

_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch  # what needs no quoting, told faster


class Kind(StrEnum):
    """What a post is on its board."""

    LISTING = "listing"  # the opening post of a thread
    REPLY = "reply"
    PRODUCT = "product"
    VICTIM = "victim"
    PASTE = "paste"


class Precision(StrEnum):
    """How exactly the board stated a time. "2 years ago" may mean half a year to either side."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class PostKey:
    """Identity of a post: the board's own keys within one source. Its text form is the post's id."""

    source: str
    thread: str
    post: str

    def __str__(self) -> str:
        parts = self.source, self.thread, self.post
        return "/".join(part if _PLAIN(part) else quote(part, safe="") for part in parts)

    @classmethod
    def parse(cls, text: str) -> PostKey:
        """Read ``source/thread/post`` back; ``ValueError`` when it has not three parts."""
        parts = [unquote(part) for part in text.split("/")]
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"{text!r} is not a post id: expected source/thread/post")
        return cls(*parts)


@dataclass(frozen=True, slots=True)
class Post:
    """One post as it was seen once. All times are aware and in UTC.

    ``text`` is what a visitor sees: quotes as lines that begin with ``> ``, code as lines that begin with four
    blanks, signature left out.
    ``position`` counts from 1 within the thread. ``locked`` speaks of the thread and is set on its opening
    post only. ``evidence`` names the kept page: ``<file>#<offset>`` below the evidence folder.
    """

    key: PostKey
    board: str
    position: int
    title: str
    author: str
    text: str
    url: str
    seen_at: datetime
    posted_at: datetime | None = None
    precision: Precision = Precision.UNKNOWN
    edited_at: datetime | None = None
    author_url: str | None = None
    kind: Kind = Kind.REPLY
    language: str | None = None
    locked: bool = False
    evidence: str | None = None
    content_hash: str = field(default="")

    def __post_init__(self) -> None:
        if not self.content_hash:
            object.__setattr__(self, "content_hash", content_hash(self))

    @property
    def id(self) -> str:
        return str(self.key)


def content_hash(post: Post) -> str:
    """SHA-256 over what the author or the board can change.

    Times are left out: a board that says "5 minutes ago" would make a revision of every visit. The title
    counts for the opening post only: a renamed thread is one change, not one for each reply.
    """
    title = "" if post.kind is Kind.REPLY else post.title
    content = [title, post.author, post.text, post.kind.value, post.locked]
    return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


class Outcome(StrEnum):
    """What ``put`` did with a post."""

    NEW = "new"
    CHANGED = "changed"  # a new revision; also a removed post that is back
    KNOWN = "known"  # nothing written


@dataclass(frozen=True, slots=True)
class Stored:
    """A post as the store holds it: one revision and the life of the post around it.

    ``revision`` counts from 1. ``removed_at`` is when the post was found gone, ``last_seen_at`` when it was
    seen for the last time before that; both are None while it stands.
    """

    post: Post
    revision: int
    first_seen_at: datetime
    removed_at: datetime | None = None
    last_seen_at: datetime | None = None


class ChangeKind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change feed."""

    kind: ChangeKind
    stored: Stored
    stored_at: datetime
