"""``duskwatch alerts``: what keeps alerts from being delivered, and what a false one teaches."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from alerts.cases import get_alert
from alerts.lessons import NothingToLearn, as_json, propose
from alerts.message import plain
from alerts.mutes import Scope, list_mutes
from alerts.mutes import mute as begin_mute
from alerts.mutes import unmute as end_mute
from config.settings import load_settings
from console.cli.output import options, show, table
from console.cli.people import me
from console.cli.times import moment
from console.wiring import database, read_inputs, store


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (mute, unmute, mutes, learn):
        app.command("propose" if command is learn else None)(command)


def mute(
    context: typer.Context,
    watch: Annotated[str | None, typer.Option(help="an organisation's id")] = None,
    source: Annotated[str | None, typer.Option(help="a source's id")] = None,
    seller: Annotated[str | None, typer.Option(help="a seller's handle")] = None,
    until: Annotated[str, typer.Option("--for", help="a span such as 12h or 7d, or a time")] = "24h",
    why: Annotated[str, typer.Option(help="the reason, kept with it")] = "",
) -> None:
    """For a time, keep and mark alerts without delivering them."""
    named = [(scope, value) for scope, value in zip(Scope, (watch, source, seller), strict=True) if value]
    if len(named) != 1:
        raise typer.BadParameter("name one of --watch, --source and --seller")
    now = datetime.now(UTC)
    ends = moment(until, now)
    if ends <= now:
        raise typer.BadParameter(f"{until!r} has passed")
    with database(load_settings(options(context).config)) as engine:
        made = begin_mute(engine, named[0][0], named[0][1], until=ends, by=me(), at=now, why=why)
    show(
        context,
        made,
        f"mute {made.id}: {made.scope} {plain(made.value)} until {made.ends_at:%Y-%m-%d %H:%M}Z",
    )


def unmute(context: typer.Context, number: Annotated[int, typer.Argument(help="the mute's number")]) -> None:
    """End a mute now. What it kept back stays marked, and is not delivered."""
    with database(load_settings(options(context).config)) as engine:
        ended = end_mute(engine, number, at=datetime.now(UTC))
    show(context, ended, f"mute {ended.id} has ended")


def mutes(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="also those that have ended")] = False,
) -> None:
    """The mutes in force."""
    with database(load_settings(options(context).config)) as engine:
        found = list_mutes(engine, None if every else datetime.now(UTC))
    columns = ("id", "scope", "value", "begins_at", "ends_at", "who", "why")
    show(context, found, table(map(asdict, found), columns, "no mutes"))


def learn(
    context: typer.Context,
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="an alert's id, or its beginning")],
) -> None:
    """Rules that would have kept a false alert away, each with the alerts of before that it would have silenced.

    Nothing is changed: write the one that you choose into the watchlist.
    """
    inputs = read_inputs(options(context).config)
    with database(inputs.settings) as engine, store(inputs.settings) as posts:
        found, _ = get_alert(engine, alert)
        watch = next((each for each in inputs.organisations if each.id == found.organisation), None)
        if watch is None:
            raise NothingToLearn(f"no watchlist has {found.organisation!r} any more")
        proposals = propose(engine, posts, watch, found)
    lines = []
    for each in proposals:
        lines.append(f"{each.yaml()}    # {each.why}")
        lost = f", {len(each.harmful)} of them true" if each.harmful else ""
        lines.append(f"  silences {len(each.silenced)} of {each.tried} alerts{lost}")
        lines += [f"    {one.alert}  {one.state}  {plain(one.title)}" for one in each.silenced[:10]]
    show(context, [as_json(each) for each in proposals], None)
    if not options(context).as_json:
        typer.echo("\n".join(lines) or "no rule is found that keeps it away")
