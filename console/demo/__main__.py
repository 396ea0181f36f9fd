"""``make demo``: the whole way from a post on an onion forum to an alert, in under three minutes.

Everything is genuine and everything is on this machine: a private Tor network, a django-machina forum behind
a version 3 onion address, and the same ``duskwatch`` commands that a user types.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table

from console.demo.board import Forum
from console.demo.receiver import Receiver
from console.demo.tor_network import PrivateTor

SOURCE = "demo-forum"
_SVG = re.sub(
    r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL
)  # fetches no font from anywhere
_WATCHLISTS = Path(__file__).parents[2] / "config" / "watchlists"


class DemoFailed(Exception):
    """A step of the demo did not show what it should."""


class Demo:
    """The demo's steps, on a folder of its own."""

    def __init__(self, folder: Path, screen: Console) -> None:
        self.folder = folder
        self.screen = screen
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DUSKWATCH_")},
            "DUSKWATCH_CONFIG": str(folder / "duskwatch.toml"),
        }

    def configure(self, network: PrivateTor, onion: str, boards: dict[str, str], receiver: Receiver) -> None:
        """Write the files that an operator would write."""
        files = {
            "duskwatch.toml": (
                'data_dir = "var"\n'
                f'[tor]\nsocks = "127.0.0.1:{network.socks_port}"\n'
                f'control = "127.0.0.1:{network.control_port}"\n'
                f'control_password = "{network.control_password}"\n'
                '[log]\nlevel = "error"\n'
                '[watch]\nhistory = "alert"\n'  # the case is of 2022, and stands there before the first crawl
            ),
            f"config/sources/{SOURCE}.yaml": (
                f"id: {SOURCE}\nname: Demo forum\nkind: forum\nadapter: machina\n"
                f"addresses:\n  - http://{onion}\nboards:\n"
                + "".join(f"  - key: {key}\n    path: {path}\n" for key, path in boards.items())
                + "schedule:\n  every: 60\npoliteness:\n  delay: 0\n  connections: 4\n"
                "tlp: amber\nreliability: F\n"
            ),
            "config/channels/terminal.yaml": "type: terminal\n",
            "config/channels/file.yaml": f"type: jsonl\npath: {self.folder}/alerts.jsonl\n",
            "config/channels/webhook.yaml": f"type: webhook\nurl: {receiver.url}\nprivate: true\n",
        }
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (self.folder / "duskwatch.toml").chmod(0o600)
        shutil.copytree(_WATCHLISTS, self.folder / "config/watchlists")

    def duskwatch(self, *words: str, show: bool = False) -> Any:
        """Run a ``duskwatch`` command as a user would; what it prints as JSON, or nothing when shown."""
        self.screen.print(f"[bold cyan]$ duskwatch {' '.join(words)}[/]")
        command = [sys.executable, "-m", "console.cli.main", *([] if show else ["--json"]), *words]
        with _busy(self.screen, "running"):
            done = subprocess.run(
                command, env=self._environment, cwd=self.folder, capture_output=True, text=True, check=False
            )
        if done.returncode:
            raise DemoFailed(f"duskwatch {words[0]} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        if show:
            self.screen.print(done.stdout, end="", markup=False, highlight=False)
            return None
        return json.loads(done.stdout)


@contextmanager
def _busy(screen: Console, words: str) -> Iterator[Callable[[str], object]]:
    """Something that moves while a step takes its time, and a function that says more; a picture has neither."""
    if screen.record:
        yield lambda _words: None
    else:
        with screen.status(words) as status:
            yield status.update


def _figures(screen: Console, title: str, crawl: dict[str, Any], watch: dict[str, Any]) -> None:
    table = Table(
        "pages fetched", "new posts", "changed", "removed", "new alerts", "raised again", title=title
    )
    table.add_row(
        *(str(crawl[key]) for key in ("pages", "new", "changed", "removed")),
        f"[bold]{watch['alerts_new']}[/]",
        str(watch["alerts_again"]),
    )
    screen.print(table)


def _expect(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise DemoFailed(f"{what}: expected {wanted!r}, saw {seen!r}")


def show(demo: Demo, forum: Forum, receiver: Receiver) -> None:
    """Steps 3 and 4: two crawls, with a change of the forum between them."""
    screen = demo.screen
    screen.print(Rule("First crawl: everything is new"))
    first = demo.duskwatch("crawl", SOURCE)[0]
    _expect("state of the first crawl", first["state"], "ok")
    watch = demo.duskwatch("watch", "run")
    _figures(screen, "first crawl", first, watch)
    _expect("alerts of the first crawl", watch["alerts_new"], 1)
    demo.duskwatch("deliver", "run", show=True)
    receiver.wait_for(1, 10)

    screen.print(Rule("The forum changes: a reply, an edited price, a new topic, a deleted topic"))
    forum.change()
    second = demo.duskwatch("crawl", SOURCE)[0]
    watch = demo.duskwatch("watch", "run")
    _figures(screen, "second crawl", second, watch)
    _expect("state of the second crawl", second["state"], "ok")
    _expect("alerts of the second crawl", watch["alerts_new"], 1)
    if second["pages"] * 3 > first["pages"]:
        raise DemoFailed(f"the second crawl fetched {second['pages']} of {first['pages']} pages")
    for name in ("new", "changed", "removed"):
        if not second[name]:
            raise DemoFailed(f"the second crawl found no {name} post")
    _expect("alerts raised again: the ministry's listing has a price now", watch["alerts_again"], 1)
    demo.duskwatch("deliver", "run", show=True)
    receiver.wait_for(3, 10)

    screen.print(Rule("What arrived"))
    lines = (demo.folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    keys = [request.headers["Idempotency-Key"] for request in receiver.requests]
    _expect("lines in alerts.jsonl", len(lines), 3)
    _expect("webhook deliveries, each under a key of its own", (len(keys), len(set(keys))), (3, 3))
    screen.print(
        f"terminal: 2 alerts and a change of one above, JSON lines: {len(lines)}, webhook: {len(keys)} requests"
    )
    demo.duskwatch("search", 'text:"ministry of health"', show=True)


def main() -> None:
    """Run the demo; exit status 0 when every step showed what it should."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave Tor, forum and data until Ctrl-C")
    parser.add_argument("--record", type=Path, help="also draw what is shown into an SVG file")
    options = parser.parse_args()
    screen = Console(record=True, force_terminal=True, width=110) if options.record else Console()
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    folder = Path(tempfile.mkdtemp(prefix="duskwatch-demo-"))
    try:
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            screen.print(Panel("Duskwatch: from a post on an onion forum to an alert", style="bold"))
            with _busy(screen, "starting a forum and a private Tor network (about 25 s)") as tell:
                forum = stack.enter_context(Forum(folder / "forum"))
                receiver = stack.enter_context(Receiver())
                network = stack.enter_context(
                    PrivateTor(progress=lambda step: tell(f"private Tor network: {step}"))
                )
                onion = network.add_onion(forum.port)
            screen.print(f"Tor network up after {time.monotonic() - begun:.0f} s, forum at http://{onion}")
            demo = Demo(folder, screen)
            demo.configure(network, onion, forum.boards, receiver)
            show(demo, forum, receiver)
            screen.print(Rule(f"done after {time.monotonic() - begun:.0f} s"))
            screen.print(
                "Where to look next: README.md (your own source and watchlist), duskwatch --help, "
                "make demo ARGS=--keep (leaves it running to play with)"
            )
            if options.record:
                screen.save_svg(str(options.record), title="make demo", code_format=_SVG)
            if options.keep:
                programs = Path(sys.executable).parent
                screen.print(
                    f"Left running. In another terminal: cd {folder} && export PATH={programs}:$PATH"
                    " && duskwatch --help. Ctrl-C ends it."
                )
                signal.pause()
    except KeyboardInterrupt:
        sys.exit(130)
    except (DemoFailed, TimeoutError) as error:
        screen.print(f"[red]the demo failed:[/] {error}")
        sys.exit(1)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
