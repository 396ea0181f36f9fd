"""What an Elasticsearch store says of its cluster, and what becomes of one that is blocked, changed or misled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from elastic.proxy import Proxy
from elastic.samples import post, roll_over
from elasticsearch import Elasticsearch

from config.errors import CursorUnknown, StoreRefused
from config.settings import ElasticsearchSettings
from indexer.ingest import Ingest
from indexer.opening import open_store
from indexer.spool import Spool
from indexer.store import Store
from indexer.stores.elasticsearch_mapping import Names


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


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path, 1)) as opened:
        yield opened


def prefix(url: str) -> str:
    return url.rpartition("/")[2]


def says(store: Store) -> str:
    # a disk that is rather full is no fault of the test
    return "; ".join(str(each) for each in store.ailments() if "the disk of" not in each.says)


class Hurried:
    """A clock that goes a minute on at each look, so that a store that was away is always asked again."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 60
        return self.now


def into(url: str, spool: Spool) -> Ingest:
    return Ingest(lambda: open_store(url, ElasticsearchSettings(patience=0, timeout=5)), spool, Hurried())


def told(store: Store) -> list[str]:
    return [change.stored.post.key.post for change in store.changes().changes]


def test_a_cluster_tells_what_it_is(store: Store) -> None:
    store.put([post("1")])
    about = store.stats().detail
    assert about["kind"] == "elasticsearch"
    assert about["version"].startswith("9.")
    assert about["health"] == "green"
    assert (about["nodes"], about["shards"]) == ("1", "2")
    assert says(store) == ""


def test_how_far_a_reader_is_behind(store: Store, url: str, client: Elasticsearch) -> None:
    assert store.behind(None) == 0
    store.put([post("1"), post("2")])
    cursor = store.changes(limit=1).cursor
    assert (store.behind(None), store.behind(cursor)) == (2, 1)
    roll_over(client, prefix(url))
    store.put([post("3"), post("4")])
    assert (store.behind(None), store.behind(cursor)) == (4, 3)
    cursor = store.changes(cursor).cursor
    assert store.behind(cursor) == 0
    with pytest.raises(CursorUnknown):
        store.behind("sqlite:x:1")


@pytest.mark.parametrize("block", ["read_only_allow_delete", "read_only", "write"])
def test_a_blocked_index_is_told_and_loses_nothing(
    store: Store, url: str, client: Elasticsearch, spool: Spool, block: str
) -> None:
    """As Elasticsearch blocks an index whose disk is full, or an operator does."""
    with closing(into(url, spool)) as ingest:
        assert ingest.put([post("1")], source="forum").new == 1
        client.indices.put_settings(index=f"{prefix(url)}-*", settings={f"index.blocks.{block}": True})
        assert f"is blocked: {block} (" in says(store)
        for name in ("2", "3"):
            assert ingest.put([post(name), post("1", f"edit {name}")], source="forum").waits
        assert "block" in str(ingest.away)
        client.indices.put_settings(index=f"{prefix(url)}-*", settings={f"index.blocks.{block}": None})
        ingest.drain(1e9)
        assert told(store) == ["1", "2", "1", "3", "1"]
        assert [each.post.text for each in store.revisions(post("1").key)] == ["words", "edit 2", "edit 3"]
        assert ingest.put([post("4")], source="forum").new == 1
    assert says(store) == ""


def test_a_lost_alias_is_told(store: Store, url: str, client: Elasticsearch, spool: Spool) -> None:
    alias, index = Names(prefix(url)).changes_write, f"{prefix(url)}-changes-000001"
    client.indices.delete_alias(index=index, name=alias)
    assert f"the alias {alias} is gone" in says(store)
    with closing(into(url, spool)) as ingest:
        assert ingest.put([post("1")], source="forum").waits
        assert not client.indices.exists(index=alias), "no index was made in its place"
        client.indices.put_alias(index=index, name=alias, is_write_index=True)
        ingest.drain(1e9)
    assert told(store) == ["1"]


def test_a_mapping_changed_by_hand_loses_nothing(
    store: Store, url: str, client: Elasticsearch, spool: Spool
) -> None:
    index = f"{prefix(url)}-posts"
    client.indices.put_mapping(index=index, dynamic="true")
    with closing(into(url, spool)) as ingest:
        assert ingest.put([post("1")], source="forum").waits
        assert "the mapping of" in str(ingest.away)
        assert "dynamic" in str(ingest.away)
        client.indices.put_mapping(index=index, dynamic="strict")
        assert ingest.drain(1e9) == 1
    assert told(store) == ["1"]


@pytest.mark.parametrize(
    ("version", "cure"), [("8.19.2", "update the server"), ("10.0.1", "update duskwatch")]
)
def test_a_server_of_another_time_loses_nothing(
    store: Store, elasticsearch: str, url: str, spool: Spool, version: str, cure: str
) -> None:
    """The genuine server, behind something that lets it say another version, until it was brought to this one."""
    old = [version]

    def claims(method: str, path: str, body: bytes) -> tuple[int, Any] | str:
        return (200, {"nodes": {"n": {"version": old[0]}}}) if old and path.startswith("/_nodes") else "pass"

    with Proxy(claims, elasticsearch) as proxy, closing(into(f"{proxy.url}/{prefix(url)}", spool)) as ingest:
        assert ingest.put([post("1")], source="forum").waits
        assert version in str(ingest.away)
        assert cure in str(ingest.away)
        old.clear()
        ingest.drain(1e9)
    assert told(store) == ["1"]


def test_wrong_credentials_lose_nothing(store: Store, elasticsearch: str, url: str, spool: Spool) -> None:
    """The genuine server, behind something that asks for the right key, and later changes its mind."""
    error = {"error": {"type": "security_exception", "reason": "unable to authenticate"}}
    wrong = [True]

    def guard(method: str, path: str, body: bytes) -> tuple[int, Any] | str:
        return (401, error) if wrong else "pass"

    with Proxy(guard, elasticsearch) as proxy, closing(into(f"{proxy.url}/{prefix(url)}", spool)) as ingest:
        assert ingest.put([post("1")], source="forum").waits
        assert isinstance(ingest.away, StoreRefused)
        assert "unable to authenticate" in str(ingest.away)
        assert "correct elasticsearch.api_key" in str(ingest.away)
        wrong.clear()
        ingest.drain(1e9)
        assert told(store) == ["1"]
        wrong.append(True)  # a key that ran out while a crawl was under way
        assert ingest.put([post("2")], source="forum").waits
        wrong.clear()
        assert ingest.put([post("3")], source="forum").waits
        ingest.drain(1e9)
    assert told(store) == ["1", "2", "3"]
