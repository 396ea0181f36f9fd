"""What crawls remember of how a source was read: readings, what was missed, what was kept unread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from config.database import UtcDateTime, metadata
from crawler.drift import Reading

reading_table = sa.Table(
    "crawl_reading",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("board", sa.Text, nullable=False),  # empty: its posts
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("records", sa.Integer, nullable=False),
    sa.Column("author", sa.Integer, nullable=False),
    sa.Column("time", sa.Integer, nullable=False),
    sa.Column("text", sa.Integer, nullable=False),
    sa.Column("stated", sa.Integer),
)
missed_table = sa.Table(
    "crawl_missed",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),  # its address
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
rescued_table = sa.Table(
    "crawl_rescued",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
proposed_table = sa.Table(
    "crawl_proposed",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
_KEPT = 20  # readings of one board


class Memory:
    """How one source was read."""

    def __init__(self, database: sa.Engine, source: str) -> None:
        self._database = database
        self._source = source

    def readings(self) -> dict[str, list[Reading]]:
        """Earlier readings by board, newest first; posts under an empty key."""
        table = reading_table.c
        query = sa.select(reading_table).where(table.source == self._source).order_by(table.id.desc())
        found: dict[str, list[Reading]] = {}
        with self._database.connect() as connection:
            for row in connection.execute(query):
                found.setdefault(row.board, []).append(
                    Reading(row.board, row.pages, row.records, row.author, row.time, row.text, row.stated)
                )
        return found

    def keep_readings(self, readings: Sequence[Reading], at: datetime) -> None:
        """Keep what was read as usual; the oldest are let go."""
        table = reading_table.c
        with self._database.begin() as connection:
            for each in readings:
                connection.execute(
                    sa.insert(reading_table).values(
                        source=self._source,
                        board=each.board,
                        at=at,
                        pages=each.pages,
                        records=each.records,
                        author=each.author,
                        time=each.time,
                        text=each.text,
                        stated=each.stated,
                    )
                )
                here = (table.source == self._source, table.board == each.board)
                floor = connection.scalar(
                    sa.select(table.id).where(*here).order_by(table.id.desc()).offset(_KEPT).limit(1)
                )
                if floor is not None:
                    connection.execute(sa.delete(reading_table).where(*here, table.id <= floor))

    def forget_readings(self) -> None:
        """Let what is read next be the usual: an operator has mended the adapter, or says that nothing is wrong."""
        with self._database.begin() as connection:
            for table in (reading_table, rescued_table):
                connection.execute(sa.delete(table).where(table.c.source == self._source))

    def missed(self, what: str, why: str, at: datetime) -> None:
        """Keep that a page could not be read, and why."""
        self._put(missed_table, "what", what, {"why": why, "at": at})

    def not_missed(self, what: str) -> None:
        """Keep that it was read after all."""
        here = (missed_table.c.source == self._source, missed_table.c.what == what)
        with self._database.begin() as connection:
            connection.execute(sa.delete(missed_table).where(*here))

    def missing(self) -> Mapping[str, int]:
        """How many pages are missed, by why."""
        with self._database.connect() as connection:
            rows = connection.execute(
                sa.select(missed_table.c.why).where(missed_table.c.source == self._source)
            )
            return dict(Counter(row.why for row in rows))

    def to_rescue(self, url: str, said: str) -> bool:
        """Whether a thread's pages were not yet kept since its board says this of it."""
        here = (rescued_table.c.source == self._source, rescued_table.c.url == url)
        with self._database.connect() as connection:
            return connection.scalar(sa.select(rescued_table.c.said).where(*here)) != said

    def rescued(self, url: str, said: str, at: datetime) -> None:
        """Keep that all pages of a thread were kept."""
        self._put(rescued_table, "url", url, {"said": said, "at": at})

    def propose(self, address: str, how: str, at: datetime) -> None:
        """Keep that the board names an address as its own; the newest time counts."""
        self._put(proposed_table, "address", address, {"how": how, "at": at})

    def proposed(self) -> dict[str, tuple[str, datetime]]:
        """Addresses that the board named: how, and when last."""
        query = sa.select(proposed_table).where(proposed_table.c.source == self._source)
        with self._database.connect() as connection:
            return {row.address: (row.how, row.at) for row in connection.execute(query)}

    def _put(self, table: sa.Table, key: str, value: str, rest: Mapping[str, object]) -> None:
        here = (table.c.source == self._source, table.c[key] == value)
        with self._database.begin() as connection:
            if not connection.execute(sa.update(table).where(*here).values(rest)).rowcount:
                connection.execute(sa.insert(table).values({"source": self._source, key: value, **rest}))
