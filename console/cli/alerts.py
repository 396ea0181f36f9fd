"""``duskwatch alerts``: what was found, and what people do with it."""

from __future__ import annotations

import getpass
import os
import socket
from datetime import UTC, datetime
from typing import Annotated

import typer

from alerts.cases import AlertState, get_alert, list_alerts
from alerts.handling import Actor, set_state
from alerts.message import plain
from config.settings import load_settings
from console.cli.output import options, show, table
from console.wiring import database

app = typer.Typer(
    name="alerts", help="List alerts, read one, acknowledge or resolve it.", no_args_is_help=True
)
_Name = Annotated[str, typer.Argument(metavar="ALERT", help="an alert's id, or its beginning")]
_Why = Annotated[str, typer.Option(help="the reason, kept in the audit")]


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[AlertState | None, typer.Option(help="only those in this state")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """Alerts, newest first."""
    with database(load_settings(options(context).config)) as engine:
        found = list_alerts(engine, state=state.value if state else None, limit=limit)
    rows = [
        {
            name: getattr(alert, name)
            for name in ("id", "severity", "state", "organisation", "source", "title")
        }
        | {"created": alert.created_at}
        for alert in found
    ]
    columns = ("id", "created", "severity", "state", "organisation", "source", "title")
    show(context, found, table(rows, columns, "no alerts"))


@app.command("show")
def show_(context: typer.Context, alert: _Name) -> None:
    """One alert with its matches and its audit."""
    with database(load_settings(options(context).config)) as engine:
        found, events = get_alert(engine, alert)
    lines = [
        f"{found.id}  {found.severity}  {found.state}  TLP:{found.tlp.upper()}",
        f"{found.organisation}: {plain(found.title)}",
        f"{found.source}/{found.thread}, posted {found.posted_at}, first seen {found.first_seen_at}",
        *(
            f"  {match['term']} ({match['kind']}, {match['view']}, strength {match['strength']}) at {match['spans']}"
            for match in found.matches
        ),
        *(f"{event.at:%Y-%m-%d %H:%M:%S}Z  {event.who}: {event.what}  {event.detail}" for event in events),
    ]
    show(context, {"alert": found, "events": events}, None)
    if not options(context).as_json:
        typer.echo("\n".join(lines))


@app.command()
def ack(context: typer.Context, alert: _Name, why: _Why = "") -> None:
    """Acknowledge an alert: somebody has it."""
    _set(context, alert, AlertState.ACKNOWLEDGED, why)


@app.command()
def resolve(
    context: typer.Context,
    alert: _Name,
    why: _Why = "",
    false: Annotated[bool, typer.Option("--false", help="it was a false positive")] = False,
) -> None:
    """Close an alert."""
    _set(context, alert, AlertState.FALSE_POSITIVE if false else AlertState.RESOLVED, why)


def _me() -> Actor:
    try:
        who = getpass.getuser()
    except (KeyError, OSError):  # containers often have no name for their user
        who = f"uid {os.getuid()}"
    return Actor(who, f"command line on {socket.gethostname()}")


def _set(context: typer.Context, name: str, state: AlertState, why: str) -> None:
    with database(load_settings(options(context).config)) as engine:
        changed = set_state(engine, name, state, by=_me(), at=datetime.now(UTC), why=why)
    show(context, changed, f"{changed.id} is {changed.state}")
