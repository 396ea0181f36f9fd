"""An operator's day: a noisy watch is tuned in the console, and its alerts fall."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import Workspace

from alerts.picture import chromium
from console import accounts
from console.accounts import Role
from console.web.server import Server
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey

pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="chromium is not installed (Debian: chromium)"),
]
PASSWORD = "correct-horse-battery"
WATCHLIST = """# the clients of the team
organisations:
  - id: harbour   # since 2024
    name: Harbour Savings
    aliases:
      - Harbour Savings Cooperative
      - Harbour   # how its people say it
    domains: [harbour-savings.example]
"""
ROUTES = """routes:
  - name: grave
    when: {severity: [critical, high]}
    to: [file]
  - name: rest
    to: [file]
    digest: daily
"""
NOISE = ("the harbour at night", "cruise to a harbour", "harbour crane for sale", "map of the harbour")


def put(workspace: Workspace, begin: int) -> None:
    """Two listings of the organisation, and twenty that name a harbour."""
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    now = datetime.now(UTC)
    for number in range(begin, begin + 22):
        genuine = number < begin + 2
        said = "Harbour Savings, 40,000 accounts" if genuine else f"{NOISE[number % 4]}, lot {number * 7919}"
        post = Post(
            key=PostKey("forum", str(number), str(number)),
            board="sale",
            position=1,
            title=said,
            author=f"seller{number}",
            text=f"{said}. Price {number}0 USD. " + " ".join(f"w{number * 31 + at}" for at in range(30)),
            url="http://board.invalid/1",
            seen_at=now,
            posted_at=now - timedelta(days=1 + number % 20),
            kind=Kind.LISTING,
        )
        store.put([post])
    store.close()


@pytest.fixture
def server(workspace: Workspace) -> Iterator[Server]:
    workspace.write("config/watchlists/clients.yaml", WATCHLIST)
    workspace.write("config/channels/file.yaml", f"type: jsonl\npath: {workspace.folder}/alerts.jsonl\n")
    workspace.write("config/routes/all.yaml", ROUTES)
    (workspace.folder / "var").mkdir()
    put(workspace, 100)
    running = Server(workspace.folder / "duskwatch.toml", "127.0.0.1", 0)
    engine = running._app.state.context.engine
    accounts.add_user(engine, "sari", PASSWORD, Role.OPERATOR, at=datetime.now(UTC))
    running.start()
    yield running
    running.stop(10)


def a_week(page: Any) -> float:
    found = re.search(r"([\d.]+)", page.text_content("#preview .figure strong"))
    assert found
    return float(found[1])


def test_a_noisy_watch_is_tuned(
    server: Server,
    workspace: Workspace,
    browser: Any,
    picture: Callable[..., None],
    accessible: Callable[[Any], None],
) -> None:
    noisy = workspace.duskwatch("watch", "run")["alerts_new"]
    assert noisy > 15
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(f"{server.url}/watchlists")
    page.fill("input[name=user]", "sari")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    accessible(page)
    page.click("text=Edit")
    page.select_option("select[name=days]", "30")
    page.wait_for_selector("#preview .figure")  # it follows what is typed, without a button
    before = a_week(page)
    page.fill("textarea[name=aliases]", "Harbour Savings Cooperative")
    page.wait_for_function(
        "before => parseFloat(document.querySelector('#preview .figure strong').textContent) < before / 2",
        arg=before,
    )
    accessible(page)
    picture(page, "watchlist-editor", full_page=True)
    page.click("text=Look at the changes")
    page.wait_for_selector("del:has-text('- Harbour   # how its people say it')")
    accessible(page)
    picture(page, "watchlist-changes", full_page=True)
    page.fill("input[name=why]", "everybody writes of harbours")
    page.click("button:has-text('Save')")
    page.wait_for_selector("text=everybody writes of harbours")
    file = workspace.folder / "config/watchlists/clients.yaml"
    assert file.read_text() == WATCHLIST.replace("      - Harbour   # how its people say it\n", "")
    put(workspace, 300)
    assert workspace.duskwatch("watch", "run")["alerts_new"] == 2
    page.goto(f"{server.url}/watchlists/harbour/versions")
    accessible(page)
    picture(page, "watchlist-versions", full_page=True)
    page.goto(f"{server.url}/watchlists/harbour/edit?as=yaml")
    page.fill("textarea[name=text]", "id: harbour\nname: Harbour Savings\nalias: [x]")
    page.click("p button:has-text('Preview')")
    page.wait_for_selector("[role=alert] code:has-text(\"did you mean 'aliases'?\")")
    accessible(page)
    picture(page, "watchlist-fault", full_page=True)
    for path in (
        "/watch/import",
        "/source/add",
        "/routes",
        "/routes/all/edit?route=grave",
        "/routes/all/edit",
    ):
        page.goto(server.url + path)
        accessible(page)
        picture(page, path.strip("/").replace("/", "-").replace("?route=", "-"), full_page=True)
    page.close()
    assert [fault for fault in faults if "422" not in fault] == []
