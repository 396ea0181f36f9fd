"""``duskwatch watch``: watches against the past."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from alerts.foresight import preview, report
from alerts.hygiene import TermReport
from alerts.loading import load_watchlist
from alerts.matching import build_matcher
from alerts.message import plain
from alerts.retro import (
    Hunt,
    HuntUnknown,
    accept,
    begin_hunt,
    dismiss,
    find_hunt,
    find_proposal,
    hunt_on,
    list_hunts,
    list_proposals,
)
from alerts.watchlist import Organisation
from config.inputs import nearest
from config.settings import load_settings
from console.cli.output import options, show, table
from console.cli.people import me
from console.wiring import Inputs, channels, database, intake, read_inputs, store, term_hygiene

_Days = Annotated[int, typer.Option(min=1, max=3650, help="how many days back")]
_Proposals = Annotated[list[str], typer.Argument(metavar="PROPOSAL...", help="ids, or their beginnings")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for name, command in (
        ("preview", _preview),
        ("report", _report),
        ("hunt", _hunt),
        ("hunts", _hunts),
        ("proposals", _proposals),
        ("accept", _accept),
        ("dismiss", _dismiss),
    ):
        app.command(name)(command)


def _preview(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a watchlist file, saved or not")],
    days: _Days = 30,
    examples: Annotated[int, typer.Option(min=0, max=100, help="posts shown of each organisation")] = 5,
) -> None:
    """What a watchlist would have found lately, and how many alerts a week to expect. Nothing is written."""
    organisations = load_watchlist(file)
    now = datetime.now(UTC)
    with store(load_settings(options(context).config)) as posts:
        found = preview(
            posts,
            organisations,
            build_matcher(organisations),
            since=now - timedelta(days=days),
            now=now,
            examples=examples,
            progress=lambda count: _tell(f"{count:,} changes read"),
        )
    lines = []
    for each in found:
        by_source = ", ".join(f"{source} {count}" for source, count in each.hits.items()) or "none"
        lines.append(
            f"{each.organisation}: {each.alerts_a_week:.1f} alerts a week"
            f" ({each.alerts} in {each.days:.1f} days); posts: {by_source}"
        )
        for one in each.examples:
            lines.append(f"  {one.post}  {one.severity}  {one.term} ({one.kind}, strength {one.strength})")
            lines.append(f"    {plain(one.title)}")
            lines.append(f"    {' '.join(one.excerpt.split())[:160]}")
    value = [asdict(each) | {"alerts_a_week": each.alerts_a_week} for each in found]
    show(context, value, None)
    if not options(context).as_json:
        typer.echo("\n".join(lines))


def _report(
    context: typer.Context,
    organisations: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ORGANISATION...]", help="of these, with all their terms; none named: every watch"
        ),
    ] = None,
    days: _Days = 90,
    many: Annotated[float, typer.Option(min=0.1, help="alerts a week from which a watch is too busy")] = 20.0,
) -> None:
    """Watches that never fire, fire all the time, or mostly on what is false, and how often each term was found.

    Of all watches only the terms are listed that are past their review, or were watched for 90 days and never found.
    """
    inputs = read_inputs(options(context).config)
    wanted = _named(inputs, organisations or [])
    now = datetime.now(UTC)
    with database(inputs.settings) as engine:
        since = now - timedelta(days=days)
        found = report(engine, wanted, since=since, now=now, many=many)
        terms = term_hygiene(wanted, engine, now)
    rows = [
        asdict(each) | {"a week": f"{each.alerts_a_week:.1f}", "false": f"{each.false} of {each.judged}"}
        for each in found
    ]
    columns = ("organisation", "verdict", "alerts", "a week", "false", "last_at", "says")
    of = {
        each.organisation: [asdict(one) for one in terms if one.organisation == each.organisation]
        for each in found
    }
    show(context, [asdict(each) | {"terms": of[each.organisation]} for each in found], None)
    if options(context).as_json:
        return
    show(context, None, table(rows, columns, "no watches"))
    listed = [each for each in terms if organisations or each.says]
    for each in listed:
        typer.echo(plain(_term_line(each)))
    if not listed:
        typer.echo("no term is past its review, and none was watched for 90 days and never found")


def _term_line(one: TermReport) -> str:
    last = f", last {one.last_at:%Y-%m-%d %H:%M}Z in {one.last_post}" if one.last_at else ""
    owner = f"; owner {one.owner}" if one.owner else ""
    review = f"; review {one.review}" if one.review and not one.overdue else ""
    found = f"found in {one.posts:,} posts and {one.past:,} of history{last}"
    return f"{one.organisation}: {one.term} ({one.kind}): {found}{owner}{review}{f'; {one.says}' if one.says else ''}"


def _hunt(
    context: typer.Context,
    organisations: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ORGANISATION...]", help="whom to look for; none named: all"),
    ] = None,
    resume: Annotated[int | None, typer.Option(help="go on with the hunt of this number")] = None,
) -> None:
    """Look for organisations in all history. What is found is proposed; `watch accept` makes it an alert.

    Stopped at any point, it goes on with --resume.
    """
    inputs = read_inputs(options(context).config)
    with database(inputs.settings) as engine, store(inputs.settings) as posts:
        if resume is None:
            wanted = _named(inputs, organisations or [])
            matcher = build_matcher(wanted)
            hunt = begin_hunt(engine, posts, wanted, matcher.version, by=me(), at=datetime.now(UTC))
        else:
            with engine.connect() as connection:
                hunt = find_hunt(connection, resume)
            wanted = _named(inputs, hunt.organisations)
            matcher = build_matcher(wanted)
        _tell(f"hunt {hunt.id} of {hunt.revisions_total:,} revisions")
        done = hunt_on(engine, posts, hunt.id, matcher, wanted, lambda: datetime.now(UTC), progress=_progress)
        found = list_proposals(engine, hunt=hunt.id, limit=10_000)
    show(
        context,
        {"hunt": done, "proposals": [asdict(each) for each in found]},
        f"hunt {done.id}: {done.revisions_read:,} changes read, {len(found)} alerts proposed",
    )


def _named(inputs: Inputs, names: list[str] | tuple[str, ...]) -> list[Organisation]:
    known = {organisation.id: organisation for organisation in inputs.organisations}
    for name in names:
        if name not in known:
            raise HuntUnknown(f"no watchlist has an organisation {name!r}", cure=nearest(name, known))
    return [known[name] for name in names] if names else list(known.values())


def _progress(hunt: Hunt) -> None:
    _tell(f"hunt {hunt.id}: {hunt.revisions_read:,} of {hunt.revisions_total:,}")


def _tell(words: str) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r\x1b[K{words}", nl=False, err=True)


def _hunts(context: typer.Context) -> None:
    """The hunts that were made, and how far they are."""
    with database(load_settings(options(context).config)) as engine:
        found = list_hunts(engine)
    columns = ("id", "state", "revisions_read", "revisions_total", "organisations", "who", "started_at")
    rows = [asdict(each) | {"organisations": ", ".join(each.organisations)} for each in found]
    show(context, found, table(rows, columns, "no hunts"))


def _proposals(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="proposed, accepted or dismissed")] = "proposed",
    hunt: Annotated[int | None, typer.Option(help="only those of this hunt")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
) -> None:
    """What hunts propose, the strongest first."""
    with database(load_settings(options(context).config)) as engine:
        found = list_proposals(engine, state=state, hunt=hunt, limit=limit)
    columns = ("id", "severity", "strength", "organisation", "source", "posted_at", "title")
    show(context, found, table(map(asdict, found), columns, "no proposals"))


def _accept(context: typer.Context, proposals: _Proposals) -> None:
    """Make proposals alerts, which are then delivered."""
    inputs = read_inputs(options(context).config)
    with channels(inputs.settings) as opened:
        names = tuple(opened)
    made = {}
    with database(inputs.settings) as engine, store(inputs.settings) as posts:
        takes = intake(inputs, names)
        for name in proposals:
            with engine.connect() as connection:
                proposed = find_proposal(connection, name)
            at = datetime.now(UTC)
            made[proposed.id] = accept(engine, posts, takes, inputs.matcher, proposed.id, by=me(), at=at)
    said = [
        f"{name}: {f'alert {alert}' if alert else 'its post no longer names it; dismissed'}"
        for name, alert in made.items()
    ]
    show(context, made, "\n".join(said))


def _dismiss(context: typer.Context, proposals: _Proposals) -> None:
    """Set proposals aside; no hunt proposes them again."""
    with database(load_settings(options(context).config)) as engine:
        done = [dismiss(engine, name, by=me(), at=datetime.now(UTC)) for name in proposals]
    show(context, done, f"{len(done)} dismissed")
