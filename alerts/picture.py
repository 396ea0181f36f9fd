"""A picture of a kept page, made from its bytes by Chromium: no script runs, and nothing is asked of any network.

Every script is taken out of the page, and what may hide another is forbidden by a policy that stands before all else;
it forbids every load as well. Behind it stand a proxy that is not there for every address, and no name that can be
looked up. (Chromium's switch for scripts would switch off its own that makes the picture.)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from config.errors import RetryError

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_POLICY = (
    '<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'\">"
)
_FLAGS = (
    *(
        "--headless=new",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-background-networking",
    ),
    *(
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--disable-quic",
        "--mute-audio",
    ),
    *("--blink-settings=imagesEnabled=false", "--proxy-server=socks5://127.0.0.1:9"),
    *("--proxy-bypass-list=<-loopback>", "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-remote-fonts"),
    *(
        "--disable-default-apps",
        "--disable-domain-reliability",
        "--disable-features=OptimizationHints,MediaRouter",
    ),
)
_LONGEST = 2_000_000  # characters of a page that are shown


class NoPicture(RetryError):
    """No picture could be made of a page."""


def chromium() -> str | None:
    """Where Chromium is, or None."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def picture(page: str, width: int = 1280, height: int = 2400, timeout: float = 60) -> bytes:
    """A PNG of a page's HTML. Raises ``NoPicture``."""
    return _chromium(page, "--screenshot=", "png", timeout, f"--window-size={width},{height}")


def pdf(page: str, timeout: float = 60) -> bytes:
    """A PDF of a page's HTML. Raises ``NoPicture``."""
    return _chromium(page, "--print-to-pdf=", "pdf", timeout, "--no-pdf-header-footer")


def still(page: str) -> str:
    """A page without what runs, moves on or loads another."""
    tree = LexborHTMLParser(page)
    tree.strip_tags(
        ["script", "noscript", "iframe", "frame", "object", "embed", "link", "base", "video", "audio"]
    )
    for node in tree.css("meta[http-equiv]"):
        node.decompose()
    for node in tree.css("*"):
        for name in [
            name for name in node.attributes if name.lower().startswith("on") or name == "autofocus"
        ]:
            del node.attrs[name]
    return tree.html or ""


def _chromium(page: str, action: str, ending: str, timeout: float, *more: str) -> bytes:
    program = chromium()
    if program is None:
        raise NoPicture("Chromium is not installed", cure="apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="duskwatch-") as name:
        folder = Path(name)
        shown = folder / "page.html"
        shown.write_text(_POLICY + still(page[:_LONGEST]), encoding="utf-8", errors="replace")
        made = folder / f"made.{ending}"
        root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
        words = [
            program,
            *_FLAGS,
            *root,
            *more,
            f"--user-data-dir={folder}/profile",
            f"{action}{made}",
            shown.as_uri(),
        ]
        surroundings = {"HOME": name, "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
        try:
            done = subprocess.run(
                words,
                timeout=timeout,
                capture_output=True,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoPicture(f"Chromium made no {ending}: {type(error).__name__}") from error
        if not made.exists():
            raise NoPicture(f"Chromium made no {ending} and ended with status {done.returncode}")
        return made.read_bytes()
