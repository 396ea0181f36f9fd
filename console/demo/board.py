"""The demo's forum as its parent sees it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from console.demo.tor_network import die_with_parent


class Forum:
    """A running django-machina forum on 127.0.0.1; a context manager. ``boards``: path by name."""

    _PROGRAM: tuple[str, ...] = ("-m", "console.demo.forum.server")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = 0
        self.boards: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", *self._PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "DEMO_FORUM_FOLDER": str(self._folder)},
                preexec_fn=die_with_parent,
            )
        started = self._answer()
        self.port, self.boards = started["port"], started["boards"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def change(self) -> None:
        """A reply, an edited price, a new topic that names the ministry by another alias, a deleted topic."""
        self._ask("change")

    def list_topic(self, board: str, title: str, author: str, text: str) -> str:
        """A new topic; its key."""
        topic = {"board": board, "title": title, "author": author, "text": text, "minutes_ago": 0}
        return str(self._ask("list_topic", topic))

    def reply(self, topic: str, author: str, text: str) -> str:
        """A new post in a topic; its key."""
        return str(self._ask("reply", topic, author, text))

    def hold(self) -> None:
        """Let every page that is asked for wait until ``go_on``."""
        self._ask("clear")

    def go_on(self) -> None:
        """Serve again."""
        self._ask("set")

    def truth(self) -> list[dict[str, Any]]:
        """Every post as the engine's own database has it; ``created`` in Unix seconds."""
        answer: list[dict[str, Any]] = self._ask("truth")
        return answer

    def _ask(self, word: str, *about: object) -> Any:
        assert self._process.stdin
        self._process.stdin.write(json.dumps([word, *about]) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            log = (self._folder / "log").read_text(errors="replace")
            raise RuntimeError(f"the forum ended with {self._process.wait()}: {log[-2000:]}")
        return json.loads(line)
