"""Searches and lists of alerts as files: CSV, JSON lines, STIX 2.1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from alerts.stix_posts import posts_bundle
from console.exports import ALERT_COLUMNS, POST_COLUMNS, alert_row, alerts_bundle, as_csv, as_json, post_row
from console.web.guard import Here, Someone, write_down
from console.web.pages.inbox import Filtered, filtered
from console.web.pages.search import Asked, Search
from indexer.post import Stored
from indexer.store import Sort, Store

router = APIRouter(include_in_schema=False)
_MOST, _MOST_STIX = 10_000, 500
_Form = Annotated[str, Query(alias="format", pattern="^(csv|json|stix)$")]
_KINDS = {
    "csv": ("text/csv; charset=utf-8", "csv"),
    "json": ("application/x-ndjson", "jsonl"),
    "stix": ("application/stix+json;version=2.1", "stix.json"),
}


@router.get("/search/export")
def search_export(here: Here, who: Someone, wanted: Search, form: _Form = "csv") -> Response:
    """All hits of a search in its order, up to 10,000 (STIX: 500)."""
    write_down(here, who, "exported a search", wanted.q)
    if form == "stix":
        markings = {name: source.tlp.value for name, source in here.inputs.sources.items()}
        posts = _every(here.store, wanted, _MOST_STIX)
        made = posts_bundle(posts, markings, wanted.q, here.now())
        return _file(iter([json.dumps(made)]), form, "search")
    hits = _every(here.store, wanted, _MOST)
    first = list(islice(hits, 1))  # so that a faulty query is told before anything is sent
    rows = (post_row(stored) for stored in chain(first, hits))
    return _file(as_csv(rows, POST_COLUMNS) if form == "csv" else as_json(rows), form, "search")


@router.get("/alerts/export")
def alerts_export(here: Here, who: Someone, wanted: Filtered, form: _Form = "csv") -> Response:
    """The alerts of an inbox as it is filtered, up to 10,000 (STIX: 500)."""
    write_down(here, who, "exported alerts", wanted.written())
    alerts = filtered(here, who.user, wanted, limit=_MOST_STIX if form == "stix" else _MOST)
    if form == "stix":
        return _file(iter([json.dumps(alerts_bundle(here.engine, alerts, here.now()))]), form, "alerts")
    rows = map(alert_row, alerts)
    return _file(as_csv(rows, ALERT_COLUMNS) if form == "csv" else as_json(rows), form, "alerts")


def _file(written: Iterator[str], form: str, name: str) -> Response:
    kind, ending = _KINDS[form]
    named = {"Content-Disposition": f'attachment; filename="duskwatch-{name}.{ending}"'}
    return StreamingResponse(written, media_type=kind, headers=named)


def _every(store: Store, wanted: Asked, most: int) -> Iterator[Stored]:
    after, count = None, 0
    while count < most:
        found = store.search(
            wanted.q,
            filters=wanted.filters,
            sort=Sort(wanted.sort),
            by_listing=wanted.by_listing,
            limit=min(500, most - count),
            after=after,
        )
        for hit in found.hits:
            yield hit.stored
        count += len(found.hits)
        after = found.after
        if after is None:
            return
