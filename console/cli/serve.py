"""``duskwatch serve``: the console."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from console.cli.output import options


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="address to listen on; else web.host")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="its port; else web.port")] = None,
) -> None:
    """Serve the console and the API until SIGTERM or Ctrl-C. While there is no user, it prints the address at which the
    first admin is made."""
    from console.web.server import Server  # the web's libraries, for this command only

    server = Server(options(context).config, host, port)
    for line in server.said():
        sys.stderr.write(f"{line}\n")
    server.run()
