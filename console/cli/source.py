"""``duskwatch source``: what is crawled."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from alerts.dating import Dating
from config.settings import load_settings
from console.cli import source_add, source_copies, source_steer
from console.cli.output import options, show, table
from console.steering import new_circuits as fresh_circuits
from console.wiring import database, dating_of, ingest, late, read_sources, store
from crawler.adapters import adapter_names
from crawler.coverage import Coverage
from crawler.health import Standing
from crawler.leases import Leases
from crawler.memory import Memory
from crawler.readers import note_reader, well_until
from crawler.reparse import reparse
from crawler.source import Source, load_source
from crawler.state import CrawlState, coverage_of, standings

app = typer.Typer(
    name="source", help="List sources and their state, check their files.", no_args_is_help=True
)


source_add.add_to(app)
source_copies.add_to(app)
source_steer.add_to(app)


@app.command("list")
def list_(context: typer.Context) -> None:
    """Every source with its last crawl."""
    settings = load_settings(options(context).config)
    sources = read_sources(settings)
    with database(settings) as engine:
        known = standings(engine)
    rows = [_row(source, known.get(name)) for name, source in sources.items()]
    columns = ("source", "name", "kind", "adapter", "tlp", "reliability", "every", "state", "read_at", "late")
    figures = ("pages", "new", "changed", "removed", "failed")
    show(context, rows, table(rows, (*columns, *figures), f"no source in {settings.sources_dir}"))


def _row(source: Source, standing: Standing | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "source": source.id,
        "name": source.name,
        "kind": source.kind,
        "adapter": source.adapter,
        "tlp": source.tlp.value,
        "reliability": source.reliability,
        "every": str(source.schedule.every),
        "enabled": source.schedule.enabled,
        "note": source.note,
        "state": "never crawled",
    }
    if standing is None:
        return row
    return row | {
        "state": standing.state,
        "ended_at": standing.ended_at,
        "read_at": standing.read_at,
        "late": late(source, standing),
        "detail": standing.detail,
        **standing.figures,
    }


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
    with database(settings) as engine:
        generation, closed = fresh_circuits(settings, engine, source)
    done = {"source": source, "generation": generation, "closed": closed}
    under_way = "" if closed is None else f"; {closed} of a crawl under way were closed"
    show(context, done, f"{source}: the next crawl uses circuits of its own{under_way}")


@app.command()
def addresses(
    context: typer.Context, source: Annotated[str, typer.Argument(help="id of the source")]
) -> None:
    """The addresses of a source, and others that the board names as its own.

    Those it names by its Onion-Location, or in a list that its PGP key signed, are proposed only: write one into the
    source's file to have it used.
    """
    settings = load_settings(options(context).config)
    loaded = load_source(settings.sources_dir, source)
    with database(settings) as engine:
        answers = CrawlState(engine, source).address()
        proposed = Memory(engine, source).proposed()
    rows: list[dict[str, Any]] = [
        {"address": each, "is": "answered last" if each == answers else "used", "at": None}
        for each in loaded.addresses
    ]
    rows += [
        {"address": each, "is": f"proposed: {how}", "at": at}
        for each, (how, at) in proposed.items()
        if each not in loaded.addresses
    ]
    show(context, rows, table(rows, ("address", "is", "at"), "none"))


@app.command()
def coverage(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="id of the source; none given: all")] = None,
) -> None:
    """What of a source is covered, and what is missed and why.

    Per board: threads known against the number that the board states, and the last complete pass; pages missed by why;
    and, after three days, new posts since the newest against what its own history lets expect. And whether the dates of
    its posts tell news from history.
    """
    settings = load_settings(options(context).config)
    sources = read_sources(settings)
    names = [load_source(settings.sources_dir, source).id] if source else list(sources)
    now = datetime.now(UTC)
    with database(settings) as engine:
        found = [
            coverage_of(engine, name, [board.key for board in sources[name].boards], now) for name in names
        ]
        dates = dating_of(engine, now, source)
    said = [
        asdict(each)
        | {"silent": bool(each.expected and each.expected.silent)}
        | {"dates": dates[each.source].says if each.source in dates else ()}
        for each in found
    ]
    show(context, said, Group(*(part for each in found for part in _covered(each, dates.get(each.source)))))


def _covered(found: Coverage, dating: Dating | None) -> list[Any]:
    boards = [asdict(board) for board in found.boards]
    missed = ", ".join(f"{number} {why}" for why, number in sorted(found.missed.items())) or "nothing"
    expected = found.expected
    news = (
        f"{expected.due:.1f} new posts expected since {expected.since:%Y-%m-%d %H:%M}Z, when the newest was found"
        f"{': SILENT' if expected.silent else ''}"
        if expected
        else "not enough history to expect new posts"
    )
    return [
        Text(found.source, style="bold"),
        table(boards, ("board", "followed", "known", "stated", "last_pass"), "no board was read"),
        Text(
            "\n".join(
                [f"missed: {missed}", news, *(f"dates: {each}" for each in (dating.says if dating else ()))]
            )
        ),
    ]


@app.command("reparse")
def reparse_(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="id of the source")],
    since: Annotated[
        datetime | None,
        typer.Option(help="read pages kept since then, UTC; default: the last crawl that went well"),
    ] = None,
) -> None:
    """Read the kept pages of a source again, after its adapter or profile was mended.

    Posts that could not be read when they were fetched are stored with the time at which they were seen. The next crawl
    is then what later ones are held against.
    """
    settings = load_settings(options(context).config)
    loaded = load_source(settings.sources_dir, source)
    with database(settings) as engine, store(settings) as posts, ingest(settings) as way:
        state, memory = CrawlState(engine, source), Memory(engine, source)
        begin = since.replace(tzinfo=UTC) if since else state.last_well() or datetime.min.replace(tzinfo=UTC)
        note_reader(engine, loaded, well_until(engine, source) or begin)
        done = reparse(loaded, posts, way, state, memory, settings.data_dir / "evidence", begin)
        Leases(engine, settings.crawl.lease).wake([source])
    said = asdict(done)
    show(context, {"source": source, **said}, table([said], said, ""))


@app.command()
def adapters(context: typer.Context) -> None:
    """The engines that can be read."""
    show(context, adapter_names(), "\n".join(adapter_names()))
