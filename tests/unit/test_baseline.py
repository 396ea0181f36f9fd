"""History beside the alarm: an old board is told once, and what is new of it at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alerts import baseline
from alerts.baseline import list_entries
from alerts.baseline_report import list_reports
from alerts.cases import Alert, AlertState, Wanted, list_alerts
from alerts.channels.terminal import render
from alerts.clock import summaries
from alerts.dating import Dating, datings
from alerts.handling import Actor, StateRefused, set_state
from alerts.history import Beginning, Reason
from alerts.matching import build_matcher
from alerts.outbox import delivery_table
from alerts.watcher import Watcher
from alerts.watchlist import Organisation
from crawler.beginnings import began
from crawler.health import State
from crawler.state import run_table, source_table
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey, Precision
from indexer.store import Store

ADDED = datetime(2026, 1, 6, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BANK = Organisation(id="bank", name="Invented Bank")
PORT = Organisation(id="port", name="Made Up Harbour", channels=("harbour",))
OFFER = (
    "Invented Bank customers, full names and phone numbers of every branch in the whole country, dumped from the"
    " loan desk; price 5,000 USD, escrow is welcome and the first buyer gets it alone"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/posts.db")
    yield opened
    opened.close()


def past(connection: sa.Connection, source: str, seen: datetime) -> Beginning | None:
    found = began(connection, source, seen)
    if found is None:
        return None
    return Beginning(found.at, found.first_ended, found.settled, found.last_read, mended=found.mended)


def crawl(
    database: sa.Engine, start: datetime, end: datetime | None, state: State, source: str = "board"
) -> None:
    values: dict[str, Any] = dict.fromkeys(("pages", "new", "changed", "removed", "failed"), 0)
    with database.begin() as connection:
        connection.execute(sa.delete(run_table).where(run_table.c.ended_at.is_(None)))
        connection.execute(
            sa.insert(run_table).values(
                source=source, started_at=start, ended_at=end, state=state.value, detail="", **values
            )
        )


def watch(store: Store, database: sa.Engine, at: datetime, *organisations: Organisation) -> Any:
    watched = organisations or (BANK, PORT)
    made = Watcher(store, database, build_matcher(watched), watched, ("soc",), {}, lambda: at, past=past)
    return made.run_once()


def post(thread: int | str, posted: datetime | None, text: str, seen: datetime, **more: Any) -> Post:
    values: dict[str, Any] = {
        "key": PostKey(more.pop("source", "board"), str(thread), str(more.pop("number", thread))),
        "board": "sale",
        "position": 1,
        "title": f"thread {thread}",
        "author": "seller",
        "text": text,
        "url": f"http://board.invalid/{thread}",
        "seen_at": seen,
        "posted_at": posted,
        "precision": Precision.MINUTE if posted else Precision.UNKNOWN,
        "kind": Kind.LISTING,
    }
    return Post(**values | more)


def told(database: sa.Engine) -> list[tuple[str, str, dict[str, Any]]]:
    columns = delivery_table.c
    with database.connect() as connection:
        query = sa.select(columns.event, columns.channel, columns.payload).order_by(columns.id)
        return [(row.event, row.channel, row.payload) for row in connection.execute(query)]


def case(database: sa.Engine, state: str = "baseline") -> Alert:
    (found,) = list_alerts(database, Wanted(state=state))
    return found


def test_a_board_of_2000_old_threads_is_told_once_and_what_is_new_at_once(
    store: Store, database: sa.Engine
) -> None:
    crawl(database, ADDED, None, State.RUNNING)
    names = iter(("Invented Bank", "Made Up Harbour") * 15)
    old = [
        post(
            number,
            ADDED - (2001 - number) * DAY,
            f"selling rows of {next(names)}, lot {number}" if number % 66 == 0 else f"cats and dogs {number}",
            ADDED + number * MINUTE / 20,
            author=f"seller {number}",
        )
        for number in range(1, 2001)
    ]
    store.put(old[:1500])
    first = watch(store, database, ADDED + 75 * MINUTE)
    assert (first.changes, first.alerts_new, first.history) == (1500, 0, 22)
    assert told(database) == []
    # while that crawl goes on, somebody posts
    store.put(
        [post(2001, ADDED + 76 * MINUTE, "fresh dump of Invented Bank", ADDED + 77 * MINUTE, author="eve")]
    )
    assert watch(store, database, ADDED + 77 * MINUTE).alerts_new == 1
    assert [(event, channel) for event, channel, _ in told(database)] == [("new", "soc")]
    store.put(old[1500:])
    crawl(database, ADDED, ADDED + 100 * MINUTE, State.OK)
    last = watch(store, database, ADDED + 101 * MINUTE)
    assert (last.alerts_new, last.history) == (0, 8)
    assert watch(store, database, ADDED + 102 * MINUTE).changes == 0
    events = [(event, channel) for event, channel, _ in told(database)]
    assert events == [("new", "soc"), ("baseline", "harbour"), ("baseline", "soc")]
    (report,) = list_reports(database)
    assert (report.source, report.listings) == ("board", 30)
    entries = list_entries(database, source="board")
    assert {each.report for each in entries} == {report.id}
    assert {each.reason for each in entries} == {Reason.BEFORE.value}
    (harbour, soc) = (payload for event, _, payload in told(database) if event == "baseline")
    assert soc["title"] == "Baseline report of board: 15 listings of 1 organisation"
    assert harbour["organisation"] == "port", "nobody is told of what another organisation's history says"
    assert len(soc["entries"]) == 15
    assert "2020-" in soc["claim"]
    assert "bank: 15 listings" in render(soc)
    assert [each.thread for each in list_alerts(database)] == ["2001"], "history stands in no list of alerts"
    assert len(list_alerts(database, Wanted(state="baseline"))) == 30
    assert {each.count for each in summaries(database, "source", ADDED - DAY)} == {1}, (
        "no clock runs for history"
    )


def settled(store: Store, database: sa.Engine, *posts: Post) -> None:
    """A board that was read whole, and told."""
    store.put(posts)
    crawl(database, ADDED, ADDED + MINUTE, State.OK)
    watch(store, database, ADDED + 2 * MINUTE)


def test_what_happens_to_an_old_listing_later_alarms(store: Store, database: sa.Engine) -> None:
    settled(store, database, post(1, ADDED - 900 * DAY, OFFER, ADDED, number=1))
    assert case(database).state == "baseline"
    cheaper = post(1, ADDED - 900 * DAY, OFFER.replace("5,000", "900"), ADDED + DAY, number=1)
    store.put([cheaper])
    assert watch(store, database, ADDED + DAY).alerts_again == 1
    event, _, payload = told(database)[-1]
    assert (event, payload["event"]) == ("new", "new")
    assert payload["title"] == ("price 5,000 USD -> 900 USD (old listing, first posted 2023-07-21): thread 1")
    assert case(database, "new").created_at == ADDED + DAY
    assert watch(store, database, ADDED + DAY).alerts_again == 0


def test_a_bump_is_no_news_and_a_bump_with_something_new_is(store: Store, database: sa.Engine) -> None:
    settled(store, database, post(1, ADDED - 900 * DAY, OFFER, ADDED, title="Invented Bank dump"))
    later: dict[str, Any] = {"kind": Kind.REPLY, "title": "Invented Bank dump"}
    bumps = ["bump", "up! still selling the Invented Bank", f"bump\n\n> {OFFER}", OFFER]
    store.put(
        [
            post(1, ADDED + DAY, text, ADDED + DAY, number=10 + at, position=2 + at, **later)
            for at, text in enumerate(bumps)
        ]
    )
    bumped = watch(store, database, ADDED + DAY)
    assert (bumped.alerts_new, bumped.alerts_again, bumped.alerts_joined) == (0, 0, 4)
    sample = "Invented Bank: sample of the rows below\n\nname,phone,branch\nann,1,north"
    store.put([post(1, ADDED + 2 * DAY, sample, ADDED + 2 * DAY, number=99, position=9, **later)])
    assert watch(store, database, ADDED + 2 * DAY).alerts_again == 1
    assert "sample released" in told(database)[-1][2]["title"]


def test_old_listings_listed_again_join_and_copies_elsewhere_are_told_as_copies(
    store: Store, database: sa.Engine
) -> None:
    settled(store, database, post(1, ADDED - 900 * DAY, OFFER, ADDED))
    store.put([post(900, ADDED + DAY, OFFER, ADDED + DAY)])
    again = watch(store, database, ADDED + DAY)
    assert (again.alerts_new, again.alerts_joined) == (0, 1)
    before = len(told(database))
    crawl(database, ADDED - 50 * DAY, ADDED - 49 * DAY, State.OK, "other")
    for number in (5, 6):
        store.put([post(number, ADDED + DAY, OFFER, ADDED + DAY, source="other", author="eve")])
        watch(store, database, ADDED + DAY)
    (copied,) = told(database)[before:]
    assert copied[0] == "copied"
    assert copied[2]["title"].startswith("Copy of an old listing (first posted 2023-07-21 on board): ")
    assert case(database).state == "baseline"


def test_a_board_added_later_joins_its_old_copies_to_one_case(store: Store, database: sa.Engine) -> None:
    settled(store, database, post(1, ADDED - 900 * DAY, OFFER, ADDED))
    crawl(database, ADDED + DAY, ADDED + DAY + MINUTE, State.OK, "other")
    store.put([post(5, ADDED - 1000 * DAY, OFFER, ADDED + DAY, source="other", author="eve")])
    watch(store, database, ADDED + DAY + 2 * MINUTE)
    assert [each.how for each in list_entries(database)] == ["listing", "copy"]
    assert told(database)[-1][0] == "baseline"
    with database.connect() as connection:
        first = baseline.first_posted(connection, case(database).id)
    assert first == ADDED - 1000 * DAY


def test_no_clock_raises_a_flood(store: Store, database: sa.Engine) -> None:
    """A board whose clock runs a year ahead, and numbers that go on: so many alarms a day, the rest in a report."""
    settled(store, database, post(1, None, "cats", ADDED))
    later = ADDED + DAY
    store.put(
        [
            post(n, later + 365 * DAY, f"Invented Bank lot {n}", later, author=f"seller {n}")
            for n in range(2, 62)
        ]
    )
    run = watch(store, database, later)
    assert (run.alerts_new, run.history) == (baseline.DOUBTFUL_A_DAY, 60 - baseline.DOUBTFUL_A_DAY)
    assert {each.reason for each in list_entries(database)} == {f"date in the future: {Reason.MANY.value}"}
    watch(store, database, later + 2 * DAY)
    assert told(database)[-1][0] == "baseline"


def test_a_board_that_hides_its_dates(store: Store, database: sa.Engine) -> None:
    settled(store, database, post(40, None, "Invented Bank of long ago", ADDED, author="ann"))
    later = ADDED + DAY
    store.put(
        [
            post(41, None, "Invented Bank, today", later, author="bob"),
            post(39, None, "Invented Bank, found on a later page", later, author="eve"),
        ]
    )
    run = watch(store, database, later)
    assert (run.alerts_new, run.history) == (1, 1)
    assert [each.thread for each in list_alerts(database)] == ["41"]
    assert {each.reason for each in list_entries(database)} == {Reason.FIRST_PASS.value, Reason.BELOW.value}


def test_a_mended_adapter_announces_nothing_old(store: Store, database: sa.Engine) -> None:
    """Its adapter cut texts off: read whole, 30 old posts name somebody and an old alert's price is another."""
    listed = post(99, ADDED + DAY, OFFER, ADDED + DAY)
    cut = [post(n, ADDED - n * DAY, f"lot {n}", ADDED, author=f"seller {n}") for n in range(1, 31)]
    settled(store, database, *cut)
    store.put([listed])
    assert watch(store, database, ADDED + DAY).alerts_new == 1
    before, mended = len(told(database)), ADDED + 30 * DAY
    with database.begin() as connection:
        row = {"source": "board", "generation": 0, "reader": "other", "mended_at": mended}
        connection.execute(sa.insert(source_table).values(row))

    def whole(each: Post, text: str, at: datetime) -> Post:
        return replace(each, text=text, seen_at=at, content_hash="")

    seen = mended + MINUTE
    store.put([whole(each, f"{each.text} of Invented Bank and {each.author}", seen) for each in cut])
    store.put([whole(listed, OFFER.replace("5,000", "900"), seen)])
    run = watch(store, database, seen)
    assert (run.alerts_new, run.alerts_again, run.history) == (0, 0, 30)
    assert {each.reason for each in list_entries(database)} == {Reason.REREAD.value}
    assert [event for event, _, _ in told(database)[before:]] == ["baseline"]
    # whoever edits one from now on makes news
    store.put([whole(cut[0], "lot 1 of Invented Bank, price 700 USD, with a sample", seen + DAY)])
    store.put([whole(listed, OFFER.replace("5,000", "700"), seen + DAY)])
    later = watch(store, database, seen + DAY)
    assert (later.alerts_new, later.alerts_again) == (0, 2)


def test_a_migrated_board_announces_nothing_old(store: Store, database: sa.Engine) -> None:
    """Other numbers of threads and posts, the same dates; a post of these days, too, is known from before."""
    before = [
        post(n, ADDED - n * DAY, f"{OFFER} in lot {n}", ADDED, author=f"seller {n}") for n in range(1, 9)
    ]
    settled(store, database, *before)
    fresh = post(50, ADDED + 19 * DAY, "Invented Bank, loans of this year: " + OFFER[::-1], ADDED + 19 * DAY)
    store.put([fresh])
    assert watch(store, database, ADDED + 19 * DAY).alerts_new == 1
    crawl(database, ADDED + 19 * DAY, ADDED + 19 * DAY + MINUTE, State.OK)
    events = Counter(event for event, _, _ in told(database))
    later = ADDED + 20 * DAY
    store.put(
        [
            post(5000 + at, each.posted_at, each.text, later, author=each.author, title=each.title)
            for at, each in enumerate([*before, fresh])
        ]
    )
    moved = watch(store, database, later)
    assert (moved.changes, moved.alerts_new, moved.alerts_again) == (9, 0, 0)
    store.put([post(5100, later, "Made Up Harbour, new here", later)])
    assert watch(store, database, later).alerts_new == 1
    since = Counter(event for event, _, _ in told(database)) - events
    assert since["new"] == 1
    assert set(since) <= {"new", "baseline"}


def test_what_is_wrong_with_dates_is_told_on_top_of_the_report(store: Store, database: sa.Engine) -> None:
    settled(
        store,
        database,
        *(post(f"t{n}", None, f"Invented Bank lot {n}", ADDED, author=f"{n}") for n in range(12)),
    )
    said = (
        "12 of 12 posts bear no date: it has no numbers either: what was posted while it was first read could not be"
        " told from what is old, stands in the baseline report and alarmed nobody; look through that report once"
    )
    with database.connect() as connection:
        dating = datings(connection, ADDED)["board"]
    assert (dating.state, dating.says) == ("hides its dates and numbers", (said,))
    assert told(database)[-1][2]["claim"].splitlines()[0] == f"Dates of board: {said}"
    ahead = [post(500 + n, ADDED + 400 * DAY, "cats", ADDED, source="other") for n in range(10)]
    store.put([*ahead, *(post(n, ADDED - DAY, "dogs", ADDED, source="other") for n in range(9))])
    crawl(database, ADDED, None, State.RUNNING, "other")
    watch(store, database, ADDED)
    with database.connect() as connection:
        found = datings(connection, ADDED)
    assert found["other"].state == "its clock runs ahead"
    assert Dating("board", 2000, undated=5).state == "", "a few without a date are no fault of the board"


def test_people_make_nothing_history(store: Store, database: sa.Engine) -> None:
    settled(store, database, post(1, ADDED - DAY, "Invented Bank", ADDED))
    by = Actor("ann", "here")
    with pytest.raises(StateRefused):
        set_state(database, case(database).id, AlertState.BASELINE, by=by, at=ADDED)
    assert (
        set_state(database, case(database).id, AlertState.ACKNOWLEDGED, by=by, at=ADDED).state
        == "acknowledged"
    )
