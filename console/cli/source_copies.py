"""``duskwatch source copies``: which sources are one board, and which of them are phishing copies."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer
from rich.console import Group
from rich.text import Text

from config.settings import load_settings
from console.cli.output import options, show, table
from console.copies import compare_copies, known_copies
from console.wiring import database, read_sources


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("copies")(copies)


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
    said = {
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
    notes = [Text("of a pair that cannot be decided either may be the copy")] if found.undecided else []
    show(
        context,
        said,
        Group(table(rows, ("source", "is", "of", "because"), "no source is a copy of another"), *notes),
    )
