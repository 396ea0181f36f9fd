"""Posts and alerts as files that other programs read: CSV that no spreadsheet takes for formulas, JSON lines, STIX."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from alerts.cases import Alert
from alerts.dispatch import last_payload
from alerts.message import defang, plain
from alerts.stix import bundle, objects
from indexer.post import Stored

_BLOCK = 65_536
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

POST_COLUMNS = (
    *("id", "source", "board", "kind", "title", "author", "posted_at", "first_seen_at", "removed_at"),
    *("revision", "language", "url", "text"),
)
ALERT_COLUMNS = (
    *(
        "id",
        "organisation",
        "severity",
        "state",
        "tlp",
        "title",
        "source",
        "thread",
        "author",
        "url",
        "matched",
    ),
    *("claims", "created_at", "posted_at", "first_seen_at", "acknowledged_at", "due_at", "assignee"),
)


def post_row(stored: Stored) -> dict[str, Any]:
    """A post as a flat record; its address defanged."""
    post = stored.post
    return {
        "id": post.id,
        "source": post.key.source,
        "board": post.board,
        "kind": post.kind.value,
        "title": post.title,
        "author": post.author,
        "posted_at": _time(post.posted_at),
        "first_seen_at": _time(stored.first_seen_at),
        "removed_at": _time(stored.removed_at),
        "revision": stored.revision,
        "language": post.language or "",
        "url": defang(plain(post.url)),
        "text": post.text,
    }


def alert_row(alert: Alert) -> dict[str, Any]:
    """An alert as a flat record; its address defanged."""
    return {
        **{name: getattr(alert, name) for name in ALERT_COLUMNS if name in Alert.__slots__},
        "url": defang(plain(alert.url)),
        "matched": "; ".join(dict.fromkeys(str(match["term"]) for match in alert.matches)),
        "claims": json.dumps(alert.claims or {}),
        "created_at": _time(alert.created_at),
        "posted_at": _time(alert.posted_at),
        "first_seen_at": _time(alert.first_seen_at),
        "acknowledged_at": _time(alert.acknowledged_at),
        "due_at": _time(alert.due_at),
    }


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """Records as CSV in blocks: all quoted, unseen characters as their code, nothing that a spreadsheet takes for a
    formula."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: no_formula(_clean(str(row[name]))) for name in columns})
        if out.tell() > _BLOCK:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def as_json(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Records as JSON, one a line, in ASCII."""
    for row in rows:
        yield json.dumps(row) + "\n"


def alerts_bundle(database: sa.Engine, alerts: Sequence[Alert], at: datetime) -> dict[str, Any]:
    """Alerts as one STIX 2.1 bundle, as their channels were last told of them. ``at``: when it is made."""
    made: dict[str, dict[str, Any]] = {}
    with database.connect() as connection:
        for alert in alerts:
            told = objects({**last_payload(connection, alert), "tlp": alert.tlp}, at.isoformat())
            made |= {str(one["id"]): one for one in told}
    return bundle(f"alerts {at.isoformat()}", list(made.values()))


def no_formula(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.lstrip().startswith(_FORMULA) or value.startswith(("\t", "\r")) else value


def _clean(text: str) -> str:
    return plain(text.replace("\r\n", "\n")).encode("utf-8", "backslashreplace").decode()


def _time(at: datetime | None) -> str:
    return at.isoformat() if at else ""
