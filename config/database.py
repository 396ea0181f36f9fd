"""The state database: one SQLAlchemy engine, SQLite by default or PostgreSQL by URL, and its migrations."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from config.errors import RetryError, StopError
from config.sqlite import TOO_NEW

#: The tables of every room register here.
metadata = sa.MetaData()

_READS = "duskwatch_reads"
_MIGRATIONS = Path(__file__).parent / "migrations"
_CURE_URL = (
    "write sqlite:////path/to/state.db, or postgresql+psycopg://... with the extra postgresql installed"
)
_LOCK_NUMBER = 0x4455534B  # any fixed number: the advisory lock that migrations take on PostgreSQL


class DatabaseTooNew(StopError):
    """The state database was written by a newer Duskwatch."""


class DatabaseUnavailable(RetryError):
    """The state database does not answer."""


class DatabaseRefused(StopError):
    """The state database cannot be used as it is."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A time that goes in aware and always comes back aware and in UTC; SQLite keeps no zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def open_database(url: str) -> sa.Engine:
    """An engine for ``url``. SQLite: WAL, 30 s of patience, foreign keys, and transactions that take
    their lock when they begin, so that no two of them meet half way. Raises ``DatabaseRefused`` for a URL
    that cannot be read and for a database whose driver is not installed."""
    try:
        engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except (sa.exc.ArgumentError, ImportError) as error:  # neither repeats the URL, which may hold a password
        raise DatabaseRefused(f"database_url: {error}", cure=_CURE_URL) from error
    if engine.dialect.name != "sqlite":
        return engine
    if engine.url.database and engine.url.database != ":memory:":
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's BEGIN below is the only one
        for pragma in ("busy_timeout=30000", "journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        reads = connection.get_execution_options().get(_READS, False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def reading(database: sa.Engine | sa.Connection) -> AbstractContextManager[sa.Connection]:
    """A connection for reading alone, or the one that is passed: on SQLite it waits for no writer and none for it."""
    if isinstance(database, sa.Connection):
        return nullcontext(database)
    return database.execution_options(**{_READS: True}).connect()


def transaction(database: sa.Engine | sa.Connection) -> AbstractContextManager[sa.Connection]:
    """A transaction of its own, or the one that a connection is in: its caller decides what belongs together."""
    return nullcontext(database) if isinstance(database, sa.Connection) else database.begin()


def migrate(engine: sa.Engine) -> None:
    """Bring the schema to this version. Safe when several processes start at once; does nothing when it is
    there already. Raises ``DatabaseTooNew`` for a database of a newer version."""
    # a tenth of a second, for commands that need no database
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    with _alone(engine), engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
        if current == scripts.get_current_head():
            return
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise DatabaseTooNew(
                f"the state database has schema {current}, which this version does not know",
                cure=TOO_NEW,
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


@contextmanager
def database_faults() -> Iterator[None]:
    """Turn what the database's driver raises within into ``DatabaseUnavailable`` or ``DatabaseRefused``."""
    try:
        yield
    except sa.exc.OperationalError as error:
        raise DatabaseUnavailable(
            f"the state database does not answer: {error.orig}",
            cure="check database_url, its server and its disk",
        ) from error
    except sa.exc.DatabaseError as error:
        if type(error) is not sa.exc.DatabaseError:  # a fault of this program, such as a broken constraint
            raise
        raise DatabaseRefused(
            f"the state database is damaged, or none: {error.orig}", cure="restore a backup, or move it away"
        ) from error


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[None]:
    """Only one process migrates at a time."""
    name = engine.url.database
    if engine.dialect.name == "sqlite" and name and name != ":memory:":
        with Path(f"{name}.migrating").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    elif engine.dialect.name == "postgresql":
        with engine.begin() as connection:  # freed with its transaction, also when migrating fails
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_NUMBER)))
            yield
    else:
        yield
