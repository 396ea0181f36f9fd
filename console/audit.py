"""What people and programs did by the console and the API, a line each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from config.database import UtcDateTime, metadata, reading

audit_table = sa.Table(
    "console_audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the audit."""

    id: int
    at: datetime
    who: str
    what: str
    detail: str
    origin: str


def audited(database: sa.Engine, at: datetime, who: str, what: str, detail: str, origin: str) -> None:
    """Write a line into the console's audit."""
    with database.begin() as connection:
        connection.execute(
            sa.insert(audit_table).values(at=at, who=who, what=what, detail=detail[:2000], origin=origin)
        )


def audit(
    database: sa.Engine, limit: int = 200, *, before: int | None = None, who: str | None = None
) -> list[AuditLine]:
    """The newest lines of the audit; those before the line ``before``, and what ``who`` did, where these are given."""
    query = sa.select(audit_table).order_by(audit_table.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit_table.c.id < before)
    if who is not None:
        query = query.where(audit_table.c.who == who)
    with reading(database) as connection:
        return [AuditLine(**row._mapping) for row in connection.execute(query)]
