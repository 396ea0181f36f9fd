"""``duskwatch deliver``: the outbox."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from alerts.outbox import list_deliveries, retry_parked
from config.settings import load_settings
from console.cli.output import options, show, table
from console.wiring import agenda, channels, database, deliver, read_inputs

app = typer.Typer(
    name="deliver", help="Send what waits, see what is parked, try it again.", no_args_is_help=True
)


@app.command()
def run(context: typer.Context) -> None:
    """Send everything that is due."""
    inputs = read_inputs(options(context).config)
    with channels(inputs.settings) as opened:
        agenda(inputs)
        done = deliver(inputs.settings, opened)
    show(context, asdict(done), f"sent {done.sent}, to be tried again {done.retried}, parked {done.parked}")


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[str | None, typer.Option(help="waiting, sent or parked")] = None,
) -> None:
    """Deliveries, newest first."""
    with database(load_settings(options(context).config)) as engine:
        rows = list_deliveries(engine, state)
    columns = ("key", "channel", "alert", "state", "attempts", "next_at", "last_error")
    show(context, rows, table(rows, columns, "no deliveries"))


@app.command()
def retry(context: typer.Context) -> None:
    """Let every parked delivery be tried again."""
    with database(load_settings(options(context).config)) as engine:
        count = retry_parked(engine, datetime.now(UTC))
    show(context, {"retried": count}, f"{count} parked deliveries wait to be sent again")
