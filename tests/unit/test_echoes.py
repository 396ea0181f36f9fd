"""Quotes, signatures and a board's own lines raise nothing again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from alerts import cases, echoes
from alerts.matching import build_matcher
from alerts.watcher import Watcher
from alerts.watchlist import Organisation
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.store import Store

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
BANK = Organisation(id="bank", name="Invented Bank")
SIGNATURE = "Vouched seller of the Invented Bank dump, escrow welcome"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/posts.db")
    yield opened
    opened.close()


def alerts_after(store: Store, database: sa.Engine, *posts: Post) -> set[str]:
    """The threads with an alert once these posts were watched."""
    for each in posts:
        store.put([each])
        Watcher(store, database, build_matcher([BANK]), [BANK], (), {}, lambda: NOON).run_once()
    return {alert.thread for alert in cases.list_alerts(database)}


def post(thread: str, text: str, **more: Any) -> Post:
    values: dict[str, Any] = {
        "key": PostKey("forum", thread, "1"),
        "board": "sale",
        "position": 1,
        "title": f"thread {thread}",
        "author": "seller",
        "text": text,
        "url": f"http://board.invalid/{thread}",
        "seen_at": NOON,
        "kind": Kind.LISTING,
    }
    return Post(**values | more)


def test_a_quote_of_what_has_an_alert_raises_nothing(store: Store, database: sa.Engine) -> None:
    with capture_logs() as logged:
        found = alerts_after(
            store,
            database,
            post("1", "Selling:\nInvented Bank, 2 million rows"),
            post("2", "> Selling:\n> invented BANK,  2 million rows\nis this real?"),
            post("3", "> > Invented Bank, 2 million rows\n> is this real?\nno"),
        )
    assert found == {"1"}
    assert [line["post"] for line in logged if line["event"] == "set aside"] == ["forum/2/1", "forum/3/1"]


def test_a_quote_of_what_nobody_saw_and_words_of_ones_own_do(store: Store, database: sa.Engine) -> None:
    quoted = post("2", "> Invented Bank, 2 million rows\nis this real?", author="reader")
    own = "> Invented Bank, 2 million rows\nI have Invented Bank too, another year, ask me for a price list"
    with capture_logs() as logged:
        found = alerts_after(store, database, quoted, post("3", own, author="other"))
    assert "2" in found
    assert not [line for line in logged if line.get("post") == "forum/2/1"]
    with database.connect() as connection:
        assert cases.listings_at(connection, "forum", "3"), "an alert of its own, or a part of the other"


def test_a_signature_raises_nothing_once_it_is_known(store: Store, database: sa.Engine) -> None:
    threads = [str(number) for number in range(1, echoes.THREADS + 4)]
    found = alerts_after(
        store, database, *(post(thread, f"cats, {thread}\n{SIGNATURE}") for thread in threads)
    )
    assert found == set(threads[: echoes.THREADS])
    with database.connect() as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(echoes.line_table))
    assert count == echoes.THREADS
    found = alerts_after(
        store,
        database,
        post("listing", f"Invented Bank, full dump\n{SIGNATURE}"),
        post("title", SIGNATURE, title="Invented Bank"),
        post("elsewhere", SIGNATURE, key=PostKey("market", "elsewhere", "1")),
    )
    assert found - set(threads) == {"listing", "title", "elsewhere"}


def test_a_name_alone_on_its_line_is_no_signature(store: Store, database: sa.Engine) -> None:
    threads = [str(number) for number in range(1, echoes.THREADS + 4)]
    assert alerts_after(store, database, *(post(each, f"{each}\nInvented Bank") for each in threads)) == set(
        threads
    )


def test_only_the_places_that_count_stay(database: sa.Engine) -> None:
    known = post("1", "Invented Bank, 2 million rows")
    later = post("2", "> Invented Bank, 2 million rows\nand Invented Bank again")
    with database.begin() as connection:
        echoes.remember(connection, "bank", known, build_matcher([BANK]).match("", known.text))
        (match,) = build_matcher([BANK]).match("", later.text)
        (kept,), asides = echoes.sort(connection, "bank", later, [match])
    assert [span.start for span in kept.spans] == [later.text.rindex("Invented")]
    assert [(aside.span.start, aside.reason) for aside in asides] == [(2, "quotes what has an alert")]
    assert kept.strength == match.strength
