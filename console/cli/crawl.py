"""``duskwatch crawl``: crawl now."""

from __future__ import annotations

from typing import Annotated

import typer

from console.cli.output import options, show, table
from console.wiring import BROKEN, crawl, read_inputs
from crawler.health import LATER
from crawler.source import SourceUnknown

_COLUMNS = ("source", "state", "pages", "new", "changed", "removed", "failed", "detail")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("crawl")(crawl_)


def crawl_(
    context: typer.Context,
    sources: Annotated[list[str] | None, typer.Argument(help="ids; none given: every enabled source")] = None,
) -> None:
    """Crawl sources now, one after another, each in a process of its own."""
    config = options(context).config
    known = read_inputs(config).sources
    names = sources or [name for name, source in known.items() if source.schedule.enabled]
    for name in names:
        if name not in known:
            raise SourceUnknown(
                f"no source {name!r}", cure=f"known sources: {', '.join(known) or 'none yet'}"
            )
    done = crawl(names, config)
    show(context, done, table(done, _COLUMNS, "no source is enabled"))
    if any(each["state"] == BROKEN for each in done):
        raise typer.Exit(78)
    if any(each["state"] in LATER for each in done):
        raise typer.Exit(75)
