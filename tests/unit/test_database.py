from __future__ import annotations

import multiprocessing
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import config.database
from config.database import (
    DatabaseRefused,
    DatabaseTooNew,
    DatabaseUnavailable,
    UtcDateTime,
    database_faults,
    migrate,
    open_database,
)


def migrate_at_once(url: str, ready: Any, said: Any) -> None:
    """One of several processes that migrate at the same instant."""
    engine = open_database(url)
    ready.wait(60)
    try:
        migrate(engine)
        said.put("done")
    except Exception as error:  # noqa: BLE001 - told to the test
        said.put(repr(error))
    finally:
        engine.dispose()


def race(url: str, count: int = 4) -> list[str]:
    spawn = multiprocessing.get_context("spawn")
    ready, said = spawn.Barrier(count), spawn.Queue()
    processes = [spawn.Process(target=migrate_at_once, args=(url, ready, said)) for _ in range(count)]
    for process in processes:
        process.start()
    found = [said.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
        process.close()
    said.close()
    said.join_thread()
    return found


def test_several_processes_may_migrate_at_once(tmp_path: Path) -> None:
    assert race(f"sqlite:///{tmp_path}/new folder, 100%/state.db") == ["done"] * 4


def test_times_come_back_aware_and_in_utc(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/state.db")
    table = sa.Table("t", sa.MetaData(), sa.Column("at", UtcDateTime))
    jakarta = datetime(2022, 1, 6, 9, 30, tzinfo=timezone(timedelta(hours=7)))
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(sa.insert(table), [{"at": jakarta}, {"at": None}])
        found = list(connection.scalars(sa.select(table.c.at)))
    with engine.connect() as connection, pytest.raises(sa.exc.StatementError, match="has no time zone"):
        connection.execute(sa.insert(table).values(at=datetime(2022, 1, 6)))
    engine.dispose()
    assert found == [jakarta, None]
    assert found[0].tzinfo is UTC


def test_sqlite_is_opened_as_promised(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/deep/state.db")
    with engine.connect() as connection:
        found = [
            connection.scalar(sa.text(f"PRAGMA {name}"))
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        ]
    engine.dispose()
    assert found == ["wal", 30_000, 1]


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="9999"):
        migrate(engine)
    engine.dispose()


@pytest.mark.parametrize("url", ["nonsense", "nosuch://hunter2@x/y", "://hunter2"])
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(DatabaseRefused) as caught:
        open_database(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.cure


def test_a_damaged_file_and_a_missing_folder_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(os.urandom(5000))
    damaged = open_database(f"sqlite:///{tmp_path}/state.db")
    with pytest.raises(DatabaseRefused, match="damaged"), database_faults():
        migrate(damaged)
    damaged.dispose()
    gone = open_database(f"sqlite:///{tmp_path}/gone/state.db")
    (tmp_path / "gone").rmdir()
    with pytest.raises(DatabaseUnavailable, match="unable to open"), database_faults(), gone.connect():
        pass
    gone.dispose()


@pytest.mark.slow
def test_postgresql_is_migrated_by_several_at_once(postgres_empty: str) -> None:
    assert race(postgres_empty) == ["done"] * 4


@pytest.mark.slow
def test_a_migration_that_fails_frees_its_lock_on_postgresql(
    postgres_empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, other = open_database(postgres_empty), open_database(postgres_empty)

    def fail(*_words: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as broken:
        broken.setattr("alembic.script.ScriptDirectory.get_current_head", fail)
        with pytest.raises(RuntimeError, match="broken"):
            migrate(engine)
    with other.connect() as connection:
        free = connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(config.database._LOCK_NUMBER)))
    other.dispose()
    engine.dispose()
    assert free is True
