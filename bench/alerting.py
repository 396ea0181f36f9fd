"""Seconds from a post's storing to its delivery by a running service, p95, beside the interval at which it looks. Goal:
the interval and 2 seconds. The floor is what nobody who looks at that interval can be better than: 0.95 of it.

And milliseconds of one copy of an offer in a storm of them, beside those of a post that names nobody.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from _figures import quick, tell

from alerts.clock import quantile
from alerts.matching import build_matcher
from alerts.outbox import delivery_table
from alerts.tables import alert_table
from alerts.watcher import Watcher
from alerts.watchlist import Organisation
from config.database import migrate, open_database
from console.demo.receiver import Receiver
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey

INTERVAL, POSTS, PAUSE = (4.0, 25, 0.5) if quick() else (10.0, 120, 0.5)
COPIES = 500 if quick() else 2_000
BANK = Organisation(id="bank", name="Invented Bank")
OFFER = (
    "Selling the customer database of Invented Bank, 6 million customers with names, addresses, phone numbers and"
    " account balances, 720 GB dumped last month from their central server. Escrow accepted, price 5000 USD"
)


def post(number: int, text: str) -> Post:
    return Post(
        key=PostKey("forum", str(number), "1"),
        board="sale",
        position=1,
        title=f"listing {number}",
        author=f"seller {number}",
        text=text,
        url=f"http://board.invalid/{number}",
        seen_at=datetime.now(UTC),
        kind=Kind.LISTING,
    )


def until_delivered(folder: Path) -> list[float]:
    """Seconds from storing to delivery, of posts that come at any time."""
    chance = random.Random(20220106)
    with Receiver() as receiver:
        for name, text in {
            "duskwatch.toml": f'data_dir = "var"\n[watch]\nevery = {INTERVAL}\n[tor]\nsocks = "127.0.0.1:9"\n'
            '[log]\nlevel = "error"\n',
            "config/watchlists/a.yaml": "organisations: [{id: bank, name: Invented Bank}]\n",
            "config/channels/hook.yaml": f"type: webhook\nurl: {receiver.url}\n",
        }.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        environment = os.environ | {"DUSKWATCH_CONFIG": str(folder / "duskwatch.toml")}
        store = open_store(f"sqlite:///{folder}/var/posts.db")
        service = subprocess.Popen([sys.executable, "-m", "console.cli.main", "run"], env=environment)
        try:
            store.put([post(0, "Invented Bank")])
            receiver.wait_for(1, 60)  # it runs
            for number in range(1, POSTS + 1):
                time.sleep(chance.uniform(0, 2 * PAUSE))
                store.put([post(number, f"dump of Invented Bank, number {number}")])
            receiver.wait_for(POSTS + 1, 60)
        finally:
            service.terminate()
            service.wait()
            store.close()
    database = open_database(f"sqlite:///{folder}/var/state.db")
    query = sa.select(alert_table.c.stored_at, delivery_table.c.sent_at).join(
        delivery_table, delivery_table.c.alert == alert_table.c.id
    )
    with database.connect() as connection:
        found = connection.execute(query.where(alert_table.c.thread != "0")).all()
    database.dispose()
    return [(sent - stored).total_seconds() for stored, sent in found]


def storm(folder: Path, text: str) -> tuple[float, int]:
    """Milliseconds a post of ``COPIES``, no two the same, and the alerts that they made."""
    folder.mkdir()
    store = open_store(f"sqlite:///{folder}/posts.db")
    database = open_database(f"sqlite:///{folder}/state.db")
    migrate(database)
    words = text.split()
    made = []
    for number in range(COPIES):
        changed = [*words[: number % 20 + 8], f"w{number}", *words[number % 20 + 9 :]]
        made.append(post(number, " ".join(changed)))
    store.put(made)
    watcher = Watcher(store, database, build_matcher([BANK]), [BANK], ("soc",), {})
    begun = time.perf_counter()
    run = watcher.run_once()
    spent = time.perf_counter() - begun
    store.close()
    database.dispose()
    return 1000 * spent / COPIES, run.alerts_new


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        seconds = until_delivered(Path(folder))
    p50, p95 = quantile(seconds, 0.5), quantile(seconds, 0.95)
    floor = 0.95 * INTERVAL
    print(
        f"post stored to delivered: p50 {p50:.1f} s, p95 {p95:.1f} s of {len(seconds)}; interval {INTERVAL:.0f} s,"
        f" floor {floor:.1f} s, ratio {p95 / floor:.2f} (goal: p95 at most {INTERVAL + 2:.0f} s)"
    )
    tell(
        "alerting: stored to delivered, p95",
        [(p95, floor)],
        "s",
        "0.95 of the interval",
        higher=False,
        goal=(INTERVAL + 2) / floor,
    )
    with tempfile.TemporaryDirectory() as folder:
        copy, alerts = storm(Path(folder) / "storm", OFFER)
        nobody, none = storm(Path(folder) / "calm", OFFER.replace("Invented Bank", "somebody else"))
    print(
        f"a storm of {COPIES:,} copies: {alerts} alert, {copy:.1f} ms a post; posts that name nobody: {none} alerts,"
        f" {nobody:.1f} ms a post, ratio {copy / nobody:.1f}"
    )
    tell("alerting: a copy in a storm", [(copy, nobody)], "ms", "a post that names nobody", higher=False)


if __name__ == "__main__":
    main()
