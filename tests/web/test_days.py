"""Two days in a real browser: an alert from its arrival to its brief, and a seller found by a wallet.

``DUSKWATCH_SCREENSHOTS=1`` writes what they show to ``docs/screenshots/``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from boards import post
from conftest import Workspace
from test_console import PASSWORD

from alerts.picture import chromium
from console import accounts
from console.accounts import Role
from console.web.server import Server
from indexer.opening import open_store
from indexer.post import Post

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="chromium is not installed (Debian: chromium)"),
]
WALLET = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
SHOTS = Path(__file__).parents[2] / "docs" / "screenshots"


def keep(page: Any, name: str) -> None:
    """A picture for the docs, where it is asked for."""
    if os.environ.get("DUSKWATCH_SCREENSHOTS"):
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=str(SHOTS / f"{name}.png"))


def put(workspace: Workspace, *posts: Post) -> None:
    store = open_store(f"sqlite:///{workspace.folder}/var/posts.db")
    store.put(posts)
    store.close()


def offer(thread: str, text: str, title: str, author: str, source: str, days: float) -> Post:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)
    return post(thread, 1, text, source, title=title, author=author, posted_at=at, seen_at=at)


@pytest.fixture
def server(workspace: Workspace) -> Iterator[Server]:
    (workspace.folder / "var").mkdir()
    workspace.write(
        "config/watchlists/a.yaml",
        "organisations: [{id: example-bank, name: Example Bank of Nowhere, laws: [eu-gdpr]}]\n",
    )
    sell = f"Pay to {WALLET}. jabber: linen@xmpp.example"
    put(
        workspace,
        *(
            offer(str(20 + at), "Selling rows, 300 USD", f"Database {at}", f"s{at % 5}", "forum", 3 * at)
            for at in range(20)
        ),
        offer("2", f"Accounts with balance, pay {WALLET}", "Fresh accounts", "satin_heron", "market", 9),
        offer("3", sell, "Access to networks", "linen", "leaks", 40),
    )
    running = Server(workspace.folder / "duskwatch.toml", "127.0.0.1", 0)
    accounts.add_user(running._app.state.context.engine, "ayu", PASSWORD, Role.ADMIN, at=datetime.now(UTC))
    running.start()
    yield running
    running.stop(10)


def test_an_alert_from_arrival_to_brief_and_its_seller_by_a_wallet(
    server: Server,
    workspace: Workspace,
    browser: Any,
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(server.url)
    page.fill("input[name=user]", "ayu")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_selector(".empty")
    text = f"6,000,000 customers, 720 GB. Price: 5000 USD, BTC {WALLET}. telegram: @velvet_crane"
    title = "Selling the customers of Example Bank of Nowhere"
    put(workspace, offer("1", text, title, "velvet_crane", "forum", 0.1))
    workspace.duskwatch("watch", "run")
    page.wait_for_selector(".new[aria-live=polite] a:has-text('example-bank')", timeout=20_000)
    page.goto(server.url)
    page.wait_for_selector("tr.unread")
    keep(page, "inbox")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1 mark")
    page.fill("textarea[name=why]", "The sample is ours.")
    page.click("button[value=note]")
    page.wait_for_selector("#notes ~ .note:has-text('The sample is ours.')")
    page.click("button[value=confirm]")
    page.wait_for_selector(".clocks .left")
    page.keyboard.press("e")
    page.wait_for_selector(".headline .state:has-text('escalated')")
    keep(page, "alert")
    page.click("a:text-is('Brief')")
    page.wait_for_selector("text=Example Bank of Nowhere")

    page.goto(f"{server.url}/search")
    page.fill("#query", "")
    page.type("#query", WALLET)
    page.wait_for_selector(f"#query-offers li:has-text('wallet:{WALLET}')")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#query", "aria-activedescendant") == "query-offer-0"
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2#sellers")
    assert page.locator("section[aria-labelledby=sellers] tbody tr").count() == 3
    keep(page, "indicator")
    page.click("section[aria-labelledby=sellers] a:has-text('velvet_crane')")
    page.wait_for_selector(".aliases a:has-text('satin_heron')")
    page.wait_for_selector(".aliases a:has-text('linen')")
    keep(page, "seller")

    page.goto(f"{server.url}/search?q=selling")
    chart = page.locator("svg[data-timeline]").bounding_box()
    page.mouse.move(chart["x"] + chart["width"] * 0.6, chart["y"] + 20)
    page.mouse.down()
    page.mouse.move(chart["x"] + chart["width"] - 2, chart["y"] + 20)
    page.mouse.up()
    page.wait_for_url("**since=*until=*")
    page.wait_for_selector(".chip")
    keep(page, "search")
    page.goto(f"{server.url}/overview")
    page.wait_for_selector(".chart svg")
    keep(page, "overview")
