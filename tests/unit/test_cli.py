from __future__ import annotations

import importlib
import logging
import os
import pkgutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import alerts
import console
import crawler
from config.database import metadata, migrate, open_database
from console.service import Service
from crawler.health import Figures, State
from crawler.state import CrawlState

if TYPE_CHECKING:
    from conftest import Workspace

ROOT = Path(__file__).parents[2]


def test_from_a_post_to_an_acknowledged_alert(workspace: Workspace) -> None:
    workspace.fill(author="ann\x1b[31m\u202e")
    workspace.write("config/channels/lines.yaml", f"type: jsonl\npath: {workspace.folder}/lines\n")
    run = workspace.duskwatch("watch", "run")
    assert (run["changes"], run["alerts_new"]) == (1, 1)
    assert workspace.duskwatch("watch", "run")["changes"] == 0
    assert workspace.duskwatch("deliver", "run") == {"sent": 1, "retried": 0, "parked": 0}
    (alert,) = workspace.duskwatch("alerts", "list")
    shown = workspace.duskwatch("alerts", "show", alert["id"][:6])
    assert shown["alert"]["matches"][0]["spans"] == [["title", 8, 21]]
    workspace.duskwatch("alerts", "ack", alert["id"], "--why", "on it")
    assert workspace.duskwatch("alerts", "list", "--state", "acknowledged")[0]["id"] == alert["id"]
    human = workspace.run("console.cli.main", "search", "dump").stdout
    assert "\x1b[31m" not in human
    assert "<U+202E>" in human
    assert workspace.duskwatch("store", "stats")["revisions"] == 1
    moved = workspace.duskwatch("store", "migrate", "--to", f"sqlite:///{workspace.folder}/other.db")
    assert (moved["written"], moved["new"]["posts"]) == (1, 1)
    missing = workspace.run("console.cli.main", "alerts", "show", "zzz", status=78)
    assert "no alert begins with 'zzz'" in missing.stderr
    wrong = workspace.run("console.cli.main", "search", "a AND (b", status=2)
    assert "^ this bracket is not closed" in wrong.stderr


def test_what_a_team_does_with_an_alert(workspace: Workspace) -> None:
    workspace.fill()
    workspace.write("config/channels/lines.yaml", f"type: jsonl\npath: {workspace.folder}/lines\n")
    workspace.duskwatch("watch", "run")
    workspace.duskwatch("deliver", "run")
    (alert,) = workspace.duskwatch("alerts", "list", "--organisation", "bank")
    name = alert["id"]
    assert workspace.duskwatch("alerts", "assign", name, "budi")["assignee"] == "budi"
    assert workspace.duskwatch("alerts", "due", name, "72h", "--why", "the law")["due_at"]
    assert (
        "has no zone"
        in workspace.run("console.cli.main", "alerts", "due", name, "2026-01-01", status=2).stderr
    )
    workspace.duskwatch("alerts", "note", name, "asked the bank")
    workspace.duskwatch("alerts", "escalate", name)
    mute = workspace.duskwatch("alerts", "mute", "--seller", "ann", "--for", "7d", "--why", "noise")
    assert workspace.duskwatch("alerts", "mutes") == [mute]
    workspace.duskwatch("alerts", "unmute", str(mute["id"]))
    assert workspace.duskwatch("alerts", "mutes") == []
    workspace.duskwatch("alerts", "resolve", name, "--false")
    assert workspace.duskwatch("deliver", "run")["sent"] == 1
    (first, *_) = workspace.duskwatch("alerts", "propose", name)
    assert (first["field"], first["harmful"]) == ("exclusions", [])
    history = workspace.duskwatch("alerts", "history", name)
    assert [each["what"] for each in history][1:3] == ["assigned to budi", history[2]["what"]]
    assert all(each["origin"].startswith("command line on ") for each in history[1:])
    shown = workspace.duskwatch("alerts", "show", name)
    assert shown["clock"]["seconds"]["matched to delivered"] >= 0
    assert shown["listings"][0]["thread"] == "1"
    assert {each["step"] for each in workspace.duskwatch("alerts", "clock")} >= {"visible to delivered"}
    human = workspace.run("console.cli.main", "alerts", "show", name).stdout
    assert "assigned to budi" in human


def test_a_watch_against_the_past(workspace: Workspace) -> None:
    workspace.fill()
    workspace.write("config/channels/lines.yaml", f"type: jsonl\npath: {workspace.folder}/lines\n")
    draft = workspace.write("draft.yaml", "organisations: [{id: new, name: Invented Bank}]\n")
    (seen,) = workspace.duskwatch("watch", "preview", str(draft))
    assert (seen["alerts"], seen["hits"], seen["examples"][0]["post"]) == (1, {"forum": 1}, "forum/1/1")
    unknown = workspace.run("console.cli.main", "watch", "hunt", "bonk", status=78)
    assert "did you mean 'bank'?" in unknown.stderr
    hunted = workspace.duskwatch("watch", "hunt", "bank")
    (proposed,) = hunted["proposals"]
    assert (
        workspace.duskwatch("watch", "hunt", "--resume", str(hunted["hunt"]["id"]))["hunt"]["state"] == "done"
    )
    assert [each["state"] for each in workspace.duskwatch("watch", "hunts")] == ["done"]
    assert workspace.duskwatch("watch", "proposals") == [proposed]
    (alert,) = workspace.duskwatch("watch", "accept", proposed["id"]).values()
    assert workspace.duskwatch("alerts", "list")[0]["id"] == alert
    assert (
        "accepted already"
        in workspace.run("console.cli.main", "watch", "dismiss", proposed["id"], status=78).stderr
    )
    assert workspace.duskwatch("deliver", "run")["sent"] == 1
    assert [each["verdict"] for each in workspace.duskwatch("watch", "report")] == ["fine"]


def test_doctor_names_each_fault_with_its_cure(workspace: Workspace) -> None:
    workspace.write("duskwatch.toml", '[tor]\nsocks = "127.0.0.1:9"\n')
    workspace.write("config/watchlists/a.yaml", "organisations: []\n")
    found = {each["what"]: each for each in workspace.duskwatch("doctor", status=1)}
    assert found["database"]["good"]
    assert found["store"]["good"]
    assert "start tor" in found["tor"]["says"]
    assert "a.yaml:1: organisations" in found["watchlists"]["says"]


def test_the_service_stops_within_ten_seconds(workspace: Workspace) -> None:
    workspace.write("duskwatch.toml", '[tor]\nsocks = "127.0.0.1:9"\n[log]\nformat = "json"\n')
    workspace.source("slow", "machina", "http://board.example", {"a": "/"})
    child = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "run"],
        env=workspace.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stderr
        while "service runs" not in child.stderr.readline():
            assert child.poll() is None
        begun = time.monotonic()
        child.send_signal(signal.SIGTERM)
        _, said = child.communicate(timeout=20)
    finally:
        child.kill()
        child.communicate()
    assert time.monotonic() - begun < 10
    assert child.returncode == 0
    assert "service stopped" in said


def test_a_stop_asked_for_before_the_wait_begins_is_not_lost(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUSKWATCH_CONFIG", str(workspace.folder / "duskwatch.toml"))
    service = Service(None)
    begin = service._begin

    def begin_and_be_signalled() -> None:
        begin()
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(service, "_begin", begin_and_be_signalled)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        service.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()
    assert service._stopping.is_set()


def test_migrations_make_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    for room in (alerts, console, crawler):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.startswith("console.demo"):
                importlib.import_module(module.name)  # tables register where they are written
    engine = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        different = [each for each in compare_metadata(context, metadata) if "index" not in str(each[0])]
    engine.dispose()
    assert different == []


def test_watching_goes_on_in_another_store(workspace: Workspace) -> None:
    workspace.fill()
    workspace.write("config/channels/file.yaml", f"type: jsonl\npath: {workspace.folder}/alerts.jsonl\n")
    assert workspace.duskwatch("watch", "run")["alerts_new"] == 1
    workspace.duskwatch("store", "migrate", "--to", f"sqlite:///{workspace.folder}/other.db")
    workspace.write("duskwatch.toml", 'data_dir = "var"\nstore_url = "sqlite:///other.db"\n')
    refused = workspace.run("console.cli.main", "watch", "run", status=78)
    assert "duskwatch watch restart" in refused.stderr
    workspace.duskwatch("watch", "restart")
    assert workspace.duskwatch("watch", "run") == {
        "changes": 1,
        "matches": 1,
        "alerts_new": 0,
        "alerts_joined": 0,
        "history": 0,
        "possible": 0,
        "alerts_again": 0,
        "failed": 0,
    }


def test_a_source_that_is_not_read_is_told(workspace: Workspace) -> None:
    workspace.source("forum", "machina", "http://board.example", {"a": "/"})
    workspace.source("other", "machina", "http://other.example", {"a": "/"})
    long_ago = datetime(2026, 1, 6, tzinfo=UTC)
    engine = open_database(f"sqlite:///{workspace.folder}/var/state.db")
    migrate(engine)
    forum, other = CrawlState(engine, "forum"), CrawlState(engine, "other")
    forum.run_ended(forum.run_started(long_ago), Figures(boards_read=1), State.OK, long_ago)
    other.run_ended(other.run_started(long_ago), Figures(detail="no answer"), State.DOWN, long_ago)
    engine.dispose()
    listed = {row["source"]: row for row in workspace.duskwatch("source", "list")}
    assert (listed["forum"]["state"], listed["forum"]["late"]) == ("ok", True)
    assert (listed["other"]["state"], listed["other"]["detail"]) == ("down", "no answer")
    found = {each["what"]: each for each in workspace.duskwatch("doctor", status=1)}
    assert not found["sources"]["good"]
    assert "forum is not read since 2026-01-06 00:00Z" in found["sources"]["says"]
    assert "other is down: no answer (try duskwatch source new-circuits" in found["sources"]["says"]
