"""What was said before and raises nothing again: quotes of posts that have an alert, and what a board or an author
puts under everything.

Each line that named an organisation in an alert is remembered by its digest, in up to ``THREADS`` threads of a source.
The change feed's order is fixed, so the same input sets the same places aside.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from alerts.matching.port import Match, Span
from config.database import metadata
from indexer.post import Post
from indexer.text import fold

THREADS = 5  #: other threads of a source with the same line; more, and it is a signature or the board's own
QUOTED = "quotes what has an alert"
_LEAST = 24  # characters of such a line: a name alone on a line is no signature
_QUOTED = re.compile(r"(?:>[ \t]*)+")

line_table = sa.Table(
    "named_line",
    metadata,
    sa.Column("organisation", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("thread", sa.Text, primary_key=True),
)


@dataclass(frozen=True, slots=True)
class Aside:
    """A place where an organisation is named and that raises nothing, and why."""

    match: Match
    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class _Line:
    """The lines in which a place stands, as they are remembered."""

    digest: str
    quoted: bool
    length: int


def _line(post: Post, span: Span) -> _Line | None:
    """None in a title, which is nobody's signature."""
    if span.field != "text":
        return None
    start = post.text.rfind("\n", 0, span.start) + 1
    end = post.text.find("\n", span.end)
    lines = post.text[start : end if end >= 0 else len(post.text)].split("\n")
    plain = " ".join(fold(_QUOTED.sub("", line, count=1) if line.startswith(">") else line) for line in lines)
    plain = " ".join(plain.split())
    digest = hashlib.sha256(plain.encode(errors="replace")).hexdigest()[:24]
    return _Line(digest, all(line.startswith(">") for line in lines), len(plain))


def sort(
    connection: sa.Connection, organisation: str, post: Post, matches: Sequence[Match]
) -> tuple[list[Match], list[Aside]]:
    """The matches of an organisation that count, with the places that do, and what is set aside."""
    kept, asides = [], []
    known: dict[_Line | None, str] = {}
    for match in matches:
        reasons = {}
        for span in match.spans:
            line = _line(post, span)
            if line not in known:
                known[line] = _reason(connection, organisation, post, line)
            reasons[span] = known[line]
        asides += [Aside(match, span, reason) for span, reason in reasons.items() if reason]
        spans = tuple(span for span, reason in reasons.items() if not reason)
        if spans:
            kept.append(match if len(spans) == len(match.spans) else replace(match, spans=spans))
    return kept, asides


def _reason(connection: sa.Connection, organisation: str, post: Post, line: _Line | None) -> str:
    if line is None:
        return ""
    columns = line_table.c
    known = sa.select(sa.func.count()).where(
        columns.organisation == organisation, columns.digest == line.digest
    )
    if line.quoted:
        return QUOTED if connection.scalar(known) else ""
    others = known.where(columns.source == post.key.source, columns.thread != post.key.thread)
    if line.length >= _LEAST and (connection.scalar(others) or 0) >= THREADS:
        return f"stands word for word in {THREADS} other threads of this source"
    return ""


def remember(connection: sa.Connection, organisation: str, post: Post, matches: Sequence[Match]) -> None:
    """Remember the lines of a post that has an alert. Nothing more of a line that stands in enough threads."""
    columns = line_table.c
    source, thread = post.key.source, post.key.thread
    lines = {line.digest: line for match in matches for span in match.spans if (line := _line(post, span))}
    for digest in sorted(digest for digest, line in lines.items() if not line.quoted):
        there = set(
            connection.scalars(
                sa.select(columns.thread).where(
                    columns.organisation == organisation, columns.digest == digest, columns.source == source
                )
            )
        )
        if thread not in there and len(there) < THREADS:
            connection.execute(
                sa.insert(line_table).values(
                    organisation=organisation, digest=digest, source=source, thread=thread
                )
            )
