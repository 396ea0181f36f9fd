"""The embedded store: one SQLite file in WAL mode with FTS5."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from config.errors import CursorUnknown, StoreRefused, StoreUnavailable
from config.sqlite import TOO_NEW, statements, transaction
from indexer.post import Change, ChangeKind, Outcome, Post, PostKey, Stored
from indexer.store import Ailment, ChangePage, Filters, PurgePolicy, SearchPage, Sort, StoreStats
from indexer.stores import sqlite_rows as rows
from indexer.stores import sqlite_search
from indexer.stores.sqlite_columns import columns_of
from indexer.text import FOLDING, fold

_SCHEMA = 2
_COLUMNS = ", ".join(rows.COLUMNS)
_MARKS = ", ".join(f":{name}" for name in rows.COLUMNS)
_SETTINGS = ", ".join(f"{name} = :{name}" for name in rows.COLUMNS if name != "id")
_ROOM = 1_000_000_000  # bytes that its disk should have left
_FORGET = 1000  # posts in one transaction
_PARAMETERS = 500  # of one statement; SQLite takes more


class SqliteStore:
    """Keeps posts in one file. Safe in several processes; one object is for one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path
        with self._errors():
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            try:
                for pragma in (
                    "journal_mode=WAL",
                    "synchronous=FULL",
                    "foreign_keys=ON",
                    "cache_size=-65536",
                ):
                    self._db.execute(f"PRAGMA {pragma}")
                self._prepare()
            except BaseException:
                self._db.close()
                raise
        self._uuid = str(self._db.execute("SELECT value FROM meta WHERE key = 'uuid'").fetchone()[0])
        self._columns = columns_of(f"{path.resolve()} {self._uuid}")

    # --- writing

    def put(self, posts: Sequence[Post]) -> list[Outcome]:
        if not posts:
            return []
        now = datetime.now(UTC)
        with self._errors(), self._transaction():
            names = [post.id for post in posts]
            known = self._hashes(names)
            forgotten = self._forgotten([name for name in names if name not in known])
            known |= {name: None if gone else was for name, (was, _, _, gone) in forgotten.items()}
            outcomes: list[Outcome] = []
            fresh: list[Post] = []
            for name, post in zip(names, posts, strict=True):
                if name not in known:
                    fresh.append(post)
                    outcomes.append(Outcome.NEW)
                elif known[name] == post.content_hash:
                    outcomes.append(Outcome.KNOWN)
                else:
                    self._insert(fresh, now)  # the feed tells of a batch in its order
                    fresh = []
                    if name in forgotten:
                        self._bring_back(post, forgotten.pop(name), now)
                    else:
                        self._change(post, now)
                    outcomes.append(Outcome.CHANGED)
                known[name] = post.content_hash
            self._insert(fresh, now)
            return outcomes

    def _hashes(self, asked: Sequence[str]) -> dict[str, str | None]:
        """The content hash of those that the store has; None for one that was removed."""
        found: dict[str, str | None] = {}
        for start in range(0, len(asked), _PARAMETERS):
            part = asked[start : start + _PARAMETERS]
            found |= self._db.execute(
                f"SELECT id, iif(removed IS NULL, hash, NULL) FROM post WHERE id IN ({rows.marks(part)})",
                part,
            ).fetchall()
        return found

    def _forgotten(self, asked: Sequence[str]) -> dict[str, tuple[str, int, float, int]]:
        """Hash, revision, first seen and whether it was removed, of those that are forgotten."""
        found: dict[str, tuple[str, int, float, int]] = {}
        if asked and self._db.execute("SELECT EXISTS (SELECT 1 FROM forgotten)").fetchone()[0]:
            for start in range(0, len(asked), _PARAMETERS):
                part = asked[start : start + _PARAMETERS]
                query = f"SELECT * FROM forgotten WHERE id IN ({rows.marks(part)})"
                found |= {name: tuple(rest) for name, *rest in self._db.execute(query, part)}
        return found

    def _bring_back(self, post: Post, left: tuple[str, int, float, int], now: datetime) -> None:
        """A new revision of a post that was forgotten."""
        _, revision, first_seen, _ = left
        self._db.execute("DELETE FROM forgotten WHERE id = ?", (post.id,))
        values = rows.post_values(post)
        if post.posted_at is None:
            values["posted"] = first_seen
        rowid = self._db.execute(
            f"INSERT INTO post ({_COLUMNS}, revision, first_seen) VALUES ({_MARKS}, :revision, :first_seen)"
            " RETURNING rowid",
            {**values, "revision": revision + 1, "first_seen": first_seen},
        ).fetchone()[0]
        self._write_revision(rowid, revision + 1, post, now)

    def _write_revision(self, rowid: int, revision: int, post: Post, now: datetime) -> None:
        self._db.execute("INSERT INTO revision VALUES (?, ?, ?)", (rowid, revision, rows.to_json(post)))
        self._db.execute(
            "INSERT INTO words (rowid, title, text, author) VALUES (?, ?, ?, ?)", (rowid, *_folded(post))
        )
        self._feed(rowid, revision, ChangeKind.CHANGED, now)

    def _insert(self, posts: Sequence[Post], now: datetime) -> None:
        """Posts that are all new, and all different. Whole statements for many rows cost half of one a row."""
        if not posts:
            return
        first = self._db.execute("SELECT coalesce(max(rowid), 0) + 1 FROM post").fetchone()[0]
        numbered = list(enumerate(posts, first))
        stored = now.timestamp()
        self._db.executemany(
            f"INSERT INTO post (rowid, {_COLUMNS}, revision, first_seen) VALUES (:rowid, {_MARKS}, 1, :seen)",
            [{"rowid": rowid, **rows.post_values(post)} for rowid, post in numbered],
        )
        self._db.executemany(
            "INSERT INTO revision VALUES (?, 1, ?)", [(rowid, rows.to_json(post)) for rowid, post in numbered]
        )
        self._db.executemany(
            "INSERT INTO words (rowid, title, text, author) VALUES (?, ?, ?, ?)",
            [(rowid, *_folded(post)) for rowid, post in numbered],
        )
        self._db.executemany(
            "INSERT INTO feed (post, revision, kind, stored) VALUES (?, 1, 'new', ?)",
            [(rowid, stored) for rowid, _ in numbered],
        )

    def _change(self, post: Post, now: datetime) -> None:
        """A new revision of a post that the store has."""
        rowid, revision, first_seen = self._db.execute(
            "SELECT rowid, revision, first_seen FROM post WHERE id = ?", (post.id,)
        ).fetchone()
        self._unindex(rowid, revision)
        revision += 1
        values = rows.post_values(post)
        if post.posted_at is None:
            values["posted"] = first_seen
        self._db.execute(
            f"UPDATE post SET {_SETTINGS}, revision = :revision, removed = NULL, last_seen = NULL"
            " WHERE rowid = :rowid",
            {**values, "revision": revision, "rowid": rowid},
        )
        self._write_revision(rowid, revision, post, now)

    def mark_removed(self, keys: Sequence[PostKey], *, last_seen: datetime, at: datetime) -> int:
        marked = 0
        now = datetime.now(UTC)
        with self._errors(), self._transaction():
            for key in keys:
                row = self._db.execute(
                    "UPDATE post SET removed = ?, last_seen = ? WHERE id = ? AND removed IS NULL"
                    " RETURNING rowid, revision",
                    (at.timestamp(), last_seen.timestamp(), str(key)),
                ).fetchone()
                if row:
                    self._feed(row[0], row[1], ChangeKind.REMOVED, now, at, last_seen)
                    marked += 1
        return marked

    def purge(self, policy: PurgePolicy, *, now: datetime, dry_run: bool = False) -> int:
        where, values = "seen < ?", list[float | str]([(now - policy.keep).timestamp()])
        if policy.sources:
            where += f" AND source IN ({rows.marks(policy.sources)})"
            values += policy.sources
        if policy.readers:
            where += " AND NOT EXISTS (SELECT 1 FROM feed WHERE feed.post = post.rowid AND feed.seq > ?)"
            values.append(min(map(self._sequence, policy.readers)))
        done, last = 0, 0
        while True:
            with self._errors(), self._transaction():
                # in parts: nobody else can write meanwhile
                found = self._db.execute(
                    f"SELECT rowid, revision, source, thread FROM post WHERE {where} AND rowid > ? ORDER BY rowid"
                    " LIMIT ?",
                    [*values, last, _FORGET],
                ).fetchall()
                if found and not dry_run:
                    self._db.execute("INSERT OR REPLACE INTO meta VALUES ('purges', ?)", (uuid.uuid4().hex,))
                for rowid, revision, source, thread in found:
                    if (source, thread) not in policy.protected:
                        done += 1
                        if not dry_run:
                            self._forget(rowid, revision)
            if not found:
                return done
            last = found[-1][0]

    def _forget(self, rowid: int, revision: int) -> None:
        self._unindex(rowid, revision)
        self._db.execute(
            "INSERT INTO forgotten SELECT id, hash, revision, first_seen, removed IS NOT NULL FROM post"
            " WHERE rowid = ?",
            (rowid,),
        )
        self._db.execute("DELETE FROM post WHERE rowid = ?", (rowid,))

    # --- reading

    def get(self, key: PostKey) -> Stored | None:
        found = self._stored("WHERE post.id = ?", [str(key)])
        return found[0] if found else None

    def thread(self, source: str, thread: str) -> list[Stored]:
        return self._stored(
            "WHERE post.source = ? AND post.thread = ? ORDER BY post.position, post.id", [source, thread]
        )

    def revisions(self, key: PostKey) -> list[Stored]:
        return self._stored(
            "WHERE post.id = ? ORDER BY revision.revision", [str(key)], join="revision.post = post.rowid"
        )

    def changes(self, after: str | None = None, limit: int = 1000, *, until: str | None = None) -> ChangePage:
        start = self._sequence(after)
        last = (1 << 63) - 1 if until is None else self._sequence(until)
        query = (
            "SELECT feed.seq, feed.kind, feed.stored, revision.content, feed.revision, post.first_seen,"
            " feed.removed, feed.last_seen FROM feed JOIN post ON post.rowid = feed.post"
            " JOIN revision ON revision.post = feed.post AND revision.revision = feed.revision"
            " WHERE feed.seq > ? AND feed.seq <= ? ORDER BY feed.seq LIMIT ?"
        )
        with self._errors():
            found = self._db.execute(query, (start, last, limit)).fetchall()
        changes = tuple(
            Change(ChangeKind(kind), rows.stored(*rest), rows.time(stored))
            for _, kind, stored, *rest in found
        )
        return ChangePage(changes, f"sqlite:{self._uuid}:{found[-1][0] if found else start}")

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
        with self._errors(), self._transaction("DEFERRED"):  # all of one moment
            return sqlite_search.page(
                self._db, query, filters, sort, limit, after, facets, by_listing, self._columns
            )

    def histogram(
        self, query: str, *, filters: Filters = Filters(), interval: str = "day"
    ) -> list[tuple[datetime, int]]:
        with self._errors(), self._transaction("DEFERRED"):
            return sqlite_search.histogram(self._db, query, filters, interval, self._columns)

    def stats(self) -> StoreStats:
        with self._errors():
            # each from an index: to read the tables themselves takes seconds where there are a million posts
            posts = self._db.execute("SELECT count(*) FROM post").fetchone()[0]
            removed = self._db.execute("SELECT count(*) FROM post WHERE removed IS NOT NULL").fetchone()[0]
            changes = self._db.execute("SELECT count(*) FROM feed").fetchone()[0]
            gone = self._db.execute("SELECT count(*) FROM feed WHERE kind = 'removed'").fetchone()[0]
            last = self._db.execute("SELECT coalesce(max(seq), 0) FROM feed").fetchone()[0]
        size = sum(
            file.stat().st_size for file in self._path.parent.glob(f"{self._path.name}*") if file.is_file()
        )
        return StoreStats(posts, changes - gone, removed, size, {"kind": "sqlite", "feed": str(last)})

    def behind(self, after: str | None) -> int:
        query = "SELECT count(*) FROM feed WHERE seq > ?"
        with self._errors():
            return int(self._db.execute(query, (self._sequence(after),)).fetchone()[0])

    def ailments(self) -> list[Ailment]:
        free = shutil.disk_usage(self._path.parent).free
        if free >= _ROOM:
            return []
        return [Ailment(f"the disk of {self._path} has {free / 1e6:.0f} MB left", "make room on it")]

    def close(self) -> None:
        self._db.close()

    # --- inside

    def _prepare(self) -> None:
        with self._transaction():
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > _SCHEMA:
                raise StoreRefused(
                    f"{self._path} has schema {version}, this version knows {_SCHEMA}",
                    cure=TOO_NEW,
                )
            script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
            for statement in statements(script):
                again = (
                    "IF NOT EXISTS" in statement
                )  # what was put in later, and older versions may pass over
                if version == 0 or again or (version == 1 and "CREATE TABLE forgotten" in statement):
                    self._db.execute(statement)
            if version == 0:
                self._db.execute("INSERT INTO meta VALUES ('uuid', ?)", (uuid.uuid4().hex,))
                self._db.execute("INSERT INTO meta VALUES ('folding', ?)", (FOLDING,))
            if version < _SCHEMA:
                self._db.execute(f"PRAGMA user_version = {_SCHEMA}")
            folding = self._db.execute("SELECT value FROM meta WHERE key = 'folding'").fetchone()
            if folding != (FOLDING,):
                self._index_anew()

    def _index_anew(self) -> None:
        """Fold every post again. The index keeps no text: a word that is folded otherwise now could never be taken
        out of it again."""
        self._db.execute("INSERT INTO words (words) VALUES ('delete-all')")
        found = self._db.execute(
            "SELECT post.rowid, revision.content FROM post JOIN revision"
            " ON revision.post = post.rowid AND revision.revision = post.revision"
        )
        self._db.executemany(
            "INSERT INTO words (rowid, title, text, author) VALUES (?, ?, ?, ?)",
            ((rowid, *_folded(rows.from_json(content))) for rowid, content in found),
        )
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('folding', ?)", (FOLDING,))

    def _transaction(self, kind: str = "IMMEDIATE") -> AbstractContextManager[None]:
        return transaction(self._db, kind)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(
                f"{self._path}: {error}", cure="check disk, permissions and locks"
            ) from error
        except sqlite3.DatabaseError as error:
            raise StoreRefused(f"{self._path}: {error}", cure="restore a backup") from error

    def _feed(
        self,
        rowid: int | None,
        revision: int,
        kind: ChangeKind,
        now: datetime,
        removed: datetime | None = None,
        last_seen: datetime | None = None,
    ) -> None:
        gone = removed.timestamp() if removed else None
        last = last_seen.timestamp() if last_seen else None
        self._db.execute(
            "INSERT INTO feed (post, revision, kind, stored, removed, last_seen) VALUES (?, ?, ?, ?, ?, ?)",
            (rowid, revision, kind.value, now.timestamp(), gone, last),
        )

    def _unindex(self, rowid: int, revision: int) -> None:
        """Take a revision's words out of the index; FTS5 keeps no text, so it wants the old words back."""
        content = self._db.execute(
            "SELECT content FROM revision WHERE post = ? AND revision = ?", (rowid, revision)
        ).fetchone()[0]
        self._db.execute(
            "INSERT INTO words (words, rowid, title, text, author) VALUES ('delete', ?, ?, ?, ?)",
            (rowid, *_folded(rows.from_json(content))),
        )

    def _stored(self, where: str, values: Sequence[str], join: str | None = None) -> list[Stored]:
        on = join or "revision.post = post.rowid AND revision.revision = post.revision"
        with self._errors():
            found = self._db.execute(
                f"SELECT {rows.STORED} FROM post JOIN revision ON {on} {where}", values
            ).fetchall()
        return [rows.stored(*row) for row in found]

    def _sequence(self, cursor: str | None) -> int:
        if cursor is None:
            return 0
        kind, _, rest = cursor.partition(":")
        name, _, number = rest.partition(":")
        if kind != "sqlite" or name != self._uuid or not number.isdecimal():
            raise CursorUnknown(
                f"the cursor {cursor!r} is of another store", cure="start again without a cursor"
            )
        return int(number)


def _folded(post: Post) -> tuple[str, str, str]:
    return fold(post.title), fold(post.text), fold(post.author)
