"""Moving posts from one store to another: every revision and every removal, in the order of the change feed."""

from __future__ import annotations

from collections.abc import Callable

from indexer.post import Change, ChangeKind, Post, PostKey
from indexer.store import Store

_PAGE = 500


def copy(source: Store, target: Store, progress: Callable[[int], None] = lambda _: None) -> int:
    """Copy what ``target`` has not; the number of changes written. ``progress`` hears how many were looked at.

    A copy that was cut off goes on when it is run again. Raises as the stores do.
    """
    cursor, looked, written = None, 0, 0
    while True:
        page = source.changes(cursor, _PAGE)
        if not page.changes:
            return written
        written += _write(page.changes, target)
        looked += len(page.changes)
        progress(looked)
        cursor = page.cursor


def _write(changes: tuple[Change, ...], target: Store) -> int:
    waiting: dict[PostKey, Post] = {}  # one revision of each post: the target numbers them itself
    written = 0
    for change in changes:
        stored = change.stored
        key = stored.post.key
        if key in waiting or change.kind is ChangeKind.REMOVED:
            target.put(list(waiting.values()))
            written += len(waiting)
            waiting.clear()
        there = target.get(key)
        if change.kind is not ChangeKind.REMOVED:
            if there is None or there.revision < stored.revision:
                waiting[key] = stored.post
        elif there and there.revision == stored.revision and stored.removed_at and stored.last_seen_at:
            written += target.mark_removed([key], last_seen=stored.last_seen_at, at=stored.removed_at)
    target.put(list(waiting.values()))
    return written + len(waiting)
