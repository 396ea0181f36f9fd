"""Blind spots: which sources are not covered, since when, what could be missed, and for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from alerts.outbox import delivery_table
from alerts.tables import digest_table
from alerts.watchlist import Organisation, Scope
from alerts.wording import text
from config.database import migrate, open_database
from console.blind import blind_spots, not_seen, sight, told
from console.wiring import agenda, read_inputs, watch
from crawler.blindness import Blind, blindness
from crawler.coverage import expect
from crawler.health import Figures, Standing, State
from crawler.source import TLP, Source, load_source
from crawler.state import CrawlState

if TYPE_CHECKING:
    from conftest import Workspace

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def forum(workspace: Workspace) -> Source:
    workspace.source("forum", "mybb", "http://board.example", {"sale": "/a", "new": "/b"})
    return load_source(workspace.folder / "config/sources", "forum")


def standing(state: State, read: timedelta = 3 * HOUR) -> Standing:
    return Standing(state, NOW - read, NOW, "why", {})


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (State.OK, None),
        (State.PARTIAL, None),
        (State.GATED, Blind.GATED),
        (State.LAYOUT, Blind.DRIFTING),
        (State.UNREADABLE, Blind.UNREADABLE),
        (State.DOWN, Blind.DOWN),
        (State.TOR, Blind.WAITING),
        (State.STORE, Blind.WAITING),
        (State.KILLED, Blind.KILLED),
    ],
)
def test_each_state_is_covered_or_a_blind_spot(forum: Source, state: State, why: Blind | None) -> None:
    found = blindness(forum, standing(state, timedelta(minutes=5)), None, NOW)
    assert (found.why if found else None) is why
    if found:
        assert (found.since, found.missed, found.boards) == (
            NOW - timedelta(minutes=5),
            None,
            ("sale", "new"),
        )


def test_what_could_be_missed_is_what_history_lets_expect_of_that_time(forum: Source) -> None:
    expected = expect([(NOW - HOUR * back, 2) for back in range(200, 0, -1)], NOW)
    found = blindness(forum, standing(State.GATED, 10 * HOUR), expected, NOW)
    assert found is not None
    assert found.missed == pytest.approx(20, rel=0.1)
    assert told(found) == (
        "forum: gated since 2026-11-25 02:00Z; about 20 new posts could be missed (boards: sale, new)"
    )


def test_late_silent_unread_and_switched_off_sources_are_blind_spots(forum: Source) -> None:
    late = blindness(forum, standing(State.OK, 30 * HOUR), None, NOW)
    assert late is not None
    assert late.why is Blind.LATE
    history = [(NOW - HOUR * back, 2 if back > 9 else 0) for back in range(200, 0, -1)]
    silent = blindness(forum, standing(State.OK, HOUR), expect(history, NOW), NOW)
    assert silent is not None
    assert (silent.why, silent.since) == (Blind.SILENT, NOW - 10 * HOUR)
    assert silent.missed
    assert silent.missed > 8
    never = blindness(forum, None, None, NOW)
    assert never is not None
    assert (never.why, never.since) == (Blind.UNREAD, None)
    off = forum.model_copy(update={"schedule": forum.schedule.model_copy(update={"enabled": False})})
    away = blindness(off, standing(State.OK), None, NOW)
    assert away is not None
    assert away.why is Blind.OFF


def test_an_organisation_has_the_blind_spots_of_its_scope(forum: Source) -> None:
    spot = blindness(forum, None, None, NOW)
    assert spot is not None
    blind = {"forum": spot, "market": replace(spot, source="market")}
    names = ["forum", "market", "leaks"]
    everywhere = sight(Organisation(id="bank", name="Invented Bank"), names, blind)
    assert everywhere.covered == ("leaks",)
    assert [each.source for each in everywhere.blind] == ["forum", "market"]
    scoped = Organisation(id="bank", name="Invented Bank", scope=Scope(sources=("market", "gone")))
    seen = sight(scoped, names, blind)
    assert (seen.covered, [each.source for each in seen.blind], seen.unknown) == ((), ["market"], ("gone",))


def test_a_weekly_digest_says_what_was_not_seen(forum: Source) -> None:
    secret = forum.model_copy(update={"id": "secret", "tlp": TLP.RED})
    sources = {"forum": forum, "secret": secret}
    blind = {name: spot for name, each in sources.items() if (spot := blindness(each, None, None, NOW))}
    watched = [
        Organisation(id="bank", name="Bank"),
        Organisation(id="port", name="Invented Port", scope=Scope(sources=("forum",))),
    ]
    lines = not_seen(blind, sources, watched, {"weekly"})
    assert lines("daily", ["bank"], "red") == []
    assert lines("weekly", ["bank"], "amber") == ["forum: never read (boards: sale, new)"]
    assert len(lines("weekly", ["bank"], "red")) == 2
    assert len(lines("weekly", ["port"], "red")) == 1


@pytest.mark.parametrize(("often", "told_so"), [("weekly", True), ("daily", False)])
def test_the_digest_of_a_week_leaves_with_the_blind_spots(
    workspace: Workspace, often: str, told_so: bool
) -> None:
    workspace.fill()
    workspace.source("board", "mybb", "http://board.example", {"sale": "/a"})
    workspace.write("config/channels/soc.yaml", f"type: jsonl\npath: {workspace.folder}/soc.jsonl\n")
    workspace.write("config/routes/a.yaml", f"routes: [{{name: calm, to: [soc], digest: {often}}}]\n")
    note = "{term: Invented Bank, owner: ann, review: 2020-01-31}"
    watchlist = f"organisations: [{{id: bank, name: Invented Bank, terms: [{note}]}}]\n"
    workspace.write("config/watchlists/a.yaml", watchlist)
    inputs = read_inputs(workspace.folder / "duskwatch.toml")
    assert watch(inputs).alerts_new == 1
    engine = open_database(inputs.settings.database_url)
    with engine.begin() as connection:
        connection.execute(sa.update(digest_table).values(due_at=NOW - timedelta(days=3650)))
    agenda(inputs)
    with engine.connect() as connection:
        (payload,) = connection.scalars(sa.select(delivery_table.c.payload))
    said = "bank: 1 term past review (Invented Bank of ann, 2020-01-31)"
    assert payload["terms"] == (said if told_so else "")
    assert (f"Terms to look at:\n{said}" in payload["claim"]) == told_so
    engine.dispose()
    assert ("not covered: board: never read (boards: sale)" in text(payload)) is told_so
    assert ("Not covered:\nboard: never read (boards: sale)\n" in payload["claim"]) is told_so


def test_an_operator_asks_for_whom_the_watch_is_blind(workspace: Workspace, forum: Source) -> None:
    workspace.source("other", "mybb", "http://other.example", {"x": "/x"})
    workspace.write("config/watchlists/a.yaml", "organisations: [{id: bank, name: Invented Bank}]\n")
    engine = open_database(f"sqlite:///{workspace.folder}/var/state.db")
    migrate(engine)
    now = datetime.now(UTC)
    for name, ended in (("forum", State.OK), ("other", State.GATED)):
        state = CrawlState(engine, name)
        for at, how in ((now - 5 * HOUR, State.OK), (now, ended)):
            state.run_ended(state.run_started(at), Figures(boards_read=1), how, at)
    sources = {
        each: load_source(Path(workspace.folder) / "config/sources", each) for each in ("forum", "other")
    }
    assert list(blind_spots(sources, engine, now)) == ["other"]
    engine.dispose()
    (all_,) = workspace.duskwatch("watch", "coverage")
    assert (all_["covered"], [spot["source"] for spot in all_["blind"]]) == (["forum"], ["other"])
    human = workspace.run("console.cli.main", "watch", "coverage", "bank").stdout
    assert "covered: forum" in human
    assert "gated" in human
    unknown = workspace.run("console.cli.main", "watch", "coverage", "bnk", status=78)
    assert "bank" in unknown.stderr
