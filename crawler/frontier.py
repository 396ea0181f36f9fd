"""What to fetch next: pure decisions over what a board page says and what is known of its threads.

A board lists its threads by newest activity, sticky ones first. So a pass reads board pages only as long as
the last ordinary row of a page is news, and fetches only threads that moved.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.adapter import BoardPage, ThreadRow
from crawler.ticking import still
from indexer.post import Precision

#: A board that writes "5 minutes ago" states the same instant a little differently at every visit.
_SLACK = {
    Precision.SECOND: timedelta(seconds=1),
    Precision.MINUTE: timedelta(seconds=90),
    Precision.DAY: timedelta(days=1),
    Precision.WEEK: timedelta(days=8),
    Precision.MONTH: timedelta(days=32),
    Precision.YEAR: timedelta(days=367),
    Precision.UNKNOWN: timedelta.max,
}
_DAY_BEGINS = timedelta(hours=5, minutes=30)  # at midnight many deadlines would wander between days
_SHORTEST = timedelta(hours=1)
#: The longest time until a thread is looked at again.
LONGEST_QUIET = timedelta(days=30)


#: The signature of a thread of which nothing is known, so that whatever its board says is news.
UNKNOWN = json.dumps(["", None, "", False])


@dataclass(frozen=True, slots=True)
class Known:
    """What was kept of a thread after it was last read whole. ``removed``: it is gone, and has no signature; or
    it is listed and could not be read, and has one. ``url`` is empty for a thread without a page of its own."""

    key: str
    url: str
    signature: str
    last_page: int
    last_activity: datetime | None
    removed: bool = False
    board: str = ""
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One thread to read: ``page`` is where reading begins; ``head`` asks for the first page as well."""

    key: str
    url: str
    page: int = 1
    head: bool = False
    row: ThreadRow | None = None


@dataclass(frozen=True, slots=True)
class BoardDecision:
    """The threads of one board page to read, and whether the next board page is worth a request."""

    visits: tuple[Visit, ...]
    more: bool


def signature(row: ThreadRow) -> str:
    """What a board page says of a thread, without its times."""
    said = [row.title, row.replies, row.last_author, row.locked]
    if row.says or row.post:
        said.append(_digest(row))
    return json.dumps(said, ensure_ascii=False)


def _digest(row: ThreadRow) -> str:
    """Of what a row says beside its counters. A deadline told by a countdown differs a little at every visit."""
    words = [row.says]
    if post := row.post:
        deadline = post.victim.deadline.at if post.victim else None
        day = f"{deadline - _DAY_BEGINS:%Y-%m-%d}" if deadline else ""
        words += [post.author, still(post.text, post.ticks), day]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]


def decide_board(page: BoardPage, known: Mapping[str, Known], watermark: datetime | None) -> BoardDecision:
    """Compare a board page with what is known. ``watermark`` is the newest activity at the last complete pass
    (None: there was none, so everything is news)."""
    visits: list[Visit] = []
    last_is_news = False
    for row in page.threads:
        if row.moved:
            continue
        before = known.get(row.key)
        visit = _visit(row, before)
        if visit:
            visits.append(visit)
        if not row.sticky:
            last_is_news = visit is not None or watermark is None or _later(row, watermark)
    return BoardDecision(tuple(visits), more=last_is_news and page.next_url is not None)


def vanished(rows: Collection[ThreadRow], known: Iterable[Known], *, whole: bool) -> list[Known]:
    """Known threads that should stand among the ``rows`` of this pass and do not. ``whole``: the pass read
    the board to its end; otherwise only threads newer than the oldest row read can be missed."""
    seen = {row.key for row in rows}
    stated = [row.last_activity.at for row in rows if row.last_activity.at and not row.sticky]
    if not whole and not stated:
        return []
    floor = min(stated) + timedelta(minutes=2) if stated else None
    return [
        thread
        for thread in known
        if thread.key not in seen
        and not thread.removed
        and (
            whole or (floor is not None and thread.last_activity is not None and thread.last_activity > floor)
        )
    ]


def next_visit(last_activity: datetime | None, now: datetime) -> datetime:
    """When to look at an unchanged thread again: after a tenth of its quiet age, an hour to thirty days."""
    quiet = now - (last_activity or now)
    return now + min(max(quiet / 10, _SHORTEST), LONGEST_QUIET)


def _visit(row: ThreadRow, before: Known | None) -> Visit | None:
    if before is None or (before.removed and signature(row) != before.signature):
        return Visit(row.key, row.url, row=row)
    if before.removed:
        return None  # listed, but not to be read by us: looked at again by its age
    if signature(row) != before.signature:
        title, replies, _, locked, *_ = json.loads(before.signature)
        head = (title, locked) != (row.title, row.locked)
        fewer = row.replies is not None and replies is not None and row.replies < replies
        return Visit(row.key, row.url, 1 if fewer else before.last_page, head=head, row=row)
    at, precision = row.last_activity.at, row.last_activity.precision
    if at and (before.last_activity is None or abs(at - before.last_activity) > _SLACK[precision]):
        return Visit(row.key, row.url, before.last_page, row=row)
    return None


def _later(row: ThreadRow, watermark: datetime) -> bool:
    at = row.last_activity.at
    return at is not None and at > watermark + min(_SLACK[row.last_activity.precision], timedelta(days=1))
