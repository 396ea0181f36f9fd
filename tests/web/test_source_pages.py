"""Sources in the console: what an operator may do with one, what nobody is shown, and one added from an address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import test_console
from conftest import Workspace
from fastapi import FastAPI
from test_console import PASSWORD, client_of, csrf

from alerts.picture import chromium
from console import accounts
from console.accounts import Role
from console.demo.board import Forum
from console.demo.tor_network import PrivateTor
from console.web.server import Server

app, filled = test_console.app, test_console.filled
ONION = "http://zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd.onion"
FILE = (
    f"id: forum\nname: Forum\nadapter: machina\naddresses: [{ONION}]\nboards: [{{key: sale, path: /sale/}}]\n"
)


@pytest.fixture
def file(app: FastAPI) -> Path:
    context = app.state.context
    context.settings.sources_dir.mkdir(parents=True)
    path: Path = context.settings.sources_dir / "forum.yaml"
    path.write_text(FILE)
    context.look_again()
    return path


def test_each_role_does_with_a_source_what_it_may(app: FastAPI, file: Path) -> None:
    for role in Role:
        client = client_of(app, role.value)
        may, word = role.may(Role.OPERATOR), csrf(client)
        assert client.get("/sources/forum").status_code == 200
        assert (client.get("/source/add").status_code == 200) == may
        acts: list[tuple[str, dict[str, str]]] = [
            ("/sources/forum", {"act": act, "why": "x"}) for act in ("now", "pause", "resume", "circuits")
        ]
        acts.append(("/sources/forum", {"act": "lend", "why": "x", "cookies": "sid=hidden-secret"}))
        acts.append(("/sources/forum", {"act": "end", "why": "x"}))
        acts.append(("/source/add", {"url": "http://127.0.0.1/"}))
        acts.append(("/source/add/none", {"act": "drop"}))
        for path, data in acts:
            got = client.post(path, data={"csrf": word, **data})
            assert (got.status_code != 403) == may, (role, path, data, got.status_code)
            assert client.post(path, data={**data, "csrf": "0" * 64}).status_code == 403
        if not may:
            assert file.read_text() == FILE
            assert ONION not in client.get("/sources/forum").text


def test_a_lent_session_is_shown_to_nobody(app: FastAPI, file: Path) -> None:
    client = client_of(app, "admin")
    lent = {
        "csrf": csrf(client),
        "act": "lend",
        "why": "a login stands before it",
        "cookies": "sid=hidden-secret",
    }
    assert client.post("/sources/forum", data=lent).status_code == 303
    pages = [client.get(path).text for path in ("/sources/forum", "/sources", "/overview")]
    assert all("hidden-secret" not in page for page in pages)
    assert "a login stands before it" in pages[0]
    assert "session lent" in pages[2]
    assert client.post("/sources/forum", data=lent | {"why": ""}).status_code == 400, "it wants a reason"
    paused = {"csrf": csrf(client), "act": "pause", "why": "they move house"}
    client.post("/sources/forum", data=paused)
    assert "paused" in client.get("/sources").text
    assert client.post("/sources/forum", data=paused | {"act": "now"}).status_code == 400


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://expyuzz4wqqyqhjn.onion/", "version 2"),
        ("http://127.0.0.1/", "loopback"),
        ("ftp://x.example", "http"),
    ],
)
def test_an_address_that_cannot_be_is_refused_at_once(app: FastAPI, url: str, says: str) -> None:
    client = client_of(app, "operator")
    got = client.post("/source/add", data={"csrf": csrf(client), "url": url})
    assert got.status_code == 422
    assert says in got.text


@pytest.fixture
def server(private_tor: PrivateTor, workspace: Workspace) -> Iterator[Server]:
    workspace.onion(private_tor)
    running = Server(workspace.folder / "duskwatch.toml", "127.0.0.1", 0)
    accounts.add_user(
        running._app.state.context.engine, "sari", PASSWORD, Role.OPERATOR, at=datetime.now(UTC)
    )
    running.start()
    yield running
    running.stop(10)


@pytest.mark.tor
@pytest.mark.slow
@pytest.mark.skipif(chromium() is None, reason="chromium is not installed (Debian: chromium)")
def test_a_source_is_added_from_an_address(
    private_tor: PrivateTor,
    forum: Forum,
    server: Server,
    workspace: Workspace,
    browser: Any,
    picture: Callable[..., None],
    accessible: Callable[[Any], None],
) -> None:
    onion = private_tor.add_onion(forum.port)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{server.url}/source/add")
    page.fill("input[name=user]", "sari")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    page.fill("input[name=url]", f"http://{onion}/")
    page.fill("input[name=name]", "found")
    page.select_option("select[name=adapter]", "profile")
    page.click("button:has-text('Look at it')")
    page.wait_for_selector("[data-refresh]")
    job = page.url
    page.goto(f"{server.url}/sources")  # it goes on without this page
    page.wait_for_selector("a:has-text('found')")
    page.goto(job)
    page.wait_for_selector("button:has-text('Accept')", timeout=90_000)
    accessible(page)
    picture(page, "source-table", full_page=True)
    page.click("summary:has-text('A column is wrong')")
    replies = page.locator("tbody tr td:nth-child(5)").all_text_contents()
    options = page.locator("select[name=views] option")
    wanted = options.filter(has_text=" / ".join(replies[:3]))
    page.select_option("select[name=views]", wanted.first.get_attribute("value"))
    page.click("button:has-text('Read it so')")
    page.wait_for_selector("details[open]")
    assert page.locator("tbody tr td:nth-child(6)").all_text_contents() == replies
    page.select_option("select[name=views]", "")
    page.fill("input[name=why]", "a board of our trade")
    page.click("button:has-text('Accept')")
    page.wait_for_selector("h1:has-text('found')")
    accessible(page)
    picture(page, "source", full_page=True)
    file = workspace.folder / "config/sources/found.yaml"
    assert re.search(r"^adapter: profile$", file.read_text(), re.MULTILINE)
    page.close()
    assert faults == []
    listed = workspace.duskwatch("source", "list")
    assert [each["source"] for each in listed] == ["found"]
