"""Times and spans as people type them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import typer

_SPAN = re.compile(r"(\d{1,5})\s?([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(written: str, now: datetime) -> datetime:
    """A time with its zone, or a span from now such as ``90m``, ``72h``, ``7d``, ``2w``."""
    span = _SPAN.fullmatch(written.strip())
    if span:
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        found = datetime.fromisoformat(written.strip())
    except ValueError:
        raise typer.BadParameter(f"{written!r} is neither a span such as 72h nor a time") from None
    if found.tzinfo is None:
        raise typer.BadParameter(f"{written!r} has no zone; write it as 2026-01-31T12:00+07:00 or with Z")
    return found
