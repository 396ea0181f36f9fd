"""The console in a browser that runs no script: every page reads the same, and what changes something works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from worlds import PASSWORD, World, client, made, worlds

from alerts.cases import get_alert
from alerts.picture import chromium
from console.accounts import Role
from console.web.server import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="chromium is not installed (Debian: chromium)"),
]
#: What tells of keys is of no use to whoever has no scripts.
_OF_SCRIPTS = ".keys, kbd"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(made(tmp_path_factory.mktemp("plain")), "127.0.0.1", 0)
    running.start()
    yield running
    running.stop(10)


def plain_page(browser: Any) -> Any:
    """A page that runs no script."""
    return browser.new_context(java_script_enabled=False).new_page()


def log_in(server: Server, browser: Any, user: str) -> Any:
    """A page of somebody who has logged in by the form."""
    page = plain_page(browser)
    page.goto(server.url)
    page.fill("input[name=user]", user)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    return page


def pages(world: World, role: Role) -> dict[str, str]:
    """Addresses, each with what must stand there to be read; those that all have alike are read as the first role."""
    read = {"/": "Open Invented Port: all customers", f"/alerts/{world.alert}": "2 million people"}
    shared = {
        f"/alerts/{world.alert}?view=print": "2 million people",
        f"/alerts/{world.alert}/brief": "Open Invented Port",
        "/search?q=invented": "Openseller",
        f"/posts/{world.post}": "2 million people",
        f"/sellers?name=Openseller&source={world.source}": "No other handle names a contact",
        "/pivot?value=@openseller": "Open Invented Port: all customers",
        "/sources": world.source,
        f"/sources/{world.source}": world.source,
        "/coverage": world.source,
        "/watchlists": "Open Invented Port",
        f"/watchlists/{world.organisation}": "Open Invented Port",
        "/routes": "Whom would an alert reach?",
        "/overview": "Detection clock",
        "/account": role.value,
    }
    if role in (Role.VIEWER, Role.ADMIN):
        read |= shared
    if role.may(Role.OPERATOR):
        read |= {
            "/watch/new": "Preview on history",
            f"/watchlists/{world.organisation}/edit": "Preview on history",
            f"/watchlists/{world.organisation}/versions": "Versions",
            "/watch/import": "YAML",
            "/source/add": "Address of the start page",
            "/routes/routes/edit": "Look at the changes",
        }
    return read


@pytest.mark.parametrize("role", list(Role))
def test_every_page_reads_without_scripts(server: Server, browser: Any, role: Role) -> None:
    world = worlds(server._app)["open"]
    page, held = plain_page(browser), client(server._app, role.value).cookies
    page.context.add_cookies([{"name": name, "value": held[name], "url": server.url} for name in held])
    for path, told in pages(world, role).items():
        got = page.goto(server.url + path)
        assert got.status == 200, path
        text = page.inner_text("body")
        assert told.casefold() in text.casefold(), f"{path}: {text}"
        for hint in page.locator(_OF_SCRIPTS).all():
            assert not hint.is_visible(), f"{path}: {hint.text_content()}"
    page.context.close()


def test_what_changes_something_works_without_scripts(server: Server, browser: Any) -> None:
    world, engine = worlds(server._app)["open"], server._app.state.context.engine
    page = log_in(server, browser, "analyst")
    page.check(f"input[value='{world.alert}']")
    page.select_option("select[name=act]", "ack")
    page.click("fieldset.bulk button:not([formaction])")
    assert page.inner_text(f"tr[data-alert='{world.alert}'] .state") == "acknowledged"
    page.click(f"tr[data-alert='{world.alert}'] a")
    page.fill("#act textarea", "called the port")
    page.click("#act button[value=note]")
    assert "called the port" in page.inner_text("main")
    page.click("#act button[value=escalate]")
    assert get_alert(engine, world.alert)[0].state == "escalated"
    page.goto(f"{server.url}/search")
    page.fill("input[name=q]", "openseller")
    page.press("input[name=q]", "Enter")
    assert "Open Invented Port: all customers" in page.inner_text("main")
    page.select_option("select[name=to]", "id")
    page.click("header form[action='/language'] button")
    assert page.get_attribute("html", "lang") == "id"
    assert "q=openseller" in page.url
    page.click("header form[action='/logout'] button")
    assert page.locator("input[name=password]").count() == 1
    page.context.close()


def test_an_operator_tunes_a_watch_without_scripts(server: Server, browser: Any) -> None:
    world = worlds(server._app)["open"]
    page = log_in(server, browser, "operator")
    page.goto(f"{server.url}/watchlists/{world.organisation}/edit")
    page.fill("textarea[name=aliases]", "OIP Harbour")
    page.click("button[name=act][value=preview]:not(.hidden)")
    assert "alerts a week expected" in page.inner_text("#preview")
    page.click("button[name=act][value=changes]")
    page.fill("[name=why]", "they call themselves so")
    page.click("button[name=act][value=save]")
    page.goto(f"{server.url}/watchlists/{world.organisation}")
    assert "OIP Harbour" in page.inner_text("main")
    page.context.close()
