"""Versions of what people write: each change with who made it and why, also those made to a file by hand.

The file is the truth; what stands here tells how it came to be so. A version's text is an organisation's entry in its
watchlist, a file of routes, or a source's file; "" where it was taken out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from alerts.handling import Actor
from config.database import UtcDateTime, metadata
from config.errors import StopError

WATCH: Final = "watch"
ROUTES: Final = "routes"
SOURCE: Final = "source"
CHANNEL: Final = "channel"
IN_THE_FILE: Final = "changed in the file"
FIRST: Final = "as it was first seen in the file"

version_table = sa.Table(
    "written_version",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),  # "": whoever may write the file
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
)


class VersionUnknown(StopError):
    """There is no such version."""


class ReasonWanted(StopError):
    """A change wants its reason."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one thing that people write; ``name`` is an organisation's or a source's id, or a file's."""

    id: int
    kind: str
    name: str
    file: str
    text: str
    at: datetime
    who: str
    why: str
    origin: str


def versions(database: sa.Engine, kind: str, name: str, limit: int = 200) -> list[Version]:
    """The versions of one thing, newest first."""
    columns = version_table.c
    query = sa.select(version_table).where(columns.kind == kind, columns.name == name)
    with database.connect() as connection:
        rows = connection.execute(query.order_by(columns.id.desc()).limit(limit))
        return [Version(**row._mapping) for row in rows]


def version(database: sa.Engine, kind: str, name: str, number: int) -> Version:
    """One version. Raises ``VersionUnknown``."""
    columns = version_table.c
    query = sa.select(version_table).where(columns.id == number, columns.kind == kind, columns.name == name)
    with database.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise VersionUnknown(f"{name} has no version {number}")
    return Version(**row._mapping)


def notice(database: sa.Engine, kind: str, name: str, path: Path, text: str, at: datetime) -> bool:
    """Keep what stands in a file as a version where it is not the newest; whether it was kept. Its time is when the
    file was last written."""
    with database.connect() as connection:
        known = _newest(connection, kind, name)
    if known == (text or None) or (known is None and not text):
        return False
    with database.begin() as connection:
        known = _newest(connection, kind, name)  # another process may have noticed it meanwhile
        if known == text:
            return False
        why = FIRST if known is None else IN_THE_FILE
        _keep(connection, kind, name, path, text, _written_at(path, at), Actor("", "file"), why)
    return True


def keep(
    connection: sa.Connection, kind: str, name: str, path: Path, text: str, at: datetime, by: Actor, why: str
) -> None:
    """Keep a version within a transaction. Raises ``ReasonWanted``."""
    if not why.strip():
        raise ReasonWanted("say why", cure="a few words that tell the next person the reason")
    _keep(connection, kind, name, path, text, at, by, why.strip())


def _newest(connection: sa.Connection, kind: str, name: str) -> str | None:
    columns = version_table.c
    query = sa.select(columns.text).where(columns.kind == kind, columns.name == name)
    found: str | None = connection.scalar(query.order_by(columns.id.desc()).limit(1))
    return found


def _keep(
    connection: sa.Connection, kind: str, name: str, path: Path, text: str, at: datetime, by: Actor, why: str
) -> None:
    values = {"kind": kind, "name": name, "file": str(path), "text": text, "at": at}
    connection.execute(
        sa.insert(version_table).values(**values, who=by.who, why=why[:2000], origin=by.origin)
    )


def _written_at(path: Path, at: datetime) -> datetime:
    try:
        return min(datetime.fromtimestamp(path.stat().st_mtime, UTC), at)
    except OSError:
        return at


def retired(database: sa.Engine, kind: str) -> list[str]:
    """The names whose newest version is that they were taken out."""
    columns = version_table.c
    newest = sa.select(sa.func.max(columns.id)).where(columns.kind == kind).group_by(columns.name)
    query = sa.select(columns.name).where(columns.id.in_(newest), columns.text == "").order_by(columns.name)
    with database.connect() as connection:
        return list(connection.scalars(query))
