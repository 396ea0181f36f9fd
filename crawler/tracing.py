"""What the crawls of a source remember of one thread, and how an address is told to be one of its threads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import sqlalchemy as sa

from crawler.links import form_of, key_of
from crawler.memory import missed_table
from crawler.state import thread_table

_EXAMPLES = 200  # known threads whose addresses tell the form of all


@dataclass(frozen=True, slots=True)
class Trace:
    """A thread as its source's crawls remember it. ``posts``: how many it had when it was last read to its end.
    ``hot``: whether it is looked at in every crawl. ``missed``: why its page could not be read, "" when it could. Times
    are aware UTC."""

    board: str
    title: str
    url: str
    posts: int
    hot: bool
    visited_at: datetime
    next_visit_at: datetime
    removed_at: datetime | None
    missed: str


def trace(database: sa.Engine, source: str, thread: str) -> Trace | None:
    """What is remembered of a thread; None when no crawl has listed it."""
    columns = thread_table.c
    query = sa.select(thread_table).where(columns.source == source, columns.thread == thread)
    with database.connect() as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        here = (missed_table.c.source == source, missed_table.c.what == row.url)
        missed = connection.scalar(sa.select(missed_table.c.why).where(*here))
    return Trace(
        row.board,
        row.title,
        row.url,
        row.posts,
        row.hot,
        row.visited_at,
        row.next_visit_at,
        row.removed_at,
        missed or "",
    )


def thread_at(database: sa.Engine, source: str, url: str) -> str | None:
    """The key of the thread that an address opens: as it is remembered, or by the form that the addresses of the
    source's threads have in common. None when neither tells."""
    columns = thread_table.c
    query = (
        sa.select(columns.thread, columns.url)
        .where(columns.source == source, columns.url != "")
        .order_by(columns.visited_at.desc())
    )
    wanted = _place(url)
    with database.connect() as connection:
        known = connection.execute(query).all()
    for row in known:
        if _place(row.url) == wanted:
            return str(row.thread)
    form = form_of([row.url for row in known[:_EXAMPLES]])
    return key_of(form, url) if form else None


def _place(url: str) -> tuple[str, str]:
    """What stays of an address when it is opened under another mirror or at one of its posts."""
    parts = urlsplit(url)
    return parts.path.rstrip("/"), parts.query
