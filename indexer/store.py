"""The law of stores: what every place that keeps posts must do. Implementations stand in ``stores/``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from indexer.post import Change, Outcome, Post, PostKey, Stored

#: What ``search`` can count hits by.
FACETS = ("source", "board", "author", "kind", "language")


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A run of changes, and the cursor that resumes right after the last of them.

    ``cursor`` is opaque text that only the store that made it can read; it may be kept for ever.
    """

    changes: tuple[Change, ...]
    cursor: str


class Sort(StrEnum):
    """Orders of a search; ties are always broken by post id, ascending."""

    NEWEST = "newest"  # posted_at, or first seen where the board gives no time, descending
    OLDEST = "oldest"
    RELEVANCE = "relevance"  # as ``indexer/relevance.py`` defines it, descending; then as ``NEWEST``


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is narrowed to, beside its query. Empty means: no limit. ``without``: sources that are left out."""

    sources: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    removed: bool | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One post that a search found. Spans are (start, end) in characters of the original field. ``score`` is 0 unless
    hits are ordered by it. ``posts``: in a search by listing, how many posts of the listing fit."""

    stored: Stored
    score: float
    title_spans: tuple[tuple[int, int], ...] = ()
    text_spans: tuple[tuple[int, int], ...] = ()
    posts: int = 1


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of hits. ``total`` is the exact number of posts that fit; ``after`` resumes behind the last hit, None at
    the end."""

    hits: tuple[Hit, ...]
    total: int
    after: str | None = None
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PurgePolicy:
    """What may be forgotten: posts whose newest revision was seen longer than ``keep`` ago, those of ``sources`` only
    where any are named. Kept are posts of ``protected`` listings, each a source and a thread, and posts of which one of
    ``readers`` has a change still to read: each is a cursor of the feed, None for one who has read nothing."""

    keep: timedelta
    sources: tuple[str, ...] = ()
    protected: frozenset[tuple[str, str]] = frozenset()
    readers: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreStats:
    """Figures of a store: counts, size in bytes, and text for people under ``detail``."""

    posts: int
    revisions: int
    removed: int
    size_bytes: int
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ailment:
    """Something that stands in a store's way, or will soon, and what a person can do about it."""

    says: str
    cure: str

    def __str__(self) -> str:
        return f"{self.says} ({self.cure})"


class Store(Protocol):
    """Keeps posts, finds them, and tells what changed.

    Every method may raise ``StoreUnavailable`` (do the same again later) or ``StoreRefused`` (a person must
    mend something). Methods are safe to call from several processes at once.
    """

    def put(self, posts: Sequence[Post]) -> list[Outcome]:
        """Store posts and tell, in the same order, what became of each.

        Must be idempotent: the same content again is ``KNOWN`` and writes nothing; other content is a new
        revision; nothing is overwritten. When it returns, everything is durable and will appear in ``changes``.
        When it raises, a store without transactions may have stored a part; the same batch put again completes
        it. A post found removed before that is put again is ``CHANGED``. May raise ``PostRefused``, which
        names a post that the store can never hold.
        """

    def get(self, key: PostKey) -> Stored | None:
        """The newest revision, or None."""

    def thread(self, source: str, thread: str) -> list[Stored]:
        """The newest revision of every post of a thread, removed ones included, by position."""

    def revisions(self, key: PostKey) -> list[Stored]:
        """Every revision, oldest first; empty when the post is unknown."""

    def search(
        self,
        query: str,
        *,
        filters: Filters = Filters(),
        sort: Sort = Sort.NEWEST,
        limit: int = 20,
        after: str | None = None,
        facets: Sequence[str] = (),
        by_listing: bool = False,
    ) -> SearchPage:
        """Posts whose newest revision fits. May raise ``QueryError``. ``facets`` of source, board, author,
        kind, language. ``by_listing``: of each listing its first hit only, with how many of its posts fit; up to
        10,000 listings can be paged through. What this object wrote before is found; what others wrote within a second
        before may not be. Further pages hold every hit once, whatever is written meanwhile; a hit
        that came or changed since the first page may be among them or not."""

    def histogram(
        self, query: str, *, filters: Filters = Filters(), interval: str = "day"
    ) -> list[tuple[datetime, int]]:
        """Hits by hour, day, week or month of posting (UTC), oldest first, empty intervals left out."""

    def changes(self, after: str | None = None, limit: int = 1000, *, until: str | None = None) -> ChangePage:
        """What happened after a cursor (None: from the beginning), oldest first. ``until``: nothing that a reader at
        that cursor has still to read.

        Must never skip an acknowledged change, whoever wrote it and whenever it became visible; may repeat.
        With nothing new the page is empty and its cursor equivalent. May raise ``CursorUnknown``.
        """

    def mark_removed(self, keys: Sequence[PostKey], *, last_seen: datetime, at: datetime) -> int:
        """Mark posts as gone from their board; the number newly marked. Unknown keys are passed over."""

    def purge(self, policy: PurgePolicy, *, now: datetime, dry_run: bool = False) -> int:
        """Forget what the policy allows; the number of posts forgotten, or with ``dry_run`` of those that would be.

        A forgotten post is found nowhere, its text and its changes are gone; what stays is its key, the hash of its
        content and how many revisions it had. By these it is ``KNOWN`` when its board still shows it, and other
        content is ``CHANGED``, so that nothing old is told as new. A store may free the space later.
        """

    def stats(self) -> StoreStats:
        """Counts and size."""

    def behind(self, after: str | None) -> int:
        """About how many changes lie behind a cursor; never fewer. May raise ``CursorUnknown``."""

    def ailments(self) -> list[Ailment]:
        """What a person should see to."""

    def close(self) -> None:
        """Free what is held. No other method may be called afterwards."""
