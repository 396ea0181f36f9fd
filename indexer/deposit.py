"""What a crawl hands to the store: posts, and what it found gone. It can be kept as bytes and done later.

What is gone follows from what the store knows, so a deposit says what was *seen*, and what is gone is decided where the
store can be asked: at once, or when it is back.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from config.errors import PostRefused
from indexer.post import Outcome, Post, PostKey, Stored
from indexer.serial import from_values, to_values
from indexer.store import Store

#: Hears of a post that the store can never hold, and why.
Refuse = Callable[[Post, str], None]


@dataclass(frozen=True, slots=True)
class Put:
    """Posts of one page. ``anchored``: their positions are those in the thread; else they count from 1, and follow
    what the store knows of the thread."""

    source: str
    posts: tuple[Post, ...]
    anchored: bool = True


@dataclass(frozen=True, slots=True)
class ThreadSeen:
    """A thread was read to its end: ``seen`` are the keys of the posts on its last contiguous pages."""

    source: str
    thread: str
    seen: frozenset[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class ThreadGone:
    """A whole thread was found gone."""

    source: str
    thread: str
    last_seen: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Marked:
    """One post was found gone."""

    source: str
    key: PostKey
    last_seen: datetime
    at: datetime


Deposit = Put | ThreadSeen | ThreadGone | Marked


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a deposit: counts of posts. ``waits``: it was spooled, and nothing is known yet."""

    new: int = 0
    changed: int = 0
    removed: int = 0
    waits: bool = False


def do(store: Store, deposit: Deposit, refuse: Refuse, now: datetime) -> Done:
    """Do it, which may be repeated. Raises as the store does, save ``PostRefused``."""
    match deposit:
        case Put():
            outcomes = _put(store, placed(store, deposit), refuse)
            return Done(outcomes.count(Outcome.NEW), outcomes.count(Outcome.CHANGED))
        case ThreadSeen(source, thread, seen, at):
            there = _standing(store, source, thread)
            missing = gone({key: stored.post.position for key, stored in there.items()}, seen)
            return _remove(store, deposit, [there[key] for key in missing], refuse, last_seen=at, now=now)
        case ThreadGone(source, thread, last_seen, _):
            there = _standing(store, source, thread)
            return _remove(store, deposit, there.values(), refuse, last_seen=last_seen, now=now)
        case Marked(_, key, last_seen, at):
            stored = store.get(key)
            posts = [stored.post] if stored else []
            return Done(removed=_mark(store, posts, refuse, last_seen=last_seen, at=at))


def settled(store: Store, deposit: Deposit, now: datetime) -> list[Deposit] | None:
    """The deposits that a late one becomes where the store saw its posts again meanwhile, by another machine's crawl:
    the older content becomes a revision, and what is newer stands as it stood. None: it is done as it is."""
    if not isinstance(deposit, Put):
        return None
    usual: list[Post] = []
    late: list[Deposit] = []
    for post in placed(store, deposit):
        there = store.get(post.key)
        if there is None or not _after(_last_word(there), post.seen_at, now):
            usual.append(post)
        else:
            late += _behind(store, post, there)
    if len(usual) == len(deposit.posts):
        return None
    return [*([replace(deposit, posts=tuple(usual), anchored=True)] if usual else []), *late]


def gone(known: Mapping[str, int], seen: Collection[str]) -> list[str]:
    """Posts that were known and are not there any more. ``known``: position by post key, posts found removed
    before left out. ``seen``: the keys on the pages read, which reach to the thread's end.

    A deletion shifts later posts to earlier pages, so only a post that stood behind the first one seen again
    can be called gone.
    """
    positions = [known[key] for key in seen if key in known]
    if not positions:
        return []
    first = min(positions)
    return [key for key, position in known.items() if position > first and key not in seen]


def first_position(keys: Iterable[str], known: Mapping[str, int]) -> int:
    """Where a page begins in its thread, by the positions that are ``known``: as its first known post says, or behind
    all of them."""
    for offset, key in enumerate(keys):
        if key in known:
            return max(known[key] - offset, 1)
    return max(known.values(), default=0) + 1


def placed(store: Store, deposit: Put) -> tuple[Post, ...]:
    """Its posts with their positions in the thread."""
    if deposit.anchored or not deposit.posts:
        return deposit.posts
    key = deposit.posts[0].key
    known = {each.post.key.post: each.post.position for each in store.thread(key.source, key.thread)}
    first = first_position((post.key.post for post in deposit.posts), known)
    return tuple(replace(post, position=number) for number, post in enumerate(deposit.posts, first))


# --- as bytes


_KINDS = {kind.__name__: kind for kind in (Put, ThreadSeen, ThreadGone, Marked)}


def to_bytes(deposit: Deposit) -> bytes:
    """The whole deposit. Raises ``PostRefused``."""
    match deposit:
        case Put(source, posts, anchored):
            values: dict[str, Any] = {"source": source, "anchored": anchored}
            values["posts"] = [to_values(post) for post in posts]
        case ThreadSeen(source, thread, seen, at):
            values = {"source": source, "thread": thread, "seen": sorted(seen), "at": at.isoformat()}
        case ThreadGone(source, thread, last_seen, at):
            values = {"source": source, "thread": thread}
            values |= {"last_seen": last_seen.isoformat(), "at": at.isoformat()}
        case Marked(source, key, last_seen, at):
            values = {"source": source, "key": [key.source, key.thread, key.post]}
            values |= {"last_seen": last_seen.isoformat(), "at": at.isoformat()}
    values["kind"] = type(deposit).__name__
    return zlib.compress(json.dumps(values, ensure_ascii=False).encode(), 1)


def from_bytes(content: bytes) -> Deposit:
    """The deposit that ``to_bytes`` wrote."""
    values: dict[str, Any] = json.loads(zlib.decompress(content))
    kind = _KINDS[values.pop("kind")]
    for name in ("at", "last_seen"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if "posts" in values:
        values["posts"] = tuple(map(from_values, values["posts"]))
    if "seen" in values:
        values["seen"] = frozenset(values["seen"])
    if "key" in values:
        values["key"] = PostKey(*values["key"])
    made: Deposit = kind(**values)
    return made


# --- inside


def _put(store: Store, posts: Sequence[Post], refuse: Refuse) -> list[Outcome]:
    while True:
        try:
            return store.put(posts)
        except PostRefused as error:
            posts = _without(posts, error, refuse)


def _without(posts: Sequence[Post], error: PostRefused, refuse: Refuse) -> list[Post]:
    """The posts that are left when one was refused."""
    kept = [post for post in posts if post.id != error.post]
    if len(kept) == len(posts):
        raise error
    for post in posts:
        if post.id == error.post:
            refuse(post, error.reason)
    return kept


def _standing(store: Store, source: str, thread: str) -> dict[str, Stored]:
    return {each.post.key.post: each for each in store.thread(source, thread) if each.removed_at is None}


def _remove(
    store: Store,
    deposit: ThreadSeen | ThreadGone,
    missing: Iterable[Stored],
    refuse: Refuse,
    *,
    last_seen: datetime,
    now: datetime,
) -> Done:
    posts = [each.post for each in missing if not _after(each.post.seen_at, deposit.at, now)]
    return Done(removed=_mark(store, posts, refuse, last_seen=last_seen, at=deposit.at))


def _mark(store: Store, posts: Sequence[Post], refuse: Refuse, *, last_seen: datetime, at: datetime) -> int:
    while posts:
        try:
            return store.mark_removed([post.key for post in posts], last_seen=last_seen, at=at)
        except PostRefused as error:
            posts = _without(posts, error, refuse)
    return 0


def _after(seen: datetime, at: datetime, now: datetime) -> bool:
    """Whether something was seen later. What was seen in the future speaks of a clock that jumped, and of nothing."""
    return at < seen <= now


def _last_word(stored: Stored) -> datetime:
    return max(stored.post.seen_at, stored.removed_at or stored.post.seen_at)


def _behind(store: Store, post: Post, there: Stored) -> list[Deposit]:
    """A post as it was before what the store has of it."""
    if post.content_hash == there.post.content_hash or any(
        each.post.content_hash == post.content_hash and each.post.seen_at >= post.seen_at
        for each in store.revisions(post.key)
    ):
        return []
    source = post.key.source
    deposits: list[Deposit] = [Put(source, (post,))]
    if there.post.seen_at > post.seen_at:
        deposits.append(Put(source, (there.post,)))
    if there.removed_at and there.last_seen_at:
        deposits.append(Marked(source, post.key, there.last_seen_at, there.removed_at))
    return deposits
