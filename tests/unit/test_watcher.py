"""From the change feed to alerts: one for an organisation and a listing, whatever happens to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from alerts import cases
from alerts.channels.terminal import render
from alerts.handling import Actor, set_state
from alerts.matching import build_matcher
from alerts.matching.port import Listener, Match
from alerts.outbox import delivery_table, enqueue, list_deliveries
from alerts.watcher import Watcher, WatchRun
from alerts.watchlist import Organisation, Scope
from indexer.fact import Fact, facts_many
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.store import Store

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
BANK = Organisation(id="bank", name="Invented Bank", exclusions=("Invented Bank Fan Club",))
PORT = Organisation(id="port", name="Made Up Harbour", channels=("harbour",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/posts.db")
    yield opened
    opened.close()


def watcher(store: Store, database: sa.Engine, *organisations: Organisation, matcher: Any = None) -> Watcher:
    watched = organisations or (BANK, PORT)
    return Watcher(
        store,
        database,
        matcher or build_matcher(watched),
        watched,
        ("first", "second"),
        {"forum": "green"},
        lambda: NOON,
    )


def post(thread: str, number: int, text: str, **more: Any) -> Post:
    values: dict[str, Any] = {
        "key": PostKey("forum", thread, str(number)),
        "board": "sale",
        "position": number,
        "title": f"thread {thread}",
        "author": "seller",
        "text": text,
        "url": f"http://board.invalid/{thread}",
        "seen_at": NOON,
        "kind": Kind.LISTING if number == 1 else Kind.REPLY,
    }
    return Post(**values | more)


def payloads(database: sa.Engine) -> list[dict[str, Any]]:
    with database.connect() as connection:
        return list(connection.scalars(sa.select(delivery_table.c.payload).order_by(delivery_table.c.id)))


def test_one_alert_a_listing_and_everything_later_joins_it(store: Store, database: sa.Engine) -> None:
    watch = watcher(store, database)
    store.put([post("1", 1, "Invented Bank dump"), post("1", 2, "I want it"), post("2", 1, "cats")])
    assert watch.run_once() == WatchRun(changes=3, matches=1, alerts_new=1, alerts_joined=1)
    assert watch.run_once() == WatchRun(0, 0, 0, 0)
    store.put([post("1", 1, "Invented Bank dump, now cheaper"), post("1", 3, "Invented Bank again")])
    store.mark_removed([PostKey("forum", "1", "2")], last_seen=NOON, at=NOON + timedelta(hours=1))
    assert watch.run_once() == WatchRun(changes=3, matches=2, alerts_new=0, alerts_joined=3)
    (alert,) = cases.list_alerts(database)
    assert (alert.id, alert.tlp) == (cases.alert_id("bank", "forum", "1"), "green")
    assert {row["channel"] for row in list_deliveries(database)} == {"first", "second"}
    assert len(list_deliveries(database)) == 2
    _, events = cases.get_alert(database, alert.id)
    assert [event.what for event in events] == [
        "alert",
        "post new",
        "post changed",
        "post new",
        "post removed",
    ]
    assert cases.hot_threads(database, "forum") == {"1"}


def test_a_later_post_of_a_thread_can_name_somebody_else(store: Store, database: sa.Engine) -> None:
    watch = watcher(store, database)
    store.put([post("1", 1, "Invented Bank"), post("1", 2, "and Made Up Harbour")])
    assert watch.run_once(batch=1).alerts_new == 2
    assert {row["channel"] for row in list_deliveries(database)} == {"first", "second", "harbour"}
    assert len({row["key"] for row in list_deliveries(database)}) == 3


def test_what_is_removed_or_excluded_raises_nothing(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, "the Invented Bank Fan Club"), post("2", 1, "nothing")])
    store.mark_removed([PostKey("forum", "2", "1")], last_seen=NOON, at=NOON)
    assert watcher(store, database).run_once() == WatchRun(3, 0, 0, 0)


def test_what_is_out_of_scope_raises_nothing(store: Store, database: sa.Engine) -> None:
    narrow = BANK.model_copy(update={"scope": Scope(kinds=(Kind.LISTING,))})
    store.put([post("1", 1, "cats"), post("1", 2, "Invented Bank"), post("2", 1, "Invented Bank")])
    run = watcher(store, database, narrow).run_once()
    assert (run.matches, run.alerts_new) == (1, 1)


def test_a_new_watchlist_holds_from_the_next_run_on(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, "Made Up Harbour")])
    assert watcher(store, database, BANK).run_once().alerts_new == 0
    store.put([post("2", 1, "Made Up Harbour")])
    assert watcher(store, database, BANK, PORT).run_once().alerts_new == 1


def test_a_batch_is_written_whole_or_not_at_all(
    store: Store, database: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def breaks(connection: sa.Connection, alert: str, *more: Any, **named: Any) -> bool:
        written.append(alert)
        if len(written) > 4:
            raise MemoryError
        return enqueue(connection, alert, *more, **named)

    store.put([post(str(number), 1, "Invented Bank") for number in range(3)])
    monkeypatch.setattr("alerts.dispatch.enqueue", breaks)
    with pytest.raises(MemoryError):
        watcher(store, database).run_once()
    monkeypatch.undo()
    assert cases.list_alerts(database) == []
    assert list_deliveries(database) == []
    assert watcher(store, database).run_once() == WatchRun(3, 3, 3, 0)


def test_a_feed_that_repeats_doubles_nothing(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, "Invented Bank"), post("1", 2, "reply")])
    watcher(store, database).run_once()
    with database.begin() as connection:
        connection.execute(sa.text("DELETE FROM watch_cursor"))
    assert watcher(store, database).run_once() == WatchRun(
        changes=2, matches=1, alerts_new=0, alerts_joined=0
    )
    assert len(list_deliveries(database)) == 2


def test_the_message_shows_where_the_name_stands(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, "filler " * 500 + "sample of Invented Bank " + "filler " * 500)])
    store.put([post("2", 1, "Invented Bank at once")])
    watcher(store, database).run_once()
    far, _, near, _ = payloads(database)
    assert "sample of Invented Bank" in far["claim"]
    assert far["claim"][0] == far["claim"][-1] == "…"
    assert near["claim"] == "Invented Bank at once"
    assert far["url"] == "hxxp://board[.]invalid/1"
    assert far["stored_at"]


def test_the_message_reads_out_what_is_claimed(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, "Invented Bank: 6 million customers, 720 GB = 199 + 479 + 42, $500, escrow")])
    watcher(store, database).run_once()
    payload = payloads(database)[0]
    assert payload["claims"] == (
        "6,000,000 people; 720 GB (199 + 479 + 42: adds up); price 500 USD; purpose: sale; terms: escrow"
    )
    assert payload["severity"] == "critical"
    assert payload["severity_parts"] == [
        ["certain match", 3],
        ["listing of its own", 2],
        ["purpose sale", 1],
        ["6,000,000 people", 2],
        ["720 GB", 1],
    ]
    [quantity] = [fact for fact in payload["facts"] if fact["kind"] == "quantity"]
    assert quantity["spans"] == [["text", 15, 34]]
    assert f"  claims: {payload['claims']}\n" in render(payload)


def test_states_are_audited(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, "Invented Bank")])
    watcher(store, database).run_once()
    name = cases.list_alerts(database)[0].id
    done = set_state(
        database, name[:6], cases.AlertState.FALSE_POSITIVE, by=Actor("ana", "here"), at=NOON, why="a fan"
    )
    assert done.state == "false positive"
    last = cases.get_alert(database, name)[1][-1]
    assert (last.who, last.origin, last.what) == ("ana", "here", "new -> false positive")
    assert (last.detail, done.acknowledged_at) == ("a fan", NOON)
    assert cases.hot_threads(database, "forum") == set()
    with pytest.raises(cases.AlertUnknown):
        cases.get_alert(database, "nothing")


def test_a_post_that_cannot_be_read_does_not_stop_the_feed(store: Store, database: sa.Engine) -> None:
    class Breaks:
        version = "1"
        inner = build_matcher((BANK, PORT))

        def match(self, title: str, text: str) -> Sequence[Match]:
            if "poison" in text:
                raise RuntimeError("a fault of ours")
            return self.inner.match(title, text)

        def match_many(
            self, posts: Sequence[tuple[str, str]], listener: Listener | None = None
        ) -> list[Sequence[Match]]:
            return [self.match(*each) for each in posts]

    store.put([post("1", 1, "poison of Invented Bank"), post("2", 1, "dump of Invented Bank")])
    with capture_logs() as logged:
        run = watcher(store, database, matcher=Breaks()).run_once()
    assert (run.changes, run.alerts_new, run.failed) == (2, 1, 1)
    assert [each.get("post") for each in logged] == ["forum/1/1"]


def test_a_post_whose_claims_cannot_be_read_does_not_stop_the_others(
    store: Store, database: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(posts: Iterable[tuple[str, str]]) -> Iterator[tuple[Fact, ...]]:
        for title, text in posts:
            if "poison" in text:
                raise RuntimeError("a fault of ours")
            yield from facts_many([(title, text)])

    monkeypatch.setattr("alerts.reading.facts_many", breaks)
    monkeypatch.setattr("alerts.reading.facts", lambda title, text: next(breaks([(title, text)])))
    store.put([post("1", 1, "poison of Invented Bank"), post("2", 1, "6 million users of Invented Bank")])
    with capture_logs() as logged:
        run = watcher(store, database).run_once()
    assert (run.changes, run.alerts_new, run.failed) == (2, 1, 1)
    assert [each.get("post") for each in logged] == ["forum/1/1"]
    assert "6 million users" in str(payloads(database))


def test_what_another_watcher_handled_meanwhile_is_left(store: Store, database: sa.Engine) -> None:
    class Slow:
        version = "1"
        inner = build_matcher((BANK, PORT))

        def match(self, title: str, text: str) -> Sequence[Match]:
            if not others:
                others.append(watcher(store, database).run_once())
            return self.inner.match(title, text)

        def match_many(
            self, posts: Sequence[tuple[str, str]], listener: Listener | None = None
        ) -> list[Sequence[Match]]:
            return [self.match(*each) for each in posts]

    others: list[WatchRun] = []
    store.put([post("1", 1, "dump of Invented Bank")])
    assert watcher(store, database, matcher=Slow()).run_once() == WatchRun(0, 0, 0, 0)
    assert others == [WatchRun(1, 1, 1, 0)]
