"""How often each term of each watch was found, and when last: counts that survive every edit of the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from alerts.reading import Reading
from config.database import UtcDateTime, metadata

#: ``posts``: revisions in which the watcher found the term; ``past``: those in which the last back-test did.
hit_table = sa.Table(
    "term_hit",
    metadata,
    sa.Column("organisation", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("term", sa.Text, primary_key=True),
    sa.Column("posts", sa.Integer, nullable=False),
    sa.Column("past", sa.Integer, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Column("last_post", sa.Text, nullable=False),
)
_MANY = 500  # values in one statement


@dataclass(frozen=True, slots=True)
class Hit:
    """How often a term was found as the watcher read (``posts``) and in the past, when first and last, and where."""

    organisation: str
    kind: str
    term: str
    posts: int
    past: int
    first_at: datetime
    last_at: datetime
    last_post: str


def count(
    connection: sa.Connection, readings: Iterable[Reading], now: datetime, *, past: bool = False
) -> None:
    """Count what was found, within the transaction in which it is decided upon. ``past``: a back-test found it."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for reading in readings:
        for organisation, matches in reading.found.items():
            for kind, term in {(match.kind, match.term): None for match in matches}:
                key = organisation, kind, term
                row = rows.setdefault(
                    key,
                    {"organisation": organisation, "kind": kind, "term": term, "posts": 0, "past": 0}
                    | {"first_at": now, "last_at": now},
                )
                row["past" if past else "posts"] += 1
                row["last_post"] = reading.change.stored.post.id
    if rows:
        connection.execute(_upsert(connection.dialect.name), [rows[key] for key in sorted(rows)])


@cache
def _upsert(dialect: str) -> sa.Executable:
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(hit_table)
    new, old = insert.excluded, hit_table.c
    return insert.on_conflict_do_update(
        index_elements=[old.organisation, old.kind, old.term],
        set_={
            "posts": old.posts + new.posts,
            "past": old.past + new.past,
            "last_at": new.last_at,
            "last_post": new.last_post,
        },
    )


def forget_past(connection: sa.Connection, organisations: Sequence[str]) -> None:
    """A back-test of these organisations begins: it counts anew."""
    for start in range(0, len(organisations), _MANY):
        here = hit_table.c.organisation.in_(organisations[start : start + _MANY])
        connection.execute(sa.update(hit_table).where(here).values(past=0))


def hits_of(database: sa.Engine) -> dict[tuple[str, str, str], Hit]:
    """Every term that was ever found, by organisation, kind and text."""
    with database.connect() as connection:
        found = connection.execute(sa.select(hit_table))
        return {(row.organisation, row.kind, row.term): Hit(**row._mapping) for row in found}
