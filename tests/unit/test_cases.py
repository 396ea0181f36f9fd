"""One alert for an offer wherever it is posted; raised again once for each material change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from boards import NOON, OFFER, Clock, post, told, watcher

from alerts import cases
from alerts.cases import AlertState
from alerts.handling import Actor, add_note, assign, set_due, set_state
from alerts.mutes import MuteUnknown, Scope, list_mutes, mute, unmute
from alerts.outbox import delivery_table, list_deliveries
from alerts.tables import sketch_table
from alerts.watcher import WatchRun
from config import database as migrations_of
from config.database import migrate, open_database
from indexer.opening import open_store
from indexer.post import PostKey
from indexer.store import Store

ANA = Actor("ana", "test")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/posts.db")
    yield opened
    opened.close()


def test_a_copy_elsewhere_joins(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, OFFER)])
    copy = OFFER.replace("last month", "in May") + " REPOST"
    store.put([post("77", 1, copy, source="market", author="reseller")])
    run = watcher(store, database).run_once()
    assert run == WatchRun(2, 2, alerts_new=1, alerts_joined=1)
    (alert,) = cases.list_alerts(database)
    with database.connect() as connection:
        first, second = cases.listings_of(connection, alert.id)
        other = cases.listings_at(connection, "market", "77")["bank"]
    assert (first.how, second.how, second.source) == ("first", "text", "market")
    assert second.likeness > 0.6
    assert other.alert == alert.id
    assert cases.hot_threads(database, "market") == {"77"}
    assert [event for event, _, _ in told(database)] == ["new"]


def test_what_is_marked_otherwise_has_an_alert_of_its_own(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, OFFER), post("77", 1, OFFER + " REPOST", source="vetted", author="reseller")])
    assert watcher(store, database).run_once().alerts_new == 2
    assert {(alert.source, alert.tlp) for alert in cases.list_alerts(database)} == {
        ("forum", "green"),
        ("vetted", "amber"),
    }
    with database.connect() as connection:
        payloads = connection.scalars(sa.select(delivery_table.c.payload)).all()
    assert {(each["source"], each["tlp"]) for each in payloads} == {("forum", "green"), ("vetted", "amber")}


def test_another_offer_of_the_same_seller_is_another_alert(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, OFFER)])
    store.put(
        [post("2", 1, "VPN access to Invented Bank, domain admin, 400 hosts, no cowards, price in PM please")]
    )
    assert watcher(store, database).run_once().alerts_new == 2


def test_the_same_contact_and_claim_is_the_same_offer(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, OFFER + " telegram: @made_up_seller")])
    other = "Invented Bank leak, 720 GB. New handle, old friend. t.me/made_up_seller"
    store.put([post("2", 1, other, source="market", author="somebody")])
    third = "Access to the mail server of Invented Bank, three admins, 99 GB of mail, ask t.me/made_up_seller for it"
    store.put([post("3", 1, third, source="market", author="somebody")])
    assert watcher(store, database).run_once().alerts_new == 2
    with database.connect() as connection:
        assert cases.listings_at(connection, "market", "2")["bank"].how == "contact"


def test_a_material_change_is_told_once(store: Store, database: sa.Engine) -> None:
    watch = watcher(store, database)
    store.put([post("1", 1, OFFER), post("1", 2, "I would pay 10 USD", author="buyer")])
    watch.run_once()
    store.put([post("1", 1, OFFER.replace("Escrow", "escrow"))])  # an edit of nothing
    assert watch.run_once().alerts_again == 0
    store.put([post("1", 1, OFFER.replace("5000", "4000"))])
    assert watch.run_once().alerts_again == 1
    watch.restart()
    assert watch.run_once().alerts_again == 0
    store.put([post("1", 3, "Sample: https://files.invalid/rows")])
    store.put([post("1", 1, OFFER.replace("5000", "4000"), title="[SOLD] thread 1")])
    store.mark_removed([PostKey("forum", "1", "1")], last_seen=NOON, at=NOON)
    assert watch.run_once().alerts_again == 3
    store.put([post("1", 1, OFFER.replace("5000", "4000"), title="[SOLD] thread 1")])
    assert watch.run_once().alerts_again == 1
    assert [(event, title) for event, _, title in told(database)] == [
        ("new", "thread 1"),
        ("changed", "price 5,000 USD -> 4,000 USD: thread 1"),
        ("changed", "sample released: thread 1"),
        ("changed", "sold: [SOLD] thread 1"),
        ("removed", "removed: [SOLD] thread 1"),
        ("changed", "back: [SOLD] thread 1"),
    ]
    with database.connect() as connection:
        changes = cases.changes_of(connection, cases.list_alerts(database)[0].id)
    assert [change.kind for change in changes].count("price") == 1


def test_what_is_resolved_is_opened_again_and_what_was_false_is_not(
    store: Store, database: sa.Engine
) -> None:
    watch = watcher(store, database)
    store.put([post("1", 1, OFFER)])
    watch.run_once()
    (alert,) = cases.list_alerts(database)
    set_state(database, alert.id, AlertState.RESOLVED, by=ANA, at=NOON)
    store.put([post("1", 1, OFFER.replace("5000", "4000"))])
    assert watch.run_once().alerts_again == 1
    assert cases.list_alerts(database)[0].state == "new"
    set_state(database, alert.id, AlertState.FALSE_POSITIVE, by=ANA, at=NOON)
    store.put([post("1", 1, OFFER.replace("5000", "3000"))])
    assert watch.run_once().alerts_again == 0
    assert cases.list_alerts(database)[0].state == "false positive"


def test_a_false_positive_is_retracted_from_whoever_got_it(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, OFFER), post("2", 1, "Invented Bank")])
    watcher(store, database).run_once()
    one, other = sorted(cases.list_alerts(database), key=lambda alert: alert.thread)
    with database.begin() as connection:  # the first was sent, the second was not
        sent = sa.update(delivery_table).where(delivery_table.c.alert == one.id)
        connection.execute(sent.values(state="sent", attempts=1))
    for alert in (one, other):
        set_state(database, alert.id, AlertState.FALSE_POSITIVE, by=ANA, at=NOON, why="a fan")
    set_state(database, one.id, AlertState.ACKNOWLEDGED, by=ANA, at=NOON, why="it was theirs")
    assert [(event, title) for event, _, title in told(database)] == [
        ("new", "thread 1"),
        ("new", "thread 2"),
        ("retracted", "Retracted, a false positive: thread 1"),
        ("reinstated", "No false positive after all: thread 1"),
    ]
    assert [row["alert"] for row in list_deliveries(database, "withdrawn")] == [other.id]


def test_everything_that_is_done_is_audited(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, OFFER)])
    watcher(store, database).run_once()
    (alert,) = cases.list_alerts(database)
    due = NOON + timedelta(hours=72)
    assign(database, alert.id, "budi", by=ANA, at=NOON)
    add_note(database, alert.id, "asked the bank", by=ANA, at=NOON)
    done = set_due(database, alert.id, due, by=ANA, at=NOON, why="the law")
    assert (done.assignee, done.due_at, done.acknowledged_at) == ("budi", due, None)
    late = cases.Wanted(overdue_at=due + timedelta(seconds=1))
    assert cases.list_alerts(database, cases.Wanted(overdue_at=due)) == []
    assert cases.list_alerts(database, late) == [done]
    assert cases.list_alerts(database, late, offset=1) == []
    assert cases.count_alerts(database, "assignee", late) == {"budi": 1}
    assert done.overdue(due + timedelta(seconds=1))
    events = cases.get_alert(database, alert.id)[1]
    assert [(each.who, each.what, each.detail, each.origin) for each in events[-3:]] == [
        ("ana", "assigned to budi", "", "test"),
        ("ana", "note", "asked the bank", "test"),
        ("ana", "due 2026-01-09 12:00Z", "the law", "test"),
    ]
    assert cases.list_alerts(
        database, cases.Wanted(assignee="budi", source="forum", severity=alert.severity)
    ) == [done]
    assert cases.list_alerts(database, cases.Wanted(organisation="other")) == []


@pytest.mark.parametrize(
    ("scope", "value"), [(Scope.WATCH, "bank"), (Scope.SOURCE, "forum"), (Scope.SELLER, "SELLER ")]
)
def test_what_is_muted_is_kept_and_marked(
    store: Store, database: sa.Engine, scope: Scope, value: str
) -> None:
    clock = Clock()
    watch = watcher(store, database, clock)
    until = NOON + timedelta(days=1)
    made = mute(database, scope, value, until=until, by=ANA, at=NOON, why="a campaign")
    store.put([post("1", 1, OFFER)])
    assert watch.run_once().alerts_new == 1
    assert [alert.muted_by for alert in cases.list_alerts(database, cases.Wanted(muted=True))] == [made.id]
    assert told(database) == []
    clock.now = until
    assert list_mutes(database, clock.now) == []
    store.put([post("1", 1, OFFER.replace("5000", "1"))])  # after its end a change is told
    store.put([post("2", 1, "Invented Bank")])
    assert watch.run_once().alerts_again == 1
    assert [event for event, _, _ in told(database)] == ["changed", "new"]
    with pytest.raises(MuteUnknown):
        unmute(database, made.id, at=clock.now)


def test_a_mute_can_be_ended(store: Store, database: sa.Engine) -> None:
    until = NOON + timedelta(days=1)
    made = mute(database, Scope.SOURCE, "forum", until=until, by=ANA, at=NOON, why="")
    assert unmute(database, made.id, at=NOON + timedelta(hours=1)).ends_at == NOON + timedelta(hours=1)
    clock = Clock()
    clock.now = NOON + timedelta(hours=2)
    store.put([post("1", 1, OFFER)])
    watcher(store, database, clock).run_once()
    assert len(told(database)) == 1


def test_two_watchers_at_once_make_one_of_each(tmp_path: Path, database: sa.Engine) -> None:
    place = f"sqlite:///{tmp_path}/posts.db"
    store = open_store(place)
    for number in range(30):
        store.put(
            [post(str(number), 1, f"Invented Bank {number}"), post(f"copy {number}", 1, OFFER, "market")]
        )
    runs: list[WatchRun] = []

    def work() -> None:
        own = open_store(place)
        try:
            runs.append(watcher(own, database).run_once(batch=7))
        finally:
            own.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert sum(run.alerts_new for run in runs) == len(cases.list_alerts(database)) == 31
    assert sum(run.changes for run in runs) == 60
    assert len(told(database)) == 31


def test_alerts_of_before_have_their_listing_and_go_on(store: Store, tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/old.db")
    config = Config()
    config.set_main_option("script_location", str(Path(migrations_of.__file__).with_name("migrations")))
    name = cases.alert_id("bank", "forum", "1")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        old = "organisation, source, thread, title, url, severity, state, tlp, created_at, updated_at, first_seen_at"
        moment = "2026-01-05 12:00:00"
        values = ["bank", "forum", "1", "t", "u", "high", "new", "amber", moment, moment, moment]
        marks = ", ".join("?" * (len(values) + 3))
        connection.exec_driver_sql(
            f"INSERT INTO alert (id, stored_at, matches, {old}) VALUES ({marks})",
            (name, moment, "[]", *values),
        )
        connection.commit()
    migrate(engine)
    store.put([post("1", 1, OFFER)])
    run = watcher(store, engine).run_once()
    assert (run.alerts_new, run.alerts_joined) == (0, 1)
    (alert,) = cases.list_alerts(engine)
    assert (alert.id, alert.assignee) == (name, "")
    assert alert.claims
    assert alert.claims["count"] == 6_000_000
    assert cases.hot_threads(engine, "forum") == {"1"}
    engine.dispose()


@pytest.mark.slow
def test_a_storm_of_copies_makes_one_alert(store: Store, database: sa.Engine) -> None:
    if database.dialect.name == "postgresql":
        pytest.skip("the same statements; the two databases are held to one another above")
    words = OFFER.split()
    storm = []
    for number in range(10_000):
        text = words[:]
        text[number % 40 + 10] = f"w{number}"  # no two are the same
        source = f"forum{number % 50}"
        storm.append(post(str(number), 1, " ".join(text), source, author=f"seller {number}"))
    store.put(storm)
    run = watcher(store, database).run_once()
    assert (run.alerts_new, run.alerts_joined, run.alerts_again) == (1, 9_999, 0)
    assert len(told(database)) == 1
    (alert,) = cases.list_alerts(database)
    with database.connect() as connection:
        assert len(cases.listings_of(connection, alert.id)) == 10_000
        assert len(connection.execute(sa.select(sketch_table)).all()) <= 20
