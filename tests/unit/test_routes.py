"""Where an alert goes, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from boards import BANK, NOON, OFFER, Clock, post, told, watcher
from hypothesis import given
from hypothesis import strategies as st

from alerts import cases
from alerts.agenda import AgendaRun, keep_agenda
from alerts.cases import AlertState
from alerts.channels import Ceiling
from alerts.channels.jsonl import JsonLines
from alerts.channels.terminal import render
from alerts.deliverer import Deliverer, DeliverRun
from alerts.handling import Actor, set_state
from alerts.outbox import list_deliveries
from alerts.routes import Hours, Sending, Subject, Way, load_routes, plan
from config.errors import InputError
from config.settings import DeliverSettings
from indexer.opening import open_store
from indexer.post import PostKey
from indexer.store import Store

ANA = Actor("ana", "test")
CALM = "Invented Bank"  # nothing that makes it critical, which would wait for nothing
HIGH = Subject("bank", "high", "listing", "green", "forum")
FILE = """
timezone: Asia/Jakarta
people:
  budi: {channels: [mail, pager]}
routes:
  - name: day
    when: {organisations: [bank], severity: [high, critical], hours: {days: [mon, tue], begin: 08:00, end: 17:00}}
    to: [budi]
    escalate: {after: PT30M, to: [pager, boss]}
    last: true
  - name: rest
    to: [soc]
    digest: daily
    quiet: {begin: 22:00, end: 06:00}
"""


def ways(folder: Path, text: str = FILE) -> tuple[Way, ...]:
    folder.mkdir(exist_ok=True)
    (folder / "a.yaml").write_text(text)
    return load_routes(folder, ["mail", "pager", "boss", "soc"])


def at(hour: int, day: int = 6) -> datetime:
    """A time of Jakarta."""
    return datetime(2026, 1, day, hour, tzinfo=UTC) - timedelta(hours=7)


def test_working_hours_people_and_the_last_route(tmp_path: Path) -> None:
    found = plan(ways(tmp_path), HIGH, at(9), ["all"])
    assert [(each.channel, each.at, each.route) for each in found.sendings] == [
        ("mail", at(9), None),
        ("pager", at(9), None),
    ]
    (reminder,) = found.reminders
    assert (reminder.at, reminder.channels) == (at(9) + timedelta(minutes=30), ("pager", "boss"))
    night = plan(ways(tmp_path), HIGH, at(18), ["all"])
    assert night.sendings == (Sending("soc", at(8, 7), "rest"),)


@pytest.mark.parametrize("critical", [True, False])
def test_what_is_critical_waits_for_nothing(tmp_path: Path, critical: bool) -> None:
    text = "timezone: Asia/Jakarta\nroutes: [{name: a, to: [soc], quiet: {begin: 22:00, end: 06:00}}]"
    subject = Subject("bank", "critical" if critical else "high", "reply", "red", "forum")
    (sending,) = plan(ways(tmp_path, text), subject, at(23), []).sendings
    assert sending.at == (at(23) if critical else at(6, 7))
    (sending,) = plan(ways(tmp_path, text), subject, at(3), []).sendings
    assert sending.at == (at(3) if critical else at(6))


def test_what_no_route_takes_is_not_lost(tmp_path: Path) -> None:
    text = "routes: [{name: a, when: {sources: [market]}, to: [soc]}]"
    found = plan(ways(tmp_path, text), HIGH, NOON, ["own"])
    assert (found.routed, [each.channel for each in found.sendings]) == (False, ["own"])
    assert plan(ways(tmp_path, text), Subject("b", "low", "reply", "red", "market"), NOON, ["own"]).routed


@pytest.mark.parametrize(
    ("digest", "due"),
    [
        ("hourly", NOON + timedelta(hours=1)),
        ("daily", datetime(2026, 1, 7, 8, tzinfo=UTC)),
        ("weekly", datetime(2026, 1, 12, 8, tzinfo=UTC)),
    ],
)
def test_digests_are_due_on_time(tmp_path: Path, digest: str, due: datetime) -> None:
    found = ways(tmp_path, f"routes: [{{name: a, to: [soc], digest: {digest}}}]")
    assert plan(found, HIGH, NOON, []).sendings == (Sending("soc", due, "a"),)


def test_at_once_goes_before_a_digest_of_the_same_channel(tmp_path: Path) -> None:
    text = "routes: [{name: a, to: [soc], digest: hourly}, {name: b, to: [soc]}]"
    assert plan(ways(tmp_path, text), HIGH, NOON, []).sendings == (Sending("soc", NOON),)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 23), st.integers(0, 23))
def test_hours_end_after_they_hold(now: datetime, begin: int, end: int) -> None:
    if not datetime(2, 1, 1, tzinfo=UTC) < now < datetime(9998, 1, 1, tzinfo=UTC):
        return
    hours = Hours.model_validate({"begin": f"{begin:02}:00", "end": f"{end:02}:00"})
    until = hours.until(now)
    within = begin == end or (begin <= now.hour < end if begin < end else now.hour >= begin or now.hour < end)
    assert (until is not None) == within
    assert until is None or now < until <= now + timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "routes:\n  - name: a\n    to: [sock]\n",
            "a.yaml:3: routes.0.to.0: there is no person or channel 'sock'",
        ),
        (
            "people: {x: {channels: [y]}}\nroutes: [{name: a, to: [x]}]",
            "a.yaml:1: people.x.channels.0: there is no",
        ),
        ("timezone: Jakarta\nroutes: [{name: a, to: [soc]}]", "a.yaml:1: timezone: 'Jakarta' is no IANA"),
        ("routes: []", "a.yaml:1: routes: "),
        (
            "routes:\n- name: a\n  to: [soc]\n  when: {severity: [grave]}",
            "a.yaml:4: routes.0.when.severity.0",
        ),
        ("routes:\n- name: a\n  to: [soc]\n  quiet: {begin: '25:00'}", "a.yaml:4: routes.0.quiet.begin"),
        ("routes: [{name: a, to: [soc]}, {name: a, to: [soc]}]", "'a' stands here twice"),
    ],
)
def test_faults_are_told_with_their_place(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(InputError) as caught:
        ways(tmp_path, text)
    assert fault in str(caught.value)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/posts.db")
    yield opened
    opened.close()


def test_a_digest_leaves_when_it_is_due_and_is_one_message(
    store: Store, database: sa.Engine, tmp_path: Path
) -> None:
    found = ways(tmp_path / "routes", "routes: [{name: calm, to: [soc], digest: hourly}]")
    watch = watcher(store, database, ways=found)
    store.put([post("1", 1, CALM), post("2", 1, "Invented Bank"), post("3", 1, "Invented Bank", "red-forum")])
    watch.run_once()
    assert told(database) == []
    assert keep_agenda(database, NOON + timedelta(minutes=59)) == AgendaRun(0, 0)
    assert keep_agenda(database, NOON + timedelta(hours=1)) == AgendaRun(2, 0)
    assert keep_agenda(database, NOON + timedelta(hours=2)) == AgendaRun(0, 0)
    titles = sorted(title for _, _, title in told(database))
    assert titles == ["Digest calm: 1 message", "Digest calm: 2 messages"]
    path = tmp_path / "soc.jsonl"
    channels: dict[str, Any] = {"soc": Ceiling(JsonLines("soc", path), "green")}
    sender = Deliverer(database, channels, DeliverSettings(), lambda: NOON + timedelta(hours=1))
    assert sender.run_once() == DeliverRun(1, 0, 1)  # the amber one is above the ceiling, and the rest is not
    text = path.read_text("utf-8")
    assert " bank: thread 1 (forum, a" in text
    assert "red-forum" not in text


def test_a_retraction_takes_what_waits_out_of_the_digest(
    store: Store, database: sa.Engine, tmp_path: Path
) -> None:
    found = ways(tmp_path / "routes", "routes: [{name: calm, to: [soc], digest: hourly}]")
    store.put([post("1", 1, CALM), post("2", 1, "Invented Bank")])
    watcher(store, database, ways=found).run_once()
    one, other = sorted(cases.list_alerts(database), key=lambda alert: alert.thread)
    set_state(database, one.id, AlertState.FALSE_POSITIVE, by=ANA, at=NOON)
    keep_agenda(database, NOON + timedelta(hours=1))
    (sent,) = told(database)
    assert sent[2] == "Digest calm: 1 message"
    set_state(database, other.id, AlertState.FALSE_POSITIVE, by=ANA, at=NOON)
    assert told(database)[1][2] == "Retracted, a false positive: thread 2"


def test_who_is_told_when_nobody_acknowledges(store: Store, database: sa.Engine, tmp_path: Path) -> None:
    text = "routes: [{name: a, to: [soc], escalate: {after: PT30M, to: [boss]}}]"
    found = ways(tmp_path / "routes", text)
    clock = Clock()
    store.put([post("1", 1, OFFER), post("2", 1, "Invented Bank")])
    watcher(store, database, clock, ways=found).run_once()
    one, other = sorted(cases.list_alerts(database), key=lambda alert: alert.thread)
    set_state(database, one.id, AlertState.ACKNOWLEDGED, by=ANA, at=NOON)
    assert keep_agenda(database, NOON + timedelta(minutes=29)) == AgendaRun(0, 0)
    assert keep_agenda(database, NOON + timedelta(minutes=30)) == AgendaRun(0, 1)
    assert keep_agenda(database, NOON + timedelta(hours=3)) == AgendaRun(0, 0)
    assert told(database)[2:] == [("escalated", "boss", "Nobody has acknowledged: thread 2")]
    escalated, events = cases.get_alert(database, other.id)
    assert (escalated.state, escalated.acknowledged_at) == ("escalated", None)
    assert "told boss" in events[-1].detail
    assert {row["channel"] for row in list_deliveries(database)} == {"soc", "boss"}


def test_a_digest_can_be_shown_by_every_channel(store: Store, database: sa.Engine, tmp_path: Path) -> None:
    found = ways(tmp_path / "routes", "routes: [{name: calm, to: [soc], digest: hourly}]")
    store.put([post("1", 1, CALM)])
    watcher(store, database, ways=found).run_once()
    keep_agenda(database, NOON + timedelta(hours=1))
    path = tmp_path / "soc.jsonl"
    Deliverer(
        database, {"soc": JsonLines("soc", path)}, DeliverSettings(), lambda: NOON + timedelta(hours=1)
    ).run_once()
    assert "Digest calm: 1 message" in render(json.loads(path.read_text("utf-8")))
    assert BANK.id in path.read_text("utf-8")


def test_what_is_opened_again_is_escalated_again(store: Store, database: sa.Engine, tmp_path: Path) -> None:
    text = "routes: [{name: a, to: [soc], escalate: {after: PT30M, to: [boss]}}]"
    clock = Clock()
    watch = watcher(store, database, clock, ways=ways(tmp_path / "routes", text))
    store.put([post("1", 1, OFFER)])
    watch.run_once()
    (alert,) = cases.list_alerts(database)
    keep_agenda(database, NOON + timedelta(minutes=30))
    set_state(database, alert.id, AlertState.RESOLVED, by=ANA, at=NOON + timedelta(minutes=40))
    clock.now = NOON + timedelta(hours=5)
    store.put([post("1", 1, OFFER.replace("5000", "4000"))])
    watch.run_once()
    assert keep_agenda(database, clock.now + timedelta(minutes=29)) == AgendaRun(0, 0)
    assert keep_agenda(database, clock.now + timedelta(minutes=30)) == AgendaRun(0, 1)
    assert [channel for event, channel, _ in told(database) if event == "escalated"] == ["boss", "boss"]


def test_a_removal_keeps_quiet_hours(store: Store, database: sa.Engine, tmp_path: Path) -> None:
    text = "routes: [{name: a, to: [soc], quiet: {begin: 12:00, end: 13:00}}]"
    watch = watcher(store, database, Clock(), ways=ways(tmp_path / "routes", text))
    store.put([post("1", 1, CALM)])
    watch.run_once()
    store.mark_removed([PostKey("forum", "1", "1")], last_seen=NOON, at=NOON)
    watch.run_once()
    due = [(row["event"], row["next_at"]) for row in list_deliveries(database)]
    assert due == [("removed", NOON + timedelta(hours=1)), ("new", NOON + timedelta(hours=1))]
