"""The dead man's heartbeat: signs while the pipe is well, reasons where it is not, and silence when nobody is left."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from test_service import service

from alerts.channels.terminal import render
from alerts.outbox import delivery_table
from alerts.wording import text
from config.database import migrate, open_database
from config.errors import ChannelRefused, InputError
from config.settings import HeartbeatSettings, Settings, load_settings
from console.demo.receiver import Received, Receiver
from console.heartbeat import notice, ping, report
from console.vitals import Pulses, Vital, vitals
from console.wiring import read_sources
from crawler.health import Figures, State
from crawler.state import CrawlState

if TYPE_CHECKING:
    from conftest import Workspace

HOUR = timedelta(hours=1)
SETTINGS = """
[tor]
socks = "127.0.0.1:9"
[watch]
every = 0.2
[deliver]
every = 0.2
[heartbeat]
every = 1
patience = 2
private = true
url = "{url}"
channel = "soc"
"""
STUCK_WATCHER = """
import time
import console.service
console.service.watch = lambda *words: time.sleep(60)
"""


class Signs:
    """What a receiver gets, read as one who waits for a certain sign."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._read = 0

    def until(self, path: str, words: str = "", timeout: float = 30.0) -> Received:
        """The next request at a path whose body holds ``words``."""
        end = time.monotonic() + timeout
        while True:
            self._receiver.wait_for(self._read + 1, max(end - time.monotonic(), 0.0))
            found = self._receiver.requests[self._read]
            self._read += 1
            if found.path == path and words in found.body.decode():
                return found

    @property
    def waiting(self) -> int:
        return len(self._receiver.requests)


def settle(workspace: Workspace, url: str) -> None:
    workspace.write("duskwatch.toml", 'data_dir = "var"\n' + SETTINGS.format(url=url))
    workspace.write("config/channels/soc.yaml", f"type: webhook\nurl: {url}/channel\nprivate: true\n")
    workspace.fill()


def test_signs_come_while_all_is_well_and_stop_or_fail_when_it_is_not(workspace: Workspace) -> None:
    with Receiver() as receiver:
        settle(workspace, receiver.url)
        signs = Signs(receiver)
        with service(workspace) as running:
            assert signs.until("/alerts").body.decode().startswith("store: well\nwatcher: well")
            posts = workspace.folder / "var/posts.db"
            for path in posts.parent.glob("posts.db*"):
                path.rename(path.with_name(f"away-{path.name}"))
            posts.mkdir()  # the store is away
            assert "store: cannot be asked" in signs.until("/alerts/fail").body.decode()
            told = signs.until("/alerts/channel", "not well").payload
            assert (told["event"], told["severity"], told["matches"]) == ("heartbeat", "critical", [])
            posts.rmdir()
            for path in posts.parent.glob("away-*"):
                path.rename(path.with_name(path.name.removeprefix("away-")))
            signs.until("/alerts", "store: well")
            signs.until("/alerts/channel", "well again")
            running.process.send_signal(signal.SIGSTOP)
            time.sleep(0.5)  # what was under way arrives
            before = signs.waiting
            with pytest.raises(TimeoutError):
                receiver.wait_for(before + 1, 3.0)  # three signs are due
            running.process.send_signal(signal.SIGCONT)
            receiver.wait_for(before + 1, 30.0)
            running.stop()
        said = b"".join(each.body for each in receiver.requests if not each.path.endswith("/channel"))
        assert b"bank" not in said.lower()


def test_a_stuck_watcher_is_told(workspace: Workspace) -> None:
    with Receiver() as receiver:
        settle(workspace, receiver.url)
        with service(workspace, STUCK_WATCHER):
            said = Signs(receiver).until("/alerts/fail").body.decode()
    assert said.startswith("watcher: no run came to its end for ")
    assert "(1 changes behind)" in said
    assert "deliverer: well" in said


def examined(workspace: Workspace, pulses: Pulses | None = None) -> dict[str, Vital]:
    settings = load_settings(workspace.folder / "duskwatch.toml", {})
    return {vital.part: vital for vital in vitals(settings, read_sources(settings), pulses)}


def test_what_is_left_undone_is_told_from_outside(workspace: Workspace) -> None:
    workspace.fill()
    workspace.write("config/channels/soc.yaml", "type: jsonl\npath: alerts.jsonl\n")
    workspace.duskwatch("watch", "run")
    for name in ("forum", "market"):
        workspace.source(name, "mybb", f"http://{name}.example", {"sale": "/a"})
    assert [each.fault for each in examined(workspace).values()] == [
        "",
        "",
        "",
        "no source is read: 2 never read",
        "",
    ]
    engine = open_database(f"sqlite:///{workspace.folder}/var/state.db")
    migrate(engine)
    now = datetime.now(UTC)
    for back in (240, *range(239, 5, -1), 0):
        state = CrawlState(engine, "forum")
        new = 2 if back > 5 else 0
        at = now - HOUR * back
        state.run_ended(state.run_started(at), Figures(new=new, boards_read=1), State.OK, at)
    late = now - HOUR
    with engine.begin() as connection:
        connection.execute(sa.update(delivery_table).values(next_at=late))
    found = examined(workspace)
    assert found["deliverer"].fault == "1 deliveries are due for 5 min"
    assert (found["crawler"].fault, found["crawler"].says) == ("", "1 of 2 sources read")
    assert found["sources"].fault == "1 of 2 silent: no new post where posts are due"
    assert found["sources"].says == "not covered: 1 never read, 1 silent"
    with engine.begin() as connection:
        connection.execute(
            sa.update(delivery_table).values(attempts=4, next_at=now + HOUR, created_at=now - 2 * HOUR)
        )
    engine.dispose()
    assert "have not left for an hour" in examined(workspace)["deliverer"].fault
    done = workspace.run("console.cli.main", "heartbeat", "check", status=1).stdout
    assert "forum" not in done
    assert "bank" not in done
    unset = workspace.run("console.cli.main", "heartbeat", "check", "--send", status=78)
    assert "set heartbeat.url" in unset.stderr


def test_a_service_that_just_begins_is_not_ill(workspace: Workspace) -> None:
    workspace.fill()
    workspace.source("forum", "mybb", "http://forum.example", {"sale": "/a"})
    clock = [0.0]
    pulses = Pulses(lambda: clock[0])
    assert all(vital.well for vital in examined(workspace, pulses).values())
    clock[0] = 301.0
    pulses.beat("watch")
    pulses.beat("crawl")
    assert [part for part, vital in examined(workspace, pulses).items() if not vital.well] == ["crawler"]
    clock[0] = 700.0
    assert examined(workspace, pulses)["crawler"].fault == "no crawl could begin for 7 min"
    assert examined(workspace, pulses)["watcher"].fault == "no run came to its end for 7 min"
    clock[0] = 2000.0
    assert examined(workspace, pulses)["deliverer"].fault == "no run came to its end for 33 min"


def test_signs_go_to_private_addresses_only_where_allowed() -> None:
    found = [Vital("store"), Vital("watcher", "stands still", "3 changes behind")]
    assert report(found) == "watcher: stands still (3 changes behind)\nstore: well"
    with Receiver() as receiver:
        settings = {"url": receiver.url}
        with pytest.raises(ChannelRefused, match="private address"):
            ping(HeartbeatSettings.model_validate(settings), found)
        ping(HeartbeatSettings.model_validate({**settings, "private": True}), found)
        (got,) = receiver.requests
        assert (got.path, got.headers["Content-Type"]) == ("/alerts/fail", "text/plain")


def test_people_can_read_what_a_channel_is_told() -> None:
    told = notice(
        [Vital("store", "does not answer"), Vital("watcher", says="3 changes behind")], datetime.now(UTC)
    )
    for said in (render(told), text(told)):
        assert "Duskwatch is not well: store" in said
        assert "store: does not answer" in said
    assert notice([Vital("store")], datetime.now(UTC))["title"] == "Duskwatch is well again"


def test_the_address_is_a_secret_and_must_be_one(workspace: Workspace) -> None:
    settings = Settings.model_validate({"heartbeat": {"url": "https://ping.example/9f2c"}})
    assert "9f2c" not in repr(settings)
    workspace.write("duskwatch.toml", '[heartbeat]\nurl = "ftp://ping.example"\n')
    with pytest.raises(InputError, match="heartbeat"):
        load_settings(workspace.folder / "duskwatch.toml", {})
    assert os.environ.get("DUSKWATCH_HEARTBEAT__URL") is None
    by_environment = load_settings(None, {"DUSKWATCH_HEARTBEAT__URL": "https://ping.example/9f2c"})
    assert by_environment.heartbeat.url is not None
