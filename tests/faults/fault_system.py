"""The product under fire: its folder as an operator has it, its service processes, and what is heard of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fault_ledger import lines
from fault_words import ORGANISATIONS

from console.demo.tor_network import die_with_parent

SOURCE = "board"
CHANNELS = ("hook", "mail")
_LOOK = 0.1  # seconds between two looks at which crawls are alive


@dataclass
class Life:
    """One crawl's process: whose child it was, and when it was first and last seen (Unix seconds)."""

    pid: int
    service: int
    first: float
    last: float


@dataclass
class Product:
    """``duskwatch run``, once or several times, in one folder. ``interval``: seconds between two crawls."""

    folder: Path
    settings: str
    services: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    interval: float = 3.0
    running: list[subprocess.Popen[bytes] | None] = field(default_factory=list)
    _lives: list[Life] = field(default_factory=list)
    _watching: threading.Event = field(default_factory=threading.Event)

    def configure(self, onion: str, boards: Mapping[str, str], hook: str, mail_port: int) -> None:
        """Write the files that an operator would write."""
        files = {
            "duskwatch.toml": self.settings,
            f"config/sources/{SOURCE}.yaml": (
                f"id: {SOURCE}\nname: Board under fire\nadapter: machina\naddresses: ['http://{onion}']\nboards:\n"
                + "".join(f"  - {{key: {key}, path: '{path}'}}\n" for key, path in boards.items())
                + f"schedule: {{every: {self.interval:g}, longest: {self.interval:g}}}\n"
                + "politeness: {delay: 0, connections: 4, timeout: 20, revisits: 100, pages_an_hour: 100000}\n"
            ),
            "config/watchlists/all.yaml": "organisations:\n"
            + "".join(f"  - {{id: {key}, name: {name}}}\n" for key, name in ORGANISATIONS.items()),
            "config/channels/hook.yaml": f"type: webhook\nurl: {hook}\nprivate: true\ntimeout: 10\n",
            "config/channels/mail.yaml": (
                f"type: mail\nhost: 127.0.0.1\nport: {mail_port}\nsecurity: none\n"
                "sender: duskwatch@watch.example\nrecipients: [soc@team.example]\ntimeout: 10\n"
            ),
        }
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (self.folder / "duskwatch.toml").chmod(0o600)
        self.running = [None] * self.services
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def own_environment(self) -> dict[str, str]:
        """Of all its processes."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DUSKWATCH_")}
        return {**kept, "DUSKWATCH_CONFIG": str(self.folder / "duskwatch.toml"), **self.environment}

    def start(self) -> None:
        """Start every service that does not run."""
        for number, process in enumerate(self.running):
            if process is None or process.poll() is not None:
                self.running[number] = self._launch(number)

    def _launch(self, number: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "console.cli.main", "run"],
            env=self.own_environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=die_with_parent,
        )
        threading.Thread(target=self._hear, args=(number, process), daemon=True).start()
        return process

    def _hear(self, number: int, process: subprocess.Popen[bytes]) -> None:
        """Write down what a service logs, and when it was heard: its own clock may be wrong on purpose."""
        assert process.stderr
        with process.stderr, (self.folder / f"heard-{number}.jsonl").open("a", encoding="utf-8") as out:
            for line in process.stderr:
                text = line.decode(errors="replace").rstrip()
                try:
                    said: Any = json.loads(text)
                except ValueError:
                    said = {"event": text}
                out.write(json.dumps({"heard": time.time(), "by": process.pid, **said}) + "\n")
                out.flush()

    def heard(self) -> list[dict[str, Any]]:
        """Every line of every service."""
        found = [
            line for number in range(self.services) for line in lines(self.folder / f"heard-{number}.jsonl")
        ]
        return sorted(found, key=lambda line: line["heard"])

    def _watch(self) -> None:
        """Keep when each crawl was alive, also those whose service is gone."""
        alive: dict[int, Life] = {}
        while not self._watching.wait(_LOOK):
            now = time.time()
            for service in list(self.running):
                for pid in children(service.pid) if service else ():
                    if pid not in alive and "crawler.run" in words_of(pid):
                        alive[pid] = Life(pid, service.pid, now, now)
                        self._lives.append(alive[pid])
            for pid, life in list(alive.items()):
                if "crawler.run" in words_of(pid):
                    life.last = now
                else:
                    del alive[pid]

    def lives(self) -> list[Life]:
        """Of every crawl so far."""
        return list(self._lives)

    def crawls(self) -> list[int]:
        """The process numbers of all crawls under way, also of services that are gone."""
        recent = time.time() - 10 * _LOOK
        return [
            life.pid for life in self._lives if life.last > recent and "crawler.run" in words_of(life.pid)
        ]

    def stop(self) -> list[int]:
        """End every service as an operator would; their exit statuses."""
        alive = [each for each in self.running if each is not None and each.poll() is None]
        for each in alive:
            each.send_signal(signal.SIGCONT)
            each.terminate()
        statuses = [each.wait(40) for each in alive]
        self.kill_crawls()
        self._watching.set()
        return statuses

    def kill_crawls(self) -> int:
        """Kill every crawl; how many."""
        return sum(strike(pid, signal.SIGKILL) for pid in self.crawls())

    def duskwatch(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A ``duskwatch`` command in its folder."""
        return subprocess.run(
            [sys.executable, "-m", "console.cli.main", *words],
            env=self.own_environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )


def children(parent: int) -> list[int]:
    """The children of a process; none where it is gone."""
    found = []
    try:
        for task in Path(f"/proc/{parent}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return found


def words_of(pid: int) -> list[str]:
    """What a process was started with; nothing where it is gone or dead."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def strike(pid: int, number: signal.Signals) -> bool:
    """Send a signal; whether there was anybody to get it."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def pause(pid: int, seconds: float) -> bool:
    """Stop a process for so long; whether it was there."""
    hit = strike(pid, signal.SIGSTOP)
    time.sleep(seconds)
    strike(pid, signal.SIGCONT)
    return hit


def wait(holds: Callable[[], bool], seconds: float, between: float = 0.05) -> bool:
    """Whether something comes to hold in time; ``between``: seconds between two looks."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(between)  # what is waited for is another program's: no event tells of it
    return True
