"""Evidence as people ask for it: an alert's package, a check of everything, what may go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import structlog

from alerts.cases import changes_of, get_alert, listings_of
from alerts.evidence import Exported, export, removable, remove
from alerts.holds import held_posts, hold_of, posts_of
from alerts.message import facts_json
from alerts.picture import chromium, picture
from config.settings import Settings
from indexer.custody import signing_key
from indexer.fact import facts
from indexer.post import PostKey, Stored
from indexer.store import Store

_log = structlog.get_logger()


def evidence_folder(settings: Settings) -> Path:
    """Where pages are kept."""
    return settings.data_dir / "evidence"


def keys_folder(settings: Settings) -> Path:
    """Where this installation's keys are."""
    return settings.data_dir / "keys"


def export_alert(
    settings: Settings, engine: sa.Engine, store: Store, name: str, target: Path | None, pictures: bool
) -> tuple[Path, Exported]:
    """Write the package of an alert, named by its id where ``target`` is None. Raises ``AlertUnknown``, and
    ``FileExistsError`` rather than replace a file."""
    alert, events = get_alert(engine, name)
    with engine.connect() as connection:
        listings, changes = listings_of(connection, alert.id), changes_of(connection, alert.id)
    revisions: list[Stored] = []
    for post in posts_of(engine, alert.id):
        revisions += store.revisions(PostKey.parse(post))
    hold = hold_of(engine, alert.id)
    told = {
        **asdict(alert),
        "listings": [asdict(one) for one in listings],
        "changes": [asdict(one) for one in changes],
        "audit": [asdict(one) for one in events],
        "hold": asdict(hold) if hold else None,
    }
    now = datetime.now(UTC)
    path = target or Path(f"evidence-{alert.id}-{now:%Y%m%dT%H%M%SZ}.zip")
    done = export(
        path,
        evidence_folder(settings),
        signing_key(keys_folder(settings)),
        alert=told,
        revisions=revisions,
        at=now,
        facts=lambda stored: facts_json(facts(stored.post.title, stored.post.text)),
        picture=picture if pictures and chromium() else None,
    )
    return path, done


def purge_evidence(
    settings: Settings, engine: sa.Engine, store: Store, days: float, dry: bool = False
) -> Sequence[str]:
    """Remove WARC files older than so many days, save those that open alerts or legal holds rest on; their names.
    ``dry``: only tell which."""
    now = datetime.now(UTC)
    held = [
        stored.post.evidence
        for post in held_posts(engine)
        for stored in store.revisions(PostKey.parse(post))
        if stored.post.evidence
    ]
    folder = evidence_folder(settings)
    names = removable(folder, now - timedelta(days=days), held)
    if names and not dry:
        remove(folder, names, f"older than {days:g} days", now)
        _log.info("evidence removed", files=len(names), days=days)
    return names
