"""``duskwatch source``: what is crawled."""

from __future__ import annotations

from typing import Annotated

import typer

from config.settings import load_settings
from console.cli.output import options, show, table
from console.wiring import database, read_sources
from crawler.adapters import adapter_names
from crawler.source import load_source
from crawler.state import CrawlState, latest_runs
from crawler.tor.control import close_circuits

app = typer.Typer(
    name="source", help="List sources and their state, check their files.", no_args_is_help=True
)


@app.command("list")
def list_(context: typer.Context) -> None:
    """Every source with its last crawl."""
    settings = load_settings(options(context).config)
    sources = read_sources(settings)
    with database(settings) as engine:
        runs = latest_runs(engine)
    rows = [
        {
            "source": name,
            "name": source.name,
            "adapter": source.adapter,
            "every": str(source.schedule.every),
            **runs.get(name, {"state": "never crawled"}),
        }
        for name, source in sources.items()
    ]
    columns = (
        "source",
        "name",
        "adapter",
        "every",
        "state",
        "ended_at",
        "pages",
        "new",
        "changed",
        "removed",
    )
    show(context, rows, table(rows, columns, f"no source in {settings.sources_dir}"))


@app.command()
def check(context: typer.Context) -> None:
    """Check every source file."""
    sources = read_sources(load_settings(options(context).config))
    show(context, {"sources": list(sources)}, f"{len(sources)} sources are in order: {', '.join(sources)}")


@app.command("new-circuits")
def new_circuits(
    context: typer.Context, source: Annotated[str, typer.Argument(help="id of the source")]
) -> None:
    """Have a source read through new Tor circuits; those of other sources stay.

    A crawl under way changes over at once where tor.control is set, else the next crawl does.
    """
    settings = load_settings(options(context).config)
    load_source(settings.sources_dir, source)
    with database(settings) as engine:
        generation = CrawlState(engine, source).new_circuits()
    closed = close_circuits(settings.tor, source)
    done = {"source": source, "generation": generation, "closed": closed}
    under_way = "" if closed is None else f"; {closed} of a crawl under way were closed"
    show(context, done, f"{source}: the next crawl uses circuits of its own{under_way}")


@app.command()
def adapters(context: typer.Context) -> None:
    """The engines that can be read."""
    show(context, adapter_names(), "\n".join(adapter_names()))
