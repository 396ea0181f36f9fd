"""``duskwatch watch``: watchlists, and the watcher."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from alerts.loading import load_negative, load_watchlists
from alerts.matching import build_matcher
from alerts.message import matches_json, plain
from config.settings import load_settings
from console.cli import advice, watch_coverage, watch_past, watch_profile
from console.cli.output import options, show, table
from console.editing import look
from console.versions import WATCH
from console.versions import versions as known_versions
from console.wiring import database, go_back, read_inputs, restart_watching, watch

app = typer.Typer(name="watch", help="Check and try watchlists, run the watcher.", no_args_is_help=True)
advice.add_to(app)
watch_coverage.add_to(app)


@app.command()
def run(context: typer.Context) -> None:
    """Read what is new in the store and make alerts; then hold watches that were added or changed against the past."""
    inputs = read_inputs(options(context).config)
    done = watch(inputs)
    ended = go_back(inputs)
    said = f"{done.changes} changes, {done.matches} matches, {done.alerts_new} new alerts, {done.alerts_joined} joined"
    said += f", {done.alerts_again} raised again" if done.alerts_again else ""
    said += f", {done.possible} possible alerts" if done.possible else ""
    said += f", {done.history} of history (duskwatch alerts baseline)" if done.history else ""
    said += f", {ended} looks through the past ended" if ended else ""
    said += f", {done.failed} posts could not be read" if done.failed else ""
    show(context, asdict(done), said)


@app.command()
def restart(context: typer.Context) -> None:
    """Read the whole change feed again at the next run, after another store was set or watchlists were widened.

    A listing that has an alert gets no second one.
    """
    restart_watching(read_inputs(options(context).config))
    show(context, {"restarted": True}, "the next run reads the feed from its beginning")


@app.command()
def check(context: typer.Context) -> None:
    """Check every watchlist file."""
    found = load_watchlists(load_settings(options(context).config).watchlists_dir)
    names = ", ".join(organisation.id for organisation in found)
    show(
        context,
        {"organisations": [organisation.id for organisation in found]},
        f"{len(found)} organisations: {names}",
    )


@app.command()
def test(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a text file")],
) -> None:
    """Show what the watchlists find in a text, and why."""
    folder = load_settings(options(context).config).watchlists_dir
    matcher = build_matcher(load_watchlists(folder), load_negative(folder))
    text = file.read_text(encoding="utf-8", errors="replace")
    found = matcher.match("", text)
    lines = [
        f"{match.organisation}: {match.term} ({match.kind}, {match.view} view, strength {match.strength}): "
        + ", ".join(f"{span.start}-{span.end} {plain(text[span.start : span.end])!r}" for span in match.spans)
        for match in found
    ]
    value = [
        {"organisation": match.organisation, **shown}
        for match, shown in zip(found, matches_json(found), strict=True)
    ]
    show(context, value, None)
    if not options(context).as_json:
        typer.echo("\n".join(lines) or "nothing found")


@app.command()
def versions(
    context: typer.Context,
    organisation: Annotated[str, typer.Argument(help="id of the organisation, also of one that is retired")],
) -> None:
    """Who changed an organisation's entry, when and why; also what somebody changed in the file."""
    settings = load_settings(options(context).config)
    with database(settings) as engine:
        look(settings, engine, WATCH, organisation, datetime.now(UTC))
        found = known_versions(engine, WATCH, organisation)
    rows = [asdict(each) | {"who": each.who or "somebody in the file"} for each in found]
    show(context, found, table(rows, ("at", "who", "why", "origin", "file"), "no version is known"))


watch_past.add_to(app)
watch_profile.add_to(app)
