from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest
from peers import wait_until

from config.errors import InputError
from console.demo.receiver import Receiver
from console.service import Service
from console.wiring import Inputs, crawl, read_inputs

if TYPE_CHECKING:
    from conftest import Workspace

SETTINGS = """
[tor]
socks = "127.0.0.1:9"
wait = 60
[watch]
every = 0.1
[deliver]
every = 0.1
[log]
format = "json"
"""
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(2, b"child heeds nothing\n")  # in one piece: three children share the pipe
time.sleep(60)
"""
RUN = """
import sys
from console.cli.main import main
sys.argv[1:] = ["run"]
main()
"""


class Running:
    """The service in a process of its own, and what it logs."""

    def __init__(self, process: subprocess.Popen[str], lines: IO[str]) -> None:
        self.process = process
        self._lines = lines

    def wait_for(self, words: str) -> None:
        """Read on until a line holds ``words``."""
        seen = []
        for line in self._lines:
            seen.append(line)
            if words in line:
                return
        raise AssertionError(f"{words!r} was never said: {seen}")

    def stop(self) -> tuple[float, str]:
        """How long it took to end, in seconds, and what it said meanwhile."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        said = self._lines.read()
        self.process.wait(30)
        return time.monotonic() - begun, said


@contextmanager
def service(workspace: Workspace, before: str = "") -> Iterator[Running]:
    program = textwrap.dedent(before) + RUN
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=workspace.environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    with process.stderr:
        try:
            yield Running(process, process.stderr)
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_without_sources_it_starts_and_stops(workspace: Workspace) -> None:
    workspace.write("duskwatch.toml", SETTINGS)
    with service(workspace) as running:
        running.wait_for("service runs")
        took, said = running.stop()
    assert took < 10
    assert "service stopped" in said
    assert running.process.returncode == 0


def test_crawls_that_do_not_heed_are_killed_together(workspace: Workspace) -> None:
    workspace.write("duskwatch.toml", SETTINGS)
    for name in ("a", "b", "c"):
        workspace.source(name, "machina", "http://board.example", {"s": "/"})
    stubborn = f"""
        import sys, console.service
        console.service.crawl_command = lambda name, lease: [sys.executable, "-c", {STUBBORN!r}]
    """
    with service(workspace, stubborn) as running:
        for _ in range(3):
            running.wait_for("child heeds nothing")
        took, said = running.stop()
    assert took < 10
    assert "service stopped" in said
    assert running.process.returncode == 0


def test_a_crawl_that_lost_its_lease_is_ended_with_the_one_that_took_it_over(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write("duskwatch.toml", SETTINGS)
    made = Service(workspace.folder / "duskwatch.toml")
    sleeper = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr("console.service.crawl_command", lambda _name, _lease: sleeper)
    crawls = [threading.Thread(target=made._crawl, args=("board", lease)) for lease in ("old 0 1", "new 0 2")]
    for each in crawls:
        each.start()
    wait_until(lambda: len(made._children) == 2)
    made._heart.start()
    made._scheduler.start()
    made._stopping.set()
    assert made._stop()
    for each in crawls:
        each.join(10)
    assert not made._children
    assert not any(each.is_alive() for each in crawls)


def test_a_receiver_that_never_answers_does_not_hold_the_stop(
    workspace: Workspace, silent: socket.socket
) -> None:
    workspace.fill()
    workspace.write("duskwatch.toml", SETTINGS)
    port = silent.getsockname()[1]
    workspace.write(
        "config/channels/hook.yaml",
        f"type: webhook\nurl: http://127.0.0.1:{port}/\ntimeout: 60\nprivate: true\n",
    )
    with service(workspace) as running:
        peer, _ = silent.accept()  # the delivery is under way
        with peer:
            took, said = running.stop()
    assert took < 10
    assert "is left and done again" in said
    assert running.process.returncode == 0
    (row,) = workspace.duskwatch("deliver", "list")
    assert (row["state"], row["attempts"]) == ("waiting", 1)


def test_a_channel_file_that_breaks_leaves_the_last_good_channels(workspace: Workspace) -> None:
    workspace.write("duskwatch.toml", SETTINGS)
    workspace.write("config/watchlists/a.yaml", "organisations: [{id: bank, name: Invented Bank}]\n")
    with Receiver() as receiver:
        workspace.write("config/channels/hook.yaml", f"type: webhook\nurl: {receiver.url}\nprivate: true\n")
        with service(workspace) as running:
            running.wait_for("service runs")
            workspace.write("config/channels/bad.yaml", "type: jsonl\npaht: x\n")
            running.wait_for("channel files have faults")
            workspace.fill()
            receiver.wait_for(1, 30)
            running.stop()
    with pytest.raises(InputError, match="did you mean 'path'"):
        Service(workspace.folder / "duskwatch.toml")  # a new start tells of it at once


def test_reloading_keeps_the_last_good_files_and_takes_new_pauses(workspace: Workspace) -> None:
    file = workspace.write("duskwatch.toml", SETTINGS)
    made = Service(file)
    made._begin()
    try:
        workspace.write("duskwatch.toml", SETTINGS.replace("every = 0.1", "every = 77"))
        made._reload()
        pauses = {job.id: job.trigger.interval.total_seconds() for job in made._scheduler.get_jobs()}
        good = made._inputs
        workspace.source("late", "machna", "http://board.example", {"s": "/"})
        made._reload()
    finally:
        made._stop()
    assert (pauses["watch"], pauses["deliver"]) == (77, 77)
    assert made._inputs is good


def test_files_are_read_again_only_where_one_changed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large watchlist takes longer to read than the pause between two looks."""
    made = Service(workspace.write("duskwatch.toml", SETTINGS))
    reads = 0

    def counted(config: Path | None) -> Inputs:
        nonlocal reads
        reads += 1
        return read_inputs(config)

    monkeypatch.setattr("console.service.read_inputs", counted)
    made._reload()  # what changed while it was made
    made._reload()
    assert reads == 1
    workspace.write("config/watchlists/a.yaml", "organisations: [{id: late, name: Invented Harbour}]\n")
    made._reload()
    made._reload()
    assert reads == 2
    assert [each.id for each in made._inputs.organisations] == ["late"]


def test_a_changed_watchlist_counts_from_the_next_watch_on(workspace: Workspace) -> None:
    workspace.write("duskwatch.toml", SETTINGS)
    made = Service(workspace.folder / "duskwatch.toml")
    folder = made._inputs.settings.watchlists_dir
    folder.mkdir(parents=True, exist_ok=True)
    made._reload()
    made._watch()
    (folder / "late.yaml").write_text("organisations:\n  - {id: late, name: Invented Harbour}\n")
    made._watch()
    found = made._matchers.of(made._inputs.organisations).match("", "dump of Invented Harbour")
    assert [match.organisation for match in found] == ["late"]


def test_one_broken_crawl_does_not_take_the_others_results(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def command(name: str, lease: str | None = None) -> list[str]:
        said: dict[str, Any] = {"source": name, "state": "ok"}
        ends = "import os; os._exit(9)" if name == "b" else f"print({json.dumps(said)!r})"
        return [sys.executable, "-c", ends]

    monkeypatch.setattr("console.wiring.crawl_command", command)
    done = crawl(["a", "b", "c"], None)
    assert [each["state"] for each in done] == ["ok", "broken", "ok"]
    assert "status 9" in done[1]["detail"]


def test_doctor_goes_on_behind_a_damaged_database(workspace: Workspace) -> None:
    (workspace.folder / "var").mkdir()
    (workspace.folder / "var/state.db").write_bytes(os.urandom(5000))
    workspace.write("duskwatch.toml", SETTINGS)
    workspace.source("forum", "machna", "http://board.example", {"s": "/"})
    found = {each["what"]: each for each in workspace.duskwatch("doctor", status=1)}
    assert "restore a backup" in found["database"]["says"]
    assert "did you mean 'machina'?" in found["sources"]["says"]
    assert found["clock"]["good"]
    told = workspace.run("console.cli.main", "alerts", "list", status=78)
    assert "Traceback" not in told.stderr


def test_the_unit_keeps_its_data_where_it_may_write() -> None:
    unit = (Path(__file__).parents[2] / "deploy/duskwatch.service").read_text()
    assert "StateDirectory=duskwatch\nEnvironment=DUSKWATCH_DATA_DIR=/var/lib/duskwatch\n" in unit
