"""What a source is read by, in a few letters: they change when its adapter, profile or mapping does, and with them what
is read of posts that did not change."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

import sqlalchemy as sa

from config.database import UtcDateTime
from crawler.health import State
from crawler.source import Source
from crawler.state import run_table, source_table

#: Modules by which adapters read, beside their own file.
_SHARED: Final = ("markup", "records", "cards", "posts", "dates", "worded_dates", "card_dates", "json_pages")


def reader_of(source: Source) -> str:
    """The reader of a source."""
    said = (source.profile, source.mapping)
    own = "".join(each.model_dump_json() if each else "-" for each in said)
    return hashlib.sha256(f"{_code(source.adapter)}{own}".encode()).hexdigest()[:16]


def note_reader(database: sa.Engine, source: Source, at: datetime) -> bool:
    """Keep by what a source is read from now on; whether it was read in another way before. ``at``: since when posts
    are read by it."""
    reader, columns = reader_of(source), source_table.c
    with database.begin() as connection:
        here = columns.source == source.id
        before = connection.scalar(sa.select(columns.reader).where(here).with_for_update())
        if before is None:
            row = {"source": source.id, "generation": 0, "reader": reader}
            connection.execute(sa.insert(source_table).values(row))
        elif before != reader:
            values = {"reader": reader, "mended_at": at} if before else {"reader": reader}
            connection.execute(sa.update(source_table).where(here).values(values))
    return bool(before) and before != reader


def well_until(database: sa.Engine, source: str) -> datetime | None:
    """When the newest crawl ended that read its pages well: what was kept later may be read in another way."""
    columns = run_table.c
    well = columns.state.in_((State.OK.value, State.PARTIAL.value))
    query = sa.select(sa.func.max(columns.ended_at, type_=UtcDateTime)).where(columns.source == source, well)
    with database.connect() as connection:
        found: datetime | None = connection.scalar(query)
    return found


@cache
def _code(adapter: str) -> str:
    """A digest of the code that an adapter reads by."""
    here = files("crawler")
    digest = hashlib.sha256(here.joinpath("adapters", f"{adapter}.py").read_bytes())
    for name in _SHARED:
        digest.update(here.joinpath(f"{name}.py").read_bytes())
    return digest.hexdigest()
