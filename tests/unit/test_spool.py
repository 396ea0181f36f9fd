"""Posts wait for a store that is away: nothing is lost, nothing doubled, nothing wrongly removed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from config.errors import PostRefused, SpoolFull, StoreRefused, StoreUnavailable
from indexer.deposit import Deposit, Marked, Put, ThreadGone, ThreadSeen, from_bytes, to_bytes
from indexer.ingest import Ingest
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.spool import Spool
from indexer.store import Store

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def post(name: str, text: str = "words", *, source: str = "forum", thread: str = "t", **more: Any) -> Post:
    values: dict[str, Any] = {
        "board": "sale",
        "position": 1,
        "title": "a title",
        "author": "seller",
        "url": "http://board.invalid/1",
        "seen_at": NOON,
    }
    return Post(key=PostKey(source, thread, name), text=text, **{**values, **more})


class Flaky:
    """A store that is away when ``away`` says so: before it does something, or after, when nobody hears of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.away: Callable[[], str] = lambda: ""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def call(*words: Any, **more: Any) -> Any:
            fault = self.away()
            if fault == "before":
                raise StoreUnavailable
            done = method(*words, **more)
            if fault == "after":
                raise StoreUnavailable
            return done

        return call if name != "close" else method


class World:
    """A store, a spool, and a clock that says that enough time went by to ask the store again."""

    def __init__(self, folder: Path, megabytes: int = 100) -> None:
        self.folder = folder
        self.store = open_store(f"sqlite:///{folder}/posts.db")
        self.flaky = Flaky(self.store)
        self.spool = Spool(folder, megabytes)
        self.time = 0.0  # moves only where a test says so
        self.ingest = self.another()

    def another(self) -> Ingest:
        return Ingest(lambda: self.flaky, self.spool, lambda: self.time)  # type: ignore[arg-type,return-value]

    def gone(self) -> None:
        self.flaky.away = lambda: "before"

    def back(self) -> None:
        self.flaky.away = lambda: ""
        self.time += 1000

    def told(self) -> list[tuple[str, str, str]]:
        return [
            (change.stored.post.key.post, change.kind.value, change.stored.post.text)
            for change in self.store.changes(limit=100_000).changes
        ]

    def close(self) -> None:
        self.spool.close()
        self.store.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_what_waits_comes_first_and_in_order(world: World) -> None:
    assert world.ingest.put([post("1")], source="forum").new == 1
    world.gone()
    assert world.ingest.put([post("2"), post("1", "edited")], source="forum").waits
    world.flaky.away = lambda: ""  # back, but the pause is not over: what is newer waits behind what is older
    assert world.ingest.put([post("2", "edited")], source="forum").waits
    assert world.ingest.put([post("9", source="other")], source="other").waits
    assert world.told() == [("1", "new", "words")]
    assert world.ingest.known("forum", "t") is None
    figures = world.spool.figures()
    assert (figures.waiting, figures.posts) == (3, 4)
    world.back()
    assert world.ingest.put([post("3")], source="forum").waits
    assert world.told() == [
        ("1", "new", "words"),
        ("2", "new", "words"),
        ("1", "changed", "edited"),
        ("2", "changed", "edited"),
        ("9", "new", "words"),
        ("3", "new", "words"),
    ]
    assert world.ingest.put([post("4")], source="forum").new == 1
    assert len(world.ingest.known("forum", "t") or ()) == 4
    assert world.spool.figures().waiting == 0


def test_a_store_that_is_away_is_not_asked_for_every_page(world: World) -> None:
    asked: list[float] = []

    def away() -> str:
        asked.append(world.time)
        return "before"

    world.flaky.away = away
    for second in range(300):
        world.time = second
        world.ingest.put([post(str(second))], source="forum")
    assert 8 <= len(asked) <= 12
    world.back()
    world.ingest.drain(1e9)
    assert len(world.told()) == 300


def test_removals_are_decided_where_the_store_can_be_asked(world: World) -> None:
    first = [post(name, position=at) for at, name in enumerate("abcd", 1)]
    world.ingest.put(first, source="forum")
    world.gone()
    world.ingest.put([post("e", position=4)], source="forum")
    assert world.ingest.thread_seen("forum", "t", "abde", NOON + MINUTE).waits
    world.ingest.thread_gone("forum", "never-seen", last_seen=NOON, at=NOON)
    world.back()
    world.ingest.drain(1e9)
    standing = {each.post.key.post: each.removed_at for each in world.store.thread("forum", "t")}
    assert standing == {"a": None, "b": None, "c": NOON + MINUTE, "d": None, "e": None}
    world.gone()
    world.ingest.thread_gone("forum", "t", last_seen=NOON, at=NOON + 2 * MINUTE)
    world.back()
    world.ingest.drain(1e9)
    found = {each.post.key.post: each for each in world.store.thread("forum", "t")}
    assert found["a"].removed_at == NOON + 2 * MINUTE
    assert found["a"].last_seen_at == NOON
    assert found["c"].removed_at == NOON + MINUTE, "it was gone before"


def test_keys_that_no_store_can_hold_are_cleaned_alike(world: World) -> None:
    hostile = "\0\ud800"
    world.gone()
    page = [post(name, thread=hostile, position=at) for at, name in enumerate(["a", hostile, "c"], 1)]
    world.ingest.put(page, source="forum")
    world.ingest.thread_seen("forum", hostile, ["a", hostile], NOON)
    world.back()
    world.ingest.drain(1e9)
    found = world.ingest.known("forum", hostile) or []
    assert [each.removed_at is None for each in found] == [True, True, False]


def test_a_page_of_unknown_place_is_placed_when_the_store_is_back(world: World) -> None:
    world.ingest.put([post(name, position=at) for at, name in enumerate("abcd", 1)], source="forum")
    world.gone()
    world.ingest.put([post("c"), post("d"), post("e")], source="forum", anchored=False)
    world.ingest.put([post("f"), post("g")], source="forum", anchored=False)
    world.back()
    world.ingest.drain(1e9)
    positions = {each.post.key.post: each.post.position for each in world.store.thread("forum", "t")}
    assert positions == dict(zip("abcdefg", range(1, 8), strict=True))


def _deposits(chance: random.Random, count: int) -> list[Deposit]:
    """What crawls of two sources hand over: pages, edits, deletions, whole threads that go and come."""
    made: list[Deposit] = []
    for number in range(count):
        at = NOON + number * MINUTE
        source, thread = chance.choice(["one", "two"]), chance.choice("xy")
        names = sorted(chance.sample(range(8), chance.randrange(1, 7)))
        text = f"text {chance.randrange(3)}"
        page = tuple(
            post(str(name), text, source=source, thread=thread, position=name + 1, seen_at=at)
            for name in names
        )
        made.append(Put(source, page))
        if chance.random() < 0.5:
            made.append(ThreadSeen(source, thread, frozenset(map(str, names)), at))
        if chance.random() < 0.1:
            made.append(ThreadGone(source, thread, at, at))
    return made


def _life(store: Store) -> dict[Any, Any]:
    """All that a store tells of its posts, save when it was told."""
    life: dict[Any, Any] = {}
    for change in store.changes(limit=100_000).changes:
        key = change.stored.post.key
        life.setdefault(key, []).append(
            (change.kind, change.stored.revision, change.stored.post, change.stored.removed_at)
        )
    return {
        key: (changes, [each.post for each in store.revisions(key)], store.get(key))
        for key, changes in life.items()
    }


@pytest.mark.parametrize("seed", range(8))
def test_a_store_that_comes_and_goes_ends_as_one_that_never_went(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    deposits = _deposits(chance, 60)
    steady, shaky = World(tmp_path / "steady"), World(tmp_path / "shaky")
    fault = ["", "before", "after", "before"]
    waited = 0
    for deposit in deposits:
        steady.ingest._take(deposit)
        state = chance.choice(fault)
        shaky.flaky.away = lambda state=state: state if chance.random() < 0.5 else ""  # type: ignore[misc]
        shaky.time += chance.choice([0, 0, 30])
        shaky.ingest._take(deposit)
        waited += shaky.spool.figures().waiting
        if chance.random() < 0.1:
            shaky.ingest = shaky.another()  # as another process would go on
    shaky.back()
    shaky.ingest.drain(1e9)
    assert waited
    assert shaky.spool.figures().waiting == 0
    assert _life(shaky.store) == _life(steady.store)
    for made in (steady, shaky):
        made.close()


def test_what_another_machine_saw_later_stays_on_top(world: World) -> None:
    """This machine lost the store, another crawled on, and then this one came back."""
    base = datetime.now(UTC) - timedelta(hours=2)

    def at(minutes: int, name: str, text: str) -> Post:
        return post(name, text, seen_at=base + minutes * MINUTE, position=ord(name[0]))

    names = ["edited", "same", "gone", "gone-edited"]
    world.ingest.put([at(0, name, "old") for name in names], source="forum")
    world.gone()
    late = [
        at(10, "edited", "late"),
        at(10, "same", "new"),
        at(10, "gone", "old"),
        at(10, "gone-edited", "late"),
    ]
    world.ingest.put([*late, at(10, "only-here", "late")], source="forum")
    world.ingest.thread_seen("forum", "t", [*names, "only-here"], base + 11 * MINUTE)
    world.store.put([at(20, "edited", "new"), at(20, "same", "new"), at(20, "there", "new")])
    keys = [post("gone").key, post("gone-edited").key]
    world.store.mark_removed(keys, last_seen=base + 15 * MINUTE, at=base + 20 * MINUTE)
    world.back()
    world.ingest.drain(1e9)

    def texts(name: str) -> list[str]:
        return [each.post.text for each in world.store.revisions(post(name).key)]

    assert texts("edited") == ["old", "new", "late", "new"]
    assert texts("same") == ["old", "new"]
    assert texts("gone") == ["old"]
    assert texts("gone-edited") == ["old", "late"]
    assert texts("only-here") == ["late"]
    for name in ("gone", "gone-edited"):
        found = world.store.get(post(name).key)
        assert found
        assert (found.removed_at, found.last_seen_at) == (base + 20 * MINUTE, base + 15 * MINUTE)
    for name in ("edited", "same", "only-here", "there"):
        found = world.store.get(post(name).key)
        assert found
        assert found.removed_at is None, name


def test_a_clock_that_was_ahead_does_not_hold_what_is_newer_for_older(world: World) -> None:
    world.ingest.put(
        [post("1", "old", seen_at=datetime.now(UTC) + timedelta(days=1), position=2)], source="forum"
    )
    world.ingest.put([post("0"), post("2", position=3)], source="forum")
    world.gone()
    now = datetime.now(UTC)
    world.ingest.put([post("1", "new", seen_at=now, position=2)], source="forum")
    world.ingest.thread_seen("forum", "t", ["0", "2"], now)
    world.back()
    world.ingest.drain(1e9)
    found = world.store.get(post("1").key)
    assert found
    assert (found.post.text, found.removed_at) == ("new", now)


# --- its size


def _fill(world: World, chance: random.Random) -> int:
    for count in range(10_000):
        try:
            world.ingest.put([post(str(count), chance.randbytes(2000).hex())], source="forum")
        except SpoolFull:
            return count
    raise AssertionError


def test_a_full_spool_loses_nothing_and_gives_alarm_before(tmp_path: Path) -> None:
    world = World(tmp_path, megabytes=1)
    chance = random.Random(1)
    world.gone()
    with capture_logs() as logs:
        count = _fill(world, chance)
    with pytest.raises(SpoolFull, match=r"raise spool\.megabytes"):
        world.ingest.put([post("one more", chance.randbytes(2000).hex())], source="forum")
    assert count > 100
    (alarm,) = [line for line in logs if line["event"] == "the spool is nearly full"]
    assert alarm["log_level"] == "error"
    figures = world.spool.figures()
    assert figures.alarm
    assert figures.full
    assert figures.size <= 1_000_000
    assert (tmp_path / "spool.db").stat().st_size <= 1_000_000
    with pytest.raises(SpoolFull, match="posts wait for the store since"):
        world.another().check_room()
    world.back()
    world.ingest.drain(1e9)
    assert len(world.told()) == count
    assert world.spool.figures().share < 0.1
    assert (tmp_path / "spool.db").stat().st_size < 100_000
    world.close()


def test_a_full_disk_is_a_full_spool(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.gone()
    pages = world.spool._db.execute("PRAGMA page_count").fetchone()[0]
    world.spool._db.execute(f"PRAGMA max_page_count = {pages}")  # SQLite says the same of a full disk
    chance = random.Random(1)
    with pytest.raises(SpoolFull, match="disk is full"):
        world.ingest.put([post("1", chance.randbytes(50_000).hex())], source="forum")
    assert world.spool.figures().waiting == 0


def test_a_damaged_spool_is_told(tmp_path: Path) -> None:
    (tmp_path / "spool.db").write_bytes(os.urandom(8192))
    with pytest.raises(StoreRefused, match="move it aside"):
        Spool(tmp_path, 1)


def test_a_spool_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Spool(tmp_path, 1).close()
    with closing(sqlite3.connect(tmp_path / "spool.db")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreRefused, match="schema 99"):
        Spool(tmp_path, 1)


# --- what is never taken


class Picky(Flaky):
    """A store that never takes posts of one author, nor a mark that a certain one is gone."""

    def mark_removed(self, keys: list[PostKey], **times: datetime) -> int:
        for key in keys:
            if key.post == "stubborn":
                raise PostRefused("no mark", post=str(key))
        return self._store.mark_removed(keys, **times)

    def put(self, posts: list[Post]) -> Any:
        for each in posts:
            if each.author == "poison":
                raise PostRefused("no reason", post=each.id)
        return self._store.put(posts)


def test_poison_is_set_aside_with_its_reason_and_the_rest_goes_on(world: World) -> None:
    world.flaky = Picky(world.store)
    far = post("far", position=2**70)
    poison = [post("p", author="poison", evidence="a.warc#1"), post("q", author="poison")]
    assert world.ingest.put([post("1"), *poison, far], source="forum").new == 1
    world.gone()
    world.ingest.put([post("2"), far, poison[0]], source="forum")
    world.flaky.away = lambda: ""
    world.time += 1000
    world.ingest.drain(1e9)
    assert [name for name, _, _ in world.told()] == ["1", "2"]
    refused = world.spool.refused()
    assert {(each.post.key.post, each.reason) for each in refused} == {
        ("p", "no reason"),
        ("q", "no reason"),
        ("far", f"position {2**70} is no 64-bit number"),
    }
    kept = next(each.post for each in refused if each.post.key.post == "p")
    assert replace(kept, language=None) == poison[0]  # the language is told on the way in
    assert world.spool.figures().refused == 3
    world.ingest.put([post("3"), post("stubborn")], source="forum")
    assert world.ingest.thread_gone("forum", "t", last_seen=NOON, at=NOON + MINUTE).removed == 3
    assert world.spool.refused()[0].reason == "no mark"
    world.spool.forget(post("stubborn"))
    world.spool.forget(far)
    assert world.spool.figures().refused == 2


def test_refused_posts_do_not_take_the_room_of_others(tmp_path: Path) -> None:
    world = World(tmp_path, megabytes=1)
    chance = random.Random(1)
    with capture_logs() as logs:
        for number in range(200):
            world.ingest.put(
                [post(str(number), chance.randbytes(1000).hex(), position=2**70)], source="forum"
            )
    assert len(logs) == 200, "each is told"
    assert 10 < world.spool.figures().refused < 200
    assert world.spool.figures().share < 0.3
    world.close()


# --- as bytes

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
_TIMES = st.datetimes(timezones=st.just(UTC))
_KEYS = st.builds(PostKey, _TEXTS, _TEXTS, _TEXTS)
_POSTS = st.builds(
    Post,
    key=_KEYS,
    board=_TEXTS,
    position=st.integers(-(2**63), 2**63 - 1),
    title=_TEXTS,
    author=_TEXTS,
    text=_TEXTS,
    url=_TEXTS,
    seen_at=_TIMES,
    posted_at=st.none() | _TIMES,
    kind=st.sampled_from(Kind),
    content_hash=st.just(""),
)


@given(
    st.builds(Put, _TEXTS, st.lists(_POSTS, max_size=3).map(tuple), st.booleans())
    | st.builds(ThreadSeen, _TEXTS, _TEXTS, st.frozensets(_TEXTS), _TIMES)
    | st.builds(ThreadGone, _TEXTS, _TEXTS, _TIMES, _TIMES)
    | st.builds(Marked, _TEXTS, _KEYS, _TIMES, _TIMES)
)
def test_a_deposit_comes_back_as_it_was(deposit: Deposit) -> None:
    assert from_bytes(to_bytes(deposit)) == deposit


# --- several processes, and processes that die


def _work(folder: str, name: str, rounds: int, seed: int) -> None:
    """Hand over numbered pages of a source of its own, to a store that is away half the time; print each that was
    taken."""
    chance = random.Random(seed)
    store = Flaky(open_store(f"sqlite:///{folder}/posts.db"))
    store.away = lambda: chance.choice(["", "", "before", "after"])
    clock = iter(range(0, 10**9, 20))
    ingest = Ingest(lambda: store, Spool(Path(folder), 100), lambda: next(clock))  # type: ignore[arg-type,return-value]
    for number in range(rounds):
        page = [post(str(number), f"{number}", source=name), post("edited", f"{number}", source=name)]
        ingest.put(page, source=name)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def _start(folder: Path, name: str, rounds: int, seed: int) -> subprocess.Popen[str]:
    program = f"import test_spool; test_spool._work({str(folder)!r}, {name!r}, {rounds}, {seed})"
    place = {**os.environ, "PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parents[2]}"}
    return subprocess.Popen([sys.executable, "-c", program], env=place, stdout=subprocess.PIPE, text=True)


def _check(folder: Path, taken: dict[str, list[int]]) -> None:
    """Everything taken is there, once, and a post that was edited tells its edits in order."""
    world = World(folder)
    world.ingest.drain(1e9)
    assert world.spool.figures().waiting == 0
    for name, numbers in taken.items():
        for number in numbers:
            assert [each.post.text for each in world.store.revisions(post(f"{number}", source=name).key)] == [
                f"{number}"
            ]
        edits = [int(each.post.text) for each in world.store.revisions(post("edited", source=name).key)]
        assert set(edits) >= set(numbers)
        assert edits == sorted(set(edits))
    told = [
        (change.stored.post.id, change.stored.post.text)
        for change in world.store.changes(limit=100_000).changes
    ]
    assert len(told) == len(set(told))
    world.close()


def test_several_processes_spool_and_drain_at_once(tmp_path: Path) -> None:
    World(tmp_path).close()
    workers = {name: _start(tmp_path, name, 40, seed) for seed, name in enumerate(["a", "b", "c"])}
    for worker in workers.values():
        worker.communicate()
        assert worker.returncode == 0
    _check(tmp_path, {name: list(range(40)) for name in workers})


def test_a_process_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    World(tmp_path).close()
    chance = random.Random(20260106)
    taken: dict[str, list[int]] = {}
    killed = 0
    for turn in range(6):
        name = f"source {turn}"
        worker = _start(tmp_path, name, 1000, turn)
        assert worker.stdout
        lines = [next(line for line in worker.stdout if line.strip().isdigit())]
        timer = threading.Timer(chance.uniform(0, 0.3), worker.send_signal, [signal.SIGKILL])
        timer.start()
        lines += worker.communicate()[0].splitlines()
        taken[name] = [int(line) for line in lines if line.strip().isdigit()]
        timer.join()
        killed += worker.returncode == -signal.SIGKILL
    assert killed == 6
    _check(tmp_path, taken)
    print(f"{killed} processes killed; {sum(map(len, taken.values()))} pages taken, each there once")
