"""``duskwatch route``: which alerts go where, and when."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Group

from config.settings import load_settings
from console.cli.output import options, show, table
from console.cli.times import moment
from console.routing import reach
from console.wiring import database, read_inputs, read_routes

app = typer.Typer(name="route", help="Check routes, and whom an alert would reach.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context) -> None:
    """Every route in the order in which alerts come by."""
    ways = read_routes(load_settings(options(context).config))
    rows = [
        {
            "route": way.route.name,
            "channels": ", ".join(way.channels),
            "digest": way.route.digest,
            "escalates to": ", ".join(way.escalation),
            "last": way.route.last,
        }
        for way in ways
    ]
    show(context, rows, table(rows, ("route", "channels", "digest", "escalates to", "last"), "no routes"))


@app.command("test")
def try_(
    context: typer.Context,
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="an alert's id, or its beginning")],
    at: Annotated[str, typer.Option(help="a time, or a span from now such as 12h")] = "",
) -> None:
    """Whom an alert would reach, when, and why. Nothing is sent."""
    inputs = read_inputs(options(context).config)
    now = datetime.now(UTC)
    with database(inputs.settings) as engine:
        found = reach(inputs, engine, alert, moment(at, now) if at else now)
    routes = table(
        map(asdict, found.routes), ("route", "taken", "why"), "no routes: it goes to every channel"
    )
    columns = ("channel", "at", "route", "digest", "escalation", "above_ceiling")
    show(context, found, Group(routes, table(map(asdict, found.reached), columns, "it reaches nobody")))
