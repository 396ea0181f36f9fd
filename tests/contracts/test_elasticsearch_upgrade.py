"""A store of the first schema becomes one of this version while workers of the first write on."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from elastic.schema_one import turn_back
from elasticsearch import Elasticsearch

from config.errors import StoreOutdated, StoreRefused, StoreUnavailable
from indexer.opening import open_store, upgrade_store
from indexer.post import Outcome, Post, PostKey
from indexer.store import PurgePolicy, Store

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
SPAWN = multiprocessing.get_context("spawn")


def post(name: str, text: str = "plain words", thread: str = "t1") -> Post:
    return Post(
        key=PostKey("forum", thread, name),
        board="databases",
        position=1,
        title="a title",
        author="Seller_One",
        text=text,
        url="http://board.invalid/1",
        seen_at=NOON,
    )


@pytest.fixture
def url(prefixes: Callable[[], str]) -> str:
    return prefixes()


@pytest.fixture
def client(elasticsearch: str) -> Iterator[Elasticsearch]:
    with closing(Elasticsearch(elasticsearch)) as opened:
        yield opened


def prefix(url: str) -> str:
    return url.rpartition("/")[2]


def _old_store(url: str, count: int, report: Any) -> None:
    """What a worker of the first schema leaves, and where its reader of the feed stood half-way."""
    turn_back()
    with closing(open_store(url)) as store:
        store.put([post(str(number), f"Gold {number}", f"t{number % 7}") for number in range(count)])
        store.put([post("0", "changed", "t0")])
        store.mark_removed([post("1", thread="t1").key], last_seen=NOON, at=NOON)
        page = store.changes(limit=count // 2)
        report.put((page.cursor, len(page.changes)))
    report.close()
    report.join_thread()


def _old_writer(url: str, writer: int, report: Any) -> None:
    """Write as the first schema does until this is refused; report what was acknowledged."""
    turn_back()
    acknowledged = []
    with closing(open_store(url)) as store:
        report.put(None)
        for number in range(100_000):
            batch = [
                post(f"{writer} {number}", f"late {number}"),
                post(f"shared {number % 3}", f"{writer} {number}"),
            ]
            try:
                store.put(batch)
            except StoreUnavailable:
                continue
            except StoreRefused:
                break
            acknowledged += [(each.key.post, each.text) for each in batch]
    report.put(acknowledged)
    report.close()
    report.join_thread()


def made_by_the_first_schema(url: str, count: int) -> tuple[str, int]:
    report = SPAWN.Queue()
    worker = SPAWN.Process(target=_old_store, args=(url, count, report))
    worker.start()
    cursor, read = report.get(timeout=60)
    worker.join()
    assert worker.exitcode == 0
    return cursor, read


def rest_of_the_feed(store: Store, cursor: str | None) -> list[Any]:
    changes: list[Any] = []
    while True:
        page = store.changes(cursor, limit=100)
        if not page.changes:
            return changes
        changes += page.changes
        cursor = page.cursor


def test_an_older_layout_is_refused_until_it_is_upgraded_and_cursors_stay(
    url: str, client: Elasticsearch
) -> None:
    cursor, read = made_by_the_first_schema(url, 40)
    with pytest.raises(StoreOutdated, match="duskwatch store upgrade"):
        open_store(url)
    told: list[tuple[int, int]] = []
    assert upgrade_store(url, told=lambda done, of: told.append((done, of))) == 40
    assert told[-1] == (40, 40)
    assert upgrade_store(url) == 0
    with closing(open_store(url)) as store:
        assert store.search("gold").total == 39
        assert store.search("changed").total == 1
        assert store.search("removed:true").total == 1
        assert [each.post.text for each in store.revisions(post("0", thread="t0").key)] == [
            "Gold 0",
            "changed",
        ]
        assert len(rest_of_the_feed(store, cursor)) == 42 - read
        assert store.put([post("0", "changed", "t0"), post("new")]) == [Outcome.KNOWN, Outcome.NEW]
        assert len(rest_of_the_feed(store, cursor)) == 43 - read
    names = client.indices.get(index=f"{prefix(url)}-*", expand_wildcards="all").body
    assert sorted(name.removeprefix(f"{prefix(url)}-") for name in names) == [
        "changes-000001",
        "changes-000002",
        "posts-000002",
    ]
    heads = client.search(index=f"{prefix(url)}-posts", size=100)["hits"]["hits"]
    assert {hit["_source"]["listing"] for hit in heads} == {f"forum/t{number}" for number in range(7)}


def test_writers_of_the_older_layout_lose_nothing(url: str) -> None:
    cursor, read = made_by_the_first_schema(url, 600)
    report = SPAWN.Queue()
    writers = [SPAWN.Process(target=_old_writer, args=(url, number, report)) for number in range(2)]
    for writer in writers:
        writer.start()
    for _ in writers:
        assert report.get(timeout=60) is None
    upgrade_store(url)
    acknowledged = [pair for _ in writers for pair in report.get(timeout=60)]
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert len(acknowledged) > 4
    with closing(open_store(url)) as store:
        changes = rest_of_the_feed(store, cursor)
        found = Counter((change.stored.post.key.post, change.stored.post.text) for change in changes)
        assert not set(acknowledged) - found.keys()
        assert set(found.values()) == {1}
        whole = rest_of_the_feed(store, None)
        assert len(whole) == read + len(changes)
        newest = {change.stored.post.key: change.stored for change in whole}
        assert store.stats().posts == len(newest)
        for key, stored in newest.items():
            head = store.get(key)
            assert head is not None
            assert (head.revision, head.post.text) == (stored.revision, stored.post.text)
        again = [stored.post for stored in newest.values() if stored.removed_at is None]
        assert set(store.put(again)) == {Outcome.KNOWN}


@pytest.mark.parametrize("last", ["copy", "_switch", "_tidy"])
def test_a_killed_upgrade_goes_on(url: str, client: Elasticsearch, last: str) -> None:
    made_by_the_first_schema(url, 300)
    child = SPAWN.Process(target=_upgrade_until, args=(url, last))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert upgrade_store(url) == {"copy": 220, "_tidy": 0}.get(last, 20)  # behind the last note
    with closing(open_store(url)) as store:
        assert store.stats().posts == 300
        assert store.search("gold").total == 299
        assert store.put([post("new")]) == [Outcome.NEW]
        assert len(rest_of_the_feed(store, None)) == 303
        assert store.ailments() == []
    names = client.indices.get(index=f"{prefix(url)}-posts-*").body
    assert len(names) == 1
    blocks = client.indices.get_settings(index=f"{prefix(url)}-*", name="index.blocks.*").body
    assert set(blocks) == {f"{prefix(url)}-changes-000001"}, "none but the closed generation of changes"


def _upgrade_until(url: str, last: str) -> None:
    """An upgrade that dies right before a step, or in the midst of the copy."""
    from indexer.stores import elasticsearch_upgrade as upgrade

    def die(*_: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)

    upgrade._AT_ONCE, upgrade._NOTED = 20, 40
    if last == "copy":
        upgrade_store(url, told=lambda done, _: die() if done >= 100 else None)
    elif last == "_tidy":
        upgrade._tidy = die
    else:
        setattr(upgrade._Copy, last, die)
    upgrade_store(url)


def test_two_upgrades_at_once(url: str) -> None:
    made_by_the_first_schema(url, 300)
    both = [SPAWN.Process(target=upgrade_store, args=(url,)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(60)
        assert each.exitcode == 0
    with closing(open_store(url)) as store:
        assert (store.stats().posts, len(rest_of_the_feed(store, None))) == (300, 302)
        assert store.put([post("new")]) == [Outcome.NEW]


def test_what_was_forgotten_meanwhile_stays_forgotten(url: str, client: Elasticsearch) -> None:
    made_by_the_first_schema(url, 30)
    child = SPAWN.Process(target=_upgrade_until, args=(url, "_hold"))
    child.start()
    child.join(60)
    gone = client.search(index=f"{prefix(url)}-posts", query={"term": {"thread": "t3"}})["hits"]["hits"]
    for hit in gone:
        client.delete(index=hit["_index"], id=hit["_id"])
    upgrade_store(url)
    with closing(open_store(url)) as store:
        assert store.thread("forum", "t3") == []
        assert store.stats().posts == 30 - len(gone)


def test_words_are_laid_out_anew_when_they_are_asked_for(url: str) -> None:
    with closing(open_store(url)) as store:
        old = replace(post("0"), seen_at=NOON - timedelta(days=90))
        store.put([old, post("1"), post("2")])
        assert store.purge(PurgePolicy(timedelta(days=30)), now=NOON) == 1
        cursor = store.changes().cursor
        assert upgrade_store(url, again=True) == 3
        assert store.put([old, post("1"), post("3")]) == [
            *[Outcome.KNOWN] * 2,
            Outcome.NEW,
        ]  # its writers go on
        assert [change.stored.post.key.post for change in store.changes(cursor).changes] == ["3"]
        assert store.search("words").total == 3
