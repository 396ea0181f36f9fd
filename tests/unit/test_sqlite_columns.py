"""What is counted column by column is what the tables say, whatever was written, changed, removed or forgotten."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.store import FACETS, PurgePolicy, Store
from indexer.stores import sqlite_search

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
QUERIES = ("", "word", "rare", "author:a1", "board:b2 OR word", 'source:"s1" AND NOT removed:true')


def post(number: int, chance: random.Random, text: str) -> Post:
    return Post(
        key=PostKey(f"s{number % 3}", str(number // 4), str(number)),
        board=f"b{chance.randrange(4)}",
        position=1,
        title="word" if chance.random() < 0.7 else "rare",
        author=f"a{chance.randrange(150)}",
        text=text,
        url="http://board.invalid/1",
        seen_at=NOON,
        posted_at=NOON - timedelta(hours=chance.randrange(9000)) if chance.random() < 0.9 else None,
        kind=chance.choice(list(Kind)),
        language=chance.choice([None, "en", "id"]),
    )


def counted(store: Store, worth: int, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    monkeypatch.setattr(sqlite_search, "WORTH", worth)
    found: list[Any] = []
    for query in QUERIES:
        facets = store.search(query, facets=FACETS).facets
        found.append({name: list(facets[name].items()) for name in FACETS})
        found += [store.histogram(query, interval=each) for each in ("hour", "day", "week", "month")]
    return found


def test_columns_count_what_the_tables_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(7)
    url = f"sqlite:///{tmp_path}/posts.db"
    with closing(open_store(url)) as store, closing(open_store(url)) as other:

        def agree() -> None:
            assert counted(store, 0, monkeypatch) == counted(store, 10**9, monkeypatch)

        agree()
        made = [post(number, chance, "x") for number in range(300)]
        other.put(made)
        agree()
        other.put([post(number, chance, "changed") for number in range(0, 300, 7)])
        store.mark_removed([made[1].key, made[8].key], last_seen=NOON, at=NOON)
        agree()
        assert store.purge(PurgePolicy(timedelta(0), sources=("s1",)), now=NOON + timedelta(days=1)) == 100
        agree()
        other.put([post(number, chance, "back") for number in range(290, 420)])
        agree()
        stats = store.stats()
    with closing(sqlite3.connect(tmp_path / "posts.db")) as db:
        assert db.execute("SELECT count(*), count(removed) FROM post").fetchone() == (
            stats.posts,
            stats.removed,
        )
        assert db.execute("SELECT count(*) FROM revision").fetchone()[0] == stats.revisions
