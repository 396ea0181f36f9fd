"""``duskwatch source copies``: which sources are one board, and which of them are phishing copies."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer
from rich.console import Group
from rich.text import Text

from alerts.copies.overrides import history
from config.settings import load_settings
from console.cli.output import options, show, table
from console.cli.people import me
from console.copies import WORDS, compare_copies, decide_on, known_copies
from console.wiring import database, read_sources


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("copies")(copies)
    app.command("judge")(judge)


def copies(context: typer.Context) -> None:
    """Sources that are one board under several addresses, told by what stands on them, with the evidence.

    A copy whose texts name other wallets, contacts or links than the original's is a phishing copy. Where it cannot be
    decided, that is said, and why.
    """
    settings = load_settings(options(context).config)
    sources = read_sources(settings)
    compare_copies(settings, sources)
    with database(settings) as engine:
        found = known_copies(sources, engine)
    said: dict[str, Any] = {
        "groups": [asdict(group) for group in found.groups],
        "undecided": [asdict(p) for p in found.undecided],
    }
    rows: list[dict[str, Any]] = [
        {
            "source": member.source,
            "is": member.verdict.value,
            "of": group.original,
            "because": "; ".join(member.says),
        }
        for group in found.groups
        for member in group.members
    ]
    rows += [
        {"source": pair.one, "is": "cannot be decided", "of": pair.other, "because": "; ".join(pair.says)}
        for pair in found.undecided
    ]
    with database(settings) as engine:
        made = history(engine)
    said["decisions"] = [asdict(each) for each in made]
    notes = [Text("of a pair that cannot be decided either may be the copy")] if found.undecided else []
    show(
        context,
        said,
        Group(table(rows, ("source", "is", "of", "because"), "no source is a copy of another"), *notes),
    )


def judge(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="id of the source that is decided on")],
    verdict: Annotated[
        Literal["mirror", "copy", "phishing", "distinct", "automatic"],
        typer.Argument(
            help="what it is; distinct: no copy; automatic: let it be judged by what stands on it again"
        ),
    ],
    of: Annotated[str, typer.Option(help="id of the source that it is, or is not, a copy of")],
    why: Annotated[str, typer.Option(help="the reason, which others will read")],
) -> None:
    """Decide what a source is to another. No automatic judgement undoes it; the decision is kept with its reason.

    Results of searches, alerts from now on, the console and doctor follow it.
    """
    settings = load_settings(options(context).config)
    sources = read_sources(settings)
    with database(settings) as engine:
        decide_on(engine, sources, source, verdict, of, by=me(), why=why, at=datetime.now(UTC))
    told = (
        "is judged automatically again" if verdict == "automatic" else f"is decided: {WORDS[verdict]} of {of}"
    )
    show(context, {"source": source, "verdict": verdict, "of": of}, f"{source} {told}")
