"""How long it took, on each alert, over many, and as metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from boards import NOON, Clock, post, watcher
from prometheus_client import generate_latest

from alerts import cases
from alerts.agenda import keep_agenda
from alerts.cases import AlertState
from alerts.channels.jsonl import JsonLines
from alerts.clock import Step, quantile, steps, summaries, times_of
from alerts.deliverer import Deliverer
from alerts.handling import Actor, set_state
from alerts.metrics import registry
from alerts.routes import load_routes
from config.settings import DeliverSettings
from indexer.opening import open_store
from indexer.post import Precision
from indexer.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/posts.db")
    yield opened
    opened.close()


def test_the_clock_of_an_alert(store: Store, database: sa.Engine, tmp_path: Path) -> None:
    posted = NOON - timedelta(minutes=5)
    store.put([post("1", 1, "Invented Bank", posted_at=posted, precision=Precision.MINUTE)])
    stored = store.changes().changes[0].stored_at
    clock = Clock()
    clock.now = stored + timedelta(seconds=3)
    watcher(store, database, clock).run_once()
    clock.now += timedelta(seconds=4)
    Deliverer(database, {"soc": JsonLines("soc", tmp_path / "a")}, DeliverSettings(), clock).run_once()
    (alert,) = cases.list_alerts(database)
    with database.connect() as connection:
        times = times_of(connection, alert)
    assert Step.DELIVERED_ACKNOWLEDGED not in steps(times)
    set_state(
        database,
        alert.id,
        AlertState.ACKNOWLEDGED,
        by=Actor("ana", "test"),
        at=clock.now + timedelta(minutes=1),
    )
    (alert,) = cases.list_alerts(database)
    with database.connect() as connection:
        took = steps(times_of(connection, alert))
    assert took[Step.POSTED_VISIBLE] == 300
    assert took[Step.STORED_MATCHED] == pytest.approx(3)
    assert took[Step.MATCHED_DELIVERED] == pytest.approx(4)
    assert took[Step.DELIVERED_ACKNOWLEDGED] == pytest.approx(60)
    assert all(seconds >= 0 for seconds in took.values())
    by_source = summaries(database, "source", NOON)
    assert [(each.name, each.step, each.count) for each in by_source] == [
        ("forum", step.value, 1) for step in Step
    ]
    assert summaries(database, "organisation", clock.now + timedelta(days=1)) == []
    text = generate_latest(registry(database, lambda: clock.now)).decode()
    labels = 'quantile="0.95",source="forum",step="posted_to_visible"'
    assert f"duskwatch_detection_by_source_seconds{{{labels}}} 300.0" in text
    assert 'duskwatch_alerts{severity="high",state="acknowledged"} 1.0' in text
    assert 'duskwatch_deliveries{channel="soc",state="sent"} 1.0' in text


def test_a_day_alone_is_no_time(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, "Invented Bank", posted_at=NOON, precision=Precision.DAY)])
    watcher(store, database).run_once()
    with database.connect() as connection:
        found = steps(
            times_of(
                connection, cases.Alert(**connection.execute(sa.select(cases.alert_table)).one()._mapping)
            )
        )
    assert Step.POSTED_VISIBLE not in found


def test_what_left_in_a_digest_was_delivered_with_it(
    store: Store, database: sa.Engine, tmp_path: Path
) -> None:
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes/a.yaml").write_text("routes: [{name: calm, to: [soc], digest: hourly}]")
    store.put([post("1", 1, "Invented Bank"), post("2", 1, "Invented Bank, too")])
    watcher(store, database, ways=load_routes(tmp_path / "routes", ["soc"])).run_once()
    later = NOON + timedelta(hours=1)
    keep_agenda(database, later)
    Deliverer(
        database, {"soc": JsonLines("soc", tmp_path / "a")}, DeliverSettings(), lambda: later
    ).run_once()
    with database.connect() as connection:
        alerts = connection.execute(sa.select(cases.alert_table)).all()
        found = [times_of(connection, cases.Alert(**row._mapping)).delivered for row in alerts]
    assert found == [{"soc": later}, {"soc": later}]


def test_what_waits_too_long_shows(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, "Invented Bank")])
    watcher(store, database).run_once()
    text = generate_latest(registry(database, lambda: NOON + timedelta(minutes=10))).decode()
    assert 'duskwatch_delivery_oldest_waiting_seconds{channel="soc"} 600.0' in text


def test_the_quantile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(1, 101)]
    assert (quantile(values, 0.5), quantile(values, 0.95), quantile([7.0], 0.95)) == (50, 95, 7)
