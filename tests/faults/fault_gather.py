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
from fault_system import CHANNELS, SOURCE, Product
from fault_words import marks

from alerts.outbox import delivery_table
from alerts.tables import alert_table, listing_table
from config.database import open_database
from config.settings import Settings, load_settings
from crawler.evidence import EvidenceMissing, read_kept
from indexer.opening import open_store
from indexer.post import ChangeKind, PostKey

_FIRST_RECOVERY = 15.0  # seconds after a fault in which nothing is promised yet but that nothing is lost


def settings_of(product: Product) -> Settings:
    """The settings that its service has."""
    return load_settings(product.folder / "duskwatch.toml")


def holdings(product: Product, arrived: Sequence[Arrived]) -> Holdings:
    """Everything that the checker looks at."""
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
                Sent(row.key, row.alert, row.channel, row.event, row.state)
                for row in connection.execute(sa.select(delivery_table))
            ]
    finally:
        engine.dispose()
    done = product.duskwatch("--json", "evidence", "verify")
    faults = (
        () if done.returncode == 0 else (f"duskwatch evidence verify: {done.stdout}{done.stderr}".strip(),)
    )
    return Holdings(tuple(kept), alerts, tuple(sent), tuple(arrived), faults)


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


def passes(
    heard: Sequence[dict[str, Any]], served: Sequence[Served], boards: Sequence[str], struck: Sequence[Struck]
) -> tuple[Pass, ...]:
    """Crawls that ended well. Each began with the first page of every board: of the requests for it before the end,
    the newest is that of this crawl, as crawls of a source take turns. Where a crawl was paused or left without its
    service it may have asked beside another."""
    made = []
    for line in heard:
        if line.get("event") != "crawl ended" or line.get("state") != "ok" or line.get("source") != SOURCE:
            continue
        ended = line["heard"]
        begun = [
            max((page.at for page in served if page.path == board and page.at < ended), default=None)
            for board in boards
        ]
        if None in begun:
            continue
        first = min(begun)  # type: ignore[type-var]
        beside = any(
            each.kind in ("pause crawl", "kill service", "kill deliverer", "pause service")
            and each.begun < ended
            and each.ended + _FIRST_RECOVERY > first
            for each in struck
        )
        made.append(Pass(first, ended, beside))  # type: ignore[arg-type]
    return tuple(made)


def history(
    folder: Path,
    heard: Sequence[dict[str, Any]],
    served: Sequence[Served],
    boards: Sequence[str],
    interval: float,
) -> History:
    """What was true, from the ledger of a run."""
    written = lines(folder / "ledger.jsonl")
    struck = struck_in(written)
    marks_ = [line["at"] for line in written if line["kind"] in ("begun", "ended")]
    edges = [
        marks_[0],
        *(at for each in struck for at in (each.begun, each.ended + _FIRST_RECOVERY)),
        marks_[-1],
    ]
    quiet = tuple((begin, end) for begin, end in list(pairwise(edges))[::2] if end > begin)
    return History(
        shown=revisions(written),
        served=served,
        passes=passes(heard, served, boards, struck),
        quiet=quiet,
        interval=interval,
        channels=CHANNELS,
    )


def struck_in(written: Sequence[dict[str, Any]]) -> list[Struck]:
    """The faults of a ledger."""
    return [
        Struck(line["fault"], line["begun"], line["ended"], line["hit"])
        for line in written
        if line["kind"] == "fault"
    ]


def as_json(value: object) -> str:
    """For files that a person reads."""
    return json.dumps(
        value, indent=1, default=lambda each: sorted(each) if isinstance(each, frozenset) else str(each)
    )
