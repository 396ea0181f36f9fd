"""``duskwatch alerts``: what an analyst makes of a possible alert, whose listing names nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from console.cli.output import options, show
from console.cli.people import me
from console.possible import confirm_possible, reject_possible
from console.wiring import database, read_inputs

_Name = Annotated[str, typer.Argument(metavar="ALERT", help="a possible alert's id, or its beginning")]
_Why = Annotated[str, typer.Option(help="the reason, kept in the audit")]


def confirm(context: typer.Context, alert: _Name, why: _Why = "") -> None:
    """Make a possible alert a certain one: the data are the organisation's. It is told by the routes of those."""
    inputs = read_inputs(options(context).config)
    with database(inputs.settings) as engine:
        changed = confirm_possible(inputs, engine, alert, by=me(), at=datetime.now(UTC), why=why)
    show(context, changed, f"{changed.id} is a certain alert, {changed.state}")


def reject(context: typer.Context, alert: _Name, why: _Why = "") -> None:
    """Close a possible alert: the data are not the organisation's. Whoever got it is told; no score changes by it."""
    inputs = read_inputs(options(context).config)
    with database(inputs.settings) as engine:
        changed = reject_possible(engine, alert, by=me(), at=datetime.now(UTC), why=why)
    show(context, changed, f"{changed.id} is {changed.state}")


def add_to(app: typer.Typer) -> None:
    """Put the commands under ``alerts``."""
    app.command()(confirm)
    app.command()(reject)
