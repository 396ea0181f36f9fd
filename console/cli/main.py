"""The ``duskwatch`` command."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from config.errors import DuskwatchError, QueryError
from config.log import configure
from config.settings import LogSettings
from console.cli import (
    alerts,
    backup,
    channel,
    crawl,
    deliver,
    doctor,
    evidence,
    heartbeat,
    law,
    route,
    run,
    search,
    serve,
    source,
    store,
    user,
    watch,
    why,
)
from console.cli.output import Options

app = typer.Typer(
    name="duskwatch",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=(
        "Exit status: 0 done; 1 doctor found a fault; 2 wrong words or query; 65 one item refused; "
        "75 try again later (Tor, store or source does not answer); 78 a person must mend something first."
    ),
)
for module in (alerts, channel, deliver, evidence, heartbeat, law, route, source, store, user, watch):
    app.add_typer(module.app)
for module in (backup, crawl, doctor, law, run, search, serve, why):
    module.add_to(app)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(version("duskwatch"))
        raise typer.Exit


@app.callback()
def _before(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="settings file (default: duskwatch.toml here)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for programs")] = False,
    _shown: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Watches dark-web boards through Tor and alerts when they name an organisation that you protect."""
    context.obj = Options(config, as_json)
    configure(LogSettings(), stream=sys.stderr)  # standard output is for what was asked


def main() -> None:
    """Run the command; errors are told with their cure and their exit status."""
    try:
        app()
    except QueryError as error:
        sys.stderr.write(f"{error.pointed()}\n")
        sys.exit(error.exit_code)
    except DuskwatchError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
