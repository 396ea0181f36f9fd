"""``duskwatch alerts baseline``: what history says."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from alerts.baseline import list_entries
from alerts.baseline_report import list_reports, summary
from config.settings import load_settings
from console.cli.output import options, show, table
from console.wiring import database


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("baseline")(_baseline)


def _baseline(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="only what was found on this source")
    ] = None,
    report: Annotated[str | None, typer.Option(help="only what this report told")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 1000,
) -> None:
    """What was posted before its source or its watch was added: kept, told in a report, alarming nobody.

    A later change on such a listing (price, sample, more people) makes it an alert.
    """
    with database(load_settings(options(context).config)) as engine:
        entries = list_entries(engine, source=source, report=report, limit=limit)
        reports = [each for each in list_reports(engine, source=source) if report in (None, each.id)]
    by_organisation: dict[str, list[int]] = {}
    for at, entry in enumerate(entries):
        by_organisation.setdefault(entry.organisation, []).append(at)
    said = [f"{name}: {summary([entries[at] for at in places])}" for name, places in by_organisation.items()]
    rows = [
        asdict(each)
        | {
            "posted": f"{each.posted_at:%Y-%m-%d}" if each.posted_at else "undated",
            "told in": each.report or "waits for its report",
        }
        for each in entries
    ]
    columns = ("alert", "organisation", "posted", "strength", "source", "how", "title", "reason", "told in")
    lines = "\n".join(said)
    shown = table(rows, columns, "nothing: no listing of before its source or watch was added")
    show(context, {"reports": reports, "entries": entries}, None)
    if not options(context).as_json:
        if lines:
            typer.echo(lines)
        show(context, None, shown)
