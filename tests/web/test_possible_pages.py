"""Possible alerts in the console and the API: a list of their own, what spoke for and against, whose the data are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from conftest import Workspace
from fastapi import FastAPI
from worlds import ONION, PASSWORD, client, token

from alerts.cases import Alert, Wanted, get_alert, list_alerts
from alerts.outbox import delivery_table
from console import accounts
from console.accounts import Role
from console.web.app import create_app
from console.wiring import read_inputs, watch
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey

_AT = datetime(2026, 1, 6, 12, tzinfo=UTC)
_WATCHLIST = """organisations:
  - id: nusa-care
    name: Nusa Care Fund
    profile:
      countries: [ID]
      sectors: [insurance]
      people: 220000000
      columns: [PSNOKA, noka, kd_faskes, nik]
"""
_ROUTES = """routes:
  - {name: certain, to: [soc]}
  - {name: possible, when: {tier: possible}, to: [desk]}
"""
_UNNAMED = (
    "Selling 200 million records of Indonesian citizens. PSNOKA, noka, kd_faskes, nik, nama, price 0.15 BTC"
)


def _post(thread: str, title: str, text: str) -> Post:
    return Post(
        key=PostKey("forum", thread, "1"),
        board="sale",
        position=1,
        title=title,
        author="grey_heron",
        text=text,
        url=f"{ONION}/{thread}",
        seen_at=_AT,
        posted_at=_AT,
        kind=Kind.LISTING,
    )


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FastAPI]:
    workspace = Workspace(tmp_path)
    config = workspace.write("duskwatch.toml", 'data_dir = "var"\n[watch]\nhistory = "alert"\n')
    workspace.write("config/watchlists/a.yaml", _WATCHLIST)
    workspace.write("config/routes.yaml", _ROUTES)
    for name in ("soc", "desk"):
        workspace.write(f"config/channels/{name}.yaml", f"type: jsonl\npath: {tmp_path}/{name}.jsonl\n")
    workspace.source("forum", "mybb", ONION, {"sale": "/f"})
    (tmp_path / "var").mkdir()
    store = open_store(f"sqlite:///{tmp_path}/var/posts.db")
    store.put([_post("1", "200M NIK", _UNNAMED), _post("2", "Nusa Care Fund", "dump of Nusa Care Fund")])
    store.close()
    watch(read_inputs(config), ())
    app = create_app(config)
    for role in (Role.VIEWER, Role.ANALYST):
        accounts.add_user(app.state.context.engine, role.value, PASSWORD, role, at=datetime.now(UTC))
    yield app
    app.state.context.close()


def _possible(app: FastAPI) -> Alert:
    (found,) = list_alerts(app.state.context.engine, Wanted(tier="possible"))
    return found


def _told(engine: sa.Engine) -> list[tuple[str, str]]:
    columns = delivery_table.c
    with engine.connect() as connection:
        query = sa.select(columns.channel, columns.event).where(columns.alert.startswith("p"))
        return [
            (row.channel, row.event.partition(":")[0])
            for row in connection.execute(query.order_by(columns.id))
        ]


def test_a_possible_alert_stands_in_a_list_of_its_own_and_says_what_spoke_for_it(app: FastAPI) -> None:
    browser, maybe = client(app, "analyst"), _possible(app)
    certain, possible = browser.get("/").text, browser.get("/?tier=possible").text
    assert maybe.id not in certain
    assert "/?tier=possible" in certain
    assert maybe.id in possible
    assert "Nusa Care Fund</bdi>" not in possible  # the title of the certain one
    shown = browser.get(f"/alerts/{maybe.id}").text
    for part in ("column PSNOKA", "country ID", "200,000,000 records of about 220,000,000 people", "/ 15.0"):
        assert part in shown
    assert 'value="ours"' in shown
    assert 'value="not-ours"' in shown
    assert 'value="ours"' not in client(app, "viewer").get(f"/alerts/{maybe.id}").text
    exported = browser.get("/alerts/export?tier=possible&format=csv").text
    assert maybe.id in exported
    assert maybe.id not in browser.get("/alerts/export?format=csv").text


def test_whose_the_data_are_is_said_on_the_page_and_written_down(app: FastAPI) -> None:
    browser, maybe, engine = client(app, "analyst"), _possible(app), app.state.context.engine
    page = browser.get(f"/alerts/{maybe.id}").text
    word = {"csrf": page.partition('name="csrf" value="')[2].partition('"')[0]}
    viewer = client(app, "viewer")
    assert viewer.post(f"/alerts/{maybe.id}", data={**word, "act": "ours"}).status_code == 403
    assert browser.post("/alerts/act", data={**word, "act": "ours", "alert": [maybe.id]}).status_code == 303
    alert, events = get_alert(engine, maybe.id)
    assert (alert.tier, alert.state) == ("certain", "acknowledged")
    assert ("analyst", "confirmed: a certain case") in [(event.who, event.what) for event in events]
    assert ("soc", "confirmed") in _told(engine)
    assert maybe.id in browser.get("/").text
    again = browser.post(f"/alerts/{maybe.id}", data={**word, "act": "not-ours"})
    assert again.status_code == 400
    assert "is a certain alert" in again.text


def test_programs_ask_for_a_tier_and_say_whose_the_data_are(app: FastAPI) -> None:
    maybe, asking = _possible(app), client(app)
    header = {"Authorization": f"Bearer {token(app, 'analyst', Role.ANALYST)}"}

    def listed(query: str) -> list[str]:
        return [one["id"] for one in asking.get(f"/api/v1/alerts{query}", headers=header).json()["alerts"]]

    assert maybe.id not in listed("")
    assert listed("?tier=possible") == [maybe.id]
    assert asking.get("/api/v1/alerts?tier=both", headers=header).status_code in (400, 422)
    said = asking.post(
        f"/api/v1/alerts/{maybe.id}/possible", json={"ours": False, "why": "a twin"}, headers=header
    )
    assert said.status_code == 200, said.text
    assert said.json()["alert"]["state"] == "false positive"
    assert ("analyst", "a twin") in [
        (event["who"], event["detail"].split(": ")[-1]) for event in said.json()["events"]
    ]
    certain = listed("")[0]
    refused = asking.post(f"/api/v1/alerts/{certain}/possible", json={"ours": True}, headers=header)
    assert refused.status_code == 400
