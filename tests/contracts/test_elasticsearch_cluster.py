"""Three genuine nodes that are killed in turn, stopped together, or full: nothing acknowledged is missing from the
feed, nothing that was read is lost, and nobody starts anything anew but the nodes."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from elastic.nodes import Cluster, NodeMissing
from elastic.samples import NOON, post, roll_over
from elasticsearch import ApiError, Elasticsearch, TransportError

from config.errors import StoreUnavailable
from config.settings import ElasticsearchSettings
from indexer.ingest import Ingest
from indexer.opening import open_store
from indexer.spool import Spool
from indexer.store import Store

pytestmark = pytest.mark.slow
HASTY = ElasticsearchSettings(timeout=10, patience=2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    try:
        with Cluster(3) as running:
            yield running
    except NodeMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Elasticsearch: {error}")


@pytest.fixture
def client(cluster: Cluster) -> Iterator[Elasticsearch]:
    hosts = [node.url for node in cluster.nodes]
    with closing(Elasticsearch(hosts, request_timeout=70, retry_on_timeout=True, max_retries=5)) as opened:
        yield opened


def green(client: Elasticsearch) -> None:
    """Every shard has its copy, and none moves."""
    deadline = time.monotonic() + 120
    while True:
        try:
            answer = client.cluster.health(
                wait_for_status="green", wait_for_no_relocating_shards=True, wait_for_nodes="3", timeout="60s"
            )
            if not answer["timed_out"]:
                return
        except (ApiError, TransportError):
            time.sleep(0.2)
        assert time.monotonic() < deadline, "the cluster does not come to rest"


# --- several processes write


def _write(url: str, writer: int, stop: Any, report: Any) -> None:
    """Put batches until ``stop``, each again until it is acknowledged; report what was, and how often it failed."""
    failed = 0
    with closing(open_store(url, HASTY)) as store:
        number = 0
        while not stop.is_set():
            text = f"{writer} {number}"
            batch = [post(f"own {writer} {number}", text), post(f"shared {number % 3}", text)]
            while True:
                try:
                    store.put(batch)
                    break
                except StoreUnavailable:
                    failed += 1
                    assert failed < 10_000
            report.put([(each.key.post, text) for each in batch])
            number += 1
    report.put(failed)
    report.close()
    report.join_thread()


class Race:
    """Writers in processes of their own, and what they got acknowledged."""

    def __init__(self, url: str, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.acknowledged: list[tuple[str, str]] = []
        self.failed: list[int] = []
        self._report, self._stop = context.Queue(), context.Event()
        self._writers = [
            context.Process(target=_write, args=(url, n, self._stop, self._report)) for n in range(count)
        ]
        self._collector = threading.Thread(target=self._collect)
        for writer in self._writers:
            writer.start()
        self._collector.start()

    def _collect(self) -> None:
        while len(self.failed) < len(self._writers):
            told = self._report.get()
            if isinstance(told, int):
                self.failed.append(told)
            else:
                self.acknowledged += told

    def wait(self, more: int) -> None:
        """Until so many further posts were acknowledged."""
        target, deadline = len(self.acknowledged) + more, time.monotonic() + 120
        while len(self.acknowledged) < target:
            assert time.monotonic() < deadline, "nothing is written any more"
            time.sleep(0.05)

    def end(self) -> None:
        self._stop.set()
        for writer in self._writers:
            writer.join(60)
            assert writer.exitcode == 0
        self._collector.join(60)
        assert not self._collector.is_alive()


class Reader:
    """Follows the feed in a thread, whatever happens to the cluster."""

    def __init__(self, url: str) -> None:
        self.changes: list[Any] = []
        self._url = url
        self._last = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        cursor = None
        with closing(open_store(self._url, HASTY)) as store:
            while True:
                last = self._last.is_set()
                try:
                    page = store.changes(cursor, limit=50)
                except StoreUnavailable:
                    continue
                self.changes += page.changes
                cursor = page.cursor
                if last and not page.changes:
                    return

    def end(self) -> list[Any]:
        self._last.set()
        self._thread.join(120)
        assert not self._thread.is_alive()
        return self.changes


def test_nothing_acknowledged_is_missing_whatever_happens_to_nodes_and_shards(
    cluster: Cluster, client: Elasticsearch
) -> None:
    """Each of three nodes is killed in turn, the elected master and the primaries' among them, while two processes
    write; between that the change log rolls over and its shards move to other nodes."""
    url = f"{cluster.url}/race"
    with closing(open_store(url, HASTY)) as store:
        store.put([post("first")])
    green(client)
    # shards move where this test says so, and not back
    client.cluster.put_settings(persistent={"cluster.routing.rebalance.enable": "none"})
    race, reader = Race(url, 2), Reader(url)
    told: list[str] = []
    try:
        left = [node.name for node in cluster.nodes]
        for turn in range(3):
            race.wait(10)
            primary = _primary(client, "race-changes")
            victim = next(node for node in cluster.nodes if node.name == (primary if not turn else left[0]))
            left.remove(victim.name)
            master = client.cat.master(format="json")[0]["node"]  # type: ignore[index]
            told.append(
                f"{victim.name}{' primary' * (victim.name == primary)}{' master' * (victim.name == master)}"
            )
            victim.kill()
            race.wait(10)
            cluster.start()
            green(client)
            index = roll_over(client, "race")
            race.wait(4)
            if left:  # let the shard that is written to move to the node that is killed next
                others = [node.name for node in cluster.nodes if node.name != left[0]]
                move(client, others)
                assert _primary(client, index) == left[0]
                move(client, [])
        race.wait(10)
    finally:
        race.end()
        changes = reader.end()
        client.cluster.put_settings(persistent={"cluster.routing.rebalance.enable": None})
    print(
        f"killed: {', '.join(told)}; {len(race.acknowledged)} acknowledged, {len(changes)} read,"
        f" {sum(race.failed)} tries failed"
    )
    assert all("primary" in each for each in told)
    _check(url, race.acknowledged, changes)
    assert len(client.indices.get_alias(name="race-changes").body) == 4


def move(client: Elasticsearch, away_from: list[str]) -> None:
    """Have every shard leave these nodes."""
    names = ",".join(away_from) or None
    client.cluster.put_settings(persistent={"cluster.routing.allocation.exclude._name": names})
    green(client)


def _primary(client: Elasticsearch, index: str) -> str:
    """The node that holds the primary of an index's shard; of several the newest."""
    rows: Any = client.cat.shards(index=index, format="json", h="index,prirep,node")
    return str(max(row["index"] + " " + row["node"] for row in rows if row["prirep"] == "p").split()[1])


def _check(url: str, acknowledged: list[tuple[str, str]], changes: list[Any]) -> None:
    """Nothing acknowledged is missing from the feed; revisions are numbered without gap or repeat; heads are the last
    revisions."""
    read = Counter((change.stored.post.key.post, change.stored.post.text) for change in changes)
    assert not set(acknowledged) - read.keys()
    revisions = defaultdict(set)
    for change in changes:
        revisions[change.stored.post.key].add((change.stored.revision, change.stored.post.text))
    with closing(open_store(url)) as store:
        for key, known in revisions.items():
            assert [number for number, _ in sorted(known)] == list(range(1, len(known) + 1))
            head = store.get(key)
            assert head is not None
            assert (head.revision, head.post.text) == max(known)
        assert store.stats().posts == len(revisions)


# --- a crawl writes on while no node is there


class Clock:
    """Time as the test has it go by."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """Opens the store, and counts how often."""

    def __init__(self, url: str) -> None:
        self.url, self.count = url, 0

    def __call__(self) -> Store:
        self.count += 1
        return open_store(self.url, HASTY)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path, 10)) as opened:
        yield opened


def told(store: Store) -> list[tuple[str, str]]:
    return [
        (each.stored.post.key.post, each.stored.post.text) for each in store.changes(limit=10_000).changes
    ]


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("opened", [True, False], ids=["in the midst", "before it began"])
def test_all_nodes_stop_for_ten_minutes(
    cluster: Cluster, client: Elasticsearch, spool: Spool, opened: bool
) -> None:
    url = f"{cluster.url}/outage{int(opened)}"
    clock, opener = Clock(), Counting(url)
    with closing(open_store(url, HASTY)) as reading:
        reading.put([post("0")])
        green(client)
        with closing(Ingest(opener, spool, clock)) as ingest:
            if opened:
                assert ingest.put([post("before")], source="forum").new == 1
            cursor = reading.changes().cursor
            for node in cluster.nodes:
                node.kill()
            with pytest.raises(StoreUnavailable, match="is it running"):
                reading.changes(cursor)
            for minute in range(10):
                clock.now += 60
                assert ingest.put([post(f"{minute}"), post("edited", f"{minute}")], source="forum").waits
                assert ingest.known("forum", "t") is None
                ingest.thread_seen("forum", "t", ["0"], NOON)
            assert "is it running" in str(ingest.away)
            waiting = spool.figures()
            assert (waiting.waiting, waiting.posts) == (20, 20)
            cluster.start()
            wait_for(lambda: _drained(ingest, clock, spool))
            assert ingest.put([post("after")], source="forum").new == 1
            assert len(ingest.known("forum", "t") or ()) == (13 if opened else 12)
        page = reading.changes(cursor, 1000)  # the same reader goes on where it was
        names = [change.stored.post.key.post for change in page.changes]
        edits = [
            change.stored.post.text for change in page.changes if change.stored.post.key.post == "edited"
        ]
    assert [name for name in names if name != "edited"] == [*(str(each) for each in range(1, 10)), "after"]
    assert edits == [str(each) for each in range(10)]


def _drained(ingest: Ingest, clock: Clock, spool: Spool) -> bool:
    clock.now += 60
    ingest.drain(1e9)
    return spool.figures().waiting == 0


def test_a_full_disk(cluster: Cluster, client: Elasticsearch, spool: Spool) -> None:
    """Elasticsearch itself finds its disk too full and blocks the indices, and takes the block away later."""
    url = f"{cluster.url}/disk"
    clock = Clock()
    marks = [f"cluster.routing.allocation.disk.watermark.{mark}" for mark in ("low", "high", "flood_stage")]
    full = {"cluster.routing.allocation.disk.threshold_enabled": True, "cluster.info.update.interval": "10s"}
    with closing(open_store(url, HASTY)) as store, closing(Ingest(Counting(url), spool, clock)) as ingest:
        ingest.put([post("1")], source="forum")
        green(client)
        client.cluster.put_settings(persistent=full | dict.fromkeys(marks, "1000000gb"))
        try:
            wait_for(
                lambda: any("is blocked: read_only_allow_delete" in each.says for each in store.ailments())
            )
            (block, *_) = [each for each in store.ailments() if "is blocked" in each.says]
            assert "make room" in block.cure
            assert ingest.put([post("2")], source="forum").waits
            assert "disk usage exceeded" in str(ingest.away)
            assert ingest.put([post("3")], source="forum").waits
        finally:
            client.cluster.put_settings(persistent=dict.fromkeys([*full, *marks]))
        wait_for(lambda: not any("is blocked" in each.says for each in store.ailments()))
        wait_for(lambda: _drained(ingest, clock, spool))
        assert [name for name, _ in told(store)] == ["1", "2", "3"]
