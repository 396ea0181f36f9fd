"""Since when each source is read, and when it was last read whole: what tells history from news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from config.database import UtcDateTime
from crawler.health import State
from crawler.state import run_table, source_table


@dataclass(frozen=True, slots=True)
class Began:
    """Of one source, aware UTC: when its first crawl began, when the first that read anything ended, when the first
    that read everything ended, when the newest began that had read everything by a given time, and since when it is
    read in another way than before. None: not yet."""

    at: datetime
    first_ended: datetime | None
    settled: datetime | None
    last_read: datetime | None
    mended: datetime | None = None


def began(connection: sa.Connection, source: str, seen: datetime) -> Began | None:
    """How a source had been read by ``seen``; None for one that was never crawled."""
    columns = run_table.c
    here = sa.select(run_table).where(columns.source == source).subquery().c
    whole = here.state == State.OK.value
    partly = here.state.in_((State.OK.value, State.PARTIAL.value))
    row = connection.execute(
        sa.select(
            sa.func.min(here.started_at, type_=UtcDateTime).label("at"),
            sa.func.min(sa.case((partly, here.ended_at)), type_=UtcDateTime).label("first_ended"),
            sa.func.min(sa.case((whole, here.ended_at)), type_=UtcDateTime).label("settled"),
            sa.func.max(sa.case((whole & (here.ended_at <= seen), here.started_at)), type_=UtcDateTime).label(
                "last_read"
            ),
        )
    ).one()
    if not row.at:
        return None
    mended = sa.select(source_table.c.mended_at).where(source_table.c.source == source)
    return Began(*row, connection.scalar(mended))
