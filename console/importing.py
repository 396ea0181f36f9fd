"""Watchlists that come as YAML from elsewhere: looked at first, then taken over entry by entry, each with its
version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from alerts.handling import Actor
from alerts.loading import load_watchlist
from config.edits import find_entry
from config.settings import Settings
from console.editing import change, checked, piece
from console.versions import WATCH, ReasonWanted


@dataclass(frozen=True, slots=True)
class Imported:
    """One organisation of an import: ``what`` is new, changed or same; ``before``: its entry as it stands here."""

    name: str
    what: str
    before: str
    text: str


def read_import(settings: Settings, text: str) -> list[Imported]:
    """What an import holds, and what it would do here. Raises ``InputError`` with the lines of the text."""
    found = []
    for organisation in load_watchlist(Path(settings.watchlists_dir / "import"), text):
        entry = find_entry(text, "organisations", "id", organisation.id)
        assert entry is not None  # it was just read
        before = piece(settings, WATCH, organisation.id).text
        what = "new" if not before else "same" if before.strip() == entry.text.strip() else "changed"
        found.append(Imported(organisation.id, what, before, entry.text))
    return found


def import_watches(
    settings: Settings,
    database: sa.Engine,
    read: Sequence[Imported],
    *,
    by: Actor,
    why: str,
    at: datetime,
) -> None:
    """Take over what is new or changed, all of it checked before any is written. Raises as ``change``; what was written
    before a fault stays, each entry whole."""
    if not why.strip():
        raise ReasonWanted("say why", cure="a few words that tell the next person the reason")
    fresh = [each for each in read if each.what != "same"]
    for each in fresh:
        checked(settings, piece(settings, WATCH, each.name), each.text)
    for each in fresh:
        change(settings, database, WATCH, each.name, base=each.before, text=each.text, by=by, why=why, at=at)
