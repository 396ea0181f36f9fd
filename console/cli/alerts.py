"""``duskwatch alerts``: what was found, and what people do with it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import typer

from alerts.cases import (
    Alert,
    AlertState,
    Wanted,
    changes_of,
    count_alerts,
    get_alert,
    list_alerts,
    listings_of,
)
from alerts.clock import Step, steps, summaries, times_of
from alerts.handling import add_note, assign, set_due, set_state
from alerts.message import plain
from alerts.severity import Severity
from alerts.unnamed.tier import reasons
from config.settings import load_settings
from console.cli import alert_history, alert_possible, alert_rules
from console.cli.output import options, show, table
from console.cli.people import me
from console.cli.times import moment
from console.wiring import database

app = typer.Typer(
    name="alerts",
    help="List alerts, read one, acknowledge, assign or resolve it; mute; learn from false ones.",
    no_args_is_help=True,
)
_Name = Annotated[str, typer.Argument(metavar="ALERT", help="an alert's id, or its beginning")]
_Why = Annotated[str, typer.Option(help="the reason, kept in the audit")]


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[AlertState | None, typer.Option(help="only those in this state")] = None,
    organisation: Annotated[str | None, typer.Option(help="only those of this organisation")] = None,
    source: Annotated[str | None, typer.Option(help="only those of this source")] = None,
    assignee: Annotated[str | None, typer.Option(help="only those of this person")] = None,
    muted: Annotated[
        bool | None, typer.Option("--muted/--unmuted", help="only those that a mute kept back, or the others")
    ] = None,
    severity: Annotated[Severity | None, typer.Option(help="only those of this severity")] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="only those that should be closed by now")
    ] = False,
    tier: Annotated[
        str, typer.Option(help="certain, or possible: of listings that name nobody", metavar="TIER")
    ] = "certain",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """Alerts, newest first. Possible ones stand in a list of their own."""
    if tier not in ("certain", "possible"):
        raise typer.BadParameter("certain or possible", param_hint="--tier")
    possible = tier == "possible"
    now = datetime.now(UTC)
    wanted = Wanted(
        state=state.value if state else None,
        organisation=organisation,
        source=source,
        severity=severity.value if severity else None,
        assignee=assignee,
        muted=muted,
        overdue_at=now if overdue else None,
        tier="possible" if possible else "certain",
    )
    with database(load_settings(options(context).config)) as engine:
        found = list_alerts(engine, wanted, limit=limit)
        waiting = (
            0
            if possible
            else count_alerts(engine, "state", Wanted(state="new", tier="possible")).get("new", 0)
        )
    rows = [
        {name: getattr(alert, name) for name in ("id", "severity", "organisation", "source", "title")}
        | {"created": alert.created_at, "state": _state(alert, now), "assignee": alert.assignee}
        for alert in found
    ]
    columns: tuple[str, ...] = (
        "id",
        "created",
        "severity",
        "state",
        "assignee",
        "organisation",
        "source",
        "title",
    )
    if possible:
        columns = ("id", "created", "score", "state", "assignee", "organisation", "source", "title")
        for row, alert in zip(rows, found, strict=True):
            row["score"] = f"{(alert.possible or {}).get('score', 0):g}"
    show(context, found, table(rows, columns, "no possible alerts" if possible else "no alerts"))
    if waiting and not options(context).as_json:
        typer.echo(
            f"and {waiting} possible, of listings that name nobody: duskwatch alerts list --tier possible"
        )


@app.command("show")
def show_(context: typer.Context, alert: _Name) -> None:
    """One alert with its matches, its listings, what changed, its clock and its audit."""
    with database(load_settings(options(context).config)) as engine:
        found, events = get_alert(engine, alert)
        with engine.connect() as connection:
            listings = listings_of(connection, found.id)
            changes = changes_of(connection, found.id)
            times = times_of(connection, found)
    took = {step.value: round(seconds, 3) for step, seconds in steps(times).items()}
    now = datetime.now(UTC)
    lines = [
        f"{found.id}  {found.severity}  {_state(found, now)}  TLP:{found.tlp.upper()}",
        *(["possible: nobody is named"] if found.tier == "possible" else []),
        f"{found.organisation}: {plain(found.title)}",
        f"{found.source}/{found.thread}, posted {found.posted_at}, first seen {found.first_seen_at}",
        *([f"assigned to {plain(found.assignee)}"] if found.assignee else []),
        *([f"due {found.due_at:%Y-%m-%d %H:%M}Z"] if found.due_at else []),
        *(f"  {line}" for line in (reasons(found.possible).splitlines() if found.possible else ())),
        *(
            f"  {match['term']} ({match['kind']}, {match['view']}, strength {match['strength']}) at {match['spans']}"
            for match in found.matches
        ),
        *(
            f"also {each.source}/{each.thread} by {plain(each.author)} ({each.how}, likeness {each.likeness:.2f})"
            + (f", removed {each.removed_at:%Y-%m-%d %H:%M}Z" if each.removed_at else "")
            for each in listings[1:20]
        ),
        *([f"and {len(listings) - 20} listings more"] if len(listings) > 20 else []),
        *(f"{each.at:%Y-%m-%d %H:%M}Z  {each.kind} {each.before} -> {each.after}" for each in changes),
        *(f"{plain(channel)} had it {at:%Y-%m-%d %H:%M:%S}Z" for channel, at in times.delivered.items()),
        *(f"{step}: {_span(seconds)}" for step, seconds in took.items()),
        *(
            f"{event.at:%Y-%m-%d %H:%M:%S}Z  {plain(event.who)}: {plain(event.what)}  {plain(event.detail)}"
            for event in events
        ),
    ]
    value = {"alert": found, "events": events, "clock": {"times": times, "seconds": took}}
    value |= {"listings": listings, "changes": changes}
    show(context, _plain(value), None)
    if not options(context).as_json:
        typer.echo("\n".join(lines))


@app.command()
def history(context: typer.Context, alert: _Name) -> None:
    """Everything that was done to an alert: when, who, from where, what."""
    with database(load_settings(options(context).config)) as engine:
        _, events = get_alert(engine, alert)
    rows = [asdict(event) | {"from": event.origin} for event in events]
    show(context, events, table(rows, ("at", "who", "from", "what", "detail"), "nothing yet"))


@app.command()
def ack(context: typer.Context, alert: _Name, why: _Why = "") -> None:
    """Acknowledge an alert: somebody has it."""
    _set(context, alert, AlertState.ACKNOWLEDGED, why)


@app.command()
def escalate(context: typer.Context, alert: _Name, why: _Why = "") -> None:
    """Mark an alert as one for those who decide."""
    _set(context, alert, AlertState.ESCALATED, why)


@app.command()
def reopen(context: typer.Context, alert: _Name, why: _Why = "") -> None:
    """Make an alert new again."""
    _set(context, alert, AlertState.NEW, why)


@app.command()
def resolve(
    context: typer.Context,
    alert: _Name,
    why: _Why = "",
    false: Annotated[bool, typer.Option("--false", help="it was a false positive")] = False,
) -> None:
    """Close an alert. Whoever got it is told of a false positive; `alerts propose` tells what it teaches."""
    _set(context, alert, AlertState.FALSE_POSITIVE if false else AlertState.RESOLVED, why)


@app.command("assign")
def assign_(
    context: typer.Context,
    alert: _Name,
    person: Annotated[str, typer.Argument(help="who has it; '' for nobody")],
    why: _Why = "",
) -> None:
    """Give an alert to somebody."""
    with database(load_settings(options(context).config)) as engine:
        changed = assign(engine, alert, person, by=me(), at=datetime.now(UTC), why=why)
    show(context, changed, f"{changed.id} is {changed.assignee or 'nobody'}'s")


@app.command()
def note(
    context: typer.Context, alert: _Name, text: Annotated[str, typer.Argument(help="what to note")]
) -> None:
    """Add a note to an alert."""
    with database(load_settings(options(context).config)) as engine:
        changed = add_note(engine, alert, text, by=me(), at=datetime.now(UTC))
    show(context, changed, f"noted on {changed.id}")


@app.command()
def due(
    context: typer.Context,
    alert: _Name,
    when: Annotated[str, typer.Argument(help="72h, 3d, 2026-01-31T12:00+07:00 or never")],
    why: _Why = "",
) -> None:
    """Say by when an alert should be closed."""
    now = datetime.now(UTC)
    until = None if when == "never" else moment(when, now)
    with database(load_settings(options(context).config)) as engine:
        changed = set_due(engine, alert, until, by=me(), at=now, why=why)
    said = f"{changed.due_at:%Y-%m-%d %H:%M}Z" if changed.due_at else "never"
    show(context, changed, f"{changed.id} is due {said}")


@app.command()
def clock(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="source or organisation")] = "source",
    days: Annotated[int, typer.Option(min=1, max=3650, help="alerts of so many days")] = 30,
) -> None:
    """How long it took from posting to acknowledgement, step by step: median and 95th percentile."""
    if by not in ("source", "organisation"):
        raise typer.BadParameter("source or organisation")
    grouped: Literal["source", "organisation"] = "organisation" if by == "organisation" else "source"
    with database(load_settings(options(context).config)) as engine:
        found = summaries(engine, grouped, datetime.now(UTC) - timedelta(days=days))
    rows = [
        {
            by: each.name,
            "step": each.step,
            "alerts": each.count,
            "p50": _span(each.p50),
            "p95": _span(each.p95),
        }
        for each in found
    ]
    show(
        context,
        found,
        table(rows, (by, "step", "alerts", "p50", "p95"), f"no alerts; steps: {', '.join(Step)}"),
    )


alert_history.add_to(app)
alert_rules.add_to(app)
alert_possible.add_to(app)


def _state(alert: Alert, now: datetime) -> str:
    marks = ["muted"] * (alert.muted_by is not None) + ["overdue"] * alert.overdue(now)
    return ", ".join((alert.state, *marks))


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    for unit, size in (("min", 60), ("h", 3600), ("d", 86_400)):
        if seconds < 120 * size or unit == "d":
            return f"{seconds / size:.1f} {unit}"
    raise AssertionError


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """Records within lists and maps as JSON shows them."""
    return {
        name: [asdict(each) for each in inner] if isinstance(inner, list) else inner
        for name, inner in value.items()
    }


def _set(context: typer.Context, name: str, state: AlertState, why: str) -> None:
    with database(load_settings(options(context).config)) as engine:
        changed = set_state(engine, name, state, by=me(), at=datetime.now(UTC), why=why)
    show(context, changed, f"{changed.id} is {changed.state}")
