"""Changes what people write, piece by piece: an organisation, a file of routes, a source. The file stays the truth.

Command line and console change files through here only: what was read is compared with what stands there, the whole
folder is checked as it would be, the file is swapped in one step, and the change is kept with who and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from alerts.handling import Actor
from alerts.loading import load_watchlist, load_watchlists
from alerts.watchlist import Organisation
from config.edits import Entry, added, find_entry, removed, replaced, with_fields
from config.errors import InputError, Problem, StopError
from config.inputs import yaml_files
from config.saving import digest, read_text, save
from config.settings import Settings
from console.merging import Merged, merge
from console.versions import ROUTES, SOURCE, WATCH, keep, notice
from console.wiring import read_routes, read_sources

_LIST = "organisations"
_AT_ONCE = 50


class Conflict(StopError):
    """It was changed since it was read."""

    def __init__(self, base: str, mine: str, theirs: str) -> None:
        super().__init__(cure="look at both changes, and save again")
        self.base, self.mine, self.theirs = base, mine, theirs

    @property
    def merged(self) -> Merged:
        """Both changes, where they do not meet."""
        return merge(self.base, self.mine, self.theirs)


class PieceUnknown(StopError):
    """No file has it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that people write, as it stands in its file: ``text`` is what of the file it is; ``whole`` the file;
    ``line`` where it begins. A piece that is not there yet has no text."""

    kind: str
    name: str
    path: Path
    text: str
    whole: str
    line: int = 1

    @property
    def digest(self) -> str:
        """What tells whether it was changed."""
        return digest(self.text)

    @property
    def entry(self) -> Entry | None:
        """Its place in a watchlist."""
        return (
            find_entry(_plain(self.whole), _LIST, "id", self.name)
            if self.kind == WATCH and self.text
            else None
        )

    def whole_with(self, text: str) -> str:
        """The file with another text in this one's place; without it where that is ""."""
        written = _plain(self.whole)
        if self.kind != WATCH:
            made = text
        elif entry := self.entry:
            made = replaced(written, entry, text) if text else removed(written, _LIST, entry)
        else:
            made = added(written, _LIST, text)
        if made and not made.endswith("\n"):
            made += "\n"
        return made.replace("\n", "\r\n") if "\r\n" in self.whole else made


def piece(settings: Settings, kind: str, name: str) -> Piece:
    """What stands in the files now; of what is not there yet, where it would. Raises ``SaveRefused``, ``InputError``
    for a file that is no YAML."""
    folder = {
        WATCH: settings.watchlists_dir,
        ROUTES: settings.routes_dir,
        SOURCE: settings.sources_dir,
    }[kind]
    for path in yaml_files(folder):
        if kind == ROUTES:
            if path.stem == name:
                whole = read_text(path)
                return Piece(kind, name, path, _plain(whole), whole)
            continue
        whole = read_text(path)
        if name not in whole:
            continue
        try:
            if kind == WATCH:
                if entry := find_entry(_plain(whole), _LIST, "id", name):
                    return Piece(kind, name, path, entry.text, whole, entry.line)
            elif _id(whole) == name:
                return Piece(kind, name, path, _plain(whole), whole)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else None
            fault = str(getattr(error, "problem", None) or error)
            raise InputError([Problem(str(path), line, "file", fault, "mend the YAML")]) from None
    path = folder / f"{name}.yaml"
    whole = read_text(path) if kind == WATCH else ""
    return Piece(kind, name, path, "", whole, _next_line(whole))


def there(settings: Settings, kind: str, name: str) -> Piece:
    """As ``piece``, of what is there. Raises ``PieceUnknown`` too."""
    found = piece(settings, kind, name)
    if not found.text:
        raise PieceUnknown(f"no file has {name!r}")
    return found


def watch_of(found: Piece, text: str) -> Organisation:
    """The organisation that a text would make of a watch's piece. Its faults carry the lines that they would have in
    the file. Raises ``InputError``."""
    alone = added("", _LIST, text)
    lines = "\n" * max(found.line - 2, 0)
    try:
        made = load_watchlist(found.path, lines + alone)[0]
    except InputError as error:
        raise InputError([_placed(each) for each in error.problems]) from None
    if found.name and made.id != found.name and found.text:
        fault = f"was {found.name!r} and is {made.id!r}"
        cure = "leave it: alerts and records are kept under it; or retire it and write another"
        raise InputError([Problem(str(found.path), found.line, "id", fault, cure)])
    return made


def checked(settings: Settings, found: Piece, text: str) -> str:
    """The file with ``text`` in the piece's place, held against everything else that is in its folder. Raises
    ``InputError`` with the faults as the command line tells them."""
    if found.kind == WATCH and text:
        watch_of(found, text)  # before it is put among others
    whole = found.whole_with(text)
    instead = {found.path: whole or None}
    if found.kind == WATCH:
        load_watchlists(settings.watchlists_dir, instead)
    elif found.kind == ROUTES:
        read_routes(settings, instead)
    else:
        read_sources(settings, instead)
    return whole


def change(
    settings: Settings,
    database: sa.Engine,
    kind: str,
    name: str,
    *,
    base: str,
    text: str,
    by: Actor,
    why: str,
    at: datetime,
) -> Piece:
    """Put ``text`` in the place of ``base``, which is what was read; "" takes it out. A piece that others changed is
    not written over. Raises ``Conflict``, ``InputError``, ``ReasonWanted``, ``SaveRefused``, and ``FileChanged``
    where the rest of the file was changed in this very moment."""
    base, text = _plain(base).strip("\n"), _plain(text).strip("\n")
    found = piece(settings, kind, name)
    if found.text:
        notice(database, kind, name, found.path, found.text.strip("\n"), at)
    if found.text.strip("\n") != base:
        raise Conflict(base, text, found.text.strip("\n"))
    whole = checked(settings, found, text)
    with database.begin() as connection:  # the version is kept where the file is written, and only there
        keep(connection, kind, name, found.path, text, at, by, why)
        save(found.path, whole, found.whole)
    return piece(settings, kind, name)


def filled(text: str, values: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """A piece's text with fields of a form put in; also the fields whose comments were lost. A text that is no YAML is
    left as it is: its faults are told when it is checked."""
    try:
        return with_fields(_plain(text), values)
    except yaml.YAMLError:
        return text, ()


def look(settings: Settings, database: sa.Engine, kind: str, name: str, at: datetime) -> Piece:
    """The piece as it stands now, kept as a version where somebody changed it in the file."""
    found = piece(settings, kind, name)
    notice(database, kind, name, found.path, found.text.strip("\n"), at)
    return found


def noticed(
    settings: Settings,
    database: sa.Engine,
    before: Mapping[str, object],
    after: Mapping[str, object],
    kind: str,
    at: datetime,
) -> None:
    """Keep as versions what somebody changed in the files, by id as it was and is. Of more than fifty at once each is
    kept when it is next looked at: reading them out of large files takes its time."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    for name in names[:_AT_ONCE]:
        look(settings, database, kind, name, at)


def _placed(problem: Problem) -> Problem:
    """Of a watch that was read alone: its number in the file is not known."""
    field = problem.field.removeprefix("organisations.0").lstrip(".") or "organisation"
    return Problem(problem.file, problem.line, field, problem.fault, problem.cure)


def _id(whole: str) -> str | None:
    root = yaml.compose(whole, Loader=yaml.SafeLoader)
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "id":
            return str(value.value)
    return None


def _next_line(whole: str) -> int:
    return max(whole.count("\n") + 1, 2)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
