"""Posts for the tests of alerts, and a watcher over them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from alerts.matching import build_matcher
from alerts.outbox import delivery_table
from alerts.watcher import Watcher
from alerts.watchlist import Organisation
from indexer.post import Kind, Post, PostKey
from indexer.store import Store

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)  # a Tuesday
BANK = Organisation(id="bank", name="Invented Bank")
OFFER = (
    "Selling the customer database of Invented Bank, 6 million customers with names, addresses, phone numbers and"
    " account balances, 720 GB dumped last month from their central server. Escrow accepted, write me on the forum"
    " and I will show you a few rows before you pay anything at all. Price: 5000 USD"
)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def post(thread: str, number: int, text: str, source: str = "forum", **more: Any) -> Post:
    values: dict[str, Any] = {
        "key": PostKey(source, thread, str(number)),
        "board": "sale",
        "position": number,
        "title": f"thread {thread}",
        "author": "seller",
        "text": text,
        "url": f"http://board.invalid/{thread}",
        "seen_at": NOON,
        "kind": Kind.LISTING if number == 1 else Kind.REPLY,
    }
    return Post(**values | more)


def watcher(
    store: Store, database: sa.Engine, clock: Any = lambda: NOON, organisations: Any = (BANK,), **more: Any
) -> Watcher:
    return Watcher(
        store,
        database,
        build_matcher(organisations),
        organisations,
        ("soc",),
        {"forum": "green", "market": "green"},
        clock,
        **more,
    )


def told(database: sa.Engine) -> list[tuple[str, str, str]]:
    """The messages of the outbox: event, channel, title."""
    columns = delivery_table.c
    with database.connect() as connection:
        found = connection.execute(sa.select(delivery_table).order_by(columns.id))
        return [(row.event, row.channel, row.payload["title"]) for row in found]
