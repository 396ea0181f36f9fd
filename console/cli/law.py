"""``duskwatch law`` and ``duskwatch brief``: what the law asks, by when, and a page for those who decide."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alerts.brief import as_json, html, markdown
from alerts.cases import get_alert
from alerts.clocks import Clock, confirm, met, running
from alerts.laws import load_laws
from alerts.picture import pdf
from config.settings import load_settings
from console.briefing import brief_of, laws_of, organisation_of
from console.cli.output import options, show, table
from console.cli.people import me
from console.wiring import database, read_inputs, store

app = typer.Typer(
    name="law", help="The clocks of laws that ask for a notice when data are breached.", no_args_is_help=True
)
_Name = Annotated[str, typer.Argument(metavar="ALERT", help="an alert's id, or its beginning")]
_Why = Annotated[str, typer.Option(help="the reason, kept in the audit")]
_COLUMNS = ("alert", "law", "duty", "started_at", "due_at", "met_at", "who")


class Form(StrEnum):
    """Forms of a brief."""

    MARKDOWN = "md"
    HTML = "html"
    PDF = "pdf"


class BriefLanguage(StrEnum):
    """Languages of a brief."""

    ENGLISH = "en"
    INDONESIAN = "id"


def add_to(application: typer.Typer) -> None:
    """Add the command ``brief``."""
    application.command("brief")(brief)


@app.command("list")
def list_(context: typer.Context) -> None:
    """The laws that are known: those that come with Duskwatch, and those in laws_dir."""
    laws = load_laws(load_settings(options(context).config).laws_dir)
    rows = [
        {
            "law": name,
            "name": law.name.said("en"),
            "duties": ", ".join(duty.id for duty in law.duties),
            "source": law.source,
        }
        for name, law in laws.items()
    ]
    show(context, rows, table(rows, ("law", "name", "duties", "source"), "no laws"))


@app.command("confirm")
def confirm_(
    context: typer.Context,
    alert: _Name,
    law: Annotated[
        list[str] | None,
        typer.Option(help="a law's name; may be given again; none: those of the organisation"),
    ] = None,
    why: _Why = "",
) -> None:
    """Confirm that data were breached: the clocks of the organisation's laws begin, and the alert is escalated."""
    inputs = read_inputs(options(context).config)
    with database(inputs.settings) as engine:
        organisation = organisation_of(inputs, get_alert(engine, alert)[0].organisation)
        laws = laws_of(inputs, organisation)
        if law:
            known = load_laws(inputs.settings.laws_dir)
            unknown = [name for name in law if name not in known]
            if unknown:
                raise typer.BadParameter(f"no law {unknown[0]!r}; there are: {', '.join(known)}")
            laws = {name: known[name] for name in law}
        clocks = confirm(engine, alert, laws, by=me(), at=datetime.now(UTC), why=why)
    _show(context, clocks, "confirmed; no law is named for the organisation, so no clock runs")


@app.command("met")
def met_(
    context: typer.Context,
    alert: _Name,
    law: Annotated[str, typer.Argument(help="a law's name")],
    duty: Annotated[str, typer.Argument(help="the duty that was met")],
    why: _Why = "",
) -> None:
    """A notice was given: its clock stops."""
    with database(load_settings(options(context).config)) as engine:
        clock = met(engine, alert, law, duty, by=me(), at=datetime.now(UTC), why=why)
    _show(context, [clock], "")


@app.command()
def clocks(context: typer.Context) -> None:
    """Every clock that runs, the next to end first."""
    with database(load_settings(options(context).config)) as engine:
        found = running(engine)
    _show(context, found, "no clock runs")


def brief(
    context: typer.Context,
    alert: _Name,
    lang: Annotated[BriefLanguage, typer.Option(help="its language")] = BriefLanguage.ENGLISH,
    form: Annotated[Form, typer.Option("--format", help="md, html or pdf")] = Form.MARKDOWN,
    to: Annotated[Path | None, typer.Option(help="the file to write; else standard output")] = None,
) -> None:
    """Write a page for those who decide: claim, seller, credibility, law, contacts, evidence. No personal data."""
    inputs = read_inputs(options(context).config)
    with database(inputs.settings) as engine, store(inputs.settings) as posts:
        made = brief_of(inputs, engine, posts, alert, lang.value)
    if options(context).as_json:
        show(context, as_json(made), None)
        return
    if form is Form.PDF:
        written = pdf(html(made))
    else:
        written = (html(made) if form is Form.HTML else markdown(made)).encode("utf-8", "backslashreplace")
    if to:
        to.write_bytes(written)
    else:
        sys.stdout.buffer.write(written)


def _show(context: typer.Context, found: list[Clock], empty: str) -> None:
    rows = [asdict(clock) for clock in found]
    show(context, rows, table(rows, _COLUMNS, empty))
