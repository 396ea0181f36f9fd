"""Possible alerts: of listings that name nobody, in a tier of their own until somebody names or confirms them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from alerts import cases
from alerts.agenda import keep_agenda
from alerts.cases import Alert, AlertState, Wanted
from alerts.channels.terminal import render
from alerts.dispatch import Dispatch
from alerts.handling import Actor
from alerts.matching import build_matcher
from alerts.outbox import delivery_table
from alerts.routes import Route, Way, When
from alerts.unnamed import tier
from alerts.unnamed.index import Profiles
from alerts.unnamed.profile import DataProfile
from alerts.watcher import Watcher, WatchRun
from alerts.watchlist import Organisation
from alerts.wording import text as worded
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.store import Store

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
BUDI = Actor("budi", "test")
INSURER = Organisation(
    id="nusa-care",
    name="Nusa Care Fund",
    channels=("own",),
    profile=DataProfile(
        countries=("ID",),
        sectors=("insurance",),
        people=220_000_000,
        columns=("PSNOKA", "noka", "kd_faskes", "nik"),
    ),
)
OFFER = (
    "Selling 200 million records of Indonesian citizens, one seller only. PSNOKA, noka, kd_faskes, nik, nama"
)
ZONE = ZoneInfo("UTC")
CERTAIN = Way(Route(name="certain", to=("soc",)), ZONE, ("soc",))
POSSIBLE = Way(Route(name="possible", when=When(tier="possible"), to=("desk",)), ZONE, ("desk",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/posts.db")
    yield opened
    opened.close()


def watcher(
    store: Store, database: sa.Engine, ways: Sequence[Way] = (CERTAIN, POSSIBLE), **more: Any
) -> Watcher:
    watched = (INSURER,)
    channels = ("soc", "desk", "own")
    profiles = Profiles(watched)
    return Watcher(
        store,
        database,
        build_matcher(watched),
        watched,
        channels,
        {},
        lambda: NOON,
        ways,
        {},
        profiles=profiles,
        **more,
    )


def post(thread: str, text: str, number: int = 1, **more: Any) -> Post:
    kind = Kind.LISTING if number == 1 else Kind.REPLY
    values: dict[str, Any] = {
        "key": PostKey("forum", thread, str(number)),
        "board": "sale",
        "position": number,
    }
    values |= {
        "title": "200M NIK",
        "author": "grey_heron",
        "text": text,
        "url": f"http://board.invalid/{thread}",
    }
    return Post(**values | {"seen_at": NOON, "kind": kind} | more)


def told(database: sa.Engine) -> list[tuple[str, str, str]]:
    columns = delivery_table.c
    with database.connect() as connection:
        query = sa.select(columns.channel, columns.event, columns.payload).where(columns.state != "withdrawn")
        query = query.order_by(columns.id)
        return [
            (row.channel, row.event.partition(":")[0], row.payload["tier"])
            for row in connection.execute(query)
        ]


def leave(database: sa.Engine) -> None:
    """All that waits is sent."""
    with database.begin() as connection:
        connection.execute(sa.update(delivery_table).values(state="sent", attempts=1))


def possible_ones(database: sa.Engine) -> list[Alert]:
    return cases.list_alerts(database, Wanted(tier="possible"))


def test_a_listing_that_names_nobody_makes_a_possible_alert_and_no_certain_one(
    store: Store, database: sa.Engine
) -> None:
    store.put([post("1", OFFER), post("1", "how much?", 2), post("2", "Selling nik, nama, email of shops")])
    assert watcher(store, database).run_once() == WatchRun(3, 0, 0, 1, possible=1)
    assert cases.list_alerts(database) == []
    (alert,) = possible_ones(database)
    assert (alert.organisation, alert.tier) == ("nusa-care", "possible")
    assert alert.possible is not None
    assert alert.possible["for"][0] == ["column PSNOKA", 10.0]
    assert [match["term"] for match in alert.matches] == ["PSNOKA", "kd_faskes", "noka", "nik"]
    assert told(database) == [("desk", "new", "possible")]
    with database.connect() as connection:
        payload = dict(connection.scalars(sa.select(delivery_table.c.payload)).one())
    for shown in (render(payload), worded(payload)):
        assert "POSSIBLE ALERT" in shown
        assert "Possible, names nobody: 200M NIK" in shown
        assert "for: column PSNOKA +10" in shown
    assert watcher(store, database).run_once() == WatchRun(0, 0, 0, 0)


def test_without_a_route_of_its_own_it_is_kept_and_told_nobody(store: Store, database: sa.Engine) -> None:
    store.put([post("1", OFFER)])
    assert watcher(store, database, ways=()).run_once().possible == 1
    assert told(database) == []
    assert len(possible_ones(database)) == 1


def test_a_copy_joins_it_and_what_is_named_since_takes_its_place_and_is_told_once(
    store: Store, database: sa.Engine
) -> None:
    store.put([post("1", OFFER)])
    watcher(store, database).run_once()
    store.put([post("9", OFFER, key=PostKey("other", "9", "1"))])
    assert watcher(store, database).run_once().possible == 0
    leave(database)
    store.put([post("1", OFFER + ". It is Nusa Care Fund")])
    run = watcher(store, database).run_once()
    assert (run.alerts_new, run.possible) == (1, 0)
    (new,) = cases.list_alerts(database)
    assert new.tier == "certain"
    (old,) = possible_ones(database)
    assert (old.state, (old.possible or {})["became"]) == ("resolved", new.id)
    with database.connect() as connection:
        there = {(each.source, each.thread) for each in cases.listings_of(connection, new.id)}
        assert there == {("forum", "1"), ("other", "9")}
        assert cases.listings_of(connection, old.id) == []
        payload = dict(connection.scalars(sa.select(delivery_table.c.payload)).all()[-1])
    assert told(database) == [
        ("desk", "new", "possible"),
        ("soc", "new", "certain"),
        ("desk", "named", "possible"),
    ]
    assert payload["title"] == f"Named in alert {new.id}: 200M NIK"
    store.put([post("1", "We have Nusa Care Fund", 3)])
    watcher(store, database).run_once()
    assert len(told(database)) == 3


def test_a_named_copy_elsewhere_takes_the_place_of_a_possible_alert(
    store: Store, database: sa.Engine
) -> None:
    store.put([post("1", OFFER)])
    watcher(store, database).run_once()
    store.put([post("9", OFFER + " of Nusa Care Fund", key=PostKey("other", "9", "1"))])
    assert watcher(store, database).run_once().alerts_new == 1
    (new,) = cases.list_alerts(database)
    with database.connect() as connection:
        there = [(each.source, each.how) for each in cases.listings_of(connection, new.id)]
    assert sorted(there) == [("forum", "possible"), ("other", "first")]


def test_confirmed_it_is_a_certain_case_and_rejected_it_raises_nothing_again(
    store: Store, database: sa.Engine
) -> None:
    other = "Dumped today: 190 million people of Indonesia. Fields are noka and PSNOKA and KD FASKES. DM me, 3 BTC only"
    store.put([post("1", OFFER), post("2", other, author="blue_crane")])
    assert watcher(store, database).run_once().possible == 2
    leave(database)
    (one, two) = sorted(possible_ones(database), key=lambda alert: alert.thread)
    dispatch = Dispatch((CERTAIN, POSSIBLE), ("soc", "desk", "own"))
    with database.begin() as connection:
        confirmed = tier.confirm(
            connection, dispatch, one.id, ("own",), by=BUDI, at=NOON, why="the sample is ours"
        )
        rejected = tier.reject(connection, two.id, by=BUDI, at=NOON)
    assert (confirmed.tier, confirmed.state, rejected.state) == ("certain", "acknowledged", "false positive")
    assert [each.id for each in cases.list_alerts(database)] == [one.id]
    assert told(database)[2:] == [("soc", "confirmed", "certain"), ("desk", "retracted", "possible")]
    with database.begin() as connection, pytest.raises(tier.NotPossible):
        tier.reject(connection, one.id, by=BUDI, at=NOON)
    store.put([post("3", other, author="blue_crane", key=PostKey("other", "3", "1"))])
    store.put([post("1", OFFER + " by Nusa Care Fund")])
    run = watcher(store, database).run_once()
    assert (run.alerts_new, run.possible) == (0, 0)
    assert told(database)[4:] == [("soc", "changed", "certain")]  # named now: graver


def test_more_than_a_day_s_share_is_told_in_a_digest_and_counted(store: Store, database: sa.Engine) -> None:
    for number, word in enumerate(("cheap", "fresh", "old", "new")):
        words = " ".join(f"{word}{at}" for at in range(40))
        store.put([post(str(number), f"{OFFER} {words}", author=f"seller{number}", title=f"{word} NIK")])
        watcher(store, database, daily=2).run_once()
    assert len(possible_ones(database)) == 4
    assert told(database) == [("desk", "new", "possible")] * 2
    notes = [event for alert in possible_ones(database) for event in cases.get_alert(database, alert.id)[1]]
    assert sorted(event.detail.partition(";")[0] for event in notes if event.what == "over the limit") == [
        "1 more than the 2 a day that are told",
        "2 more than the 2 a day that are told",
    ]
    assert keep_agenda(database, NOON).digests == 0
    assert keep_agenda(database, NOON + timedelta(days=1)).digests == 1
    assert told(database)[2:] == [("desk", "digest", "possible")]


def test_a_certain_alert_of_somebody_else_keeps_a_listing_from_being_guessed_at(
    store: Store, database: sa.Engine
) -> None:
    store.put([post("1", OFFER + " of Nusa Care Fund")])
    assert watcher(store, database).run_once().alerts_new == 1
    store.put([post("1", OFFER)])
    assert watcher(store, database).run_once().possible == 0
    assert possible_ones(database) == []
    assert cases.list_alerts(database)[0].state == AlertState.NEW
