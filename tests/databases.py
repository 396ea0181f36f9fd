"""State databases for tests: SQLite, and a genuine PostgreSQL server of the test run's own."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
import sqlalchemy as sa

from config.database import migrate, open_database

_POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
_numbers = itertools.count()


class PostgresMissing(Exception):
    """No PostgreSQL server is installed."""


class Postgres:
    """A genuine PostgreSQL of its own, on a socket in a new folder; a context manager. Raises ``PostgresMissing``."""

    def __enter__(self) -> Self:
        if not _POSTGRES:
            raise PostgresMissing("no PostgreSQL server is installed")
        self._as_other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._folder = Path(tempfile.mkdtemp(prefix="dw-pg-", dir="/tmp"))  # sockets want short paths
        if self._as_other:
            shutil.chown(self._folder, "postgres")
        self._programs = _POSTGRES[-1].parent
        data = str(self._folder / "data")
        try:
            self._run(str(self._programs / "initdb"), "-A", "trust", "-U", "dw", "-D", data)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://dw@/postgres?host={self._folder}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off"
        self._control("-l", str(self._folder / "log"), "-o", options, "start")

    def pid(self) -> int:
        """Of the process that all its others end with."""
        return int((self._folder / "data/postmaster.pid").read_text().splitlines()[0])

    def _control(self, *words: str) -> None:
        self._run(str(self._programs / "pg_ctl"), "-w", "-s", "-D", str(self._folder / "data"), *words)

    def _run(self, *words: str) -> None:
        subprocess.run(
            [*self._as_other, *words], check=True, stdout=subprocess.DEVNULL, cwd=self._folder, timeout=120
        )

    def __exit__(self, *_error: object) -> None:
        if (self._folder / "data/postmaster.pid").exists():
            self._control("-m", "immediate", "stop")
        shutil.rmtree(self._folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL of its own."""
    pytest.importorskip("psycopg")
    try:
        with Postgres() as server:
            yield server.url
    except PostgresMissing as missing:
        pytest.skip(str(missing))


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
