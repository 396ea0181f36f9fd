"""What people do with an alert: every act is one line of its audit, and one transaction, its caller's where that passes
its connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from alerts.cases import Alert, AlertState, find_alert, note
from alerts.dispatch import last_payload, tell_holders, withdraw
from alerts.message import again
from alerts.tables import alert_table
from config.database import transaction
from config.errors import StopError


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where: ``command line on HOST``, or the address of a browser."""

    who: str
    origin: str


class StateRefused(StopError):
    """People cannot give an alert this state."""


def set_state(
    database: sa.Engine | sa.Connection,
    name: str,
    state: AlertState,
    *,
    by: Actor,
    at: datetime,
    why: str = "",
) -> Alert:
    """Change an alert's state. The first state that a person gives it also says when it was acknowledged. Whoever
    got an alert is told when it was a false positive, and when that is taken back. Raises ``AlertUnknown``, and
    ``StateRefused`` for the state that only history gives."""
    if state is AlertState.BASELINE:
        raise StateRefused("nobody makes an alert a case of history", cure="resolve it instead")
    with transaction(database) as connection:
        return change_state(connection, name, state, by=by, at=at, why=why)


def change_state(
    connection: sa.Connection, name: str, state: AlertState, *, by: Actor, at: datetime, why: str = ""
) -> Alert:
    """As ``set_state``, within a transaction."""
    alert = find_alert(connection, name, lock=True)
    values: dict[str, Any] = {"state": state.value}
    if alert.acknowledged_at is None and by.origin and state is not AlertState.NEW:
        values["acknowledged_at"] = at
    line = _write(connection, alert, at, by, f"{alert.state} -> {state.value}", why, **values)
    false = AlertState.FALSE_POSITIVE
    if state is false and alert.state != false:
        withdraw(connection, alert.id)
        _retell(connection, alert, f"retracted:{line}", "Retracted, a false positive", at)
    elif alert.state == false and state is not false:
        _retell(connection, alert, f"reinstated:{line}", "No false positive after all", at)
    return find_alert(connection, alert.id)


def _retell(connection: sa.Connection, alert: Alert, event: str, said: str, at: datetime) -> None:
    payload = again(last_payload(connection, alert), event.partition(":")[0], said)
    tell_holders(connection, alert.id, event, payload, at)


def assign(
    database: sa.Engine | sa.Connection, name: str, assignee: str, *, by: Actor, at: datetime, why: str = ""
) -> Alert:
    """Give an alert to somebody; nobody with "". Raises ``AlertUnknown``."""
    with transaction(database) as connection:
        alert = find_alert(connection, name, lock=True)
        what = f"assigned to {assignee}" if assignee else "assigned to nobody"
        _write(connection, alert, at, by, what, why, assignee=assignee)
        return find_alert(connection, alert.id)


def set_due(
    database: sa.Engine | sa.Connection,
    name: str,
    due: datetime | None,
    *,
    by: Actor,
    at: datetime,
    why: str = "",
) -> Alert:
    """Say by when an alert should be closed; None: no such time. Raises ``AlertUnknown``."""
    with transaction(database) as connection:
        alert = find_alert(connection, name, lock=True)
        what = f"due {due:%Y-%m-%d %H:%M}Z" if due else "no longer due"
        _write(connection, alert, at, by, what, why, due_at=due)
        return find_alert(connection, alert.id)


def add_note(database: sa.Engine | sa.Connection, name: str, text: str, *, by: Actor, at: datetime) -> Alert:
    """Add a note. Raises ``AlertUnknown``."""
    with transaction(database) as connection:
        alert = find_alert(connection, name, lock=True)
        _write(connection, alert, at, by, "note", text)
        return find_alert(connection, alert.id)


def _write(
    connection: sa.Connection, alert: Alert, at: datetime, by: Actor, what: str, detail: str, **values: Any
) -> int:
    """Change an alert and its audit; the number of the audit's line."""
    connection.execute(
        sa.update(alert_table).where(alert_table.c.id == alert.id).values(updated_at=at, **values)
    )
    return note(connection, alert.id, at, by.who, what, detail, by.origin)
