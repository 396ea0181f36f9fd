"""Mutes: for a time, alerts of a watch, a source or a seller are kept and marked, and not delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from alerts.handling import Actor
from alerts.tables import mute_table
from config.errors import StopError


class MuteUnknown(StopError):
    """There is no such mute, or it has ended."""


class Scope(StrEnum):
    """What a mute silences: the alerts of an organisation, of a source, or of a seller's handle."""

    WATCH = "watch"
    SOURCE = "source"
    SELLER = "seller"


@dataclass(frozen=True, slots=True)
class Mute:
    """One mute, from ``begins_at`` until ``ends_at``."""

    id: int
    scope: str
    value: str
    begins_at: datetime
    ends_at: datetime
    who: str
    origin: str
    why: str


def mute(
    database: sa.Engine, scope: Scope, value: str, *, until: datetime, by: Actor, at: datetime, why: str
) -> Mute:
    """Begin a mute. A seller's handle is the same in small and capital letters."""
    values = {
        "scope": scope.value,
        "value": _value(scope, value),
        "begins_at": at,
        "ends_at": until,
        "who": by.who,
        "origin": by.origin,
        "why": why,
    }
    with database.begin() as connection:
        made = connection.execute(sa.insert(mute_table).values(values))
        (number,) = made.inserted_primary_key or (0,)
        return Mute(number, **values)  # type: ignore[arg-type]


def unmute(database: sa.Engine, number: int, *, at: datetime) -> Mute:
    """End a mute now. Alerts that it kept back stay marked and are not delivered. Raises ``MuteUnknown``."""
    with database.begin() as connection:
        done = connection.execute(
            sa.update(mute_table)
            .where(mute_table.c.id == number, mute_table.c.ends_at > at)
            .values(ends_at=at)
        )
        if not done.rowcount:
            raise MuteUnknown(f"no mute {number} is in force", cure="duskwatch alerts mutes names them")
        return Mute(
            **connection.execute(sa.select(mute_table).where(mute_table.c.id == number)).one()._mapping
        )


def list_mutes(database: sa.Engine, at: datetime | None = None) -> list[Mute]:
    """Mutes, newest first; with ``at`` only those in force then."""
    query = sa.select(mute_table).order_by(mute_table.c.id.desc())
    if at is not None:
        query = query.where(mute_table.c.begins_at <= at, mute_table.c.ends_at > at)
    with database.connect() as connection:
        return [Mute(**row._mapping) for row in connection.execute(query)]


def muting(
    connection: sa.Connection, organisation: str, source: str, seller: str, at: datetime
) -> int | None:
    """The mute that holds for an alert, None when there is none."""
    columns = mute_table.c
    names = {Scope.WATCH: organisation, Scope.SOURCE: source, Scope.SELLER: seller}
    fits = [
        sa.and_(columns.scope == scope.value, columns.value == _value(scope, name))
        for scope, name in names.items()
        if name
    ]
    query = sa.select(columns.id).where(columns.begins_at <= at, columns.ends_at > at, sa.or_(*fits))
    return connection.scalar(query.order_by(columns.ends_at.desc()).limit(1))


def _value(scope: Scope, value: str) -> str:
    return value.strip().casefold() if scope is Scope.SELLER else value.strip()
