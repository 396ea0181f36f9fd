"""What falls due with time: digests that leave, and alerts that nobody has acknowledged."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from alerts.cases import AlertState, locked_alert
from alerts.dispatch import last_payload
from alerts.handling import Actor, change_state
from alerts.message import again
from alerts.outbox import delivery_key, enqueue
from alerts.severity import Severity
from alerts.tables import alert_table, digest_table, escalation_table

_LONGEST_DIGEST = 100  # entries in one message

#: Lines that a digest tells beside its alerts, for people: given its route, the organisations that it is about and its
#: marking, what is not seen for them. Asked within a transaction: it must not ask the database itself.
NotSeen = Callable[[str, Sequence[str], str], Sequence[str]]
#: Likewise, given its route and organisations: which of their terms want looking at.
Terms = Callable[[str, Sequence[str]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class AgendaRun:
    """What one look at the agenda did."""

    digests: int
    escalated: int


def _all_seen(_route: str, _organisations: Sequence[str], _tlp: str) -> Sequence[str]:
    return ()


def _all_well(_route: str, _organisations: Sequence[str]) -> Sequence[str]:
    return ()


def keep_agenda(
    database: sa.Engine, now: datetime, not_seen: NotSeen = _all_seen, terms: Terms = _all_well
) -> AgendaRun:
    """Send the digests that are due, and escalate what was not acknowledged in time. Several may look at once."""
    with database.begin() as connection:
        return AgendaRun(_close_digests(connection, now, not_seen, terms), _escalate(connection, now))


def digest_due(database: sa.Engine, routes: Collection[str], now: datetime) -> bool:
    """Whether a digest of one of these routes is due."""
    columns = digest_table.c
    query = sa.select(columns.key).where(
        columns.digest.is_(None), columns.due_at <= now, columns.route.in_(sorted(routes))
    )
    with database.connect() as connection:
        return connection.scalar(query.limit(1)) is not None


def _close_digests(connection: sa.Connection, now: datetime, not_seen: NotSeen, terms: Terms) -> int:
    """One message for each route, channel and marking: what is marked higher must not keep the rest from a channel
    whose ceiling it is above."""
    columns = digest_table.c
    query = (
        sa.select(digest_table)
        .where(columns.digest.is_(None), columns.due_at <= now)
        .order_by(columns.at, columns.key)
        .limit(10 * _LONGEST_DIGEST)
        .with_for_update(skip_locked=True)
    )
    batches: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        batches[row.route, row.channel, str(row.payload.get("tlp"))].append(row)
    made = 0
    for (route, channel, tlp), rows in batches.items():
        for start in range(0, len(rows), _LONGEST_DIGEST):
            part = rows[start : start + _LONGEST_DIGEST]
            keys = [row.key for row in part]
            name = "d" + hashlib.sha256("\0".join((route, channel, tlp, *keys)).encode()).hexdigest()[:15]
            about = sorted({str(row.payload.get("organisation")) for row in part})
            payloads = [row.payload for row in part]
            payload = digest(payloads, name, route, now, not_seen(route, about, tlp), terms(route, about))
            gravest, event = _gravest(part).alert, f"digest:{name}"
            enqueue(connection, gravest, event, channel, payload, now)
            left = delivery_key(gravest, event, channel)
            connection.execute(sa.update(digest_table).where(columns.key.in_(keys)).values(digest=left))
            made += 1
    return made


def digest(
    payloads: Sequence[Mapping[str, Any]],
    name: str,
    route: str,
    now: datetime,
    not_seen: Sequence[str] = (),
    terms: Sequence[str] = (),
) -> dict[str, Any]:
    """Several messages as one, in the form of one: the gravest first, each in a line of ``claim``, all of them under
    ``entries``. ``alert`` is the digest's own name. ``not_seen``: lines of what could not be looked at; ``terms``: of
    terms that want looking at."""
    ordered = sorted(payloads, key=lambda each: -_rank(str(each["severity"])))
    first = ordered[0]
    organisations = list(dict.fromkeys(str(each["organisation"]) for each in ordered))
    lines = [
        f"{str(each['severity']).upper()} {each['organisation']}: {each['title']} ({each['source']}, {each['alert']})"
        for each in ordered
    ]
    said = f"Digest {route}: {len(ordered)} message{'s' if len(ordered) > 1 else ''}"
    whole = again(
        dict(first),
        "digest",
        said,
        alert=name,
        organisation=", ".join(organisations[:5]) + (" and others" if len(organisations) > 5 else ""),
        claim="\n".join(
            [
                *lines,
                *(["", "Not covered:", *not_seen] if not_seen else []),
                *(["", "Terms to look at:", *terms] if terms else []),
            ]
        ),
        not_covered="; ".join(not_seen),
        terms="; ".join(terms),
        claims="",
        facts=[],
        matches=[],
        entries=list(ordered),
        matched_at=now.isoformat(),
    )
    return {**whole, "title": said, "headline": said}


def _rank(severity: str) -> int:
    names = [each.value for each in Severity]
    return names.index(severity) if severity in names else -1


def _gravest(rows: Sequence[Any]) -> Any:
    return max(rows, key=lambda row: _rank(str(row.payload.get("severity"))))


def _escalate(connection: sa.Connection, now: datetime) -> int:
    columns = escalation_table.c
    query = (
        sa.select(escalation_table)
        .where(columns.done_at.is_(None), columns.due_at <= now)
        .order_by(columns.due_at, columns.alert, columns.route)
        .limit(500)
        .with_for_update(skip_locked=True)
    )
    done = 0
    for row in connection.execute(query).all():
        alert = locked_alert(connection, row.alert)
        # an alert that was opened again is new, whoever had acknowledged it before
        by_nobody = alert.state == AlertState.ESCALATED and alert.acknowledged_at is None
        acknowledged = alert.state != AlertState.NEW and not by_nobody
        connection.execute(
            sa.update(escalation_table)
            .where(columns.alert == row.alert, columns.route == row.route)
            .values(done_at=now)
        )
        if acknowledged:
            continue
        payload = again(last_payload(connection, alert), "escalated", "Nobody has acknowledged")
        for channel in row.channels:
            enqueue(
                connection, alert.id, f"escalated:{row.route}:{row.due_at.isoformat()}", channel, payload, now
            )
        why = f"nobody acknowledged it in time; told {', '.join(row.channels)}"
        change_state(connection, alert.id, AlertState.ESCALATED, by=Actor("duskwatch", ""), at=now, why=why)
        done += 1
    return done


def overdue(database: sa.Engine, now: datetime, limit: int = 100) -> list[str]:
    """Alerts that should have been closed by now, the longest overdue first."""
    columns = alert_table.c
    closed = (AlertState.RESOLVED.value, AlertState.FALSE_POSITIVE.value)
    query = sa.select(columns.id).where(columns.due_at < now, columns.state.not_in(closed))
    with database.connect() as connection:
        return list(connection.scalars(query.order_by(columns.due_at, columns.id).limit(limit)))
