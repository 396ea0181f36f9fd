"""What a board sends that means harm, crawled, stored, matched, and shown on every page that there is: nothing of it
runs, nothing is asked of anybody else, nothing unseen stays unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sa
from conftest import Workspace
from fastapi.testclient import TestClient
from hostile import EACH, PAYLOADS, Board, topics
from routing import routes_of
from socks_server import SocksServer
from test_console import PASSWORD
from worlds import tell_in_report

from alerts.cases import Wanted, list_alerts
from alerts.picture import chromium
from alerts.tables import alert_table
from console import accounts
from console.accounts import Role
from console.web.app import create_app
from console.web.server import Server

NOW = ("--now", "2026-11-23T12:00:00+00:00")
UNSEEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
#: Pages that need no more than their path, and what is asked of the others; one that is missing here fails the test.
ASKED: dict[str, list[str]] = {
    "/search": [
        "q=payload",
        "q=payload&by_listing=true&sort=relevance",
        "q=author:(",
        "q=" + quote('"><img src=x onerror=1>'),
    ],
    "/sellers": [urlencode({"name": payload[:60], "source": "site"}) for payload in PAYLOADS[::16]],
    "/pivot": [urlencode({"value": payload[:300]}) for payload in PAYLOADS[::40]] + ["value=@evil_1"],
    "/": ["state=", "tier=possible", urlencode({"text": PAYLOADS[0]})],
    "/alerts/{name}": ["", "view=print"],
}
FILES = {
    "/search/export": [f"q=payload&format={form}" for form in ("csv", "json", "stix")],
    "/alerts/export": [f"state=&format={form}" for form in ("csv", "json", "stix")],
    "/search/complete": ["q=author:", urlencode({"q": "telegram:evil"})],
}
#: These tell nothing of a board.
NO_PAGES = {
    "/events",
    "/healthz",
    "/readyz",
    "/metrics",
    "/setup",
    "/login",
    "/oidc/start",
    "/oidc/callback",
    "/watch/export",  # what people wrote, as a file
}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with all payloads, by the crawler's and the watcher's own way."""
    workspace = Workspace(tmp_path_factory.mktemp("hostile"))
    workspace.write(
        "config/watchlists/a.yaml", "organisations: [{id: bank, name: Invented Bank, laws: [eu-gdpr]}]\n"
    )
    with SocksServer(Board()) as server:
        workspace.write(
            "duskwatch.toml",
            f'data_dir = "var"\n[tor]\nsocks = "{server.address}"\nwait = 1\n[watch]\nhistory = "alert"\n',
        )
        workspace.source("site", "phpbb", "http://site.example", {"all": "/viewforum.php?f=2"})
        done = workspace.crawl("site", *NOW)
    assert (done["state"], done["new"]) == ("ok", len(PAYLOADS)), done
    workspace.duskwatch("watch", "run")
    made = create_app(workspace.folder / "duskwatch.toml")
    with made.state.context.engine.begin() as connection:  # one as if nobody had been named
        spoke = [[text, 1.5] for text in PAYLOADS]
        maybe = {"score": 20.0, "threshold": 15.0, "for": spoke, "against": spoke, "others": PAYLOADS[:10]}
        last = sa.select(sa.func.max(alert_table.c.id)).scalar_subquery()
        values = {"tier": "possible", "possible": maybe}
        connection.execute(sa.update(alert_table).where(alert_table.c.id == last).values(values))
    accounts.add_user(made.state.context.engine, "ayu", PASSWORD, Role.ADMIN, at=datetime.now(UTC))
    tell_in_report(
        made.state.context.engine,
        "told",
        list_alerts(made.state.context.engine, limit=1000),
        datetime.now(UTC),
    )
    made.state.context.close()
    return workspace.folder


@pytest.fixture
def server(crawled: Path) -> Iterator[Server]:
    running = Server(crawled / "duskwatch.toml", "127.0.0.1", 0)
    running.start()
    yield running
    running.stop(10)


def asked(app: Any) -> tuple[list[str], list[str]]:
    """Every page and every file of the route table, with what is asked of each."""
    tiers = (Wanted(tier="possible"), Wanted())
    alerts = [one.id for wanted in tiers for one in list_alerts(app.state.context.engine, wanted, limit=1000)]
    names = {
        "/alerts/{name}": alerts[:6],
        "/alerts/{name}/brief": alerts[:2],
        "/posts/{name:path}": [quote(f"site/{topic}/{(topic - 1) * EACH + 1}") for topic in topics()],
        "/watchlists/{name}": ["bank"],
        "/watchlists/{name}/edit": ["bank"],
        "/watchlists/{name}/versions": ["bank"],
        "/watchlists/{name}/yaml": [],  # what people wrote
        "/routes/{name}/edit": [],
        "/routes/{name}/versions": [],
        "/sources/{name}": ["site"],
        "/baseline/{name}": ["told"],
        "/source/add/{key}": [],
    }
    pages, files = [], []
    for route_path, route in routes_of(app):
        if "GET" not in route.methods or route_path.startswith("/api/") or route_path in NO_PAGES:
            continue
        paths = [route_path]
        if "{" in route_path:
            assert route_path in names, f"say in test_hostile.py with which names {route_path} is asked"
            paths = [re.sub(r"\{[^}]+\}", lambda _, one=one: one, route_path) for one in names[route_path]]
        if route_path in FILES:
            files += [f"{path}?{query}" for path in paths for query in FILES[route_path]]
            continue
        pages += [f"{path}?{query}".rstrip("?") for path in paths for query in ASKED.get(route_path, [""])]
    return pages, files


def test_there_are_two_hundred() -> None:
    assert len(set(PAYLOADS)) == 200


@pytest.mark.slow
@pytest.mark.skipif(chromium() is None, reason="chromium is not installed (Debian: chromium)")
def test_nothing_of_it_runs_or_leaves_or_hides(server: Server, browser: Any) -> None:
    pages, _ = asked(server._app)
    assert len(pages) > 50
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    harm: list[str] = []
    page.on("dialog", lambda dialog: (harm.append(f"dialog on {page.url}"), dialog.dismiss()))
    page.on("pageerror", lambda error: harm.append(f"{page.url}: {error}"))
    page.on("console", lambda said: harm.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    page.on(
        "request",
        lambda one: harm.append(one.url) if not one.url.startswith((server.url, "data:,")) else None,
    )
    page.goto(server.url)
    page.fill("input[name=user]", "ayu")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_selector("tr[data-alert]")
    seen: set[str] = set()
    for path in pages:
        answer = page.goto(server.url + path, wait_until="load")
        assert answer.status < 500, path
        assert answer.status == 200 or "q=" in path, (path, answer.status)
        assert page.url.startswith(server.url), path
        assert page.evaluate("window.pwned") is None, path
        html = page.content()
        assert not (found := UNSEEN.search(html)), (path, hex(ord(found[0])))
        odd = (
            "script:not([src^='/static/']), iframe, object, embed, base, meta[http-equiv], link[href*='evil']"
        )
        assert page.locator(odd).count() == 0, path
        assert (
            page.locator("[onerror], [onload], [onfocus], [onmouseover], [href^='http'], [style]").count()
            == 0
        ), path
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide or "/brief" in path, f"{path} is broken by a long word"
        seen |= set(re.findall(r"payload-\d{3}", html))
    assert harm == []
    assert len(seen) == len(PAYLOADS), "every payload was shown"


def test_no_file_carries_it_on(crawled: Path) -> None:
    made = create_app(crawled / "duskwatch.toml")
    client = TestClient(made, base_url="http://localhost", follow_redirects=False)
    client.post("/login", data={"user": "ayu", "password": PASSWORD})
    for path in asked(made)[1]:
        got = client.get(path)
        assert got.status_code == 200, path
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "html" not in got.headers["Content-Type"]
        assert "set-cookie" not in got.headers
        if "csv" in path:
            assert not re.search(r'(?:^|,)"[=+\-@＝\t\r]', got.text, re.M), path
            assert not UNSEEN.search(got.text), path
    made.state.context.close()
