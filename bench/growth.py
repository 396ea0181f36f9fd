"""How both stores grow: writing, searching, the feed and memory, from 10,000 posts on.

``python bench/growth.py --posts 1000000 --write`` writes ``docs/growth.md`` and ``docs/growth.svg`` (needs matplotlib:
the extra ``bench``). Every figure stands beside its floor or peer from the same run:

* writing: ``Store.put`` beside the engine's own way with ready documents (``helpers.parallel_bulk``, ``executemany``),
  goal 0.9 and 0.6
* searching: the 95th percentile of ``Store.search`` beside the engine's own query for the same words and order; 1.3
* the feed: how long a change takes from the begin of its ``put`` to a reader, while another process writes, beside the
  time of one empty look
* memory: of the process that writes, beside what it held after the first posts
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch, helpers

from indexer.opening import open_store
from indexer.post import ChangeKind, Post
from indexer.store import Store
from indexer.stores import elasticsearch_documents as documents
from indexer.stores import sqlite_rows as rows
from indexer.stores.elasticsearch_mapping import Names
from indexer.stores.sqlite import _folded

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]
from _corpus import posts, vocabulary  # noqa: E402 - stands beside this file
from _figures import tell  # noqa: E402 - likewise
from elastic.nodes import Cluster  # noqa: E402 - stands in tests/

_ROOT = Path(__file__).parents[1]
_STEPS = (10_000, 30_000, 100_000, 300_000, 1_000_000)
_BATCH, _CHUNK, _ROUNDS = 1000, 2000, 3
_FEED = 1500  # posts written while the feed is read
GOALS = {"elasticsearch": 0.9, "sqlite": 0.6}
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Point:
    """What was measured at one size. Rates in posts a second, times in milliseconds, memory in megabytes."""

    store: str
    posts: int
    put: float
    raw: float
    search_p50: float
    search_p95: float
    engine_p50: float
    engine_p95: float
    lag_p50: float
    lag_p95: float
    look: float
    memory: float
    bytes_a_post: float


# --- searching


def queries(words: list[str]) -> list[tuple[str, str, dict[str, Any]]]:
    """Each query in our language, as FTS5 and as Elasticsearch has it: of common, middling and rare words."""
    chance = random.Random(20260106)

    def some(low: int, high: int) -> str:
        return words[chance.randrange(low, high)]

    found: list[tuple[str, str, str]] = []
    for low, high in ((10, 60), (200, 2_000), (5_000, 40_000)):
        found += [(word, f'"{word}"', word) for word in (some(low, high) for _ in range(8))]
    for _ in range(8):
        a, b, c = some(10, 200), some(100, 2_000), some(1_000, 20_000)
        found.append((f"{a} {b}", f'"{a}" AND "{b}"', f"{a} {b}"))
        found.append((f'"{a} {b}"', f'"{a} {b}"', f'"{a} {b}"'))
        found.append((f"{a} OR {b} OR {c}", f'"{a}" OR "{b}" OR "{c}"', f"{a} | {b} | {c}"))
        found.append((f"{c[:5]}*", f'"{c[:5]}" *', f"{c[:5]}*"))
    fields = ["title_words", "text_words", "author_words"]
    return [
        (
            ours,
            fts,
            {"simple_query_string": {"query": theirs, "fields": fields, "default_operator": "and"}},
        )
        for ours, fts, theirs in found
    ]


def sqlite_query(path: str) -> Callable[[str, dict[str, Any]], int]:
    """One search as a person writes it for FTS5: count, order by time, and read the posts of the first page."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA cache_size=-65536")

    def ask(fts: str, _: dict[str, Any]) -> int:
        total = db.execute("SELECT count(*) FROM words WHERE words MATCH ?", (fts,)).fetchone()[0]
        found = db.execute(
            "SELECT post.rowid FROM words JOIN post ON post.rowid = words.rowid WHERE words MATCH ?"
            " ORDER BY post.posted DESC, post.id LIMIT 20",
            (fts,),
        ).fetchall()
        for (rowid,) in found:
            db.execute("SELECT content FROM revision WHERE post = ? AND revision = 1", (rowid,)).fetchone()
        return int(total)

    return ask


def elastic_query(url: str) -> Callable[[str, dict[str, Any]], int]:
    """The same words in one request."""
    server, _, prefix = url.rpartition("/")
    client = Elasticsearch(server)

    def ask(_: str, query: dict[str, Any]) -> int:
        answer = client.search(
            index=f"{prefix}-posts",
            query={"bool": {"filter": [query]}},
            sort=[{"posted": "desc"}, {"id": "asc"}],
            size=20,
            track_total_hits=True,
            source_includes=["post"],
        )
        return int(answer["hits"]["total"]["value"])

    return ask


def searches(url: str, report: Any) -> None:
    """Every query by us and by the engine's own means, in turns; the times of both in milliseconds."""
    own = sqlite_query(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else elastic_query(url)
    asked = queries(vocabulary())
    times: tuple[list[float], list[float]] = ([], [])
    with closing(open_store(url)) as store:
        for ours, fts, theirs in asked:  # caches warm up, and the answers are compared
            assert store.search(ours).total == own(fts, theirs), ours
        for turn in range(_ROUNDS):
            for ours, fts, theirs in asked:
                both = [(0, lambda q=ours: store.search(q)), (1, lambda f=fts, t=theirs: own(f, t))]
                for at, work in both if turn % 2 else reversed(both):
                    begun = time.perf_counter()
                    work()
                    times[at].append((time.perf_counter() - begun) * 1000)
    report.put(times)
    report.close()
    report.join_thread()


# --- writing


def put(store: Store, made: list[Post]) -> float:
    """Write through the port; posts a second."""
    begun = time.perf_counter()
    for start in range(0, len(made), _BATCH):
        store.put(made[start : start + _BATCH])
    return len(made) / (time.perf_counter() - begun)


def raw(url: str, made: list[Post]) -> float:
    """Write what ``put`` would, from ready documents and with nothing looked up; posts a second."""
    return (_raw_sqlite if url.startswith("sqlite") else _raw_elastic)(url, made)


def _raw_elastic(url: str, made: list[Post]) -> float:
    server, _, prefix = url.rpartition("/")
    names = Names(prefix)
    ready: list[dict[str, Any]] = []
    for post in made:
        entry = documents.next_entry(ChangeKind.NEW, post, post.id, None, now=datetime.now(UTC))
        for index, name, line in (
            (names.changes_write, f"{entry.id}-1", entry.line()),
            (names.posts_write, entry.id, entry.head_line()),
        ):
            ready.append({"_op_type": "create", "_index": index, "_id": name, "_source": json.loads(line)})
    with closing(Elasticsearch(server)) as client:
        begun = time.perf_counter()
        for done, said in helpers.parallel_bulk(client, ready, chunk_size=500):
            assert done, said
        return len(made) / (time.perf_counter() - begun)


def _raw_sqlite(url: str, made: list[Post]) -> float:
    values = [rows.post_values(post) for post in made]
    contents = [rows.to_json(post) for post in made]
    folded = [_folded(post) for post in made]
    columns, marks = ", ".join(values[0]), ", ".join(f":{name}" for name in values[0])
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as db:
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            db.execute(f"PRAGMA {pragma}")
        first = db.execute("SELECT max(rowid) + 1 FROM post").fetchone()[0]
        begun = time.perf_counter()
        for start in range(0, len(made), _BATCH):
            part = range(start, min(start + _BATCH, len(made)))
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                f"INSERT INTO post (rowid, {columns}, revision, first_seen) VALUES (:rowid, {marks}, 1, :seen)",
                [{"rowid": first + at, **values[at]} for at in part],
            )
            db.executemany(
                "INSERT INTO revision VALUES (?, 1, ?)", [(first + at, contents[at]) for at in part]
            )
            db.executemany(
                "INSERT INTO words (rowid, title, text, author) VALUES (?, ?, ?, ?)",
                [(first + at, *folded[at]) for at in part],
            )
            db.executemany(
                "INSERT INTO feed (post, revision, kind, stored) VALUES (?, 1, 'new', 0)",
                [(first + at,) for at in part],
            )
            db.execute("COMMIT")
        return len(made) / (time.perf_counter() - begun)


# --- the feed


def _write_feed(url: str, begin: int) -> None:
    made = list(posts(begin, begin + _FEED, vocabulary()))
    with closing(open_store(url)) as store:
        for start in range(0, _FEED, 50):
            store.put(made[start : start + 50])


def lags(url: str, cursor: str, begin: int) -> tuple[list[float], float]:
    """How old changes are when they are read, milliseconds, and what a look costs that finds nothing."""
    writer = SPAWN.Process(target=_write_feed, args=(url, begin))
    found: list[float] = []
    empty: list[float] = []
    with closing(open_store(url)) as store:
        for _ in range(10):
            looked = time.perf_counter()
            store.changes(cursor)
            empty.append((time.perf_counter() - looked) * 1000)
        writer.start()
        while len(found) < _FEED:
            page = store.changes(cursor)
            now = datetime.now(UTC)
            found += [(now - change.stored_at).total_seconds() * 1000 for change in page.changes]
            cursor = page.cursor
            if not page.changes:
                assert writer.exitcode in (None, 0)
                time.sleep(0.02)  # a reader's pause; the service waits for seconds
    writer.join()
    return found, statistics.median(empty)


def memory() -> float:
    """What this process holds, megabytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


# --- the run


def grow(kind: str, url: str, sizes: Sequence[int], told: Callable[[Point], None]) -> None:
    """Fill a store and measure at each size."""
    words = vocabulary()
    there = 0
    number = itertools.count(10**9, 10**6)  # of posts beside the corpus
    cursor: str | None = None
    with closing(open_store(url)) as store:
        for size in sizes:
            fill = posts(there, size, words)
            while batch := list(itertools.islice(fill, _BATCH)):
                store.put(batch)
            held, there = memory(), size
            pairs = []
            for _ in range(_ROUNDS):
                first, second = next(number), next(number)
                pairs.append(
                    (
                        put(store, list(posts(first, first + _CHUNK, words))),
                        raw(url, list(posts(second, second + _CHUNK, words))),
                    )
                )
            report = SPAWN.Queue()
            child = SPAWN.Process(target=searches, args=(url, report))
            child.start()
            ours, engine = report.get(timeout=900)
            child.join()
            cursor = _end(store, cursor)
            late, look = lags(url, cursor, next(number))
            stats = store.stats()
            mine, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
            told(
                Point(
                    kind,
                    size,
                    mine,
                    floor,
                    statistics.median(ours),
                    p95(ours),
                    statistics.median(engine),
                    p95(engine),
                    statistics.median(late),
                    p95(late),
                    look,
                    held,
                    stats.size_bytes / stats.posts,
                )
            )


def measured(kind: str, url: str, sizes: Sequence[int], told: Callable[[Point], None]) -> None:
    """``grow`` in a process of its own, whose memory is nobody else's."""
    report = SPAWN.Queue()
    child = SPAWN.Process(target=_grow, args=(kind, url, sizes, report))
    child.start()
    for _ in sizes:
        while report.empty() and child.is_alive():
            child.join(0.2)
        assert child.is_alive() or not report.empty(), "the child died"
        told(report.get())
    child.join()


def _grow(kind: str, url: str, sizes: Sequence[int], report: Any) -> None:
    grow(kind, url, sizes, report.put)
    report.close()
    report.join_thread()


def _end(store: Store, cursor: str | None) -> str:
    """The cursor behind everything."""
    while True:
        page = store.changes(cursor, 5000)
        cursor = page.cursor
        if not page.changes:
            return cursor


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--posts", type=int, default=10_000)
    asked.add_argument("--stores", nargs="+", choices=sorted(GOALS), default=["sqlite", "elasticsearch"])
    asked.add_argument("--write", action="store_true", help="write docs/growth.md and docs/growth.svg")
    asked.add_argument("--keep", type=Path, help="file that keeps the figures as they come")
    arguments = asked.parse_args()
    sizes = [size for size in _STEPS if size < arguments.posts] + [arguments.posts]
    points: list[Point] = []

    def told(point: Point) -> None:
        points.append(point)
        print(line(point), flush=True)
        at = f"growth: {point.store} at {point.posts:,}"
        tell(f"{at}, put", [(point.put, point.raw)], "posts/s", "ready made", goal=GOALS[point.store])
        pair = (point.search_p95, point.engine_p95)
        tell(f"{at}, search p95", [pair], "ms", "engine's own query", higher=False, goal=1.3)
        if arguments.keep:
            arguments.keep.write_text(json.dumps([asdict(each) for each in points]), encoding="utf-8")

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        for kind in arguments.stores:
            if kind == "sqlite":
                measured(kind, f"sqlite:///{folder}/posts.db", sizes, told)
            else:
                server = os.environ.get("ELASTICSEARCH_URL")
                server = server or stack.enter_context(Cluster(quick=False, heap=1024)).url
                measured(kind, f"{server}/growth-{os.getpid()}", sizes, told)
    if arguments.write:
        from _growth_report import write

        write(points, _ROOT / "docs")


def line(point: Point) -> str:
    """One point as a line: each figure with its peer."""
    return (
        f"{point.store} at {point.posts:,} posts: put {point.put:,.0f}/s, raw {point.raw:,.0f}/s, ratio "
        f"{point.put / point.raw:.2f} (goal {GOALS[point.store]}); search p95 {point.search_p95:.1f} ms, engine "
        f"{point.engine_p95:.1f} ms, ratio {point.search_p95 / point.engine_p95:.2f} (goal 1.3); median "
        f"{point.search_p50:.1f} and {point.engine_p50:.1f} ms; feed lag p95 {point.lag_p95:.0f} ms, median "
        f"{point.lag_p50:.0f}, an empty look {point.look:.1f} ms; writer {point.memory:.0f} MB; "
        f"{point.bytes_a_post:,.0f} bytes a post"
    )


if __name__ == "__main__":
    main()
