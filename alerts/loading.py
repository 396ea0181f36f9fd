"""Reads the watchlists of a folder."""

from __future__ import annotations

from pathlib import Path

from alerts.watchlist import Organisation, Watchlist
from config.errors import InputError, Problem
from config.inputs import read_folder


def load_watchlists(folder: Path) -> tuple[Organisation, ...]:
    """Every organisation of every file. Raises ``InputError`` with all faults, and for an id in two files."""
    organisations: dict[str, Organisation] = {}
    files: dict[str, Path] = {}
    problems = []
    for path, watchlist in read_folder(folder, Watchlist).items():
        for number, organisation in enumerate(watchlist.organisations):
            if organisation.id in organisations:
                field = f"organisations.{number}.id"
                fault = f"{organisation.id!r} stands in another file too: {files[organisation.id].name}"
                problems.append(Problem(str(path), None, field, fault, "join the two, or choose another id"))
            organisations[organisation.id] = organisation
            files.setdefault(organisation.id, path)
    if problems:
        raise InputError(problems)
    return tuple(organisations.values())
