"""``duskwatch watch coverage``: for whom Duskwatch is blind, where, since when, and what could be missed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from alerts.loading import load_watchlists
from config.errors import StopError
from config.inputs import nearest
from config.settings import load_settings
from console.blind import Sight, blind_spots, sight
from console.cli.output import options, show, table
from console.wiring import database, read_sources


class OrganisationUnknown(StopError):
    """No watchlist has such an organisation."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("coverage")(_coverage)


def _coverage(
    context: typer.Context,
    organisation: Annotated[
        str | None, typer.Argument(help="id of the organisation; none given: all, a line each")
    ] = None,
) -> None:
    """Which sources are covered for an organisation now, and which are silent, gated, drifting, late or down: since
    when, and how many new posts could be missed by what their history lets expect."""
    settings = load_settings(options(context).config)
    watched = load_watchlists(settings.watchlists_dir)
    if organisation and organisation not in (ids := [each.id for each in watched]):
        raise OrganisationUnknown(f"no organisation {organisation!r}", cure=nearest(organisation, ids))
    sources = read_sources(settings)
    with database(settings) as engine:
        blind = blind_spots(sources, engine, datetime.now(UTC))
    found = [sight(each, sources, blind) for each in watched if organisation in (None, each.id)]
    said = [{**asdict(each), "missed": each.missed} for each in found]
    show(context, said, _in_full(found[0]) if organisation else _in_lines(found))


def _in_lines(found: list[Sight]) -> Any:
    rows = [
        {
            "organisation": each.organisation,
            "covered": f"{len(each.covered)} of {len(each.covered) + len(each.blind)}",
            "not covered": ", ".join(f"{spot.source} ({spot.why.value})" for spot in each.blind) or "—",
            "since": min((spot.since for spot in each.blind if spot.since), default=None),
            "could be missed": f"about {each.missed:,.0f} posts" if each.missed >= 1 else "",
            "no such source": ", ".join(each.unknown),
        }
        for each in found
    ]
    columns = ["organisation", "covered", "not covered", "since", "could be missed"]
    columns += ["no such source"] if any(each.unknown for each in found) else []
    return table(rows, columns, "nobody is watched")


def _in_full(found: Sight) -> Any:
    rows = [
        {
            "source": spot.source,
            "is": spot.why.value,
            "since": spot.since,
            "could be missed": "unknown" if spot.missed is None else f"about {spot.missed:,.0f} posts",
            "boards": ", ".join(spot.boards),
            "detail": f"{spot.detail} ({spot.cure})"
            if spot.detail and spot.cure
            else spot.detail or spot.cure,
        }
        for spot in found.blind
    ]
    parts: list[Any] = [
        Text(found.organisation, style="bold"),
        Text(f"covered: {', '.join(found.covered) or 'nothing'}"),
        table(rows, ("source", "is", "since", "could be missed", "boards", "detail"), "no blind spot"),
    ]
    if found.unknown:
        parts.append(Text(f"its scope names sources that are not there: {', '.join(found.unknown)}"))
    return Group(*parts)
