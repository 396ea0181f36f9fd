"""State databases for tests: SQLite, and a genuine PostgreSQL server of the test run's own."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from config.database import migrate, open_database

_POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL of its own, on a socket in a new folder."""
    pytest.importorskip("psycopg")
    if not _POSTGRES:
        pytest.skip("no PostgreSQL server is installed")
    as_other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="dw-pg-", dir="/tmp"))  # sockets want short paths
    if as_other:
        shutil.chown(folder, "postgres")
    programs = _POSTGRES[-1].parent
    control = [*as_other, str(programs / "pg_ctl"), "-w", "-s", "-D", str(folder / "data")]
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder}
    try:
        subprocess.run(
            [*as_other, str(programs / "initdb"), "-A", "trust", "-U", "dw", "-D", str(folder / "data")],
            **quiet,
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        subprocess.run([*control, "-l", str(folder / "log"), "-o", options, "start"], **quiet)
        try:
            yield f"postgresql+psycopg://dw@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres_empty(postgres: str) -> str:
    """The URL of a database without a schema."""
    return create_database(postgres)


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """The name of a migrated database, to be copied."""
    engine = open_database(_create(postgres, "migrated"))
    migrate(engine)
    engine.dispose()
    return "migrated"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A new migrated state database, of either kind."""
    if request.param == "sqlite":
        engine = open_database(f"sqlite:///{tmp_path}/state.db")
        migrate(engine)
    else:
        server = request.getfixturevalue("postgres")
        template = request.getfixturevalue("postgres_template")
        engine = open_database(create_database(server, f" TEMPLATE {template}"))
    yield engine
    engine.dispose()


def create_database(server: str, more: str = "") -> str:
    """A new database of a server; its URL."""
    return _create(server, f"t{next(_numbers)}", more)


def _create(server: str, name: str, more: str = "") -> str:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}{more}"))
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")
