"""Routes and channels as people look at them: whom an alert would reach, how each channel did, and its TLP ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import sqlalchemy as sa

from alerts.cases import get_alert
from alerts.channel import Channel, Tlp
from alerts.channels import written_channels
from alerts.handling import Actor
from alerts.outbox import delivery_table
from alerts.route_test import RouteTest, try_routes
from alerts.routes import Subject
from config.errors import DuskwatchError, InputError, Problem
from config.inputs import nearest
from config.saving import read_text, save
from config.settings import Settings
from console.editing import PieceUnknown, filled
from console.versions import CHANNEL, keep
from console.wiring import Inputs


@dataclass(frozen=True, slots=True)
class ChannelStanding:
    """A channel: its type, its target without secrets, its ceiling; how many deliveries wait and are parked, and what
    became of the newest."""

    name: str
    type: str
    target: str
    ceiling: str
    waiting: int
    parked: int
    newest_state: str
    newest_at: datetime | None
    newest_error: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What a channel said when it was tried without an alert."""

    channel: str
    open: bool
    says: str


def reach(inputs: Inputs, database: sa.Engine, alert: str, now: datetime) -> RouteTest:
    """Whom an alert would reach at a time, and why. Raises ``AlertUnknown``."""
    found, _ = get_alert(database, alert)
    written = written_channels(inputs.settings.channels_dir)
    organisation = next((each for each in inputs.organisations if each.id == found.organisation), None)
    subject = Subject(found.organisation, found.severity, found.kind, found.tlp, found.source)
    otherwise = (organisation.channels if organisation else ()) or tuple(written)
    ceilings = {name: each.tlp_ceiling for name, each in written.items()}
    return try_routes(inputs.ways, subject, now, otherwise, ceilings)


def channel_standings(
    settings: Settings, database: sa.Engine, opened: dict[str, Channel]
) -> list[ChannelStanding]:
    """Every channel by name. ``opened``: the open ones."""
    written = written_channels(settings.channels_dir)
    columns = delivery_table.c
    counts = sa.select(columns.channel, columns.state, sa.func.count()).group_by(
        columns.channel, columns.state
    )
    newest = sa.select(sa.func.max(columns.id)).where(columns.attempts > 0).group_by(columns.channel)
    with database.connect() as connection:
        counted = {(row[0], row[1]): row[2] for row in connection.execute(counts)}
        last = {
            row.channel: row
            for row in connection.execute(sa.select(delivery_table).where(columns.id.in_(newest)))
        }
    found = []
    for name, channel in opened.items():
        row = last.get(name)
        found.append(
            ChannelStanding(
                name,
                written[name].type if name in written else "",
                channel.redacted(),
                written[name].tlp_ceiling if name in written else "red",
                counted.get((name, "waiting"), 0),
                counted.get((name, "parked"), 0),
                row.state if row else "",
                (row.sent_at or row.created_at) if row else None,
                row.last_error if row and row.state != "sent" else "",
            )
        )
    return found


def try_channel(opened: dict[str, Channel], name: str) -> Tried:
    """Send a test by a channel. Raises ``PieceUnknown``."""
    channel = opened.get(name)
    if channel is None:
        raise PieceUnknown(f"no channel {name!r}", cure=nearest(name, opened))
    try:
        return Tried(name, True, channel.check())
    except DuskwatchError as error:
        return Tried(name, False, str(error))


def set_ceiling(
    settings: Settings, database: sa.Engine, name: str, ceiling: str, *, by: Actor, why: str, at: datetime
) -> tuple[str, ...]:
    """Change the highest TLP that leaves by a channel, in its file; the fields whose comments were lost. Of the file
    only this line is kept as a version: others may be secret. Raises as ``change``."""
    path = next(
        (
            each
            for each in (settings.channels_dir / f"{name}{end}" for end in (".yaml", ".yml"))
            if each.exists()
        ),
        None,
    )
    if path is None or "/" in name:
        raise PieceUnknown(f"no channel {name!r}")
    if ceiling not in get_args(Tlp):
        fault = f"{ceiling!r} is no TLP"
        raise InputError([Problem(str(path), None, "tlp_ceiling", fault, nearest(ceiling, get_args(Tlp)))])
    whole = read_text(path)
    text, lost = filled(whole, {"tlp_ceiling": ceiling})
    with database.begin() as connection:
        keep(connection, CHANNEL, name, path, f"tlp_ceiling: {ceiling}", at, by, why)
        save(path, text, whole)
    return lost
