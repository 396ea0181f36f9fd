"""Lines of a post that move on their own: counts of views, and deadlines that a countdown tells."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

#: Two readings of one countdown differ by the time that the page took, and by what it rounds off.
_SAME_DEADLINE = timedelta(hours=2)
_NUMBERS = re.compile(r"\d+(?:[.,:]\d+)*|\b(?:an?|one|just)\b(?= \w+ ago)")
_UNITS = re.compile(r"\b(?:second|minute|hour|day|week|month|year)s?\b", re.I)
_LINE = re.compile(r"^Deadline: (\d{4}-\d\d-\d\d \d\d:\d\d) UTC$", re.MULTILINE)


def deadline_line(at: datetime) -> str:
    """A line of text for a deadline that the page tells by a countdown only; ``at`` is aware."""
    return f"Deadline: {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def still(text: str, ticks: Collection[str]) -> str:
    """``text`` without what moves in its lines ``ticks``: the same at two readings between which nothing else
    changed."""
    forms = {_form(line) for line in ticks}
    return "\n".join(form if (form := _form(line)) in forms else line for line in text.split("\n"))


def steady(text: str, ticks: Collection[str], known: str) -> str:
    """The ``known`` text when only what ticks differs in ``text``; else ``text``. A deadline that was moved by more
    than two hours is a change."""
    if still(text, ticks) != still(known, ticks):
        return text
    new, old = _deadline(text), _deadline(known)
    moved = new and old and abs(new - old) > _SAME_DEADLINE
    return text if moved else known


def _form(line: str) -> str:
    return _UNITS.sub("T", _NUMBERS.sub("0", line))


def _deadline(text: str) -> datetime | None:
    found = _LINE.search(text)
    try:
        return datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC) if found else None
    except ValueError:  # the board wrote a line of this form itself
        return None
