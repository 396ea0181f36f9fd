"""From something that happened to an alert to rows of the outbox: what is to be told, to whom, and when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from alerts.cases import Alert
from alerts.message import kept_payload
from alerts.outbox import delivery_key, delivery_table, enqueue
from alerts.routes import Plan, Sending, Subject, Way, plan
from alerts.tables import digest_table, escalation_table


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The routes in force, and the channels for what no route takes."""

    ways: Sequence[Way]
    channels: Sequence[str]

    def tell(
        self,
        connection: sa.Connection,
        alert: Alert,
        event: str,
        payload: dict[str, Any],
        at: datetime,
        otherwise: Sequence[str] = (),
        *,
        remind: bool = False,
        collect: tuple[str, datetime] | None = None,
    ) -> None:
        """Send a message by the routes, each channel once for this ``event``. ``otherwise``: the organisation's own
        channels, for what no route takes. ``remind``: have the routes escalate it when nobody acknowledges.
        ``collect``: the digest, and its time, in which it waits whatever the routes say of when."""
        planned = self._plan(alert, at, tuple(otherwise) or self.channels)
        for sending in planned.sendings:
            if collect is not None:
                sending = Sending(sending.channel, collect[1], sending.route or collect[0])
            if sending.route is None:
                enqueue(connection, alert.id, event, sending.channel, payload, at, not_before=sending.at)
            else:
                _collect(connection, alert.id, event, sending.route, sending.channel, payload, at, sending.at)
        for reminder in planned.reminders if remind else ():
            columns = escalation_table.c
            earlier = (columns.alert == alert.id, columns.route == reminder.route)
            connection.execute(sa.delete(escalation_table).where(*earlier))
            values = {"alert": alert.id, "route": reminder.route, "due_at": reminder.at}
            connection.execute(sa.insert(escalation_table).values(**values, channels=list(reminder.channels)))

    def times(self, alert: Alert, at: datetime, otherwise: Sequence[str] = ()) -> dict[str, Sending]:
        """When each channel wants to be told of an alert: in quiet hours later, in a digest where it has one.
        ``otherwise``: the channels for what no route takes."""
        return {each.channel: each for each in self._plan(alert, at, otherwise).sendings}

    def _plan(self, alert: Alert, at: datetime, otherwise: Sequence[str]) -> Plan:
        subject = Subject(alert.organisation, alert.severity, alert.kind, alert.tlp, alert.source, alert.tier)
        return plan(self.ways, subject, at, otherwise)


def tell_holders(
    connection: sa.Connection,
    alert: str,
    event: str,
    payload: dict[str, Any],
    at: datetime,
    times: Mapping[str, Sending] = MappingProxyType({}),
) -> int:
    """Tell every channel that has an alert, or will get it, something that concerns all of them, whatever the routes
    say now; how many. ``times``: when a channel wants to be told. Where the alert waits for a digest, this waits with
    it."""
    columns = delivery_table.c
    reached = (
        columns.alert == alert,
        columns.state.in_(("waiting", "sent")),
        columns.event.not_in(("digest", "baseline")),
    )
    holders = set(connection.scalars(sa.select(columns.channel).where(*reached)))
    entries = digest_table.c
    collected = connection.execute(sa.select(digest_table).where(entries.alert == alert)).all()
    waiting = {row.channel: row for row in collected if row.digest is None and row.channel not in holders}
    holders |= {row.channel for row in collected} - waiting.keys()
    for channel, row in sorted(waiting.items()):
        _collect(connection, alert, event, row.route, channel, payload, at, row.due_at)
    for channel in sorted(holders):
        sending = times.get(channel)
        if sending and sending.route:
            _collect(connection, alert, event, sending.route, channel, payload, at, sending.at)
        else:
            due = sending.at if sending else at
            enqueue(connection, alert, event, channel, payload, at, not_before=due)
    return len(holders) + len(waiting)


def withdraw(connection: sa.Connection, alert: str) -> int:
    """Take back what of an alert has not begun to leave; how many messages."""
    columns = delivery_table.c
    unsent = (columns.alert == alert, columns.state == "waiting", columns.attempts == 0)
    done = connection.execute(sa.update(delivery_table).where(*unsent).values(state="withdrawn"))
    entries = digest_table.c
    left = connection.execute(sa.delete(digest_table).where(entries.alert == alert, entries.digest.is_(None)))
    return done.rowcount + left.rowcount


def last_payload(connection: sa.Connection, alert: Alert) -> dict[str, Any]:
    """What was last told of an alert; of one that nobody was told of, what is kept of it."""
    columns = delivery_table.c
    found = connection.scalar(
        sa.select(columns.payload)
        .where(columns.alert == alert.id, columns.event.in_(("new", "changed")))
        .order_by(columns.id.desc())
        .limit(1)
    )
    return dict(found) if found else kept_payload(alert)


def collected(connection: sa.Connection, alert: str) -> list[tuple[str, str, datetime]]:
    """What of an alert waits for a digest: of which route, to which channel, and when it leaves."""
    columns = digest_table.c
    query = sa.select(columns.route, columns.channel, columns.due_at).where(
        columns.alert == alert, columns.digest.is_(None)
    )
    return [(row.route, row.channel, row.due_at) for row in connection.execute(query)]


def _collect(
    connection: sa.Connection,
    alert: str,
    event: str,
    route: str,
    channel: str,
    payload: dict[str, Any],
    at: datetime,
    due: datetime,
) -> None:
    key = hashlib.sha256(f"{delivery_key(alert, event, channel)}\0{route}".encode()).hexdigest()[:32]
    if connection.scalar(sa.select(digest_table.c.key).where(digest_table.c.key == key)) is None:
        connection.execute(
            sa.insert(digest_table).values(
                key=key, alert=alert, route=route, channel=channel, due_at=due, payload=payload, at=at
            )
        )
