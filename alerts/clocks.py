"""The clocks of laws: they begin when a person confirms the breach, show on the alert, and warn before their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.cases import AlertState, find_alert, note
from alerts.dispatch import last_payload, tell_holders
from alerts.handling import Actor, change_state
from alerts.laws import Law
from alerts.message import again
from config.database import UtcDateTime, metadata, reading, transaction
from config.errors import StopError

clock_table = sa.Table(
    "legal_clock",
    metadata,
    sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), primary_key=True),
    sa.Column("law", sa.Text, primary_key=True),
    sa.Column("duty", sa.Text, primary_key=True),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("warned_at", UtcDateTime),
    sa.Column("met_at", UtcDateTime),
    sa.Column("who", sa.Text, nullable=False),
)
_WARN = 0.25  # of the time allowed is left when a clock warns


class NoClock(StopError):
    """No such clock runs for the alert."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One duty of one law for one alert. ``who``: who confirmed the breach, or met the duty."""

    alert: str
    law: str
    duty: str
    started_at: datetime
    due_at: datetime
    warned_at: datetime | None
    met_at: datetime | None
    who: str

    def warns_at(self) -> datetime:
        """When it warns: once a quarter of its time is left."""
        return self.due_at - _WARN * (self.due_at - self.started_at)

    def left(self, now: datetime) -> timedelta:
        """How long until it is due; below nothing when it is past."""
        return self.due_at - now


def confirm(
    database: sa.Engine | sa.Connection,
    name: str,
    laws: Mapping[str, Law],
    *,
    by: Actor,
    at: datetime,
    why: str = "",
) -> list[Clock]:
    """A person confirms that data were breached: the clocks of these laws begin, and a new or acknowledged alert is
    escalated. A clock that runs goes on as it is. Raises ``AlertUnknown``."""
    with transaction(database) as connection:
        alert = find_alert(connection, name, lock=True)
        there = {(clock.law, clock.duty) for clock in _clocks(connection, alert.id)}
        rows = [
            {"alert": alert.id, "law": law, "duty": duty, "started_at": at, "due_at": due, "who": by.who}
            for law, told in laws.items()
            for duty, due in told.deadlines(at).items()
            if (law, duty) not in there
        ]
        if rows:
            connection.execute(sa.insert(clock_table), rows)
        named = ", ".join(laws) or "no law"
        note(connection, alert.id, at, by.who, f"breach confirmed: {named}", why, by.origin)
        if alert.state in (AlertState.NEW, AlertState.ACKNOWLEDGED):
            change_state(connection, alert.id, AlertState.ESCALATED, by=by, at=at, why="breach confirmed")
        return _clocks(connection, alert.id)


def met(
    database: sa.Engine | sa.Connection,
    name: str,
    law: str,
    duty: str,
    *,
    by: Actor,
    at: datetime,
    why: str = "",
) -> Clock:
    """A duty was met. Raises ``AlertUnknown``, and ``NoClock`` when no such clock runs."""
    with transaction(database) as connection:
        alert = find_alert(connection, name, lock=True)
        columns = clock_table.c
        here = (columns.alert == alert.id, columns.law == law, columns.duty == duty)
        done = connection.execute(
            sa.update(clock_table).where(*here, columns.met_at.is_(None)).values(met_at=at, who=by.who)
        )
        if not done.rowcount:
            others = [
                f"{clock.law} {clock.duty}" for clock in _clocks(connection, alert.id) if not clock.met_at
            ]
            cure = f"running: {', '.join(others) or 'none'}"
            raise NoClock(f"{law} {duty} is not running for {alert.id}", cure=cure)
        note(connection, alert.id, at, by.who, f"duty met: {law} {duty}", why, by.origin)
        return next(
            clock for clock in _clocks(connection, alert.id) if (clock.law, clock.duty) == (law, duty)
        )


def clocks_of(database: sa.Engine | sa.Connection, alert: str) -> list[Clock]:
    """The clocks of an alert, by its whole id, the next to end first."""
    with reading(database) as connection:
        return _clocks(connection, alert)


def running(database: sa.Engine) -> list[Clock]:
    """Every clock that runs, the next to end first."""
    columns = clock_table.c
    query = sa.select(clock_table).where(columns.met_at.is_(None)).order_by(columns.due_at, columns.alert)
    with reading(database) as connection:
        return [Clock(**row._mapping) for row in connection.execute(query)]


def warn(database: sa.Engine, now: datetime) -> int:
    """Tell everybody who has the alert of each clock that is near its end, once; how many."""
    told = 0
    for due in running(database):
        if due.warned_at is not None or now < due.warns_at():
            continue
        with database.begin() as connection:
            columns = clock_table.c
            here = (columns.alert == due.alert, columns.law == due.law, columns.duty == due.duty)
            free = (columns.warned_at.is_(None), columns.met_at.is_(None))
            done = connection.execute(sa.update(clock_table).where(*here, *free).values(warned_at=now))
            if not done.rowcount:
                continue  # another process told it, or it was met in this moment
            alert = find_alert(connection, due.alert)
            hours = due.left(now) / timedelta(hours=1)
            left = f"{hours:.0f} hours are left" if hours >= 1 else "hardly any time is left"
            said = f"Deadline {due.due_at:%Y-%m-%d %H:%M}Z for {due.law} {due.duty}: {left}"
            payload = again(last_payload(connection, alert), "deadline", said, due_at=due.due_at.isoformat())
            tell_holders(connection, alert.id, f"deadline:{due.law}:{due.duty}", payload, now)
            note(connection, alert.id, now, "duskwatch", "deadline near", said)
            told += 1
    return told


def _clocks(connection: sa.Connection, alert: str) -> list[Clock]:
    columns = clock_table.c
    query = (
        sa.select(clock_table)
        .where(columns.alert == alert)
        .order_by(columns.due_at, columns.law, columns.duty)
    )
    return [Clock(**row._mapping) for row in connection.execute(query)]
