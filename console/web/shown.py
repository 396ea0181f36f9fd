"""What a board wrote, as pages show it: nothing of it is markup, and nothing unseen stays unseen."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from alerts.message import defang, unlinked

Spans = Sequence[tuple[int, int]]


def marked(text: str, spans: Iterable[tuple[int, int]], around: int = 0) -> Markup:
    """Text with spans in ``<mark>``; ``around``: of a long text only so many characters about the first."""
    ordered = sorted((max(start, 0), min(end, len(text))) for start, end in spans)
    start = 0
    if around and ordered and ordered[0][0] > around:
        start = ordered[0][0] - around
    end = min(start + 4 * around, len(text)) if around else len(text)
    parts = [Markup("…")] if start else []
    at = start
    for first, last in ordered:
        first, last = max(first, at), min(last, end)
        if first >= last:
            continue
        parts += [_plain(text[at:first]), Markup("<mark>"), _plain(text[first:last]), Markup("</mark>")]
        at = last
    parts.append(_plain(text[at:end]))
    if end < len(text):
        parts.append(Markup("…"))
    return Markup("").join(parts)


def differences(before: str, after: str) -> Markup:
    """What changed between two texts, line by line, as ``<ins>`` and ``<del>``."""
    lines = []
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1):
        if line.startswith(("---", "+++", "@@")):
            continue
        tag = {"+": "ins", "-": "del"}.get(line[:1])
        words = _plain(line[1:])
        lines.append(Markup("<{0}>{1}</{0}>").format(Markup(tag), words) if tag else words)
    return Markup("\n").join(lines)


def quiet(text: object) -> str:
    """A board's words on one line, nothing to click in them."""
    return " ".join(unlinked(str(text)).split())


def address(url: str) -> str:
    """An address that nobody can click."""
    return quiet(defang(url))


def age(then: datetime, now: datetime) -> str:
    """How long ago: ``4 min``, ``3 h``, ``12 d``."""
    return span_of((now - then).total_seconds())


def span_of(seconds: float | None) -> str:
    """A time in its largest unit."""
    if seconds is None:
        return "—"
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if abs(seconds) >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def left(due: datetime, now: datetime) -> str:
    """Time until it is due; past, how long."""
    return ("− " if due < now else "") + span_of(abs((due - now) / timedelta(seconds=1)))


def _plain(text: str) -> Markup:
    return escape(unlinked(text))
