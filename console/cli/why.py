"""``duskwatch why``: why a listing was alerted, or was not."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from alerts.message import plain
from console.cli.output import options, show
from console.wiring import read_inputs

_STYLES = {"passed": "green", "waits": "yellow", "stopped": "bold red", "note": "dim"}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("why")(why)


def why(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(help="an address, or the id of a post or listing: source/thread/post, source/thread"),
    ],
) -> None:
    """Walk the way of one post through every stage, with times and decisions: why it was alerted, or was not."""
    from console.why import way_of  # the matcher, which most commands do without

    way = way_of(read_inputs(options(context).config), target)
    steps = Table.grid(padding=(0, 1))
    for step in way.steps:
        steps.add_row(
            Text(f"{step.at:%Y-%m-%d %H:%M:%S}Z" if step.at else "", "dim"),
            Text(step.verdict.value, _STYLES[step.verdict.value]),
            Text(step.stage, "bold"),
            Text(plain(step.says)),
        )
    show(context, way, Group(steps, Text(plain(way.answer), "bold")))
