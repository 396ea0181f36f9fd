"""What a crawl remembers between runs: boards, threads and runs, in the state database.

A thread's row is written only after its posts are stored. A crawl that is killed in between therefore finds
the thread changed again at the next run and reads it again; the store knows the posts already.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from config.database import UtcDateTime, metadata, reading
from crawler.coverage import BoardCoverage, Coverage, Expected, expect
from crawler.frontier import LONGEST_QUIET, UNKNOWN, Known
from crawler.health import Figures, Standing, State
from crawler.memory import Memory

_HISTORY = timedelta(weeks=8)

source_table = sa.Table(
    "crawl_source",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),  # of its circuits
    sa.Column("address", sa.Text),  # that answered last
    sa.Column("started_at", UtcDateTime),  # its last crawl
    sa.Column("lease_owner", sa.Text),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("rest_until", UtcDateTime),  # it is left alone, as a gate stands before it
    sa.Column("reader", sa.Text, nullable=False, server_default=""),  # what its pages are read by
    sa.Column("mended_at", UtcDateTime),  # since when by this one, where it was another before
)
board_table = sa.Table(
    "crawl_board",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("board", sa.Text, primary_key=True),
    sa.Column("watermark", UtcDateTime),
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("crawled_at", UtcDateTime, nullable=False),
)
thread_table = sa.Table(
    "crawl_thread",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("thread", sa.Text, primary_key=True),
    sa.Column("board", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("signature", sa.Text, nullable=False),
    sa.Column("last_page", sa.Integer, nullable=False, server_default="1"),
    sa.Column("posts", sa.Integer, nullable=False),
    sa.Column("locked", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime),
    sa.Column("last_activity", UtcDateTime),
    sa.Column("visited_at", UtcDateTime, nullable=False),
    sa.Column("next_visit_at", UtcDateTime, nullable=False),
    sa.Column("hot", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("removed_at", UtcDateTime),
)
run_table = sa.Table(
    "crawl_run",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("new", sa.Integer, nullable=False),
    sa.Column("changed", sa.Integer, nullable=False),
    sa.Column("removed", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class ThreadState:
    """A thread as it stood when it was last read to its end. Times are aware UTC."""

    key: str
    board: str
    url: str
    title: str
    signature: str
    last_page: int
    posts: int
    locked: bool
    created_at: datetime | None
    last_activity: datetime | None
    visited_at: datetime
    next_visit_at: datetime


class CrawlState:
    """The memory of one source's crawls."""

    def __init__(self, database: sa.Engine, source: str) -> None:
        self._database = database
        self._source = source

    def generation(self) -> int:
        """The number of the circuits that the source is read through."""
        with self._database.connect() as connection:
            return connection.scalar(_of(source_table.c.generation, self._source)) or 0

    def new_circuits(self) -> int:
        """Have the next crawl use circuits of their own; their number."""
        return self._keep_source(generation=source_table.c.generation + 1, otherwise={"generation": 1})

    def address(self) -> str | None:
        """The address that answered last."""
        with self._database.connect() as connection:
            found: str | None = connection.scalar(_of(source_table.c.address, self._source))
        return found

    def address_answers(self, address: str) -> None:
        """Keep that an address answered."""
        self._keep_source(address=address, otherwise={"generation": 0, "address": address})

    def _keep_source(self, *, otherwise: Mapping[str, object], **values: object) -> int:
        with self._database.begin() as connection:
            here = source_table.c.source == self._source
            if not connection.execute(sa.update(source_table).where(here).values(values)).rowcount:
                connection.execute(sa.insert(source_table).values(source=self._source, **otherwise))
            return connection.scalar(_of(source_table.c.generation, self._source)) or 0

    def watermark(self, board: str) -> datetime | None:
        """The newest activity at the board's last complete pass; None before the first."""
        with self._database.connect() as connection:
            return connection.scalar(
                sa.select(board_table.c.watermark).where(
                    board_table.c.source == self._source, board_table.c.board == board
                )
            )

    def known(self, board: str) -> dict[str, Known]:
        """Every thread known on a board, by key."""
        return {item.key: item for item in self._select(thread_table.c.board == board)}

    def board_of(self, thread: str) -> str | None:
        """The board on which a thread was last listed."""
        with self._database.connect() as connection:
            found: str | None = connection.scalar(sa.select(thread_table.c.board).where(*self._is(thread)))
        return found or None

    def read_again(self, threads: Collection[str]) -> None:
        """Have threads read at the next crawl, whatever their board says of them."""
        with self._database.begin() as connection:
            for key in threads:
                connection.execute(
                    sa.update(thread_table)
                    .where(*self._is(key), thread_table.c.removed_at.is_(None))
                    .values(signature=UNKNOWN)
                )

    def last_well(self) -> datetime | None:
        """When the newest crawl began that ended well; None when there was none."""
        columns = run_table.c
        well = columns.state.in_((State.OK.value, State.PARTIAL.value))
        with self._database.connect() as connection:
            found: datetime | None = connection.scalar(
                sa.select(sa.func.max(columns.started_at, type_=UtcDateTime)).where(
                    columns.source == self._source, well
                )
            )
        return found

    def due(self, now: datetime, limit: int) -> list[Known]:
        """Threads to look at again: all with an alert, then those whose time has come, oldest first. One without a
        page of its own is looked at where its board lists it."""
        # a thread that is listed but cannot be read keeps its signature: it may open again
        standing = (thread_table.c.url != "") & (
            thread_table.c.removed_at.is_(None) | (thread_table.c.signature != "")
        )
        hot = self._select(standing, thread_table.c.hot.is_(sa.true()))
        cold = self._select(
            standing,
            thread_table.c.hot.is_(sa.false()),
            # later than anybody would say: by a clock that ran ahead
            (thread_table.c.next_visit_at <= now) | (thread_table.c.next_visit_at > now + LONGEST_QUIET),
            limit=limit,
        )
        return hot + cold

    def thread_read(self, state: ThreadState) -> None:
        """Keep a thread that was read to its end; a removed one stands again."""
        values = _columns(state) | {"removed_at": None}
        with self._database.begin() as connection:
            done = connection.execute(sa.update(thread_table).where(*self._is(state.key)).values(values))
            if not done.rowcount:
                connection.execute(
                    sa.insert(thread_table).values(source=self._source, thread=state.key, hot=False, **values)
                )

    def thread_revisited(self, key: str, *, at: datetime, next_visit_at: datetime) -> None:
        """Keep that a thread's first page was looked at again."""
        with self._database.begin() as connection:
            connection.execute(
                sa.update(thread_table)
                .where(*self._is(key))
                .values(visited_at=at, next_visit_at=next_visit_at)
            )

    def visited_at(self, key: str) -> datetime | None:
        """When a thread was last seen; None if it never was."""
        with self._database.connect() as connection:
            return connection.scalar(sa.select(thread_table.c.visited_at).where(*self._is(key)))

    def thread_removed(
        self, key: str, *, at: datetime, next_visit_at: datetime, listed: ThreadState | None = None
    ) -> None:
        """Keep that a thread is gone, or cannot be read though it is ``listed``. When it was last seen stays."""
        with self._database.begin() as connection:
            found = connection.execute(
                sa.select(thread_table.c.removed_at).where(*self._is(key))
            ).one_or_none()
            before = found.removed_at if found else None
            values = _columns(listed) if listed else {} if before else {"signature": ""}
            values |= {"removed_at": before or at, "next_visit_at": next_visit_at}
            if found:
                values.pop("visited_at", None)
                connection.execute(sa.update(thread_table).where(*self._is(key)).values(values))
            elif listed:
                connection.execute(
                    sa.insert(thread_table).values(source=self._source, thread=key, hot=False, **values)
                )

    def board_read(self, board: str, *, watermark: datetime | None, pages: int, at: datetime) -> None:
        """Keep that a pass over a board, and every thread that it asked for, is complete."""
        values = {"watermark": watermark, "complete": True, "pages": pages, "crawled_at": at}
        where = (board_table.c.source == self._source, board_table.c.board == board)
        with self._database.begin() as connection:
            if not connection.execute(sa.update(board_table).where(*where).values(values)).rowcount:
                connection.execute(sa.insert(board_table).values(source=self._source, board=board, **values))

    def run_started(self, at: datetime) -> int:
        """Open a run's record; its number. A run that is still open was killed, as runs of one source take turns."""
        with self._database.begin() as connection:
            connection.execute(
                sa.update(run_table)
                .where(run_table.c.source == self._source, run_table.c.ended_at.is_(None))
                .values(ended_at=at, state=State.KILLED.value)
            )
            done = connection.execute(
                sa.insert(run_table).values(
                    source=self._source,
                    started_at=at,
                    pages=0,
                    new=0,
                    changed=0,
                    removed=0,
                    failed=0,
                    state=State.RUNNING.value,
                    detail="",
                )
            )
            key = done.inserted_primary_key
            assert key is not None
            return int(key[0])

    def pages_between(self, since: datetime, now: datetime) -> int:
        """How many pages its crawls fetched that ended since then. Those that seem to end later than now ended by a
        clock that ran ahead: counted until that time comes, they would keep the source from being read."""
        columns = run_table.c
        with self._database.connect() as connection:
            found = connection.scalar(
                sa.select(sa.func.sum(columns.pages)).where(
                    columns.source == self._source, columns.ended_at > since, columns.ended_at <= now
                )
            )
        return int(found or 0)

    def run_waits(self, run: int, *, for_tor: bool) -> None:
        """Keep that a run under way waits for Tor, or goes on."""
        state = State.TOR if for_tor else State.RUNNING
        with self._database.begin() as connection:
            connection.execute(sa.update(run_table).where(run_table.c.id == run).values(state=state.value))

    def gated_runs(self) -> int:
        """How many of the source's newest ended runs, in a row, came no further than a gate."""
        newest = (
            sa.select(run_table.c.state)
            .where(run_table.c.source == self._source, run_table.c.ended_at.is_not(None))
            .order_by(run_table.c.id.desc())
            .limit(20)
        )
        with self._database.connect() as connection:
            states = list(connection.scalars(newest))
        return next((at for at, state in enumerate(states) if state != State.GATED.value), len(states))

    def run_ended(self, run: int, figures: Figures, state: State, at: datetime) -> None:
        """Close a run's record with its figures."""
        with self._database.begin() as connection:
            connection.execute(
                sa.update(run_table)
                .where(run_table.c.id == run)
                .values(
                    ended_at=at,
                    pages=figures.pages,
                    new=figures.new,
                    changed=figures.changed,
                    removed=figures.removed,
                    failed=figures.failed + figures.unreadable,
                    state=state.value,
                    detail=figures.detail,
                )
            )

    def _is(self, key: str) -> tuple[sa.ColumnElement[bool], ...]:
        return thread_table.c.source == self._source, thread_table.c.thread == key

    def _select(self, *where: sa.ColumnElement[bool], limit: int | None = None) -> list[Known]:
        columns = thread_table.c
        query = (
            sa.select(thread_table)
            .where(columns.source == self._source, *where)
            .order_by(columns.next_visit_at, columns.thread)
            .limit(limit)
        )
        with self._database.connect() as connection:
            return [
                Known(
                    key=row.thread,
                    url=row.url,
                    signature=row.signature,
                    last_page=row.last_page,
                    last_activity=row.last_activity,
                    removed=row.removed_at is not None,
                    board=row.board,
                    locked=row.locked,
                )
                for row in connection.execute(query)
            ]


def _columns(state: ThreadState) -> dict[str, object]:
    return {field.name: getattr(state, field.name) for field in fields(state) if field.name != "key"}


def _of(column: sa.Column[Any], source: str) -> sa.Select[Any]:
    return sa.select(column).where(source_table.c.source == source)


def mark_hot(database: sa.Engine, source: str, threads: Collection[str]) -> None:
    """Have exactly these threads of a source looked at in every crawl."""
    columns = thread_table.c
    listed = columns.thread.in_(list(threads))
    with database.begin() as connection:
        for hot, which in ((True, listed), (False, ~listed)):
            connection.execute(
                sa.update(thread_table)
                .where(columns.source == source, which, columns.hot.is_(sa.false() if hot else sa.true()))
                .values(hot=hot)
            )


def coverage_of(database: sa.Engine, source: str, followed: Sequence[str], now: datetime) -> Coverage:
    """What is covered of a source. ``followed``: the keys of its boards."""
    memory = Memory(database, source)
    readings = memory.readings()
    with reading(database) as connection:
        threads = thread_table.c
        known = {
            row.board: row[1]
            for row in connection.execute(
                sa.select(threads.board, sa.func.count())
                .where(threads.source == source, threads.removed_at.is_(None))
                .group_by(threads.board)
            )
        }
        passes = {
            row.board: row.crawled_at
            for row in connection.execute(sa.select(board_table).where(board_table.c.source == source))
        }
    boards = tuple(
        BoardCoverage(
            key,
            key in followed,
            known.get(key, 0),
            readings[key][0].stated if readings.get(key) else None,
            passes.get(key),
        )
        for key in dict.fromkeys([*followed, *known])
        if key
    )
    return Coverage(source, boards, memory.missing(), expectation(database, source, now))


def expectation(database: sa.Engine, source: str, now: datetime) -> Expected | None:
    """What new posts its crawls of the last eight weeks let expect of a source."""
    columns = run_table.c
    query = (
        sa.select(columns.started_at, columns.new, columns.state)
        .where(columns.source == source, columns.ended_at.is_not(None), columns.started_at > now - _HISTORY)
        .order_by(columns.id)
    )
    with reading(database) as connection:
        rows = connection.execute(query).all()
    whole = next((at for at, row in enumerate(rows) if row.state == State.OK.value), None)
    if whole is None:
        return None
    return expect([(row.started_at, row.new) for row in rows[whole + 1 :]], now)


def standings(database: sa.Engine) -> dict[str, Standing]:
    """How each source stands that was ever crawled to an end."""
    columns = run_table.c
    ended = columns.ended_at.is_not(None)
    newest = sa.select(sa.func.max(columns.id)).where(ended).group_by(columns.source)
    read = columns.state.in_((State.OK.value, State.PARTIAL.value))
    with reading(database) as connection:
        last = connection.execute(
            sa.select(columns.source, sa.func.max(columns.ended_at, type_=UtcDateTime))
            .where(ended, read)
            .group_by(columns.source)
        )
        read_at = {row.source: row[1] for row in last}
        rows = connection.execute(sa.select(run_table).where(columns.id.in_(newest)))
        return {
            row.source: Standing(
                state=State(row.state),
                read_at=read_at.get(row.source),
                ended_at=row.ended_at,
                detail=row.detail,
                figures={
                    name: row._mapping[name] for name in ("pages", "new", "changed", "removed", "failed")
                },
            )
            for row in rows
        }
