"""Data of every earlier version open in this one; data of a newer one are refused with what to do."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from conftest import Workspace

import config.database
from alerts.evidence import EvidenceBroken, check_folder, check_package, export
from config.database import migrate, open_database
from config.errors import DuskwatchError
from console.backup import back_up, restore
from console.wiring import read_inputs
from crawler.evidence import read_kept
from indexer.custody import Custody, Entry, signing_key

INSTALLATIONS = Path(__file__).parents[1] / "data" / "installations"
NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
#: What migrations change on purpose: the threads that were gone are read again.
REWRITTEN = {("crawl_thread", "signature"): {"0001", "0002"}}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A state database without a schema, of either kind."""
    server = request.param == "postgresql"
    url = request.getfixturevalue("postgres_empty") if server else f"sqlite:///{tmp_path}/state.db"
    engine = open_database(url)
    yield engine
    engine.dispose()


def revisions() -> list[str]:
    """Every schema that there was, oldest first."""
    found = Config()
    found.set_main_option("script_location", str(config.database._MIGRATIONS))
    scripts = ScriptDirectory.from_config(found)
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def bring_to(engine: sa.Engine, revision: str) -> None:
    found = Config()
    found.set_main_option("script_location", str(config.database._MIGRATIONS))
    with engine.connect() as connection:
        found.attributes["connection"] = connection
        command.upgrade(found, revision)
        connection.commit()


def tables(engine: sa.Engine) -> list[sa.Table]:
    there = sa.MetaData()
    there.reflect(engine)
    return [table for table in there.sorted_tables if table.name != "alembic_version"]


def value(column: sa.Column[Any], number: int) -> Any:
    """Something that the column holds, other for each number."""
    for key in column.foreign_keys:
        return value(key.column, number)
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return number % 2 == 0
    if isinstance(kind, sa.Integer):
        return number
    if isinstance(kind, sa.Float):
        return number / 8
    if isinstance(kind, sa.DateTime):
        return NOON + timedelta(minutes=number)
    if isinstance(kind, sa.LargeBinary):
        return bytes([number]) * 9
    if isinstance(kind, sa.JSON):
        return {"number": number, "words": ["Kementerian Kesehatan", "卫生部"]}
    return f"{column.table.name}.{column.name} {number}"


def test_rows_of_every_schema_are_there_in_this_one(empty: sa.Engine) -> None:
    written: list[tuple[str, str, dict[str, Any]]] = []
    number = 0
    for revision in revisions():
        bring_to(empty, revision)
        now = tables(empty)
        with empty.begin() as connection:
            for optional in (False, True):
                number += 1
                for table in now:
                    row = {c.name: value(c, number) for c in table.columns if optional or not c.nullable}
                    connection.execute(table.insert().values(row))
                    written.append((revision, table.name, row))
    migrate(empty)  # does nothing any more
    there = {table.name: table for table in tables(empty)}
    assert len(written) > 500
    with empty.connect() as connection:
        for revision, name, row in written:
            table = there[name]
            keys = [table.c[key.name] == row[key.name] for key in table.primary_key if key.name in row]
            found = connection.execute(sa.select(table).where(*keys)).mappings().one()
            for field, was in row.items():
                if revision in REWRITTEN.get((name, field), ()) and row.get("removed_at"):
                    continue
                now = found[field]
                if isinstance(was, datetime):
                    now = now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
                assert now == was, f"{name}.{field} of schema {revision}"
        alerts = connection.scalar(sa.select(sa.func.count()).select_from(there["alert"]))
        of_migration = sa.select(sa.func.count()).where(there["alert_listing"].c.how == "first")
        assert alerts == number - 2  # 0001 had none
        assert connection.scalar(of_migration) == 6  # two alerts of 0002, 0003 and 0004 each


def installation(workspace: Workspace, name: str) -> None:
    with tarfile.open(INSTALLATIONS / f"{name}.tar.gz") as kept:
        kept.extractall(workspace.folder, filter="data")
    workspace.source("forum", "machina", "http://board.example", {"sale": "/forum/sale-1/"})
    workspace.write("config/watchlists/a.yaml", "organisations: [{id: bank, name: Invented Bank}]\n")
    workspace.write("config/channels/lines.yaml", f"type: jsonl\npath: {workspace.folder}/alerts.jsonl\n")


@pytest.mark.parametrize("name", [path.name[:4] for path in sorted(INSTALLATIONS.glob("*.tar.gz"))])
def test_an_installation_of_an_earlier_version_goes_on(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    installation(workspace, name)
    had_alerts, had_chain = name > "0001", name >= "0010"
    found = workspace.duskwatch("search", "rows")["hits"][0]["stored"]
    assert found["post"]["text"] == "6,000,000 rows of Invented Bank, 700 USD, telegram @velvet_crane"
    assert found["revision"] == 2
    run = workspace.duskwatch("watch", "run")
    assert run["changes"] == (0 if had_alerts else 5), "its place in the feed is where it was"
    alerts = workspace.duskwatch("alerts", "list")
    assert [one["id"] for one in alerts] == ["a64784fa12981b30"]
    way = workspace.duskwatch("why", "forum/7")
    assert {"read", "stored", "watched", "matched"} <= {step["stage"] for step in way["steps"]}
    if had_alerts:
        assert way["answer"] == "alerted and delivered"
        acts = workspace.duskwatch("alerts", "history", "a64784fa")
        assert "on it" in json.dumps(acts)
        workspace.duskwatch("alerts", "note", "a64784fa", "after the update")
    page = read_kept(workspace.folder / "var" / "evidence", found["post"]["evidence"])
    assert page.body == b"<html>rows of Invented Bank</html>"
    verified = workspace.duskwatch("evidence", "verify")
    assert (verified["pages"], verified["unchained"]) == ((1, 0) if had_chain else (0, 1))

    settings = read_inputs(workspace.folder / "duskwatch.toml").settings
    back_up(settings, tmp_path / "copy")
    there = Workspace(tmp_path / "elsewhere")
    restored = restore(read_inputs(there.folder / "duskwatch.toml").settings, tmp_path / "copy")
    assert (restored.backup.posts, restored.backup.alerts, restored.pages) == (3, 1, int(had_chain))
    assert read_kept(there.folder / "var" / "evidence", found["post"]["evidence"]).body == page.body


def test_files_of_a_newer_version_are_refused_and_say_what_to_do(workspace: Workspace) -> None:
    workspace.fill()
    workspace.duskwatch("watch", "run")
    workspace.duskwatch("store", "stats")  # makes the spool
    cases = {
        "posts.db": (["store", "stats"], "PRAGMA user_version = 99", "schema 99, this version knows"),
        "spool.db": (["store", "drain"], "PRAGMA user_version = 99", "schema 99, this version knows"),
        "state.db": (["alerts", "list"], "UPDATE alembic_version SET version_num = '9999'", "schema 9999"),
    }
    for file, (words, change, says) in cases.items():
        path = workspace.folder / "var" / file
        kept = path.read_bytes()
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(change)
        told = workspace.run("console.cli.main", *words, status=78).stderr
        told = " ".join(told.split())
        assert says in told, file
        assert "update duskwatch, or restore a backup made by this version" in told, file
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        path.write_bytes(kept)
    workspace.duskwatch("alerts", "list")


def test_evidence_of_a_newer_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, key = tmp_path / "evidence", signing_key(tmp_path / "keys")
    custody = Custody(folder)
    custody.add("sworn", {"by": "a notary"}, NOON)
    with pytest.raises(EvidenceBroken, match="says 'sworn', which this version does not know") as caught:
        check_folder(folder, key.public_key())
    assert "newer" in str(caught.value.cure)
    entry = Entry.after(None, "sealed", {}, NOON)
    assert entry.holds()
    given: dict[str, Any] = {
        "alert": {"id": "a1"},
        "revisions": [],
        "at": NOON,
        "facts": list,
        "picture": None,
    }
    with monkeypatch.context() as newer:
        newer.setattr("alerts.evidence._FORM", "duskwatch.evidence/2")
        export(tmp_path / "a.zip", folder, key, **given)
    with pytest.raises(DuskwatchError, match=r"form duskwatch\.evidence/2, this version knows") as refused:
        check_package(tmp_path / "a.zip")
    assert "newer duskwatch" in str(refused.value.cure)
