"""Moving posts from one store to another: every revision and every removal, in the order of the change feed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.errors import PostRefused
from indexer.deposit import Put, do, settled
from indexer.post import Change, ChangeKind, Post, PostKey, Stored
from indexer.store import Store

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a copy came: changes looked at, and the cursor behind them."""

    looked: int = 0
    cursor: str | None = None


class Marker:
    """Where a copy from one URL to another goes on; kept in a folder."""

    def __init__(self, folder: Path, source: str, target: str) -> None:
        pair = hashlib.sha256(json.dumps([source, target]).encode()).hexdigest()
        self._path = folder / f"migration-{pair[:16]}.json"

    def read(self) -> Progress:
        try:
            return Progress(**json.loads(self._path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return Progress()
        except (ValueError, TypeError):  # cut off, or of another version: a copy may begin anew at any time
            return Progress()

    def keep(self, progress: Progress) -> None:
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(progress)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)


def copy(
    source: Store,
    target: Store,
    progress: Callable[[int], None] = lambda _: None,
    marker: Marker | None = None,
) -> int:
    """Copy what ``target`` has not; the number of changes written. A copy that was cut off goes on where ``marker``
    says, or finds out what is there. ``progress`` hears how many were looked at. Raises as the stores
    do."""
    done, written = marker.read() if marker else Progress(), 0
    while True:
        page = source.changes(done.cursor, _PAGE)
        if not page.changes:
            return written
        writing = _Writing(source, target)
        for change in page.changes:
            writing.take(change)
        writing.flush()
        written += writing.written
        done = Progress(done.looked + len(page.changes), page.cursor)
        if marker:
            marker.keep(done)
        progress(done.looked)


class _Writing:
    """Writes changes into the target, in batches of one revision of each post: the target numbers them itself."""

    def __init__(self, source: Store, target: Store) -> None:
        self._source = source
        self._target = target
        self._waiting: dict[PostKey, Post] = {}
        self.written = 0

    def take(self, change: Change) -> None:
        key = change.stored.post.key
        if key in self._waiting or change.kind is ChangeKind.REMOVED:
            self.flush()
        there = self._target.get(key)
        if change.kind is ChangeKind.REMOVED:
            self._remove(change.stored, there)
        elif there is None or self._follows(change.stored, there):
            self._waiting[key] = change.stored.post
        elif not _same(change.stored.post, there.post):
            self._late(change.stored)

    def flush(self) -> None:
        if self._waiting:
            self._target.put(list(self._waiting.values()))
            self.written += len(self._waiting)
            self._waiting.clear()

    @staticmethod
    def _follows(stored: Stored, there: Stored) -> bool:
        return there.revision == stored.revision - 1 and there.post.seen_at <= stored.post.seen_at

    def _remove(self, stored: Stored, there: Stored | None) -> None:
        if there and _same(there.post, stored.post) and stored.removed_at and stored.last_seen_at:
            self.written += self._target.mark_removed(
                [stored.post.key], last_seen=stored.last_seen_at, at=stored.removed_at
            )

    def _late(self, stored: Stored) -> None:
        """A revision that the target may have already, or that is older than what others wrote there meanwhile."""
        post = stored.post
        theirs = [each.post for each in self._target.revisions(post.key)]
        if any(_same(post, each) for each in theirs):
            return
        ours = [each.post for each in self._source.revisions(post.key)][: stored.revision]
        now = datetime.now(UTC)
        deposit = Put(post.key.source, (post,))
        alike = len(theirs) < len(ours) and all(map(_same, theirs, ours))
        late = None if alike else settled(self._target, deposit, now)
        deposits = [deposit] if late is None else late
        for each in deposits:
            do(self._target, each, _refused, now)
        self.written += bool(deposits)


def _same(one: Post, other: Post) -> bool:
    return (one.content_hash, one.seen_at) == (other.content_hash, other.seen_at)


def _refused(post: Post, reason: str) -> None:
    raise PostRefused(reason, post=post.id)
