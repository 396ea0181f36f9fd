"""What waits for a store that is away, and what the store can never hold: one SQLite file of bounded size.

Deposits are done in the order in which they came, and taken out only when the store has them, so a process that is
killed in between does one again, which changes nothing.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from config.errors import SpoolFull, StoreRefused, StoreUnavailable
from config.sqlite import TOO_NEW, statements, transaction
from indexer.deposit import Deposit, Put, from_bytes, to_bytes
from indexer.post import Post
from indexer.serial import from_values, unchecked_values

_log = structlog.get_logger(__name__)
_SCHEMA = 1
#: From this share of its size on, a person is told.
ALARM = 0.8
#: Posts that were refused take at most this share; beyond it only the log and the kept page tell of them.
_REFUSED_SHARE = 0.1
_FULL = 0.98  # a page of posts would hardly fit any more
#: What to do about a spool that is full.
FULL = "bring the store back, or raise spool.megabytes"


@dataclass(frozen=True, slots=True)
class Item:
    """A deposit that waits. ``settled``: what the store knows was looked at already."""

    place: tuple[int, int]
    deposit: Deposit
    settled: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A post that the store can never hold."""

    post: Post
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SpoolFigures:
    """How much waits, since when, and how many posts were refused; sizes in bytes."""

    waiting: int
    posts: int
    since: datetime | None
    size: int
    limit: int
    refused: int

    @property
    def share(self) -> float:
        return self.size / self.limit

    @property
    def alarm(self) -> bool:
        """Whether a person must look before there is no room."""
        return self.share >= ALARM

    @property
    def full(self) -> bool:
        return self.share >= _FULL

    def __str__(self) -> str:
        size = f"{self.size / 1e6:.1f} of {self.limit / 1e6:.0f} MB"
        if not self.waiting:
            return f"nothing waits for the store, {size}"
        return f"{self.posts:,} posts wait for the store since {self.since:%Y-%m-%d %H:%M}Z, {size}"


class Spool:
    """The spool in a folder. Safe in several processes; one object is for one thread."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / "spool.db"
        self._limit = megabytes * 1_000_000
        self._alarmed = False
        with self._errors():
            self._db = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    # --- what waits

    def holds(self, source: str) -> bool:
        """Whether something of a source waits: what is newer must wait behind it."""
        with self._errors():
            found = self._db.execute("SELECT 1 FROM item WHERE source = ? LIMIT 1", (source,)).fetchone()
        return found is not None

    def append(self, deposit: Deposit) -> None:
        """Keep a deposit behind all others. When it returns, it is durable. Raises ``SpoolFull``."""
        content = to_bytes(deposit)
        with self._errors(), transaction(self._db):
            size = self._size() + len(content)
            if size > self._limit:
                raise SpoolFull(f"{self._path} holds {size / 1e6:.1f} MB", cure=FULL)
            seq = self._db.execute("SELECT coalesce(max(seq), 0) + 1 FROM item").fetchone()[0]
            self._insert((seq, 0), deposit, content, settled=False, added=time.time())
        if size >= ALARM * self._limit and not self._alarmed:
            self._alarmed = True
            _log.error("the spool is nearly full", spool=str(self.figures()), cure=FULL)

    def first(self) -> Item | None:
        """The deposit that comes first."""
        with self._errors():
            row = self._db.execute(
                "SELECT seq, part, content, settled FROM item ORDER BY seq, part LIMIT 1"
            ).fetchone()
        return Item((row[0], row[1]), from_bytes(row[2]), bool(row[3])) if row else None

    def done(self, item: Item) -> None:
        """Take a deposit out that the store has."""
        with self._errors(), transaction(self._db):
            self._delete(item)

    def replace(self, item: Item, deposits: Sequence[Deposit]) -> None:
        """Put what a late deposit became in its place."""
        seq, part = item.place
        with self._errors(), transaction(self._db):
            added = self._delete(item)
            for number, deposit in enumerate(deposits, part):
                self._insert((seq, number), deposit, to_bytes(deposit), settled=True, added=added)

    @contextmanager
    def draining(self) -> Iterator[bool]:
        """Whether this process may drain: one does at a time, and one that dies hinders nobody."""
        with self._path.with_suffix(".draining").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    # --- what was refused

    def refuse(self, post: Post, reason: str) -> None:
        """Set a post aside that the store can never hold. The same content again changes nothing."""
        content = zlib.compress(json.dumps(unchecked_values(post), ensure_ascii=False).encode(), 1)
        with self._errors(), transaction(self._db):
            size = self._db.execute("SELECT coalesce(sum(length(content)), 0) FROM refused").fetchone()[0]
            kept = size + len(content) <= _REFUSED_SHARE * self._limit
            if kept:
                self._db.execute(
                    "INSERT OR IGNORE INTO refused VALUES (?, ?, ?, ?, ?)",
                    (post.id, post.content_hash, reason[:2000], time.time(), content),
                )
        _log.error("post refused", post=post.id[:200], reason=reason, evidence=post.evidence, kept=kept)

    def refused(self, limit: int = 1000) -> list[Refused]:
        """Posts that were refused, newest first."""
        with self._errors():
            rows = self._db.execute(
                "SELECT content, reason, at FROM refused ORDER BY at DESC, id LIMIT ?", (limit,)
            ).fetchall()
        return [Refused(_post(content), reason, _time(at)) for content, reason, at in rows]

    def every_refused(self) -> Iterator[Post]:
        """All posts that were refused, oldest first; they may be forgotten meanwhile."""
        last = 0
        while True:
            with self._errors():
                row = self._db.execute(
                    "SELECT rowid, content FROM refused WHERE rowid > ? ORDER BY rowid LIMIT 1", (last,)
                ).fetchone()
            if row is None:
                return
            last = row[0]
            yield _post(row[1])

    def forget(self, post: Post) -> None:
        """Strike a post off those that were refused."""
        with self._errors(), transaction(self._db):
            self._db.execute("DELETE FROM refused WHERE id = ? AND hash = ?", (post.id, post.content_hash))

    # --- the whole

    def figures(self) -> SpoolFigures:
        """How full it is."""
        with self._errors():
            waiting, posts, since = self._db.execute(
                "SELECT count(*), coalesce(sum(posts), 0), min(added) FROM item"
            ).fetchone()
            refused = self._db.execute("SELECT count(*) FROM refused").fetchone()[0]
            size = self._size()
        return SpoolFigures(
            waiting, posts, _time(since) if since is not None else None, size, self._limit, refused
        )

    def shrink(self) -> None:
        """Give the room of what was taken out back to the disk."""
        with self._errors():
            self._db.executescript("PRAGMA incremental_vacuum")  # ``execute`` would free one page
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        self._db.close()

    # --- inside

    def _prepare(self) -> None:
        for pragma in ("auto_vacuum=INCREMENTAL", "journal_mode=WAL", "synchronous=FULL"):
            self._db.execute(f"PRAGMA {pragma}")
        if self._db.execute("PRAGMA user_version").fetchone()[0] == _SCHEMA:
            return
        with transaction(self._db):
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > _SCHEMA:
                raise StoreRefused(
                    f"{self._path} has schema {version}, this version knows {_SCHEMA}", cure=TOO_NEW
                )
            if version == 0:  # another process may have been faster
                script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
                for statement in statements(script):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {_SCHEMA}")

    def _size(self) -> int:
        pages, free, size = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _insert(
        self, place: tuple[int, int], deposit: Deposit, content: bytes, *, settled: bool, added: float
    ) -> None:
        posts = len(deposit.posts) if isinstance(deposit, Put) else 0
        self._db.execute(
            "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*place, deposit.source, posts, settled, added, content),
        )

    def _delete(self, item: Item) -> float:
        """Delete an item; when it was added."""
        row = self._db.execute(
            "DELETE FROM item WHERE seq = ? AND part = ? RETURNING added", item.place
        ).fetchone()
        return float(row[0])

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise SpoolFull(f"{self._path}: the disk is full", cure="make room on it") from error
            raise StoreUnavailable(
                f"{self._path}: {error}", cure="check disk, permissions and locks"
            ) from error
        except sqlite3.DatabaseError as error:
            raise StoreRefused(
                f"{self._path}: {error}", cure="move it aside: what it holds may be lost"
            ) from error


def _post(content: bytes) -> Post:
    return from_values(json.loads(zlib.decompress(content)))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
