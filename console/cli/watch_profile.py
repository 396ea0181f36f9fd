"""``duskwatch watch profile``: what an organisation's data look like, from samples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from alerts.loading import load_watchlists
from alerts.unnamed.profile import DataProfile
from alerts.unnamed.sampling import sample
from config.errors import InputError, Problem
from config.settings import load_settings
from console.cli.output import options, show

_MOST_BYTES = 10_000_000


def profile(
    context: typer.Context,
    organisation: Annotated[str, typer.Argument(help="its id in the watchlists")],
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="samples", metavar="FILE...")
    ],
) -> None:
    """Build a profile from samples: DDL, a CSV's header, a data dictionary, a JSON schema. No row is read or kept.

    Prints what to put below the organisation in its watchlist, and what each word tells among all profiles.
    """
    from alerts.unnamed.index import Profiles

    folder = load_settings(options(context).config).watchlists_dir
    everybody = {one.id: one for one in load_watchlists(folder)}
    known = everybody.get(organisation)
    if known is None:
        fault = f"no organisation has the id {organisation!r}"
        raise InputError(
            [Problem(str(folder), None, "organisation", fault, "duskwatch watch check names all")]
        )
    names: dict[str, None] = {}
    for file in files:
        names.update(dict.fromkeys(_read(file)))
    had = known.profile.model_dump(exclude_defaults=True) if known.profile else {}
    columns = tuple(dict.fromkeys((*had.get("columns", ()), *names)))
    made = DataProfile(**{**had, "columns": columns})
    index = Profiles(
        [
            one.model_copy(update={"profile": made}) if one.id == organisation else one
            for one in everybody.values()
        ]
    )
    weights = index.weights(organisation)
    value: dict[str, Any] = {
        name: list(v) if isinstance(v, tuple) else v for name, v in made.model_dump().items() if v
    }
    written = yaml.safe_dump({"profile": value}, allow_unicode=True, sort_keys=False)
    lines = [f"    {line}" for line in written.splitlines()]
    lines += ["", "# what each word tells, in bits; too common to help are those near 0"]
    lines += [
        f"#   {each.bits:5.1f}  {each.word}  ({each.field}, in {index.holders(each.word)} profiles)"
        for each in weights
    ]
    if not any(map(index.tells, weights)):
        lines.append(
            "# none tells the organisation apart: it will get no possible alert; add names of its own systems"
        )
    if not made.countries or not made.sectors or not made.people:
        lines.append("# add countries, sectors and people: they decide between organisations of like columns")
    shown = {"profile": value, "words": [{"word": each.word, "bits": each.bits} for each in weights]}
    show(context, shown, None)
    if not options(context).as_json:
        typer.echo("\n".join(lines))


def _read(file: Path) -> tuple[str, ...]:
    with file.open("rb") as opened:
        data = opened.read(_MOST_BYTES)
    found = sample(data.decode("utf-8", "replace"))
    if not found.names:
        cure = "give a DDL file, a CSV with a header, a data dictionary with a heading 'column', or a JSON schema"
        raise InputError([Problem(str(file), 1, "sample", "names no column that could be read", cure)])
    return found.names


def add_to(app: typer.Typer) -> None:
    """Put the command under ``watch``."""
    app.command()(profile)
