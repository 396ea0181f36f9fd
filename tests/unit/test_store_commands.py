"""What ``duskwatch store`` and ``doctor`` say of a store, its readers and what waits for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from test_service import SETTINGS, service

from config.errors import StoreUnavailable
from indexer.ingest import Ingest
from indexer.opening import open_store
from indexer.post import Post, PostKey
from indexer.spool import Spool

if TYPE_CHECKING:
    from conftest import Workspace

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


def post(name: str, **more: Any) -> Post:
    values: dict[str, Any] = {"board": "sale", "position": 1, "title": "t", "author": "ann", "text": "words"}
    return Post(key=PostKey("forum", "t", name), url="http://b.invalid/", seen_at=NOON, **values | more)


def spool(workspace: Workspace, *posts: Post) -> None:
    """Have posts wait for a store that is away."""

    def away() -> Any:
        raise StoreUnavailable

    with closing(Ingest(away, Spool(workspace.folder / "var", 1))) as ingest:
        for each in posts:
            ingest.put([each], source="forum")


def findings(workspace: Workspace) -> dict[str, dict[str, Any]]:
    return {each["what"]: each for each in workspace.duskwatch("doctor", status=1)}


def ids(workspace: Workspace) -> list[str]:
    with closing(open_store(f"sqlite:///{workspace.folder}/var/posts.db")) as store:
        return [change.stored.post.key.post for change in store.changes().changes]


def test_what_waits_is_told_and_drained(workspace: Workspace) -> None:
    spool(workspace, post("1"), post("2"))
    stats = workspace.duskwatch("store", "stats")
    assert (stats["spool"]["waiting"], stats["spool"]["posts"], stats["posts"]) == (2, 2, 0)
    found = findings(workspace)["spool"]
    assert not found["good"]
    assert "2 posts wait for the store since" in found["says"]
    assert "duskwatch store drain" in found["says"]
    assert workspace.duskwatch("store", "drain")["done"] == 2
    assert ids(workspace) == ["1", "2"]
    assert workspace.duskwatch("store", "drain")["done"] == 0
    assert findings(workspace)["spool"]["good"]


def test_a_store_that_is_away_is_told_beside_what_waits_for_it(workspace: Workspace) -> None:
    spool(workspace, post("1"))
    workspace.write("duskwatch.toml", 'data_dir = "var"\nstore_url = "http://127.0.0.1:9/acme"\n')
    for words in (("store", "stats"), ("store", "drain")):
        done = workspace.run("console.cli.main", *words, status=75)
        assert "1 posts wait for the store since" in done.stderr
        assert "is it running?" in done.stderr
    found = findings(workspace)
    assert "is it running?" in found["store"]["says"]
    assert "1 posts wait" in found["spool"]["says"]


def test_a_spool_that_runs_full_is_a_fault(workspace: Workspace) -> None:
    workspace.write("duskwatch.toml", 'data_dir = "var"\n[spool]\nmegabytes = 1\n')
    spool(workspace, post("1"))
    with closing(sqlite3.connect(workspace.folder / "var/spool.db")) as db, db:
        db.execute("INSERT INTO item VALUES (9, 0, 'x', 1, 0, 0, ?)", (bytes(850_000),))
    assert "raise spool.megabytes" in findings(workspace)["spool"]["says"]


def test_refused_posts_are_listed_tried_again_and_struck_off(workspace: Workspace) -> None:
    bad = post("bad", position=2**70, evidence="a.warc.gz#7")
    spool(workspace, bad, post("good"))
    with closing(Spool(workspace.folder / "var", 1)) as opened:
        opened.refuse(post("mended"), "the mapping was damaged")
    assert "2 posts were refused" in findings(workspace)["spool"]["says"]
    listed = {each["post"]: each for each in workspace.duskwatch("store", "refused")}
    assert listed["forum/t/bad"]["evidence"] == "a.warc.gz#7"
    assert "64-bit" in listed["forum/t/bad"]["reason"]
    assert [each["post"] for each in workspace.duskwatch("store", "refused", "--retry")] == ["forum/t/bad"]
    assert ids(workspace) == ["mended"]
    workspace.duskwatch("store", "refused", "--forget")
    assert workspace.duskwatch("store", "refused") == []
    assert workspace.duskwatch("store", "stats")["spool"]["refused"] == 0


def test_readers_of_the_feed_are_told_with_their_lag(workspace: Workspace) -> None:
    workspace.fill()
    assert workspace.duskwatch("store", "stats")["readers"] == []
    workspace.duskwatch("watch", "run")
    (reader,) = workspace.duskwatch("store", "stats")["readers"]
    assert (reader["name"], reader["behind"]) == ("watcher", 0)
    spool(workspace, *(post(str(number)) for number in range(5)))
    workspace.duskwatch("store", "drain")
    (reader,) = workspace.duskwatch("store", "stats")["readers"]
    assert reader["behind"] == 5
    assert findings(workspace)["feed"]["good"], "it had no time yet"
    old = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%d %H:%M:%S.000000}"
    with closing(sqlite3.connect(workspace.folder / "var/state.db")) as db, db:
        db.execute("UPDATE watch_cursor SET at = ?", (old,))
    assert "watcher is 5 changes behind since" in findings(workspace)["feed"]["says"]
    workspace.write(
        "duskwatch.toml", f'data_dir = "var"\nstore_url = "sqlite:///{workspace.folder}/new.db"\n'
    )
    assert "duskwatch watch restart" in findings(workspace)["feed"]["says"]
    assert workspace.duskwatch("store", "stats")["readers"][0]["lost"]


def test_the_service_drains_what_waits(workspace: Workspace) -> None:
    spool(workspace, post("1"))
    folder = workspace.folder / "var/posts.db"
    folder.mkdir()
    workspace.write("duskwatch.toml", SETTINGS)
    quick = "import console.service; console.service._DRAIN = 0.2"
    with service(workspace, quick) as running:
        running.wait_for("posts wait for the store")
        folder.rmdir()
        running.wait_for("nothing waits for the store any more")
        running.stop()
    assert ids(workspace) == ["1"]


def test_the_disk_of_a_store_that_runs_full_is_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(f"sqlite:///{workspace.folder}/var/posts.db")) as store:
        assert store.ailments() == []
        monkeypatch.setattr("indexer.stores.sqlite._ROOM", 2**62)
        (ailment,) = store.ailments()
    assert "MB left (make room on it)" in str(ailment)
