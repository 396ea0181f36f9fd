"""The tier of possible alerts in the state database: how many are told, how one gives way to an alert that names its
organisation, and what an analyst makes of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from alerts.cases import Alert, AlertState, Listing, find_alert, locked_alert, note
from alerts.dispatch import Dispatch, last_payload, withdraw
from alerts.handling import Actor, change_state
from alerts.message import again, plain
from alerts.outbox import delivery_table, enqueue
from alerts.tables import alert_table, clue_table, digest_table, listing_table, sketch_table
from alerts.unnamed.scoring import Possible
from config.errors import StopError

POSSIBLE: Final = "possible"
#: Possible alerts that are told of one organisation in a day.
DAILY: Final = 3
OVER: Final = "possible-over-limit"  # the digest of the others
_US = "duskwatch"
_DIGEST_AT = 8  # o'clock, UTC


class NotPossible(StopError):
    """The alert is none of a listing that names nobody."""


def possible_id(certain: str) -> str:
    """The name of the possible alert of the listing whose alert would have this name."""
    return "p" + certain[1:]


def waiting(connection: sa.Connection, there: Mapping[str, Listing]) -> dict[str, str]:
    """Of a thread's listings by organisation those of possible alerts, with the alert."""
    maybe = {
        listing.alert: organisation for organisation, listing in there.items() if listing.alert[:1] == "p"
    }
    if not maybe:
        return {}
    columns = alert_table.c
    query = sa.select(columns.id).where(columns.id.in_(sorted(maybe)), columns.tier == POSSIBLE)
    return {maybe[alert]: alert for alert in connection.scalars(query)}


def over_limit(connection: sa.Connection, organisation: str, daily: int, now: datetime) -> int:
    """How many possible alerts of an organisation of the last day are more than are told in one, this one included;
    0: it may be told."""
    columns = alert_table.c
    since = columns.created_at > now - timedelta(days=1)
    query = sa.select(sa.func.count()).where(
        columns.tier == POSSIBLE, columns.organisation == organisation, since
    )
    return max(int(connection.scalar(query) or 0) - daily, 0)


def digest_time(now: datetime) -> datetime:
    """When what is over the limit is told."""
    due = now.replace(hour=_DIGEST_AT, minute=0, second=0, microsecond=0)
    return due if due > now else due + timedelta(days=1)


def told(payload: dict[str, Any], possible: Possible) -> dict[str, Any]:
    """The message of a possible alert: every channel shows that nobody is named, and what speaks for and against."""
    shown = possible.json()
    claim = f"{reasons(shown)}\n\n{payload['claim']}"
    title = f"Possible, names nobody: {payload['title']}"
    return {
        **payload,
        "tier": POSSIBLE,
        POSSIBLE: shown,
        "headline": payload["title"],
        "title": title,
        "claim": claim,
    }


def reasons(possible: Mapping[str, Any]) -> str:
    """What speaks for and against, in lines for people, with the bits of each part."""
    lines = [f"score {possible['score']:g} of {possible['threshold']:g} bits needed"]
    for name in ("for", "against"):
        said = "; ".join(f"{plain(str(what))} {bits:+g}" for what, bits in possible[name])
        lines.append(f"{name}: {said or 'nothing'}")
    if possible.get("others"):
        lines.append(f"fits as well: {', '.join(possible['others'])}")
    return "\n".join(lines)


def step_aside(connection: sa.Connection, old: str, source: str, thread: str) -> None:
    """Make room for the alert that names the organisation: the listing is no longer the possible alert's."""
    columns = listing_table.c
    here = (columns.alert == old, columns.source == source, columns.thread == thread)
    connection.execute(sa.delete(listing_table).where(*here))


def hand_over(connection: sa.Connection, old: str, new: str, now: datetime) -> None:
    """A possible alert becomes part of one that names its organisation: its other listings are that one's, and it is
    closed. Whoever has it and is not told of the new one is told that it was named."""
    connection.execute(
        sa.update(listing_table).where(listing_table.c.alert == old).values(alert=new, how="possible")
    )
    connection.execute(sa.update(sketch_table).where(sketch_table.c.alert == old).values(alert=new))
    connection.execute(sa.delete(clue_table).where(clue_table.c.alert == old))
    alert = locked_alert(connection, old)
    withdraw(connection, old)
    note(connection, new, now, _US, "was possible", old)
    note(connection, old, now, _US, "named", new)
    kept = {**(alert.possible or {}), "became": new}
    connection.execute(
        sa.update(alert_table).where(alert_table.c.id == old).values(possible=kept, updated_at=now)
    )
    payload = again(last_payload(connection, alert), "named", f"Named in alert {new}", became=new)
    for channel in sorted(_holders(connection, old) - _holders(connection, new)):
        enqueue(connection, old, "named", channel, payload, now)
    if alert.state not in (AlertState.RESOLVED, AlertState.FALSE_POSITIVE):
        change_state(connection, old, AlertState.RESOLVED, by=Actor(_US, ""), at=now, why=f"named in {new}")


def _holders(connection: sa.Connection, alert: str) -> set[str]:
    """Channels that have an alert or will get it."""
    one, part = delivery_table.c, digest_table.c
    sent = sa.select(one.channel).where(one.alert == alert, one.state.in_(("waiting", "sent")))
    return {
        *connection.scalars(sent),
        *connection.scalars(sa.select(part.channel).where(part.alert == alert)),
    }


def confirm(
    connection: sa.Connection,
    dispatch: Dispatch,
    name: str,
    channels: tuple[str, ...],
    *,
    by: Actor,
    at: datetime,
    why: str = "",
) -> Alert:
    """An analyst says that the data are the organisation's: the alert is a certain one from now on, and is told by the
    routes of those. ``channels``: the organisation's own. Raises ``AlertUnknown`` and ``NotPossible``."""
    alert = _possible(connection, name)
    values = {"tier": "certain", "updated_at": at}
    connection.execute(sa.update(alert_table).where(alert_table.c.id == alert.id).values(values))
    note(connection, alert.id, at, by.who, "confirmed: a certain case", why, by.origin)
    changed = change_state(connection, alert.id, AlertState.ACKNOWLEDGED, by=by, at=at, why=why)
    payload = again(
        last_payload(connection, changed), "confirmed", "Confirmed, a certain case", tier="certain"
    )
    dispatch.tell(connection, changed, "confirmed", payload, at, channels)
    return changed


def reject(connection: sa.Connection, name: str, *, by: Actor, at: datetime, why: str = "") -> Alert:
    """An analyst says that the data are not the organisation's. Whoever got the alert is told. The listing and its
    copies raise nothing again; no score and no threshold changes by it. Raises ``AlertUnknown`` and ``NotPossible``."""
    alert = _possible(connection, name)
    return change_state(connection, alert.id, AlertState.FALSE_POSITIVE, by=by, at=at, why=why or "not ours")


def _possible(connection: sa.Connection, name: str) -> Alert:
    alert = find_alert(connection, name, lock=True)
    if alert.tier != POSSIBLE:
        cure = "duskwatch alerts list --tier possible names those that are; resolve --false closes others as false"
        raise NotPossible(f"{alert.id} is a certain alert", cure=cure)
    if became := (alert.possible or {}).get("became"):
        raise NotPossible(f"{alert.id} was named since", cure=f"look at {became}")
    return alert
