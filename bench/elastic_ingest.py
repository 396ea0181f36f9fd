"""Posts stored a second by ``Store.put`` in Elasticsearch, beside ``helpers.parallel_bulk`` of the same documents,
which are ready made, on the same server. Goal: a ratio of 0.9."""

from __future__ import annotations

import json
import os
import secrets
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch, helpers

from indexer.opening import open_store
from indexer.post import ChangeKind, Post
from indexer.stores import elasticsearch_documents as documents
from indexer.stores.elasticsearch_mapping import Names

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]
from _figures import quick, tell  # noqa: E402 - stands beside this file
from elastic.nodes import Cluster  # noqa: E402 - stands in tests/
from sqlite_ingest import posts  # noqa: E402

BATCH, ROUNDS = 1000, 3 if quick() else 5
NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


@contextmanager
def server() -> Iterator[str]:
    named = os.environ.get("ELASTICSEARCH_URL")
    if named:
        yield named
        return
    with Cluster(quick=False, heap=1024) as cluster:
        yield cluster.url


def ours(made: list[Post], url: str) -> float:
    with closing(open_store(f"{url}/bench-{secrets.token_hex(4)}")) as store:
        begun = time.perf_counter()
        for start in range(0, len(made), BATCH):
            store.put(made[start : start + BATCH])
        return len(made) / (time.perf_counter() - begun)


def raw(made: list[Post], url: str) -> float:
    """The peer: its documents are ready, nothing is looked up, nothing depends on what is there."""
    prefix = f"bench-{secrets.token_hex(4)}"
    names = Names(prefix)
    open_store(f"{url}/{prefix}").close()
    ready: list[dict[str, Any]] = []
    for post in made:
        entry = documents.next_entry(ChangeKind.NEW, post, post.id, None, now=NOON)
        for index, name, line in (
            (names.changes_write, f"{entry.id}-1", entry.line()),
            (names.posts_write, entry.id, entry.head_line()),
        ):
            ready.append({"_op_type": "create", "_index": index, "_id": name, "_source": json.loads(line)})
    with closing(Elasticsearch(url)) as client:
        begun = time.perf_counter()
        for done, said in helpers.parallel_bulk(client, ready, chunk_size=500):
            assert done, said
        return len(made) / (time.perf_counter() - begun)


def main() -> None:
    made = posts()
    with server() as url:
        ours(made, url), raw(made, url)  # the server's compiler warms up
        pairs = []
        for _ in range(ROUNDS):
            pairs.append((ours(made, url), raw(made, url)))
            with closing(Elasticsearch(url)) as client:
                client.indices.delete(index="bench-*")
                client.indices.delete_index_template(name="bench-*")
    mine, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(
        f"elasticsearch ingest: {mine:,.0f} posts/s, bare parallel_bulk {floor:,.0f} posts/s, "
        f"ratio {ratio:.2f} (goal 0.90)"
    )
    tell("elastic_ingest", pairs, "posts/s", "bare parallel_bulk", goal=0.9)


if __name__ == "__main__":
    main()
