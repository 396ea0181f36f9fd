"""``duskwatch channel``: the ways out, and whether they are open."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from config.settings import load_settings
from console.cli.output import options, show, table
from console.routing import try_channel
from console.wiring import channels

app = typer.Typer(
    name="channel", help="List the ways that alerts leave by, and try one.", no_args_is_help=True
)


@app.command("list")
def list_(context: typer.Context) -> None:
    """Every channel with its target; no secret is shown."""
    with channels(load_settings(options(context).config)) as opened:
        rows = [{"channel": name, "target": channel.redacted()} for name, channel in opened.items()]
    show(context, rows, table(rows, ("channel", "target"), "no channels"))


@app.command("test")
def try_(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="channels; none named: all")
    ] = None,
) -> None:
    """Try the way to channels without an alert: most send a test message that says so."""
    with channels(load_settings(options(context).config)) as opened:
        for name in names or ():
            if name not in opened:
                raise typer.BadParameter(f"no channel {name!r}; there are: {', '.join(opened) or 'none'}")
        rows = [asdict(try_channel(opened, name)) for name in names or opened]
    show(context, rows, table(rows, ("channel", "open", "says"), "no channels"))
    if not all(row["open"] for row in rows):
        raise typer.Exit(1)
