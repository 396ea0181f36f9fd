"""Whether the service grows: hours of real time on a forum that changes all the while.

``duskwatch run`` reads a genuine django-machina forum through a private Tor network while a seeded script changes it
(``_churned_forum.py``); alerts go to a receiver on loopback, and the console is asked now and then. Every minute is one
line in a file: what service and crawls hold, Tor's circuits, the sizes of what is written. The verdict comes from the
second half, when everything has been done often: a slope with its 95 % interval for each figure, beside the limit; and
for what must grow the bytes a post or a page, beside those that the first half had foretold.

``python bench/soak.py --minutes 120`` runs it, ``--write`` makes docs/soak.md of it; ``_soak_report.py FILE`` does so
later from what was kept.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from config.database import migrate, open_database
from console import accounts
from console.accounts import Role
from console.demo.board import Forum
from console.demo.receiver import Receiver
from console.demo.tor_network import PrivateTor, free_ports
from indexer.opening import open_store
from indexer.post import PostKey

sys.path.insert(0, str(Path(__file__).parent))
from _procs import children, held, size
from _soak_report import Sample, judge, table, write

_ROOT = Path(__file__).parents[1]
_EVERY = 20  # seconds between two crawls of a source
_PAUSE = 4.0  # seconds between two changes, on the average
_LONGEST = 720.0  # minutes
_PAGES = ("/", "/search?q=database", "/overview", "/sources", "/metrics", "/healthz")


class Churned(Forum):
    """The demo's forum that changes when it is told to."""

    _PROGRAM = (str(Path(__file__).with_name("_churned_forum.py")),)

    def churn(self) -> dict[str, Any]:
        """One change."""
        return dict(self._ask("change"))


@dataclass(slots=True)
class Watch:
    """What is seen between two samples."""

    peaks: dict[int, float] = field(default_factory=dict)  # of each crawl's process, megabytes
    files: dict[int, int] = field(default_factory=dict)
    console: list[float] = field(default_factory=list)  # milliseconds
    wrong: int = 0
    changes: int = 0


class Soak:
    """The service with all that is around it; a context manager."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.watch = Watch()
        self._stack = ExitStack()
        self._forum_lock = threading.Lock()
        self._done = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Soak:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.rest()
        self._stack.close()

    def _start(self) -> None:
        stack = self._stack
        os.environ["CHURN_SEED"] = str(self.seed)
        self.forum = stack.enter_context(Churned(self.folder / "forum"))
        self.receiver = stack.enter_context(Receiver())
        self.tor = stack.enter_context(PrivateTor())
        self.control = self.tor.controller()
        onions = {name: self.tor.add_onion(self.forum.port) for name in self.forum.boards}
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self._configure(onions, port)
        self.cookies = self._user()
        log = stack.enter_context((self.folder / "service.log").open("wb"))
        self.service = subprocess.Popen(
            [sys.executable, "-m", "console.cli.main", "run"],
            env={**os.environ, "DUSKWATCH_CONFIG": str(self.folder / "duskwatch.toml")},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        stack.callback(self._stop)
        for work in (self._churn, self._look, self._ask):
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            self._threads.append(thread)

    def _stop(self) -> None:
        self.service.terminate()
        try:
            self.service.wait(20)
        except subprocess.TimeoutExpired:
            self.service.kill()
            self.service.wait()

    def rest(self) -> None:
        """Change nothing any more and ask nothing."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _configure(self, onions: dict[str, str], port: int) -> None:
        files = {
            "duskwatch.toml": (
                'data_dir = "var"\n'
                f'[tor]\nsocks = "127.0.0.1:{self.tor.socks_port}"\n'
                f'control = "127.0.0.1:{self.tor.control_port}"\n'
                f'control_password = "{self.tor.control_password}"\n'
                f"[web]\nin_service = true\nport = {port}\nrate = 1000000\n"
                '[watch]\nevery = 2\n[deliver]\nevery = 1\n[log]\nlevel = "info"\nformat = "json"\n'
            ),
            "config/watchlists/a.yaml": (
                "organisations:\n"
                "  - {id: bank, name: Invented Bank of Nowhere}\n"
                "  - {id: office, name: Kantor Rekaan Timur}\n"
                "  - {id: telecom, name: Fiktiva Northern Telecom}\n"
            ),
            "config/channels/hook.yaml": f"type: webhook\nurl: {self.receiver.url}\nprivate: true\n",
            "config/channels/file.yaml": f"type: jsonl\npath: {self.folder}/alerts.jsonl\n",
        }
        for name, path in self.forum.boards.items():
            key = name.lower()
            files[f"config/sources/{key}.yaml"] = (
                f"id: {key}\nname: {name}\nadapter: machina\naddresses: [http://{onions[name]}]\n"
                f"boards: [{{key: {key}, path: {path}}}]\n"
                f"schedule: {{every: {_EVERY}, longest: {_EVERY}}}\n"
                "politeness: {delay: 0, connections: 2, revisits: 5, pages_an_hour: 100000, timeout: 60}\n"
            )
        for name, text in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        (self.folder / "duskwatch.toml").chmod(0o600)

    def _user(self) -> dict[str, str]:
        """An analyst's session for the console."""
        database = open_database(f"sqlite:///{self.folder}/var/state.db")
        migrate(database)
        at = datetime.now(UTC)
        accounts.add_user(database, "soak", secrets.token_urlsafe(), Role.ANALYST, at=at)
        lasts = timedelta(minutes=_LONGEST + 60)
        secret = accounts.grant(database, "soak", "session", "", Role.ANALYST, at=at, lasts=lasts)
        database.dispose()
        return {"duskwatch_session": secret}

    # --- what goes on meanwhile

    def _churn(self) -> None:
        chance = random.Random(self.seed)
        while not self._done.wait(chance.uniform(0, 2 * _PAUSE)):
            with self._forum_lock:
                self.forum.churn()
            self.watch.changes += 1

    def _look(self) -> None:
        """Crawls live for seconds: their peak is what was seen last of each."""
        while not self._done.wait(0.3):
            for pid in children(self.service.pid):
                seen = held(pid)
                if seen:
                    self.watch.peaks[pid] = seen.peak
                    self.watch.files[pid] = max(seen.files, self.watch.files.get(pid, 0))

    def _ask(self) -> None:
        with httpx.Client(base_url=self.url, cookies=self.cookies, timeout=60, trust_env=False) as client:
            while not self._done.wait(2):
                for page in _PAGES:
                    begun = time.perf_counter()
                    try:
                        status = client.get(page).status_code
                        self.watch.wrong += status not in (200, 503)  # 503: healthz is ill
                    except httpx.HTTPError:
                        self.watch.wrong += 1
                        continue
                    self.watch.console.append((time.perf_counter() - begun) * 1000)
                self._done.wait(10)

    # --- looking

    def sample(self, begun: float) -> Sample:
        """One minute."""
        seen, self.watch = self.watch, Watch()
        mine = held(self.service.pid)
        if mine is None:
            raise RuntimeError(f"the service ended with {self.service.poll()}; see {self.folder}/service.log")
        data = self.folder / "var"
        peaks = list(seen.peaks.values()) or [0.0]
        with reading(data / "state.db") as state, reading(data / "posts.db") as posts:
            return Sample(
                minutes=round((time.monotonic() - begun) / 60, 3),
                memory=mine.memory,
                files=mine.files,
                sockets=mine.sockets,
                threads=mine.threads,
                spent=mine.spent,
                crawl_memory=statistics.median(peaks),
                crawl_files=max(seen.files.values(), default=0),
                crawls_alive=len(children(self.service.pid)),
                circuits=len(self.control.get_info("circuit-status").splitlines()),
                streams=len(self.control.get_info("stream-status").splitlines()),
                state_bytes=logical(state),
                posts_bytes=logical(posts),
                evidence_bytes=size(data / "evidence"),
                spool_bytes=size(data / "spool.db"),
                log_bytes=size(self.folder / "service.log"),
                revisions=one(posts, "SELECT count(*) FROM feed"),
                posts=one(posts, "SELECT count(*) FROM post"),
                crawls=one(state, "SELECT count(*) FROM crawl_run"),
                pages=one(state, "SELECT sum(pages) FROM crawl_run"),
                alerts=one(state, "SELECT count(*) FROM alert"),
                backlog=one(state, "SELECT count(*) FROM delivery WHERE state = 'waiting'"),
                parked=one(state, "SELECT count(*) FROM delivery WHERE state = 'parked'"),
                delivered=len(self.receiver.requests),
                changes=seen.changes,
                console_ms=statistics.median(seen.console) if seen.console else 0.0,
                console_wrong=seen.wrong,
                load=os.getloadavg()[0],
            )

    def missing(self) -> tuple[int, int]:
        """Once all rests: posts that stand on the forum, and how many of them are not in the store."""
        with reading(self.folder / "var/state.db") as state:
            before = one(state, "SELECT max(id) FROM crawl_run")
            until = time.monotonic() + 20 * _EVERY
            asked = "SELECT count(DISTINCT source) FROM crawl_run WHERE id > ? AND ended_at IS NOT NULL"
            # the first that begins afterwards may have begun before
            while state.execute(asked, (before + 2,)).fetchone()[0] < len(self.forum.boards):
                if time.monotonic() > until:
                    raise TimeoutError("no crawl ended after the forum came to rest")
                time.sleep(1)  # another program writes it: no event tells of it
        truth = self.forum.truth()
        with closing(open_store(f"sqlite:///{self.folder}/var/posts.db")) as store:
            gone = [
                each
                for each in truth
                if store.get(PostKey(each["board"].lower(), each["thread"], each["post"])) is None
            ]
        return len(truth), len(gone)


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    """A database as it is now, only read."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as connection:
        yield connection


def one(connection: sqlite3.Connection, query: str) -> int:
    """The one number that a query gives; 0 for none."""
    return int(connection.execute(query).fetchone()[0] or 0)


def logical(connection: sqlite3.Connection) -> int:
    """Bytes of a database that are in use; those of its log count once."""
    free = one(connection, "PRAGMA freelist_count")
    return (one(connection, "PRAGMA page_count") - free) * one(connection, "PRAGMA page_size")


def run(minutes: float, seed: int, keep: Path, folder: Path) -> list[Sample]:
    """Soak for so long; a sample a minute, each kept as it comes."""
    samples: list[Sample] = []
    keep.parent.mkdir(parents=True, exist_ok=True)
    with keep.open("w", encoding="utf-8") as kept, Soak(folder, seed) as soak:
        print(f"seed {seed}, {minutes:.0f} minutes, the console at {soak.url}, figures in {keep}", flush=True)
        begun = time.monotonic()
        while (left := minutes * 60 - (time.monotonic() - begun)) > 0:
            time.sleep(min(60.0, left))
            samples.append(soak.sample(begun))
            kept.write(json.dumps(asdict(samples[-1])) + "\n")
            kept.flush()
        soak.rest()
        standing, gone = soak.missing()
        keys = [request.headers["Idempotency-Key"] for request in soak.receiver.requests]
        end = {"standing": standing, "missing": gone, "requests": len(keys), "keys": len(set(keys))}
        kept.write(json.dumps(end | {"seed": seed, "ended": f"{datetime.now(UTC):%Y-%m-%d}"}) + "\n")
    print(f"{standing} posts stand on the forum, {gone} are not in the store; {len(keys)} deliveries arrived")
    if gone:
        raise SystemExit("the soak failed: posts were lost")
    return samples


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=120.0, help=f"at most {_LONGEST:.0f}")
    asked.add_argument("--seed", type=int, default=20220106)
    asked.add_argument(
        "--keep", type=Path, default=_ROOT / "var/soak.jsonl", help="file that keeps the figures"
    )
    asked.add_argument("--write", action="store_true", help="write docs/soak.md and docs/soak.svg")
    arguments = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="duskwatch-soak-") as folder:
        samples = run(min(arguments.minutes, _LONGEST), arguments.seed, arguments.keep, Path(folder))
    lines = judge(samples)
    print(table(lines))
    if arguments.write:
        write(arguments.keep, _ROOT / "docs")
    bad = [line.name for line in lines if line.bad]
    if bad:
        raise SystemExit(f"the soak failed: {', '.join(bad)}")


if __name__ == "__main__":
    main()
