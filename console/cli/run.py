"""``duskwatch run``: the service."""

from __future__ import annotations

import typer

from console.cli.output import options
from console.service import Service


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(context: typer.Context) -> None:
    """Crawl, watch and deliver on schedule until SIGTERM or Ctrl-C."""
    Service(options(context).config).run()
