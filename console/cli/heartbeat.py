"""``duskwatch heartbeat``: whether the whole pipe is well, for a cron beside the service or on another machine."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from config.errors import StopError
from config.settings import load_settings
from console.cli.output import options, show
from console.heartbeat import ping, report, tell
from console.vitals import vitals
from console.wiring import read_sources

app = typer.Typer(
    name="heartbeat",
    help="Whether crawler, store, watcher and deliverer make progress.",
    no_args_is_help=True,
)


class HeartbeatUnset(StopError):
    """No heartbeat is set."""


@app.command()
def check(
    context: typer.Context,
    send: Annotated[
        bool, typer.Option("--send", help="send the outcome to heartbeat.url and heartbeat.channel as well")
    ] = False,
) -> None:
    """Look at every part from outside of the service; exit status 1 when one is not well.

    What is printed and sent holds counts only, and no name of an organisation or source.
    """
    settings = load_settings(options(context).config)
    beat = settings.heartbeat
    if send and beat.url is None and beat.channel is None:
        raise HeartbeatUnset("nobody is to be told", cure="set heartbeat.url or heartbeat.channel")
    found = vitals(settings, read_sources(settings), None)
    show(context, [asdict(vital) for vital in found], Text(report(found)))
    if send:
        ping(beat, found)
        tell(beat, settings.channels_dir, found, datetime.now(UTC))
    if not all(vital.well for vital in found):
        raise typer.Exit(1)
