"""``duskwatch backup`` and ``restore``: whole while others write, checked before it counts, nothing replaced."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Workspace

from config.errors import DuskwatchError
from config.settings import Settings
from console.backup import MANIFEST, BackupBroken, TargetNotEmpty, back_up, restore
from console.wiring import channels, database, deliver, read_inputs, store, watch
from crawler.evidence import Evidence, read_kept

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from console.wiring import channels, deliver, ingest, read_inputs, watch
from crawler.evidence import Evidence
from indexer.post import Kind, Post, PostKey

inputs = read_inputs(Path(sys.argv[1]))
now = datetime.now(UTC)
evidence = Evidence(inputs.settings.data_dir / "evidence", "forum", now)
number = 0
with channels(inputs.settings) as opened:
    while number < 2000:
        with ingest(inputs.settings) as way:
            for _ in range(5):
                number += 1
                page = evidence.keep("http://b.invalid/", 200, {}, b"<html>", now)
                key = PostKey("forum", str(number), "1")
                post = Post(key, "sale", 1, f"rows {number} of Invented Bank", f"ann{number}", f"{number:x}" * 9,
                            "http://b.invalid/", now, kind=Kind.LISTING, evidence=page)
                way.put([post], source="forum")
        watch(inputs)
        deliver(inputs.settings, opened)
        evidence.seal(inputs.settings.data_dir / "keys", now)
        print(number, flush=True)
"""


@pytest.fixture
def installation(workspace: Workspace) -> Workspace:
    workspace.write("config/watchlists/a.yaml", "organisations: [{id: bank, name: Invented Bank}]\n")
    workspace.write("config/channels/lines.yaml", "type: jsonl\npath: alerts.jsonl\n")
    workspace.write("duskwatch.toml", 'data_dir = "var"\n[log]\nlevel = "error"\n')
    return workspace


@contextmanager
def writer(workspace: Workspace, until: int) -> Iterator[subprocess.Popen[str]]:
    """A process that stores, watches, delivers and keeps evidence; ``until`` it has stored so many posts."""
    words = [sys.executable, "-c", WRITER, str(workspace.folder / "duskwatch.toml")]
    with subprocess.Popen(
        words, env=workspace.environment, cwd=workspace.folder, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            while int(process.stdout.readline() or "9999") < until:
                pass
            yield process
        finally:
            process.kill()


def other(workspace: Workspace, tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "elsewhere")


def settings(workspace: Workspace) -> Settings:
    return read_inputs(workspace.folder / "duskwatch.toml").settings


def test_a_copy_made_under_way_is_whole_and_goes_on(installation: Workspace, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    with writer(installation, 20) as process:
        made = back_up(settings(installation), copy)
        assert process.poll() is None
    assert made.posts is not None
    assert made.alerts is not None
    assert made.posts >= 20
    there = other(installation, tmp_path)
    done = restore(settings(there), copy)
    assert done.pages >= made.posts
    inputs = read_inputs(there.folder / "duskwatch.toml")
    assert [one.id for one in inputs.organisations] == ["bank"]
    watch(inputs)
    with channels(inputs.settings) as opened:
        deliver(inputs.settings, opened)
    with store(inputs.settings) as posts, database(inputs.settings) as engine, engine.connect() as connection:
        stored = [change.stored.post for change in posts.changes().changes]
        alerts = connection.exec_driver_sql("SELECT thread, count(*) FROM alert GROUP BY thread").all()
        unsent = connection.exec_driver_sql("SELECT count(*) FROM delivery WHERE state != 'sent'").scalar()
    assert len(stored) == made.posts
    assert sorted(alerts) == sorted((post.key.thread, 1) for post in stored)
    assert unsent == 0
    for post in stored:
        assert post.evidence is not None
        assert read_kept(inputs.settings.data_dir / "evidence", post.evidence).body == b"<html>"


def test_a_damaged_or_foreign_copy_puts_nothing_back(installation: Workspace, tmp_path: Path) -> None:
    installation.fill()
    watch(read_inputs(installation.folder / "duskwatch.toml"))
    now = datetime.now(UTC)
    with closing(Evidence(settings(installation).data_dir / "evidence", "forum", now)) as evidence:
        evidence.keep("http://b.invalid/", 200, {}, b"<html>", now)
        evidence.seal(settings(installation).data_dir / "keys", now)
    copy, there = tmp_path / "copy", other(installation, tmp_path)
    back_up(settings(installation), copy)
    told = json.loads((copy / MANIFEST).read_text())

    def faulty(name: str, says: str) -> None:
        with pytest.raises(DuskwatchError, match=says):
            restore(settings(there), tmp_path / name)
        assert not [path for path in (there.folder / "var").iterdir() if path.name != ".restoring"]

    def variant(name: str, **changed: object) -> Path:
        shutil.copytree(copy, tmp_path / name)
        (tmp_path / name / MANIFEST).write_text(json.dumps(told | changed))
        return tmp_path / name

    (variant("cut") / MANIFEST).unlink()
    (there.folder / "var").mkdir(parents=True, exist_ok=True)
    faulty("cut", "has no manifest.json")
    variant("newer", format=99, version="99.0")
    faulty("newer", "made by duskwatch 99.0, whose backups this version does not know")
    changed = variant("changed") / "data" / "posts.db"
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    faulty("changed", "posts.db is missing or was changed")
    variant("short", posts=7)
    faulty("short", "1 of 7 posts are there")
    out = {**told["parts"][0], "path": "../../../etc/passwd"}
    variant("out", parts=[out])
    faulty("out", "leads out of the backup")
    (variant("more") / "config" / "channels" / "theirs.yaml").write_text("type: jsonl\npath: /tmp/x\n")
    faulty("more", "theirs.yaml' is in no list")
    (variant("linked") / "data" / "keys" / "more").symlink_to("/etc")
    faulty("linked", "is no plain file")
    os.mkfifo(variant("pipe") / "data" / "pipe")
    faulty("pipe", "is no plain file")
    whole = b"SQLite format 3\0" + b"x" * 84
    (variant("hollow") / "data" / "posts.db").write_bytes(whole)
    parts = [
        each | {"bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()} for each in told["parts"]
    ]
    parts = [
        new if new["path"].endswith("posts.db") else old
        for new, old in zip(parts, told["parts"], strict=True)
    ]
    (tmp_path / "hollow" / MANIFEST).write_text(json.dumps(told | {"parts": parts}))
    faulty("hollow", "posts.db is damaged")


def test_a_copy_of_a_newer_schema_is_refused(installation: Workspace, tmp_path: Path) -> None:
    installation.fill()
    watch(read_inputs(installation.folder / "duskwatch.toml"))
    with closing(sqlite3.connect(installation.folder / "var" / "state.db")) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999_later'")
    back_up(settings(installation), tmp_path / "copy")
    with pytest.raises(DuskwatchError, match="has schema 9999_later, which this version does not know"):
        restore(settings(other(installation, tmp_path)), tmp_path / "copy")


def test_nothing_is_replaced(installation: Workspace, tmp_path: Path) -> None:
    installation.fill()
    back_up(settings(installation), tmp_path / "copy")
    with pytest.raises(TargetNotEmpty, match="copy is there already"):
        back_up(settings(installation), tmp_path / "copy")
    with pytest.raises(TargetNotEmpty, match=r"posts\.db would be replaced"):
        restore(settings(installation), tmp_path / "copy")
    there = other(installation, tmp_path)
    mine = there.write("config/watchlists/mine.yaml", "organisations: [{id: mine, name: My Own Bank}]\n")
    assert restore(settings(there), tmp_path / "copy").left == (str(mine.parent),)
    assert [path.name for path in mine.parent.iterdir()] == ["mine.yaml"]


def test_what_is_on_servers_is_named(installation: Workspace, tmp_path: Path) -> None:
    installation.write(
        "duskwatch.toml",
        'data_dir = "var"\nstore_url = "https://127.0.0.1:9/duskwatch"\n'
        'database_url = "postgresql+psycopg://127.0.0.1:9/duskwatch"\n',
    )
    made = installation.duskwatch("backup", str(tmp_path / "copy"))
    assert (made["posts"], made["alerts"]) == (None, None)
    assert ["pg_dump" in each or "snapshot" in each for each in made["elsewhere"]] == [True, True]


def test_both_commands_say_what_they_did(installation: Workspace, tmp_path: Path) -> None:
    installation.fill()
    watch(read_inputs(installation.folder / "duskwatch.toml"))
    made = installation.duskwatch("backup", str(tmp_path / "copy"))
    there = other(installation, tmp_path)
    put_back = there.duskwatch("restore", str(tmp_path / "copy"))
    assert (made["posts"], made["alerts"]) == (put_back["posts"], put_back["alerts"]) == (1, 1)
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
    with pytest.raises(BackupBroken, match=r"has no manifest\.json"):
        restore(settings(there), tmp_path)
