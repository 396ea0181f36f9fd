"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.message import plain


@dataclass(frozen=True, slots=True)
class Options:
    """The options before the command."""

    config: Path | None
    as_json: bool


def options(context: typer.Context) -> Options:
    """The options before the command."""
    found = context.find_object(Options)
    return found or Options(None, False)


def show(context: typer.Context, value: Any, human: Any) -> None:
    """Print ``value`` as JSON where it was asked for, else ``human`` for people."""
    if options(context).as_json:
        typer.echo(json.dumps(value, ensure_ascii=False, default=_plain))
    elif human is not None:
        Console().print(human, highlight=False)


def table(rows: Iterable[Mapping[str, Any]], columns: Iterable[str], empty: str) -> Table | Text:
    """Rows as a table; ``empty`` is said instead when there are none."""
    names = list(columns)
    made = Table(*names)
    for row in rows:
        made.add_row(*(Text(plain(_word(row.get(name)))) for name in names))
    return made if made.row_count else Text(empty)


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}Z"
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)
