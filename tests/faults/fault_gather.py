"""What the product holds after a run, read through its own stores and tables; and what was true, from what was written
down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fault_checker import Alert, Arrived, History, Holdings, Kept, Pass, Sent
from fault_ledger import Served, Struck, lines, revisions
from fault_system import CHANNELS, SOURCE, Life, Product
from fault_words import marks

from alerts.outbox import delivery_table
from alerts.tables import alert_table, listing_table
from config.database import open_database
from config.settings import Settings, load_settings
from crawler.evidence import EvidenceMissing, read_kept
from indexer.opening import open_store
from indexer.post import ChangeKind, PostKey

_RECOVERY = 15.0  # seconds after a fault in which nothing is promised yet but that nothing is lost
_CRAWL = 5.0  # seconds that a crawl takes at least; on a busy machine it takes what the slowest took


def settings_of(product: Product) -> Settings:
    """The settings that its service has."""
    return load_settings(product.folder / "duskwatch.toml")


def holdings(product: Product, arrived: Sequence[Arrived], statuses: Sequence[int]) -> Holdings:
    """Everything that the checker looks at. ``statuses``: how the services ended when they were asked to."""
    settings = settings_of(product)
    with closing(open_store(settings.store_url, settings.elasticsearch)) as store:
        feed: set[tuple[PostKey, int]] = set()
        keys: dict[PostKey, None] = {}
        cursor = None
        while (page := store.changes(cursor, 1000)).changes:
            cursor = page.cursor
            for change in page.changes:
                keys[change.stored.post.key] = None
                if change.kind is not ChangeKind.REMOVED:
                    feed.add((change.stored.post.key, change.stored.revision))
        found = [stored for key in keys for stored in store.revisions(key)]
        newest = {key: store.get(key) for key in keys}
    evidence = settings.data_dir / "evidence"
    kept = []
    for stored in found:
        post = stored.post
        head = newest[post.key]
        kept.append(
            Kept(
                thread=post.key.thread,
                post=post.key.post,
                revision=stored.revision,
                text=post.text,
                removed=bool(head and head.removed_at),
                in_feed=(post.key, stored.revision) in feed,
                evidence=_shown_by(evidence, post.evidence),
            )
        )
    engine = open_database(settings.database_url)
    try:
        with engine.connect() as connection:
            alerts = _alerts(connection)
            sent = [
                Sent(row.key, row.alert, row.channel, row.event, row.state, _note(row))
                for row in connection.execute(sa.select(delivery_table))
            ]
    finally:
        engine.dispose()
    done = product.duskwatch("--json", "evidence", "verify")
    faults = (
        () if done.returncode == 0 else (f"duskwatch evidence verify: {done.stdout}{done.stderr}".strip(),)
    )
    return Holdings(tuple(kept), alerts, tuple(sent), tuple(arrived), tuple(faults))


def _shown_by(folder: Path, reference: str | None) -> frozenset[tuple[int, int]] | None:
    if not reference:
        return None
    try:
        return frozenset(marks(read_kept(folder, reference).body.decode(errors="replace")))
    except EvidenceMissing:
        return None


def _alerts(connection: sa.Connection) -> tuple[Alert, ...]:
    threads: dict[str, set[str]] = {}
    for row in connection.execute(sa.select(listing_table.c.alert, listing_table.c.thread)):
        threads.setdefault(row.alert, set()).add(row.thread)
    certain = sa.select(alert_table).where(alert_table.c.tier == "certain")
    return tuple(
        Alert(row.id, row.organisation, row.thread, frozenset(threads.get(row.id, ())))
        for row in connection.execute(certain)
    )


def passes(heard: Sequence[dict[str, Any]], lives: Sequence[Life]) -> tuple[Pass, ...]:
    """Crawls that ended well: what a service logged, beside the life of the process of which it spoke."""
    made = []
    left = sorted(lives, key=lambda life: life.last)
    for line in heard:
        if line.get("event") != "crawl ended" or line.get("source") != SOURCE:
            continue
        own = [life for life in left if life.service == line["by"] and life.last <= line["heard"]]
        if not own:
            continue
        life = own[-1]
        left.remove(life)
        if line["state"] != "ok":
            continue
        beside = any(
            each is not life and each.first <= life.last and each.last >= life.first for each in lives
        )
        made.append(Pass(life.first, line["heard"], beside))
    return tuple(made)


def history(folder: Path, product: Product, served: Sequence[Served], rested: bool) -> History:
    """What was true, from what was written down in a run. ``rested``: whether the product had come to rest."""
    written = lines(folder / "ledger.jsonl")
    struck = struck_in(written)
    ends = [line["at"] for line in written if line["kind"] in ("begun", "ended")]
    edges = [ends[0], *(at for each in struck for at in (each.begun, each.ended + _RECOVERY)), ends[-1]]
    quiet = tuple((begin, end) for begin, end in list(pairwise(edges))[::2] if end > begin)
    ended = passes(product.heard(), product.lives())
    return History(
        shown=revisions(written),
        served=served,
        passes=ended,
        quiet=quiet,
        interval=product.interval + max([_CRAWL, *(each.ended - each.begun for each in ended)]),
        moved=tuple((line["thread"], line["begun"]) for line in written if line.get("what") == "move"),
        channels=CHANNELS,
        rested=rested,
    )


def struck_in(written: Sequence[dict[str, Any]]) -> list[Struck]:
    """The faults of a ledger."""
    return [
        Struck(line["fault"], line["begun"], line["ended"], line["hit"])
        for line in written
        if line["kind"] == "fault"
    ]


def _note(row: Any) -> str:
    said = f"{row.attempts} tries, made {row.created_at}, next {row.next_at}, leased until {row.leased_until}"
    return f"{said} {row.last_error}".strip()


def as_json(value: object) -> str:
    """For files that a person reads."""
    return json.dumps(
        value, indent=1, default=lambda each: sorted(each) if isinstance(each, frozenset) else str(each)
    )
