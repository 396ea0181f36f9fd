"""Moving to another store: it goes on where it was cut off, and what differs afterwards is told."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from indexer import migration
from indexer.comparison import Comparison, Verdict, compare
from indexer.migration import Marker, copy
from indexer.opening import open_store
from indexer.post import Post, PostKey
from indexer.store import Store

if TYPE_CHECKING:
    from conftest import Workspace

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def post(name: str, text: str = "words", hours: int = 0, **more: Any) -> Post:
    values: dict[str, Any] = {
        "board": "sale",
        "position": 1,
        "title": "t",
        "author": "ann",
        "url": "http://b.invalid",
    }
    return Post(key=PostKey("forum", "t", name), text=text, seen_at=NOON + hours * HOUR, **values | more)


def live(store: Store) -> None:
    """Edits, removals, and one that came back."""
    store.put([post(str(number)) for number in range(20)])
    store.put([post(str(number), "edited", 1) for number in range(0, 20, 3)])
    store.put([post("0", "edited again", 2), post("3", "words", 2)])  # the second as it was at first
    gone = [post(str(number)).key for number in range(0, 20, 4)]
    store.mark_removed(gone, last_seen=NOON + 2 * HOUR, at=NOON + 3 * HOUR)
    store.put([post("4", "words", 4), post("8", "back and edited", 4)])


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    with (
        closing(open_store(f"sqlite:///{tmp_path}/old.db")) as old,
        closing(open_store(f"sqlite:///{tmp_path}/new.db")) as new,
    ):
        live(old)
        yield old, new


@pytest.fixture
def beside(stores: tuple[Store, Store], tmp_path: Path) -> Callable[[], Comparison]:
    return lambda: compare(*stores, tmp_path)


def counts(found: Comparison) -> dict[str, int]:
    return {verdict.value: count for verdict, count in found.posts.items() if count}


def test_a_copy_is_the_same(stores: tuple[Store, Store], beside: Callable[[], Comparison]) -> None:
    assert counts(beside()) == {"missing": 20}
    assert copy(*stores) == len(stores[0].changes().changes)
    found = beside()
    assert (counts(found), found.same, found.samples) == ({"same": 20}, True, ())
    assert found.revisions == stores[0].stats().revisions
    assert copy(*stores) == 0
    assert beside().same


def test_a_copy_that_was_cut_off_goes_on_behind_what_it_did(
    stores: tuple[Store, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration, "_PAGE", 5)
    old, new = stores
    total = len(old.changes().changes)
    looked: list[int] = []

    def cut_off(count: int) -> None:
        looked.append(count)
        if len(looked) == 3:
            raise KeyboardInterrupt

    def marker() -> Marker:
        return Marker(tmp_path, "old", "new")

    with pytest.raises(KeyboardInterrupt):
        copy(old, new, cut_off, marker())
    put = new.put
    batches: list[int] = []
    monkeypatch.setattr(new, "put", lambda posts: batches.append(len(posts)) or put(posts))
    copy(old, new, looked.append, marker())
    assert looked == [*range(5, total, 5), total]
    assert sum(batches) <= total - 15
    assert compare(old, new, tmp_path).same
    assert Marker(tmp_path, "old", "another").read().cursor is None


def test_a_marker_that_is_damaged_begins_anew(tmp_path: Path) -> None:
    marker = Marker(tmp_path, "old", "new")
    marker.keep(migration.Progress(5, "sqlite:x:5"))
    assert marker.read().looked == 5
    (file,) = tmp_path.glob("migration-*.json")
    for damage in ('{"looked": ', '{"odd": 1}', "[]"):
        file.write_text(damage)
        assert marker.read() == migration.Progress()


def test_posts_written_there_meanwhile_stay_on_top(
    stores: tuple[Store, Store], beside: Callable[[], Comparison]
) -> None:
    """As where store_url was changed before everything was copied."""
    old, new = stores
    copy(old, new)
    old.put([post("1", "late in the old store", 5), post("30", "late", 5), post("2", "both", 5)])
    new.put(
        [post("1", "newer", 6), post("30", "newer", 6), post("2", "both", 6), post("31", "only there", 6)]
    )
    copy(old, new)
    assert [each.post.text for each in new.revisions(post("1").key)] == [
        "words",
        "newer",
        "late in the old store",
        "newer",
    ]
    assert [each.post.text for each in new.revisions(post("30").key)] == ["newer", "late", "newer"]
    found = beside()
    assert counts(found) == {"same": 18, "ahead": 3, "only there": 1}
    assert found.same
    assert copy(old, new) == 0


DAMAGES = {
    "a text": (
        "UPDATE revision SET content = replace(content, '\": \"edited', '\": \"forged')",
        "missing",
        7,
    ),
    "a time": (
        "UPDATE revision SET content = replace(content, '2026-01-06T13', '2026-01-06T11')",
        "other",
        7,
    ),
    "a removal": ("UPDATE feed SET removed = 0 WHERE kind = 'removed'", "other", 3),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_differs_is_told(
    stores: tuple[Store, Store], tmp_path: Path, beside: Callable[[], Comparison], name: str
) -> None:
    copy(*stores)
    damage, verdict, count = DAMAGES[name]
    with closing(sqlite3.connect(tmp_path / "new.db")) as db, db:
        db.execute(damage)
    found = beside()
    assert counts(found).get(verdict) == count
    assert not found.same
    assert len(found.samples) == count
    assert all(sample.startswith("forum/t/") for sample in found.samples)


def test_posts_that_a_store_does_not_find_are_told(
    stores: tuple[Store, Store], beside: Callable[[], Comparison], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy(*stores)
    stats = stores[1].stats()
    monkeypatch.setattr(stores[1], "stats", lambda: type(stats)(stats.posts - 2, stats.revisions, 0, 0))
    found = beside()
    assert (found.lost, found.same) == (2, False)


def test_the_command_moves_and_proves_it(workspace: Workspace) -> None:
    def migrate(status: int = 0) -> Any:
        return workspace.duskwatch("store", "migrate", "--to", f"sqlite:///{new}", status=status)

    old, new = workspace.folder / "var/posts.db", workspace.folder / "new.db"
    with closing(open_store(f"sqlite:///{old}")) as store:
        live(store)
        changes = len(store.changes().changes)
    first = migrate()
    assert (first["written"], first["compared"]["posts"]["same"]) == (changes, 20)
    (marker,) = (workspace.folder / "var").glob("migration-*.json")
    assert json.loads(marker.read_text())["looked"] == changes
    assert not list((workspace.folder / "var").glob("*.scratch"))
    assert migrate()["written"] == 0
    for file in workspace.folder.glob("new.db*"):
        file.unlink()
    assert migrate()["written"] == changes, "what was lost there is copied again"
    with closing(sqlite3.connect(new)) as db, db:
        db.execute("UPDATE revision SET content = replace(content, '\": \"edited again', '\": \"forged')")
    done = migrate(status=1)
    assert done["compared"]["posts"]["missing"] == 1
    assert done["compared"]["samples"] == ["forum/t/0: revision 3 of 3 is not there"]
    assert Verdict.MISSING.value == "missing"
