"""A version of a watch and a revision of a post meet once, whatever is edited, posted and killed in between."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.baseline import list_entries
from alerts.cases import Wanted, list_alerts
from alerts.hits import hits_of
from alerts.intake import Intake
from alerts.matching import build_matcher
from alerts.outbox import delivery_table
from alerts.retro import list_hunts
from alerts.versions import digest_of, kept_versions, put_in_force, version_of, versions_of
from alerts.watcher import Watcher
from alerts.watchlist import Organisation
from config.database import migrate, open_database
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.store import Store

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
WORDS = ("Invented Bank", "Made Up Harbour", "Pretended Clinic", "Fictional Rail")


class Killed(Exception):
    """Stands for the end of the process: nothing that was not committed is kept."""


class Ledger:
    """Every decision that was committed, by version of a watch and revision of a post: written in the transaction that
    decides, so that a decision that was rolled back is none. A version is a putting in force: a watch that is changed
    and changed back has its third."""

    def __init__(self, database: sa.Engine, patch: pytest.MonkeyPatch) -> None:
        self.fuse = -1
        self._database = database
        with database.begin() as connection:
            connection.execute(sa.text("CREATE TABLE forced (organisation TEXT)"))
            connection.execute(
                sa.text(
                    "CREATE TABLE ledger (organisation TEXT, version INTEGER, post TEXT, revision INTEGER)"
                )
            )
        genuine, put = Intake.take, put_in_force

        def force(connection: sa.Connection, *words: Any) -> int | None:
            before = kept_versions(connection)
            made = put(connection, *words)
            rows = [{"o": each} for each, now in kept_versions(connection).items() if before.get(each) != now]
            if rows:
                connection.execute(sa.text("INSERT INTO forced VALUES (:o)"), rows)
            return made

        def take(intake: Intake, connection: sa.Connection, reading: Any, *words: Any, **more: Any) -> Any:
            self.fuse -= 1
            if self.fuse == 0:
                raise Killed
            stored = reading.change.stored
            versions = _forced(connection)
            rows = [
                {"o": name, "v": versions[name], "p": stored.post.id, "r": stored.revision}
                for name in more.get("only") or intake.organisations
            ]
            if rows:
                connection.execute(sa.text("INSERT INTO ledger VALUES (:o, :v, :p, :r)"), rows)
            return genuine(intake, connection, reading, *words, **more)

        patch.setattr(Intake, "take", take)
        patch.setattr("alerts.watcher.put_in_force", force)

    def rows(self) -> Counter[tuple[str, int, str, int]]:
        with self._database.connect() as connection:
            found = connection.execute(sa.text("SELECT organisation, version, post, revision FROM ledger"))
            return Counter((row[0], row[1], row[2], row[3]) for row in found)

    def versions(self) -> dict[str, int]:
        """The version of each watch in force."""
        with self._database.connect() as connection:
            return _forced(connection)


def _forced(connection: sa.Connection) -> Counter[str]:
    return Counter(connection.scalars(sa.text("SELECT organisation FROM forced")))


def watcher(store: Store, database: sa.Engine, watched: tuple[Organisation, ...]) -> Watcher:
    return Watcher(store, database, build_matcher(watched), watched, ("soc",), {}, lambda: NOON)


def watch_of(name: str, words: tuple[str, ...]) -> Organisation:
    return Organisation(id=name, name=words[0], aliases=words[1:])


def listing(number: int, text: str) -> Post:
    return Post(
        key=PostKey("board", str(number), "1"),
        board="sale",
        position=1,
        title=f"lot {number}",
        author=f"seller {number}",
        text=text,
        url=f"http://board.invalid/{number}",
        seen_at=NOON + timedelta(seconds=number),
        kind=Kind.LISTING,
    )


STEPS = st.one_of(
    st.tuples(st.just("post"), st.integers(0, 3), st.integers(1, 9)),
    st.tuples(st.just("edit"), st.integers(0, 2), st.integers(1, 3)),
    st.tuples(st.just("watch"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("past"), st.integers(0, 9), st.integers(0, 3)),
)


def walk(database: sa.Engine, store: Store, ledger: Ledger, steps: list[tuple[str, int, int]]) -> None:
    watches: dict[str, tuple[str, ...]] = {
        name: (WORDS[at],) for at, name in enumerate(("ann", "bob", "eve"))
    }
    numbers = 0

    def with_watches(act: Callable[[Watcher], object], fuse: int) -> None:
        watched = tuple(watch_of(name, words) for name, words in watches.items())
        ledger.fuse = fuse
        with suppress(Killed):
            act(watcher(store, database, watched))

    for what, first, second in [*steps, ("watch", 0, 0), ("past", 0, 0)]:
        if what == "post":
            numbers += 1
            same = 1 + numbers % 4 if second > 6 else numbers  # now and then another revision of an old one
            store.put([listing(same, f"{WORDS[first]} and lot {numbers} of {second}")])
        elif what == "edit":
            name = ("ann", "bob", "eve")[first]
            watches[name] = (WORDS[first], *WORDS[:second])
        elif what == "watch":
            with_watches(lambda made: made.run_once(batch=3), first)
        else:
            turns = iter([False] * second)
            stop = (lambda: False) if not second else (lambda: next(turns, True))  # noqa: B023
            with_watches(lambda made: made.go_back(build_matcher, 2, stop), first)  # noqa: B023
    decided = ledger.rows()
    assert set(decided.values()) <= {1}, "nothing is decided twice"
    revisions = [
        (post.post.id, post.revision)
        for number in range(1, numbers + 1)
        for post in store.revisions(PostKey("board", str(number), "1"))
    ]
    for name, version in ledger.versions().items():
        for post, revision in revisions:
            assert decided[name, version, post, revision] == 1, "nothing is skipped"
    # what names somebody is an alert or history, and nobody was told of it twice
    named = {
        (name, number)
        for name, words in watches.items()
        for number in range(1, numbers + 1)
        for post in store.revisions(PostKey("board", str(number), "1"))
        if any(word in post.post.text for word in words)
    }
    kept = {
        (each.organisation, int(each.thread))
        for state in ("new", "baseline")
        for each in list_alerts(database, Wanted(state=state), limit=10_000)
    }
    assert named <= kept
    with database.connect() as connection:
        columns = delivery_table.c
        sent = Counter(connection.scalars(sa.select(columns.alert).where(columns.event == "new")))
    told = {each.id for each in list_alerts(database, limit=10_000)}
    assert set(sent) == told
    assert set(sent.values()) <= {1}
    assert all(each.report for each in list_entries(database)), "all of history is told"


CHANGED_BACK = [
    ("post", 0, 1),
    ("edit", 2, 1),
    ("watch", 0, 0),
    ("post", 0, 1),
    ("watch", 0, 0),
    ("edit", 2, 2),
    ("watch", 0, 0),
    ("edit", 2, 1),
]


@example(CHANGED_BACK)
@given(st.lists(STEPS, min_size=4, max_size=24))
@settings(max_examples=12, deadline=None)
def test_each_pair_is_decided_once(steps: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        database = open_database(f"sqlite:///{folder}/state.db")
        migrate(database)
        with closing(open_store(f"sqlite:///{folder}/posts.db")) as store:
            walk(database, store, Ledger(database, patch), steps)
        database.dispose()


def test_each_pair_is_decided_once_on_both_databases(
    database: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(20220106)
    kinds = ["post"] * 6 + ["edit", "watch", "watch", "past"]
    steps = []
    for _ in range(60):
        kind = chance.choice(kinds)
        most = 3 if kind == "post" else 2 if kind == "edit" else 9
        steps.append((kind, chance.randint(0, most), chance.randint(1, 3)))
    with closing(open_store(f"sqlite:///{tmp_path}/posts.db")) as store:
        walk(database, store, Ledger(database, monkeypatch), steps)


def test_a_watch_added_later_is_told_of_history_once_and_alarmed_for_what_is_new(
    database: sa.Engine, tmp_path: Path
) -> None:
    bank, port = watch_of("bank", ("Invented Bank",)), watch_of("port", ("Made Up Harbour",))
    with closing(open_store(f"sqlite:///{tmp_path}/posts.db")) as store:
        store.put([listing(number, f"{WORDS[number % 2]} lot {number}") for number in range(20)])
        assert watcher(store, database, (bank,)).run_once().alerts_new == 10
        store.put([listing(99, "Made Up Harbour, today")])
        both = watcher(store, database, (bank, port))
        assert (both.run_once().alerts_new, both.go_back(build_matcher)) == (1, 1)
        (hunt,) = list_hunts(database)
        assert (hunt.kind, hunt.state, hunt.organisations, hunt.revisions_read) == (
            "history",
            "done",
            ("port",),
            20,
        )
        columns = delivery_table.c
        with database.connect() as connection:
            events = Counter(connection.scalars(sa.select(columns.event)))
            query = sa.select(columns.payload).where(columns.event == "baseline")
            payload = connection.execute(query).scalar_one()
        assert events == {"new": 11, "baseline": 1}
        assert payload["title"] == (
            "Baseline report for watches that were added or changed: 10 listings of 1 organisation"
        )
        hits = hits_of(database)
        assert (hits["bank", "name", "Invented Bank"].posts, hits["bank", "name", "Invented Bank"].past) == (
            10,
            0,
        )
        assert (
            hits["port", "name", "Made Up Harbour"].posts,
            hits["port", "name", "Made Up Harbour"].past,
        ) == (1, 10)
        assert watcher(store, database, (port, bank)).run_once().changes == 0
        assert len(list_hunts(database)) == 1, "another order of the files is no other version"


def test_only_what_finds_makes_a_version() -> None:
    bank = watch_of("bank", ("Invented Bank", "IB One", "IB Two"))
    assert version_of(bank) == version_of(
        bank.model_copy(update={"reason": "asked", "aliases": bank.aliases[::-1]})
    )
    assert version_of(bank) != version_of(bank.model_copy(update={"context": ("loan",)}))
    assert digest_of(versions_of([bank])) != digest_of({})
