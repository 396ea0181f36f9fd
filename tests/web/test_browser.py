"""The console in a real browser: a CSIRT's morning, keys, accessibility, and no request to anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import Workspace
from test_console import PASSWORD, alert_ids, every_page, fill

from alerts.picture import chromium
from console import accounts
from console.accounts import Role
from console.web.server import Server

pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="chromium is not installed (Debian: chromium)"),
]


@pytest.fixture
def server(workspace: Workspace) -> Iterator[Server]:
    fill(workspace)
    running = Server(workspace.folder / "duskwatch.toml", "127.0.0.1", 0)
    engine = running._app.state.context.engine
    accounts.add_user(engine, "ayu", PASSWORD, Role.ADMIN, at=datetime.now(UTC))
    running.start()
    yield running
    running.stop(10)


def test_a_morning(server: Server, browser: Any, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(server.url)
    page.fill("input[name=user]", "ayu")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_selector("tr[data-alert]")
    page.wait_for_selector(".new:has-text('2')")  # a server-sent event
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_selector("td:has-text('acknowledged')")
    app = server._app
    broken = {}
    for number, path in enumerate(every_page(app)):
        page.goto(server.url + path)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page)
            if found.violations_count:
                broken[path, scheme] = found.generate_report()
        page.set_viewport_size({"width": 360, "height": 780})
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{path} is wider than a phone"
        page.set_viewport_size({"width": 1280, "height": 900})
        page.screenshot(path=str(tmp_path / f"{number}.png"), full_page=True)
    assert not broken, broken
    name = alert_ids(app)["port"]
    page.goto(f"{server.url}/alerts/{name}")
    page.keyboard.press("f")
    page.wait_for_selector("p.facts:has-text('false positive')")
    assert {url.split("/")[2] for url in asked if not url.startswith("data:")} == {server.url.split("/")[2]}
    assert faults == []
