"""Whether two stores hold the same: every revision of every post, by its whole content.

Both feeds are read into a scratch file and compared post by post, so it takes little memory however large they are.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from indexer.post import Change, ChangeKind, content_hash
from indexer.serial import to_values
from indexer.store import Store

_PAGE = 1000
_SAMPLES = 20
_SCHEMA = """
CREATE TABLE revision (
    side INTEGER, post TEXT, number INTEGER, content TEXT, whole TEXT, seen TEXT, PRIMARY KEY (side, post, number)
) WITHOUT ROWID
"""
_GONE = -1  # the number under which it stands whether a post was removed


class Verdict(StrEnum):
    """How a post of the old store stands in the new one."""

    SAME = "same"
    AHEAD = "ahead"  # with further revisions, or seen later: others wrote there
    MISSING = "missing"  # without one of its revisions, or at all
    OTHER = "other"  # with its revisions, but not as often, in this order, or removed alike
    ONLY_THERE = "only there"  # the old store has it not


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two stores hold. ``posts`` by verdict; ``revisions`` of the old store; ``lost``: posts of the new store's
    feed that it does not find; ``samples`` tells of the first posts that are missing or other."""

    posts: Mapping[Verdict, int]
    revisions: int
    lost: int
    samples: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the new store has everything as the old one has it."""
        return not (self.posts[Verdict.MISSING] or self.posts[Verdict.OTHER] or self.lost)


def compare(old: Store, new: Store, folder: Path, told: Callable[[int], None] = lambda _: None) -> Comparison:
    """Compare. ``folder`` has room for the scratch file; ``told`` hears how many changes were read."""
    with _scratch(folder) as db:
        looked = 0
        for side, store in enumerate((old, new)):
            for rows, count in _pages(store):
                db.executemany(
                    "INSERT OR REPLACE INTO revision VALUES (?, ?, ?, ?, ?, ?)", ((side, *r) for r in rows)
                )
                looked += count
                told(looked)
        return _compared(db, new.stats().posts)


@contextmanager
def _scratch(folder: Path) -> Iterator[sqlite3.Connection]:
    path = folder / "comparison.scratch"
    path.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE"):
                db.execute(f"PRAGMA {pragma}")
            db.execute(_SCHEMA)
            db.execute("BEGIN")
            yield db
    finally:
        path.unlink(missing_ok=True)


def _pages(store: Store) -> Iterator[tuple[list[tuple[str, int, str, str, str]], int]]:
    """The rows of each page of a feed. Of a repeated change the last counts, so it may be read while others write."""
    cursor = None
    while (page := store.changes(cursor, _PAGE)).changes:
        yield [row for change in page.changes for row in _rows(change)], len(page.changes)
        cursor = page.cursor


def _rows(change: Change) -> Iterator[tuple[str, int, str, str, str]]:
    stored, post = change.stored, change.stored.post
    if change.kind is ChangeKind.REMOVED:
        when = f"{_time(stored.removed_at)}, last seen {_time(stored.last_seen_at)}"
        yield post.id, _GONE, f"removed {when} at revision {stored.revision}", "", ""
        return
    values = json.dumps(to_values(post), sort_keys=True)
    whole = hashlib.sha256(values.encode()).hexdigest()[:32]
    yield post.id, stored.revision, content_hash(post)[:32], whole, post.seen_at.isoformat()
    yield post.id, _GONE, "", "", ""


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}" if at else ""


class _Seen(NamedTuple):
    """A revision: digests of what its author wrote and of all that is kept of it, and when it was seen."""

    content: str
    whole: str
    seen: str


Revisions = dict[int, _Seen]
Posts = Iterator[tuple[str, Revisions]]


def _posts(db: sqlite3.Connection, side: int) -> Posts:
    rows = db.execute(
        "SELECT post, number, content, whole, seen FROM revision WHERE side = ? ORDER BY post, number",
        (side,),
    )
    for name, group in itertools.groupby(rows, itemgetter(0)):
        yield name, {number: _Seen(*seen) for _, number, *seen in group}


def _compared(db: sqlite3.Connection, found: int) -> Comparison:
    counts = dict.fromkeys(Verdict, 0)
    revisions = there = 0
    samples: list[str] = []
    for name, old, new in _beside(_posts(db, 0), _posts(db, 1)):
        verdict, says = _verdict(old, new)
        counts[verdict] += 1
        revisions += len(old) - 1 if old else 0
        there += bool(new)
        if verdict in (Verdict.MISSING, Verdict.OTHER) and len(samples) < _SAMPLES:
            samples.append(f"{name[:200]}: {says}")
    return Comparison(counts, revisions, max(there - found, 0), tuple(samples))


def _beside(old: Posts, new: Posts) -> Iterator[tuple[str, Revisions, Revisions]]:
    """Both sides by post; what one has not is empty."""
    for name, group in itertools.groupby(heapq.merge(_sided(old, 0), _sided(new, 1)), itemgetter(0)):
        sides = {side: revisions for _, side, revisions in group}
        yield name, sides.get(0, {}), sides.get(1, {})


def _sided(posts: Posts, side: int) -> Iterator[tuple[str, int, Revisions]]:
    return ((name, side, revisions) for name, revisions in posts)


def _verdict(old: Revisions, new: Revisions) -> tuple[Verdict, str]:
    if not old:
        return Verdict.ONLY_THERE, ""
    if not new:
        return Verdict.MISSING, "is not there"
    (gone, *ours), (gone_there, *theirs) = old.values(), new.values()  # as their numbers order them
    there = {each.content for each in theirs}
    lacks = [number for number, each in enumerate(ours, 1) if each.content not in there]
    if lacks:
        return Verdict.MISSING, f"revision {lacks[0]} of {len(ours)} is not there"
    if there - {each.content for each in ours}:
        return Verdict.AHEAD, ""
    if len(ours) != len(theirs):
        return Verdict.OTHER, f"{len(ours)} revisions, there {len(theirs)}"
    pairs = [(one, other) for one, other in zip(ours, theirs, strict=True) if one.whole != other.whole]
    if not all(one.content == other.content and one.seen < other.seen for one, other in pairs):
        return Verdict.OTHER, "its revisions are in another order, or of other times and places"
    if pairs:
        return Verdict.AHEAD, ""
    if gone != gone_there:
        return Verdict.OTHER, f"{gone.content or 'standing'}, there {gone_there.content or 'standing'}"
    return Verdict.SAME, ""
