"""Which version of each watch is in force, and from which place of the feed on: what lies before it is read by a
back-test (``alerts/backtest.py``), what lies behind by the watcher. So a version of a watch and a revision of a post
meet once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from alerts.hits import forget_past
from alerts.tables import hunt_table
from alerts.watchlist import Organisation
from config.database import UtcDateTime, metadata

#: The version of each watch in force, and since when. The row without an organisation: the digest of all.
version_table = sa.Table(
    "watch_version",
    metadata,
    sa.Column("organisation", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
#: What of a watch decides about what it finds.
FINDING = frozenset(
    {"name", "aliases", "brands", "acronyms", "domains", "mail_domains", "exclusions", "negatives", "context"}
    | {"patterns", "rules", "scope"}
)
_ALL = ""
_MANY = 500  # values in one statement


def version_of(organisation: Organisation) -> str:
    """Changes exactly when what an organisation is found by changes; its order of words counts for nothing."""
    said = organisation.model_dump(mode="json", include=set(FINDING))
    sorted_ = {name: sorted(value) if isinstance(value, list) else value for name, value in said.items()}
    return hashlib.sha256(json.dumps(sorted_, sort_keys=True).encode()).hexdigest()[:24]


def versions_of(organisations: Sequence[Organisation]) -> dict[str, str]:
    """The version of each, by id."""
    return {each.id: version_of(each) for each in organisations}


def digest_of(versions: Mapping[str, str]) -> str:
    """The version of all together."""
    return hashlib.sha256(json.dumps(sorted(versions.items())).encode()).hexdigest()[:24]


def in_force(connection: sa.Connection, digest: str) -> bool:
    """Whether the watches of this digest are those in force."""
    query = sa.select(version_table.c.version).where(version_table.c.organisation == _ALL)
    return connection.scalar(query) == digest


def kept_versions(connection: sa.Connection) -> dict[str, str]:
    """The version in force of each watch."""
    rows = connection.execute(sa.select(version_table.c.organisation, version_table.c.version))
    return {row.organisation: row.version for row in rows if row.organisation != _ALL}


def since(database: sa.Engine) -> dict[str, datetime]:
    """Since when each watch is in force as it is."""
    with database.connect() as connection:
        rows = connection.execute(sa.select(version_table.c.organisation, version_table.c.at))
        return {row.organisation: row.at for row in rows if row.organisation != _ALL}


def put_in_force(
    connection: sa.Connection, versions: Mapping[str, str], cursor: str | None, total: int, now: datetime
) -> int | None:
    """Have the watches of these versions be in force from a cursor on, and a back-test begin for those that are new or
    changed; its number. The first versions that are ever known are taken as they are: what was read before was read by
    them. ``total``: the revisions that the store holds. The caller holds the watcher's cursor."""
    digest = digest_of(versions)
    if in_force(connection, digest):
        return None
    kept = kept_versions(connection)
    first = (
        connection.scalar(sa.select(version_table.c.at).where(version_table.c.organisation == _ALL)) is None
    )
    changed = sorted(name for name, version in versions.items() if kept.get(name) != version)
    gone = sorted(kept.keys() - versions.keys())
    _replace(connection, changed + gone, {name: versions[name] for name in changed} | {_ALL: digest}, now)
    supersede(connection, {*changed, *gone}, now)
    if first or cursor is None or not changed:
        return None
    forget_past(connection, changed)
    values = {
        "organisations": changed,
        "version": digest_of({name: versions[name] for name in changed}),
        "kind": "history",
        "until": cursor,
        "state": "running",
        "revisions_read": 0,
        "revisions_total": total,
        "who": "duskwatch",
        "started_at": now,
        "updated_at": now,
    }
    made = connection.execute(sa.insert(hunt_table).values(values))
    return int((made.inserted_primary_key or (0,))[0])


def _replace(connection: sa.Connection, old: Sequence[str], new: Mapping[str, str], now: datetime) -> None:
    names = [*old, _ALL]
    for start in range(0, len(names), _MANY):
        here = version_table.c.organisation.in_(names[start : start + _MANY])
        connection.execute(sa.delete(version_table).where(here))
    rows = [{"organisation": name, "version": version, "at": now} for name, version in new.items()]
    connection.execute(sa.insert(version_table), rows)


def supersede(connection: sa.Connection, organisations: set[str] | None, now: datetime) -> None:
    """Let back-tests that are under way go on without these organisations, whose watches are others by now; None: end
    them all, as the watcher reads everything again."""
    columns = hunt_table.c
    running = sa.select(columns.id, columns.organisations).where(
        columns.kind == "history", columns.state == "running"
    )
    for row in connection.execute(running.with_for_update()).all():
        left = (
            [] if organisations is None else [each for each in row.organisations if each not in organisations]
        )
        if left != row.organisations:
            values = (
                {"organisations": left, "updated_at": now}
                if left
                else {"state": "superseded", "updated_at": now}
            )
            connection.execute(sa.update(hunt_table).where(columns.id == row.id).values(values))
