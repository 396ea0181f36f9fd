"""History beside the alarm: listings of before their source or their watch was added are kept as cases in the state
"baseline" and told in one report; what happens to them afterwards is decided as for every other alert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

import sqlalchemy as sa

from alerts.cases import AlertState, Listing, note
from alerts.history import NEWS, Beginning, Date, Reason, Verdict, date_of, judge, number_of
from alerts.tables import alert_table, insert_new
from config.database import UtcDateTime, metadata
from indexer.post import Change, ChangeKind, Kind, Post, Stored
from indexer.store import Store

#: Alarms a day of one source whose posts may be no news; what is more goes to a report.
DOUBTFUL_A_DAY = 20

#: A listing that history told: ``how`` is listing, or copy of a case's listing on another thread. ``hunt``: the one
#: that found it; ``report``: where it was told.
entry_table = sa.Table(
    "baseline_entry",
    metadata,
    sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), primary_key=True),
    sa.Column("post", sa.Text, primary_key=True),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("posted_at", UtcDateTime),
    sa.Column("strength", sa.Float, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("hunt", sa.Integer),
    sa.Column("report", sa.Text),
)
_COUNTED = ("read", "undated", "ahead", "absurd")
#: The highest numbers of threads and posts that a board showed until it was first read; and how many posts were ever
#: read of it, and of these have no date, one in the future, or one before there were boards.
mark_table = sa.Table(
    "history_mark",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("threads", sa.BigInteger),
    sa.Column("posts", sa.BigInteger),
    *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in _COUNTED),
)
#: Alarms of what may be no news.
doubt_table = sa.Table(
    "history_doubt",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("alert", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
_DAY = timedelta(days=1)


class Past(Protocol):
    """Tells how a source had been read by the time at which a post was seen; None when it was never crawled. Reads by
    the connection that it is given, whose transaction is under way."""

    def __call__(self, connection: sa.Connection, source: str, seen: datetime) -> Beginning | None: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One listing that history told."""

    alert: str
    post: str
    organisation: str
    source: str
    title: str
    author: str
    how: str
    reason: str
    posted_at: datetime | None
    strength: float
    at: datetime
    hunt: int | None = None
    report: str | None = None


class Historian:
    """Tells news from history for one run of the watcher. ``past`` None: all is news."""

    def __init__(self, past: Past | None = None) -> None:
        self._past = past
        self._first_ended: dict[str, datetime] = {}
        self._before: dict[tuple[str, int], datetime] = {}

    def look_back(self, store: Store, changes: Iterable[Change]) -> None:
        """Learn when these posts were read before, for the verdicts that follow; may raise what the store raises."""
        self._before = {}
        if self._past is None:
            return
        for stored in (each.stored for each in changes if each.kind is ChangeKind.CHANGED):
            for one in store.revisions(stored.post.key):
                if one.revision == stored.revision - 1:
                    self._before[stored.post.id, stored.revision] = one.post.seen_at

    def observe(self, connection: sa.Connection, changes: Sequence[Change]) -> None:
        """Keep the highest numbers that a board shows until it has first been read, and how it dates its posts."""
        if self._past is None:
            return
        by_source: dict[str, list[Change]] = {}
        for change in changes:
            by_source.setdefault(change.stored.post.key.source, []).append(change)
        for source, its in by_source.items():
            ended = self._first_ended.get(source)
            if ended is None:
                newest = max(change.stored.first_seen_at for change in its)
                beginning = self._past(connection, source, newest)
                if beginning is None:
                    continue
                ended = beginning.first_ended
                if ended:
                    self._first_ended[source] = ended
            first = [each.stored.post for each in its if ended is None or each.stored.first_seen_at <= ended]
            if first:
                _raise_marks(connection, source, first)
            _count_dates(connection, source, [each.stored for each in its if each.kind is ChangeKind.NEW])

    def verdict(self, connection: sa.Connection, change: Change) -> Verdict:
        """Whether a change is news."""
        if self._past is None:
            return NEWS
        source, seen = change.stored.post.key.source, change.stored.first_seen_at
        beginning = self._past(connection, source, seen)
        if beginning is not None:
            row = connection.execute(sa.select(mark_table).where(mark_table.c.source == source)).first()
            if row:
                beginning = replace(beginning, threads=row.threads, posts=row.posts)
        stored = change.stored
        return judge(change, beginning, self._before.get((stored.post.id, stored.revision)))


def _raise_marks(connection: sa.Connection, source: str, posts: Sequence[Post]) -> None:
    threads = _highest(post.key.thread for post in posts)
    replies = _highest(post.key.post for post in posts if post.kind is Kind.REPLY)
    columns = mark_table.c
    row = connection.execute(sa.select(mark_table).where(columns.source == source)).first()
    if row is None:
        insert_new(connection, mark_table, [{"source": source, "threads": threads, "posts": replies}])
    elif (threads or -1) > (row.threads or -1) or (replies or -1) > (row.posts or -1):
        values = {
            "threads": max(filter(None, (threads, row.threads)), default=None),
            "posts": max(filter(None, (replies, row.posts)), default=None),
        }
        connection.execute(sa.update(mark_table).where(columns.source == source).values(values))


def _count_dates(connection: sa.Connection, source: str, read: Sequence[Stored]) -> None:
    if not read:
        return
    dates = Counter(date_of(each.post, each.first_seen_at) for each in read)
    columns = mark_table.c
    insert_new(connection, mark_table, [{"source": source}])
    values = {
        "read": columns.read + len(read),
        "undated": columns.undated + dates[Date.MISSING],
        "ahead": columns.ahead + dates[Date.AHEAD],
        "absurd": columns.absurd + dates[Date.ABSURD],
    }
    connection.execute(sa.update(mark_table).where(columns.source == source).values(values))


def _highest(keys: Iterable[str]) -> int | None:
    return max((found for key in keys if (found := number_of(key)) is not None), default=None)


def admit(connection: sa.Connection, source: str, alert: str, verdict: Verdict, now: datetime) -> Verdict:
    """The verdict by which an alarm is raised: what is in doubt is news so often a day, then history."""
    if not (verdict.news and verdict.doubtful):
        return verdict
    columns = doubt_table.c
    today = sa.select(sa.func.count()).where(columns.source == source, columns.at > now - _DAY)
    if (connection.scalar(today) or 0) >= DOUBTFUL_A_DAY:
        return Verdict(False, Reason.MANY, verdict.date)
    connection.execute(sa.insert(doubt_table).values(source=source, alert=alert, at=now))
    return verdict


def enter(
    connection: sa.Connection,
    listing: Listing,
    post: Post,
    how: Literal["listing", "copy"],
    strength: float,
    verdict: Verdict,
    now: datetime,
    hunt: int | None = None,
) -> None:
    """Keep a listing that history told for the next report."""
    row = {
        "alert": listing.alert,
        "post": post.id,
        "organisation": listing.organisation,
        "source": post.key.source,
        "title": post.title,
        "author": post.author,
        "how": how,
        "reason": str(verdict),
        "posted_at": None if verdict.date else post.posted_at,
        "strength": strength,
        "at": now,
        "hunt": hunt,
        "report": None,
    }
    insert_new(connection, entry_table, [row])


def waits(connection: sa.Connection) -> bool:
    """Whether anything waits for a report."""
    return (
        connection.scalar(sa.select(entry_table.c.alert).where(entry_table.c.report.is_(None)).limit(1))
        is not None
    )


def first_posted(connection: sa.Connection, alert: str) -> datetime | None:
    """The first date of a case's listings that can be believed."""
    query = sa.select(sa.func.min(entry_table.c.posted_at, type_=UtcDateTime))
    found: datetime | None = connection.scalar(query.where(entry_table.c.alert == alert))
    return found


def why_history(connection: sa.Connection, alert: str) -> tuple[str, str | None]:
    """Why a case is one of history, in words, and the report that told of it; None: it waits for one, or is in none."""
    columns = entry_table.c
    query = sa.select(columns.reason, columns.report).where(columns.alert == alert).order_by(columns.at)
    row = connection.execute(query.limit(1)).one_or_none()
    return (row.reason, row.report) if row else ("", None)


def wake(connection: sa.Connection, alert: str, said: str, now: datetime) -> None:
    """Make a case of history an alert, which it becomes now."""
    values = {"state": AlertState.NEW.value, "created_at": now, "updated_at": now}
    connection.execute(sa.update(alert_table).where(alert_table.c.id == alert).values(values))
    note(connection, alert, now, "duskwatch", f"{AlertState.BASELINE.value} -> new", said)


def list_entries(
    database: sa.Engine,
    *,
    source: str | None = None,
    report: str | None = None,
    organisations: Collection[str] = (),
    limit: int = 1000,
) -> list[Entry]:
    """What history told: by organisation, the strongest first, then the newest."""
    columns = entry_table.c
    query = sa.select(entry_table)
    if source is not None:
        query = query.where(columns.source == source)
    if report is not None:
        query = query.where(columns.report == report)
    if organisations:
        query = query.where(columns.organisation.in_(list(organisations)))
    order = (
        columns.organisation,
        columns.strength.desc(),
        columns.posted_at.desc(),
        columns.alert,
        columns.post,
    )
    with database.connect() as connection:
        return [Entry(**row._mapping) for row in connection.execute(query.order_by(*order).limit(limit))]
