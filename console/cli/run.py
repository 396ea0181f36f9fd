"""``duskwatch run``: the service."""

from __future__ import annotations

import os
import sys

import typer

from console.cli.output import options


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(context: typer.Context) -> None:
    """Crawl, watch and deliver on schedule until SIGTERM or Ctrl-C."""
    from console.service import Service  # the scheduler, for this command only

    if not Service(options(context).config).run():
        # What is left is a delivery that waits for its peer. Python would wait for it, for up to the channel's
        # timeout; ended here, it is sent again under its key as if the process had been killed.
        sys.stderr.flush()
        os._exit(0)
