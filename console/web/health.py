"""For monitoring: alive, ready, and figures for Prometheus; they tell nothing of any alert."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from fastapi import APIRouter, Response

from alerts.metrics import registry
from alerts.outbox import delivery_table
from config.database import reading
from config.errors import DuskwatchError
from console.web.context import Context
from console.web.guard import Here
from console.wiring import readers_in, spool
from indexer.post import PostKey

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the system: whether it is well, and what it says."""

    name: str
    well: bool
    says: str


@router.get("/healthz")
def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def ready(here: Here, response: Response) -> dict[str, object]:
    """Whether database and store answer."""
    parts = [_tried("database", lambda: _database(here)), _tried("store", lambda: _answers(here))]
    if not all(part.well for part in parts):
        response.status_code = 503
    return {"ready": all(part.well for part in parts), "parts": {part.name: part.well for part in parts}}


@router.get("/metrics")
def metrics(here: Here) -> Response:
    """Figures in Prometheus' text form."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    return Response(generate_latest(registry(here.engine)), media_type=CONTENT_TYPE_LATEST)


def system(here: Context) -> list[Part]:
    """Every part with what it says."""
    return [
        _tried("database", lambda: _database(here)),
        _tried("store", lambda: _store(here)),
        _tried("feed", lambda: _feed(here)),
        _tried("spool", lambda: _spool(here)),
        _tried("outbox", lambda: _outbox(here)),
    ]


def _tried(name: str, ask: Callable[[], str]) -> Part:
    try:
        return Part(name, True, ask())
    except (DuskwatchError, sa.exc.SQLAlchemyError, OSError) as error:
        return Part(name, False, str(error))


def _database(here: Context) -> str:
    with reading(here.engine) as connection:
        connection.execute(sa.text("SELECT 1"))
    return here.engine.dialect.name


def _store(here: Context) -> str:
    stats = here.store.stats()
    return f"{stats.posts:,} posts, {stats.revisions:,} revisions, {stats.size_bytes / 1e6:,.1f} MB"


def _answers(here: Context) -> str:
    here.store.get(PostKey("-", "-", "-"))  # counting takes longer than a probe should
    return ""


def _feed(here: Context) -> str:
    return "; ".join(map(str, readers_in(here.engine, here.store))) or "nobody reads it yet"


def _spool(here: Context) -> str:
    with spool(here.settings) as waiting:
        return str(waiting.figures())


def _outbox(here: Context) -> str:
    query = sa.select(delivery_table.c.state, sa.func.count()).group_by(delivery_table.c.state)
    with reading(here.engine) as connection:
        counts = {str(state): int(count) for state, count in connection.execute(query)}
    return ", ".join(f"{count:,} {state}" for state, count in sorted(counts.items())) or "empty"
