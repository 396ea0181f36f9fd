"""One browser for all tests that want one, and pictures for the documentation where they are asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.picture import chromium

FLAGS = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium(), chromium_sandbox=os.geteuid() != 0, args=list(FLAGS)
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def picture() -> Callable[..., None]:
    """Takes a picture of a page into the folder that ``$SCREENSHOTS_TO`` names; without it does nothing."""
    folder = os.environ.get("SCREENSHOTS_TO")

    def take(page: Any, name: str, **options: Any) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/{name}.png", **options)

    return take


def plainly_accessible(page: Any) -> None:
    """Axe finds nothing in light or dark, and the page is no wider than a phone."""
    from axe_playwright_python.sync_playwright import Axe

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert not found.violations_count, f"{page.url} {scheme}: {found.generate_report()}"
    page.emulate_media(color_scheme="light")
    size = page.viewport_size
    page.set_viewport_size({"width": 360, "height": 780})
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, f"{page.url} is wider than a phone"
    page.set_viewport_size(size)


@pytest.fixture(scope="session")
def accessible() -> Callable[[Any], None]:
    """``plainly_accessible``."""
    return plainly_accessible
