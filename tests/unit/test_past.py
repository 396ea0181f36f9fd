"""Watches against the past: hunts, previews and reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from boards import BANK, NOON, OFFER, post, told, watcher

from alerts import cases
from alerts.cases import AlertState
from alerts.clock import summaries
from alerts.dispatch import Dispatch
from alerts.foresight import preview, report
from alerts.handling import Actor, set_state
from alerts.intake import Intake
from alerts.matching import build_matcher
from alerts.retro import (
    Hunt,
    HuntUnknown,
    ProposalUnknown,
    accept,
    begin_hunt,
    dismiss,
    hunt_on,
    list_hunts,
    list_proposals,
)
from alerts.tables import alert_table
from alerts.watchlist import Organisation
from indexer.opening import open_store
from indexer.post import PostKey
from indexer.store import Store

ANA = Actor("ana", "test")
PORT = Organisation(id="port", name="Made Up Harbour")
MATCHER = build_matcher([BANK])
INTAKE = Intake([BANK], Dispatch((), ("soc",)), {"forum": "green", "market": "green"}, {})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/posts.db")
    yield opened
    opened.close()


def fill(store: Store, database: sa.Engine) -> None:
    """History that was read while nobody watched for the bank."""
    store.put([post(str(number), 1, f"Invented Bank {number}") for number in range(1, 6)])
    store.put([post("10", 1, OFFER), post("11", 1, OFFER + " again", "market"), post("12", 1, "cats")])
    watcher(store, database, organisations=(PORT,)).run_once()
    assert cases.list_alerts(database) == []


def test_a_hunt_proposes_and_a_person_accepts(store: Store, database: sa.Engine) -> None:
    fill(store, database)
    begun = begin_hunt(database, store, [BANK], MATCHER.version, by=ANA, at=NOON)
    steps: list[Hunt] = []
    done = hunt_on(database, store, begun.id, MATCHER, [BANK], lambda: NOON, batch=3, progress=steps.append)
    assert (done.state, done.revisions_read, done.revisions_total) == ("done", 8, 8)
    assert [step.revisions_read for step in steps] == [3, 6, 8, 8]
    assert cases.list_alerts(database) == []
    assert told(database) == []
    found = {each.thread: each for each in list_proposals(database)}
    assert sorted(found) == ["1", "10", "2", "3", "4", "5"]  # the copy goes with its first
    alert = accept(database, store, INTAKE, MATCHER, found["10"].id[:8], by=ANA, at=NOON)
    assert alert == cases.alert_id("bank", "forum", "10")
    with database.connect() as connection:
        assert [each.source for each in cases.listings_of(connection, alert)] == ["forum", "market"]
    assert [event for event, _, _ in told(database)] == ["new"]
    assert dismiss(database, found["1"].id, by=ANA, at=NOON).state == "dismissed"
    for decided in (found["10"], found["1"]):
        with pytest.raises(ProposalUnknown):
            accept(database, store, INTAKE, MATCHER, decided.id, by=ANA, at=NOON)
    assert len(list_proposals(database)) == 4
    assert len(list_proposals(database, state="accepted")) == 2
    events = cases.get_alert(database, alert)[1]
    assert ("ana", "accepted from a hunt", "test") in [(e.who, e.what, e.origin) for e in events]
    again = begin_hunt(database, store, [BANK], MATCHER.version, by=ANA, at=NOON)
    hunt_on(database, store, again.id, MATCHER, [BANK], lambda: NOON)
    assert len(list_proposals(database)) == 4
    assert summaries(database, "source", NOON) == []
    assert watcher(store, database).run_once().changes == 0


def test_a_hunt_that_was_cut_off_goes_on(store: Store, database: sa.Engine) -> None:
    fill(store, database)
    begun = begin_hunt(database, store, [BANK], MATCHER.version, by=ANA, at=NOON)

    def cut(hunt: Hunt) -> None:
        if hunt.revisions_read >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hunt_on(database, store, begun.id, MATCHER, [BANK], lambda: NOON, batch=2, progress=cut)
    assert [(hunt.state, hunt.revisions_read) for hunt in list_hunts(database)] == [("running", 4)]
    with pytest.raises(HuntUnknown, match="other watchlists"):
        hunt_on(database, store, begun.id, build_matcher([PORT]), [PORT], lambda: NOON)
    done = hunt_on(database, store, begun.id, MATCHER, [BANK], lambda: NOON, batch=2)
    assert (done.state, done.revisions_read) == ("done", 8)
    assert len(list_proposals(database, hunt=begun.id)) == 6
    with pytest.raises(HuntUnknown):
        hunt_on(database, store, 99, MATCHER, [BANK], lambda: NOON)


def test_what_has_an_alert_or_copies_one_is_not_proposed(store: Store, database: sa.Engine) -> None:
    store.put([post("10", 1, OFFER)])
    watcher(store, database).run_once()
    store.put([post("11", 1, OFFER + " again", "market")])
    begun = begin_hunt(database, store, [BANK], MATCHER.version, by=ANA, at=NOON)
    hunt_on(database, store, begun.id, MATCHER, [BANK], lambda: NOON)
    assert list_proposals(database) == []


def test_a_listing_that_is_gone_is_accepted_as_gone(store: Store, database: sa.Engine) -> None:
    store.put([post("1", 1, "Invented Bank"), post("2", 1, "Invented Bank for sale")])
    store.put([post("2", 1, "nothing to see")])
    store.mark_removed([PostKey("forum", "1", "1")], last_seen=NOON, at=NOON)
    begun = begin_hunt(database, store, [BANK], MATCHER.version, by=ANA, at=NOON)
    hunt_on(database, store, begun.id, MATCHER, [BANK], lambda: NOON)
    for proposed in list_proposals(database):
        assert accept(database, store, INTAKE, MATCHER, proposed.id, by=ANA, at=NOON)
    with database.connect() as connection:
        assert cases.listings_at(connection, "forum", "1")["bank"].removed_at == NOON
        assert cases.listings_at(connection, "forum", "2")["bank"].removed_at is None


def test_a_preview_counts_what_the_watcher_would_raise(store: Store, database: sa.Engine) -> None:
    fill(store, database)
    now = datetime.now(UTC)
    found, nothing = preview(
        store, [BANK, PORT], build_matcher([BANK, PORT]), since=now - timedelta(days=30), now=now, examples=2
    )
    assert found.hits == {"forum": 6, "market": 1}
    watch = watcher(store, database)
    watch.restart()
    assert found.alerts == watch.run_once().alerts_new == 6
    assert found.alerts_a_week == pytest.approx(6 * 7)
    assert [each.term for each in found.examples] == ["Invented Bank"] * 2
    assert (nothing.alerts, nothing.examples) == (0, ())
    later = now + timedelta(days=60)
    (old,) = preview(store, [BANK], MATCHER, since=later - timedelta(days=30), now=later)
    assert (old.alerts, old.alerts_a_week) == (0, 0)


def test_watches_that_never_or_always_fire_are_told(store: Store, database: sa.Engine) -> None:
    quiet = Organisation(id="quiet", name="Nobody At All")
    fan = Organisation(id="fan", name="Fan Club Of Nowhere")
    fine = Organisation(id="fine", name="Rarely Named Company")
    watched = (BANK, PORT, quiet, fan, fine)
    store.put([post(f"b{number}", 1, f"Invented Bank {number}") for number in range(30)])
    store.put([post(f"f{number}", 1, f"Fan Club Of Nowhere {number}") for number in range(5)])
    store.put([post("x", 1, "Rarely Named Company")])
    watcher(store, database, organisations=watched).run_once()
    for alert in cases.list_alerts(database, cases.Wanted(organisation="fan"))[:4]:
        set_state(database, alert.id, AlertState.FALSE_POSITIVE, by=ANA, at=NOON)
    found = report(
        database, watched, since=NOON - timedelta(days=7), now=NOON + timedelta(seconds=1), many=20
    )
    assert [(each.organisation, each.verdict) for each in found] == [
        ("fan", "false"),
        ("bank", "always"),
        ("port", "never"),
        ("quiet", "never"),
        ("fine", "fine"),
    ]
    assert (found[0].false, found[0].judged, found[1].alerts) == (4, 4, 30)
    with database.begin() as connection:
        connection.execute(sa.update(alert_table).values(created_at=NOON - timedelta(days=99)))
    old = report(database, watched, since=NOON - timedelta(days=7), now=NOON)
    assert {each.verdict for each in old} == {"never"}
