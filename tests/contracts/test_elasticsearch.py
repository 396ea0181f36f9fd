"""What only the Elasticsearch store has to prove: writers that contend, die or lose a node; roll-over; refusals."""

from __future__ import annotations

import itertools
import multiprocessing
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from elastic.nodes import Cluster, NodeMissing
from elastic.proxy import Proxy
from elastic.samples import roll_over
from elasticsearch import Elasticsearch

from config.errors import PostRefused, StoreRefused, StoreUnavailable
from config.settings import ElasticsearchSettings
from indexer.opening import open_store
from indexer.post import ChangeKind, Outcome, Post, PostKey
from indexer.store import PurgePolicy, Store
from indexer.stores.elasticsearch_mapping import Names

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


def post(name: str, text: str = "plain words", **more: Any) -> Post:
    values: dict[str, Any] = {
        "key": PostKey("forum", "t1", name),
        "board": "databases",
        "position": 1,
        "title": "a title",
        "author": "Seller_One",
        "text": text,
        "url": "http://board.invalid/1",
        "seen_at": NOON,
    }
    return Post(**{**values, **more})


@pytest.fixture
def url(prefixes: Callable[[], str]) -> str:
    return prefixes()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with closing(open_store(url)) as opened:
        yield opened


@pytest.fixture
def client(elasticsearch: str) -> Iterator[Elasticsearch]:
    with closing(Elasticsearch(elasticsearch)) as opened:
        yield opened


def prefix(url: str) -> str:
    return url.rpartition("/")[2]


def follow(store: Store, writers: list[Any], between: Callable[[], None] = lambda: None) -> list[Any]:
    """Read the feed until the writers are done and nothing is left."""
    changes: list[Any] = []
    cursor = None
    while True:
        done = all(writer.exitcode is not None for writer in writers)
        try:
            page = store.changes(cursor, limit=50)
        except StoreUnavailable:
            continue
        changes += page.changes
        cursor = page.cursor
        if done and not page.changes:
            return changes
        between()


def put_until_done(store: Store, batch: list[Post]) -> int:
    """Put a batch again until it is acknowledged; how often it failed."""
    for failed in itertools.count():
        try:
            store.put(batch)
            return failed
        except StoreUnavailable:
            assert failed < 1000
    raise AssertionError


def _contend(url: str, writer: int, rounds: int, report: Any) -> None:
    """Put batches, some posts of its own and some that every writer changes; report what was acknowledged."""
    chance = random.Random(writer)
    with closing(open_store(url)) as store:
        for number in range(rounds):
            text = f"{writer} {number}"
            batch = [post(f"own {writer} {number}", text), post(f"shared {chance.randrange(3)}", text)]
            put_until_done(store, batch)
            report.put([(each.key.post, text) for each in batch])
    report.close()
    report.join_thread()


def race(url: str, count: int, rounds: int, between: Callable[[], None]) -> tuple[list[Any], list[Any]]:
    """So many writers and a reader of the feed: what was acknowledged, and what was read."""
    context = multiprocessing.get_context("spawn")
    report = context.Queue()
    acknowledged: list[Any] = []
    collector = threading.Thread(
        target=lambda: acknowledged.extend(
            itertools.chain.from_iterable(report.get() for _ in range(count * rounds))
        )
    )
    writers = [context.Process(target=_contend, args=(url, n, rounds, report)) for n in range(count)]
    for writer in writers:
        writer.start()
    collector.start()
    with closing(open_store(url)) as store:
        changes = follow(store, writers, between)
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    collector.join(30)
    assert not collector.is_alive()
    return acknowledged, changes


def check(url: str, acknowledged: list[Any], changes: list[Any], *, exactly: bool) -> None:
    """Nothing acknowledged is missing from the feed; revisions are numbered without gap or repeat; heads are the last
    revisions."""
    read = Counter((change.stored.post.key.post, change.stored.post.text) for change in changes)
    assert not {(name, text) for name, text in acknowledged} - read.keys()
    if exactly:
        assert set(read.values()) == {1}
    revisions = defaultdict(list)
    for change in changes:
        revisions[change.stored.post.key].append((change.stored.revision, change.stored.post.text))
    with closing(open_store(url)) as store:
        for key, known in revisions.items():
            assert sorted(revision for revision, _ in set(known)) == list(range(1, max(known)[0] + 1))
            head = store.get(key)
            assert head is not None
            assert (head.revision, head.post.text) in known
            assert head.revision == max(known)[0]
        assert store.stats().posts == len(revisions)


def test_writers_that_contend_lose_no_change(url: str, client: Elasticsearch) -> None:
    acknowledged, changes = race(url, 4, 25, lambda: None)
    check(url, acknowledged, changes, exactly=True)
    assert len(acknowledged) == len(changes) == 200


def test_the_feed_is_whole_across_generations(url: str, client: Elasticsearch) -> None:
    rolled = itertools.count()

    def roll() -> None:
        if next(rolled) in (2, 5, 9, 14):
            roll_over(client, prefix(url))

    acknowledged, changes = race(url, 3, 30, roll)
    check(url, acknowledged, changes, exactly=False)
    assert len(client.indices.get_alias(name=f"{prefix(url)}-changes").body) > 2


@pytest.mark.parametrize("step", ["heads", "follow"])
def test_a_number_is_given_once_whenever_the_log_rolls_over(
    store: Any, url: str, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The log rolls over and another writer puts the same post, after the first has read its head or between its change
    and its head."""
    store.put([post("1", "first")])
    writer, meanwhile = store._writer, iter(["theirs"])
    done = getattr(writer, step)

    def interrupted(*given: Any) -> Any:
        found = done(*given) if step == "heads" else None
        for text in meanwhile:
            client.indices.rollover(alias=Names(prefix(url)).changes_write)
            with closing(open_store(url)) as other:
                other.put([post("1", text), post("new", text)])
        return found if step == "heads" else done(*given)

    monkeypatch.setattr(writer, step, interrupted)
    store.put([post("1", "ours"), post("new", "ours")])
    told = [
        (each.stored.post.key.post, each.stored.revision, each.stored.post.text)
        for each in store.changes().changes
    ]
    first, second = ("ours", "theirs") if step == "follow" else ("theirs", "ours")
    assert sorted(told) == [
        *(("1", 1, "first"), ("1", 2, first), ("1", 3, second)),
        *(("new", 1, first), ("new", 2, second)),
    ]
    for name in ("1", "new"):
        assert [each.post.text for each in store.revisions(post(name).key)][-2:] == [first, second]


def test_a_change_whose_writer_died_before_a_roll_over_keeps_its_number(
    store: Any, url: str, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(prefix(url))
    store.put([post("1", "first")])

    class Killed(BaseException):
        pass

    def die(*_: Any) -> Any:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(store._writer, "follow", die)
        with pytest.raises(Killed):
            store.put([post("1", "second"), post("2", "first")])
    client.indices.rollover(alias=names.changes_write)
    with closing(open_store(url)) as other:
        other.put([post("1", "third"), post("2", "second")])
        assert other._writer._open_log().before == (f"{names.changes}-000001",)  # type: ignore[attr-defined]
        told = [(each.stored.post.key.post, each.stored.revision) for each in other.changes().changes]
        assert told == [("1", 1), ("1", 2), ("2", 1), ("1", 3), ("2", 2)]
        other._writer.look_again()  # type: ignore[attr-defined]
        assert other._writer._open_log().before == ()  # type: ignore[attr-defined]
        assert other.ailments() == []


def test_the_change_log_rolls_over_by_itself(url: str, client: Elasticsearch) -> None:
    cursor = None
    for number in range(3):
        with closing(open_store(url, ElasticsearchSettings(rollover_days=0))) as store:
            store.put([post("1", f"text {number}"), post(f"other {number}")])
            page = store.changes(cursor)
            cursor = page.cursor
            assert len(page.changes) == 2
            assert [each.post.text for each in store.revisions(post("1").key)] == [
                f"text {at}" for at in range(number + 1)
            ]
            assert len(store.changes().changes) == 2 * (number + 1)
    names = sorted(client.indices.get_alias(name=f"{prefix(url)}-changes").body)
    assert [name[-6:] for name in names] == ["000001", "000002", "000003", "000004"]


def test_a_generation_that_is_large_is_closed(url: str, client: Elasticsearch) -> None:
    server = ElasticsearchSettings(rollover_megabytes=1)
    chance = random.Random(20260106)
    large = [post(str(number), chance.randbytes(50_000).hex()) for number in range(40)]
    names = Names(prefix(url))
    for batch, generations in ((large[:2], 1), (large[2:], 1), ([post("last")], 2)):
        with closing(open_store(url, server)) as store:  # one that looks at the size with its first batch
            store.put(batch)
        client.indices.flush(index=names.changes)
        assert len(client.indices.get_alias(name=names.changes).body) == generations
    with closing(open_store(url)) as store:
        assert len(store.changes().changes) == 41


def _lose_head(url: str, client: Elasticsearch, name: str) -> None:
    """Bring a post into the state that a writer leaves which dies between a change and its head."""
    query = {"term": {"id": str(post(name).key).replace(" ", "%20")}}
    index = f"{prefix(url)}-posts"
    client.indices.refresh(index=index)
    (hit,) = client.search(index=index, query=query)["hits"]["hits"]
    client.delete(index=index, id=hit["_id"])


def test_a_reader_of_the_feed_finishes_what_a_dead_writer_began(
    store: Store, url: str, client: Elasticsearch
) -> None:
    store.put([post("1", "gold"), post("2")])
    _lose_head(url, client, "1")
    assert store.get(post("1").key) is None
    assert len(store.changes().changes) == 2
    found = store.get(post("1").key)
    assert found is not None
    assert found.post == post("1", "gold")
    assert store.search("gold").total == 1


def test_a_removal_never_brings_an_older_text_back(
    store: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put([post("1", "old")])
    read = store._writer.heads
    meanwhile = iter([post("1", "new")])

    def heads(names: Any) -> Any:
        found = read(names)
        with closing(open_store(url)) as other:
            other.put(list(meanwhile))
        return found

    monkeypatch.setattr(store._writer, "heads", heads)
    assert store.mark_removed([post("1").key], last_seen=NOON, at=NOON) == 1
    found = store.get(post("1").key)
    assert (found.post.text, found.revision, found.removed_at) == ("new", 2, NOON)
    assert [change.stored.post.text for change in store.changes().changes] == ["old", "new", "new"]


def test_a_head_that_the_server_refuses_does_not_stop_the_feed(
    store: Any, url: str, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put([post("1"), post("2")])
    _lose_head(url, client, "1")
    broken = b'{"odd":1}'
    monkeypatch.setattr("indexer.stores.elasticsearch_documents.Entry.head_line", lambda entry: broken)
    assert len(store.changes().changes) == 2
    with pytest.raises(PostRefused, match="odd"):
        store.put([post("3")])


def test_a_batch_put_again_finishes_what_was_cut_off(store: Store, url: str, client: Elasticsearch) -> None:
    store.put([post("1", "gold"), post("2")])
    _lose_head(url, client, "1")
    assert store.put([post("1", "gold"), post("2")]) == [Outcome.KNOWN, Outcome.KNOWN]
    assert store.search("gold").total == 1
    assert [change.kind for change in store.changes().changes] == [ChangeKind.NEW, ChangeKind.NEW]


def test_forgotten_posts_leave_the_disk_with_their_generation(
    store: Store, url: str, client: Elasticsearch
) -> None:
    names = Names(prefix(url))
    old, keep = NOON - timedelta(days=90), PurgePolicy(timedelta(days=30))

    def put(part: str, seen: datetime = old) -> None:
        store.put([post(f"{part} {number}", thread_of(number), seen_at=seen) for number in range(9)])

    def thread_of(number: int) -> str:
        return f"words {number}"

    def generations() -> dict[str, int]:
        client.indices.refresh(index=names.changes)
        known = client.indices.get_alias(name=names.changes).body
        return {name.rpartition("-")[2]: client.count(index=name)["count"] for name in sorted(known)}

    put("a")
    half = store.changes(limit=4).cursor
    roll_over(client, prefix(url))
    put("b")
    store.put([post("a 7", "edited", seen_at=NOON), post("b 3", "edited", seen_at=NOON)])
    end = store.changes().cursor
    roll_over(client, prefix(url))
    put("c")
    assert store.purge(keep, now=NOON) == 25
    assert generations() == {"000001.1": 1, "000002": 11, "000003": 9}  # the second holds young changes
    whole = [change.stored.post.text for change in store.changes().changes]
    assert whole == ["words 7", "words 3", "edited", "edited"]
    assert store.changes(end).changes == ()
    # who stood within a generation that was written anew reads what is left of it, once more or for the first time
    first = store.changes(half, limit=1)
    assert [change.stored.post.text for change in first.changes] == ["words 7"]
    assert len(store.changes(first.cursor).changes) == 3
    assert [each.post.text for each in store.revisions(post("a 7").key)] == ["words 7", "edited"]
    assert store.purge(keep, now=NOON + timedelta(days=1)) == 0
    assert store.purge(keep, now=NOON + timedelta(days=40)) == 2
    assert generations() == {"000003": 9}
    assert (store.changes().changes, store.changes(half).changes, store.changes(end).changes) == ((), (), ())
    assert store.put([post("a 7", "edited"), post("new")]) == [Outcome.KNOWN, Outcome.NEW]
    assert [change.stored.post.key.post for change in store.changes(end).changes] == ["new"]
    left = client.indices.get(index=f"{names.changes}-*").body
    assert len(left) == 1


def test_the_feed_is_whole_while_generations_are_compacted(url: str, client: Elasticsearch) -> None:
    keep = PurgePolicy(timedelta(days=30))
    with closing(open_store(url)) as other:
        other.put([post(f"old {number}", seen_at=NOON - timedelta(days=90)) for number in range(50)])
        roll_over(client, prefix(url))
        step = itertools.count(1)

        def between() -> None:
            if next(step) % 3 == 0:
                other.purge(keep, now=NOON + timedelta(days=100 * next(step)))
                roll_over(client, prefix(url))

        with closing(open_store(url)) as reader:
            cursor, seen = None, []
            for number in range(12):
                other.put([post(f"{number} {at}", seen_at=NOON + timedelta(days=10_000)) for at in range(5)])
                page = reader.changes(cursor, limit=7)
                cursor = page.cursor
                seen += [change.stored.post.key.post for change in page.changes]
                between()
            while (page := reader.changes(cursor, limit=7)).changes:
                cursor = page.cursor
                seen += [change.stored.post.key.post for change in page.changes]
    wanted = {f"{number} {at}" for number in range(12) for at in range(5)}
    assert wanted <= set(seen)


def test_values_longer_than_an_index_takes_are_kept_whole(store: Store) -> None:
    long = post("1", board="b" * 40_000, author="x" * 40_000, key=PostKey("s" * 9_000, "t" * 9_000, "p"))
    store.put([long])
    found = store.get(long.key)
    assert found is not None
    assert found.post == long
    assert [each.post for each in store.thread(long.key.source, long.key.thread)] == [long]


def test_more_hits_than_one_answer_holds(store: Store) -> None:
    store.put([post(f"{number:04}", "gold") for number in range(1, 1203)])
    assert len(store.search("gold", limit=1100).hits) == 1100
    assert len(store.thread("forum", "t1")) == 1202
    assert len(store.changes(limit=1150).changes) == 1150


def test_a_lost_index_is_told_and_not_made_anew(store: Store, url: str, client: Elasticsearch) -> None:
    store.put([post("1")])
    client.indices.delete(index=f"{prefix(url)}-changes-000001")
    with pytest.raises(StoreRefused):
        store.put([post("2")])
    client.indices.delete(index=f"{prefix(url)}-posts-000001")
    for ask in (
        lambda: store.put([post("3")]),
        lambda: store.get(post("1").key),
        lambda: store.search("words"),
    ):
        with pytest.raises(StoreRefused, match="gone"):
            ask()
    assert not client.indices.exists(index=f"{prefix(url)}-*", allow_no_indices=False)


def test_a_newer_schema_is_refused(store: Store, url: str, client: Elasticsearch) -> None:
    client.indices.put_mapping(index=f"{prefix(url)}-changes", meta={"schema": 99})
    with pytest.raises(StoreRefused, match="schema 99"):
        open_store(url)


def test_a_changed_mapping_is_refused(store: Store, url: str, client: Elasticsearch) -> None:
    name = prefix(url)
    client.indices.put_mapping(index=f"{name}-posts", properties={"odd": {"type": "keyword"}})
    with pytest.raises(StoreRefused, match="odd"):
        open_store(url)


def test_a_put_that_failed_converges_when_it_is_put_again(elasticsearch: str, url: str) -> None:
    chance = random.Random(20260106)
    batches = [
        [post(str(number), f"text {chance.randrange(3)}") for number in chance.sample(range(20), 5)]
        for _ in range(30)
    ]

    def unreliable(method: str, path: str, body: bytes) -> tuple[int, Any] | str:
        faults: list[Any] = ["lose", "answer", (503, {}), (429, {})]
        often = 0.3 if "_bulk" in path or "_mget" in path else 0
        return chance.choice(faults) if chance.random() < often else "pass"

    with Proxy(unreliable, elasticsearch) as proxy:
        server = ElasticsearchSettings(patience=0)
        with closing(open_store(f"{proxy.url}/{prefix(url)}", server)) as store:
            failed = 0
            for batch in batches:
                for _ in range(100):
                    try:
                        store.put(batch)
                        break
                    except StoreUnavailable:
                        failed += 1
    assert failed
    with closing(open_store(url)) as store:
        for name in {each.key.post for batch in batches for each in batch}:
            wanted = [each.text for batch in batches for each in batch if each.key.post == name]
            without_repeats = [text for text, _ in itertools.groupby(wanted)]
            assert [each.post.text for each in store.revisions(post(name).key)] == without_repeats
            head = store.get(post(name).key)
            assert head is not None
            assert head.post.text == wanted[-1]


@pytest.mark.slow
def test_a_killed_node_loses_nothing_acknowledged() -> None:
    try:
        with Cluster(3) as cluster:
            _lose_a_node(cluster)
    except NodeMissing as error:
        pytest.skip(f"no Elasticsearch: {error}")


def _lose_a_node(cluster: Cluster) -> None:
    url = f"{cluster.url}/acme"
    with closing(open_store(url)) as store, closing(Elasticsearch(cluster.nodes[0].url)) as client:
        store.put([post("first")])
        client.cluster.health(wait_for_status="green", timeout="60s")
        state = client.cluster.state(metric="routing_table,nodes").body
    shard = state["routing_table"]["indices"]["acme-changes-000001"]["shards"]["0"]
    primary = next(copy["node"] for copy in shard if copy["primary"])
    victim = next(node for node in cluster.nodes if node.name == state["nodes"][primary]["name"])
    read = itertools.count(1)

    def kill() -> None:
        if next(read) == 6:
            victim.kill()

    acknowledged, changes = race(url, 2, 50, kill)
    assert victim.process
    assert victim.process.returncode is not None
    check(url, acknowledged, changes, exactly=False)
