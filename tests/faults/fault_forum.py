"""The forum of a run as its parent sees it: makes the plan's changes at their times and writes them into the ledger."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fault_ledger import Ledger, Served, lines
from fault_plan import Change

from console.demo.board import Forum
from console.demo.tor_network import die_with_parent


class BusyForum(Forum):
    """A machina forum whose process takes a change a line. A context manager."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        super().__init__(folder)
        self.folder = folder
        self._ledger = ledger
        self._threads: dict[int, str] = {}
        self._posts: dict[int, str] = {}
        self._ended = threading.Event()
        self._fault: BaseException | None = None

    def __enter__(self) -> BusyForum:
        self.folder.mkdir(parents=True, exist_ok=True)
        here = Path(__file__).parent
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", str(here / "fault_forum_server.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={
                    **os.environ,
                    "DEMO_FORUM_FOLDER": str(self.folder),
                    "PYTHONPATH": os.pathsep.join(map(str, (here, here.parent, here.parents[1]))),
                },
                preexec_fn=die_with_parent,
            )
        started = self._answer()
        self.port, self.boards = started["port"], started["boards"]
        return self

    def apply(self, change: Change) -> None:
        """Make one change and write down when it was made."""
        asked = {
            "what": change.what,
            "board": change.board,
            "author": change.author,
            "title": change.title,
            "text": change.text,
            "thread": self._threads.get(change.thread),
            "post": self._posts.get(change.post),
        }
        answer: dict[str, Any] = self._ask("change", asked)
        if "thread" in answer:
            self._threads[change.thread] = answer["thread"]
        if "post" in answer:
            self._posts[change.post] = answer["post"]
        self._ledger.write(
            kind="change",
            what=change.what,
            number=change.post,
            revision=change.revision,
            thread=self._threads[change.thread],
            post=self._posts.get(change.post, ""),
            board=change.board,
            text=change.text,
            organisations=change.organisations,
            offer=change.offer,
            begun=answer["begun"],
            done=answer["done"],
        )

    def begin(self, changes: Sequence[Change]) -> None:
        """Make changes at their seconds from now on, in a thread of its own."""
        start = time.monotonic()

        def make() -> None:
            try:
                for change in changes:
                    if self._ended.wait(max(start + change.at - time.monotonic(), 0)):
                        return
                    self.apply(change)
            except BaseException as error:  # noqa: BLE001 - told by ``join``
                self._fault = error

        self._thread = threading.Thread(target=make, daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Return when the last change is made; raises what stood in its way."""
        self._thread.join()
        if self._fault:
            raise self._fault

    def __exit__(self, *error: Any) -> None:
        self._ended.set()
        super().__exit__(*error)

    def served(self) -> list[Served]:
        """Every page that it gave so far."""
        return [
            Served(line["at"], line["path"], frozenset(map(tuple, line["marks"])))
            for line in lines(self.folder / "served.jsonl")
        ]
