"""Posts stored a second by ``Store.put``, beside a bare ``executemany`` of the same rows and the same words with the
same durability. Goal: a ratio of 0.6."""

from __future__ import annotations

import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from _figures import quick, tell

from config.sqlite import statements
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.stores import sqlite_rows as rows
from indexer.stores.sqlite import _folded

POSTS, BATCH, ROUNDS = 1_500 if quick() else 5_000, 100, 3
NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


def posts() -> list[Post]:
    chance = random.Random(20220106)
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = ["".join(chance.choices(letters, k=chance.randint(2, 10))) for _ in range(20_000)]
    return [
        Post(
            key=PostKey("forum", str(number // 10), str(number)),
            board="sale",
            position=number % 10 + 1,
            title=" ".join(chance.choices(vocabulary, k=8)),
            author=chance.choice(vocabulary),
            text=" ".join(chance.choices(vocabulary, k=120)),
            url=f"http://board.invalid/{number}",
            seen_at=NOON,
            posted_at=NOON - timedelta(minutes=number),
            kind=Kind.REPLY,
        )
        for number in range(POSTS)
    ]


def measured(made: list[Post], folder: Path) -> tuple[float, float]:
    """Posts a second of both, batch by batch in turns, so that what else the machine does counts for both."""
    store = open_store(f"sqlite:///{folder}/posts.db")
    put = bare(made, folder)
    next(put)
    spent = [0.0, 0.0]
    for start in range(0, POSTS, BATCH):
        begun = time.perf_counter()
        store.put(made[start : start + BATCH])
        between = time.perf_counter()
        put.send(range(start, start + BATCH))
        spent[0] += between - begun
        spent[1] += time.perf_counter() - between
    store.close()
    put.close()
    return POSTS / spent[0], POSTS / spent[1]


def bare(made: list[Post], folder: Path) -> Generator[None, range, None]:
    """The floor, which puts each batch that is sent to it: rows and folded words are ready, nothing is looked up, the
    tables are the same."""
    values = [rows.post_values(post) for post in made]
    contents = [rows.to_json(post) for post in made]
    folded = [_folded(post) for post in made]
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as database:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            database.execute(f"PRAGMA {pragma}")
        script = Path(rows.__file__).with_name("sqlite.sql").read_text(encoding="utf-8")
        for statement in statements(script):
            database.execute(statement)
        columns = ", ".join(values[0])
        marks = ", ".join(f":{name}" for name in values[0])
        while True:
            batch = yield
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                f"INSERT INTO post ({columns}, revision, first_seen) VALUES ({marks}, 1, :seen)",
                [values[at] for at in batch],
            )
            database.executemany(
                "INSERT INTO revision VALUES (?, 1, ?)", [(at + 1, contents[at]) for at in batch]
            )
            database.executemany(
                "INSERT INTO words (rowid, title, text, author) VALUES (?, ?, ?, ?)",
                [(at + 1, *folded[at]) for at in batch],
            )
            database.executemany(
                "INSERT INTO feed (post, revision, kind, stored) VALUES (?, 1, 'new', 0)",
                [(at + 1,) for at in batch],
            )
            database.execute("COMMIT")


def main() -> None:
    made = posts()
    pairs = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            pairs.append(measured(made, Path(folder)))
    mine, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(
        f"sqlite ingest: {mine:,.0f} posts/s, bare executemany {floor:,.0f} posts/s, ratio {ratio:.2f} (goal 0.60)"
    )
    tell("sqlite_ingest", pairs, "posts/s", "bare executemany", goal=0.6)


if __name__ == "__main__":
    main()
