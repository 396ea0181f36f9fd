"""What a board wrote, as pages show it: nothing of it is markup, and nothing unseen stays unseen."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from alerts.message import defang, plain, unlinked
from console.web.words_of_acts import unit
from indexer.post import Precision, Stored

Spans = Sequence[tuple[int, int]]
_COMPARED, _MOST_LINES, _LONGEST_LINE = 50_000, 1000, 2000
_ALIKE = 0.4
_DATES = {
    Precision.DAY: "%Y-%m-%d",
    Precision.WEEK: "%Y-%m-%d",
    Precision.MONTH: "%Y-%m",
    Precision.YEAR: "%Y",
}
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


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
    """What changed between two texts, line by line and within changed lines word by word, as ``<ins>`` and ``<del>``.
    Of long texts the beginning is compared: a board may send megabytes."""
    old, new = (text[:_COMPARED].splitlines()[:_MOST_LINES] for text in (before, after))
    lines: list[Markup] = []
    matcher = difflib.SequenceMatcher(None, old, new)
    for group in matcher.get_grouped_opcodes(1):
        if lines:
            lines.append(Markup("⋯"))
        for tag, a, b, c, d in group:
            if tag == "equal":
                lines += map(_plain, old[a:b])
            elif tag == "replace" and b - a == d - c:
                lines += (_within(one, other) for one, other in zip(old[a:b], new[c:d], strict=True))
            else:
                lines += (Markup("<del>{}</del>").format(_plain(line)) for line in old[a:b])
                lines += (Markup("<ins>{}</ins>").format(_plain(line)) for line in new[c:d])
    if len(before) > _COMPARED or len(after) > _COMPARED:
        lines.append(Markup("…"))
    return Markup("\n").join(lines)


def _within(old: str, new: str) -> Markup:
    """What changed within a line."""
    if max(len(old), len(new)) > _LONGEST_LINE:
        return Markup("<del>{}</del>\n<ins>{}</ins>").format(_plain(old), _plain(new))
    one, other = _WORDS.findall(old), _WORDS.findall(new)
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return Markup("<del>{}</del>\n<ins>{}</ins>").format(_plain(old), _plain(new))
    parts = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            parts.append(_plain("".join(one[a:b])))
            continue
        parts += [Markup("<del>{}</del>").format(_plain("".join(one[a:b])))] if b > a else []
        parts += [Markup("<ins>{}</ins>").format(_plain("".join(other[c:d])))] if d > c else []
    return Markup("").join(parts)


def lines_changed(before: str, after: str, around: int = 3) -> Markup:
    """What changed between two texts of our own people, as ``<ins>`` and ``<del>``, with lines around it. Nothing is
    altered in them but unseen characters, which show as their code."""
    lines = []
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=around):
        if line.startswith(("---", "+++")):
            continue
        words = escape(plain(line))
        tag = {"+": "ins", "-": "del"}.get(line[:1])
        if line.startswith("@@"):
            lines.append(Markup("<span class='at'>{}</span>").format(words))
        else:
            lines.append(Markup("<{0}>{1}</{0}>").format(Markup(tag), words) if tag else words)
    return Markup("\n").join(lines)


def quiet(text: object) -> str:
    """A board's words on one line, nothing to click in them."""
    return " ".join(unlinked(str(text)).split())


def address(url: str) -> str:
    """An address that nobody can click."""
    return quiet(defang(url))


def moment(at: datetime | None) -> Markup:
    """A time in UTC, with its zone and for programs."""
    if at is None:
        return Markup("—")
    return Markup('<time datetime="{}">{}Z</time>').format(f"{at:%Y-%m-%dT%H:%MZ}", f"{at:%Y-%m-%d %H:%M}")


def posted(stored: Stored) -> Markup:
    """When a post was made, no more exactly than its board says; else when it was first seen."""
    post = stored.post
    if post.posted_at is None:
        return moment(stored.first_seen_at)
    if post.precision in _DATES:
        day = post.posted_at.strftime(_DATES[post.precision])
        return Markup('<time datetime="{0}">{1}{0}</time>').format(
            day, "" if post.precision is Precision.DAY else "~"
        )
    return moment(post.posted_at)


def figure(value: object) -> str:
    """A fact's value: numbers with their thousands apart."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return quiet(value)
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"


def pointed(query: str, position: int) -> Markup:
    """A query of one's own with its faulty character marked; at its end a sign that something is missing."""
    before, at, after = (
        escape(plain(part))
        for part in (query[:position], query[position : position + 1], query[position + 1 :])
    )
    return Markup('{}<mark class="bad">{}</mark>{}').format(before, at or "…", after)


def age(then: datetime, now: datetime, language: str = "en") -> str:
    """How long ago: ``4 min``, ``3 h``, ``12 d``."""
    return span_of((now - then).total_seconds(), language)


def span_of(seconds: float | None, language: str = "en") -> str:
    """A time in its largest unit."""
    if seconds is None:
        return "—"
    for name, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if abs(seconds) >= size:
            return f"{seconds / size:.0f} {unit(name, language)}"
    return f"{seconds:.0f} {unit('s', language)}"


def left(due: datetime, now: datetime, language: str = "en") -> str:
    """Time until it is due; past, how long."""
    return ("− " if due < now else "") + span_of(abs((due - now) / timedelta(seconds=1)), language)


def _plain(text: str) -> Markup:
    return escape(unlinked(text))
