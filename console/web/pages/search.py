"""Search: the query language, facets, hits with their highlights; a post with its thread and history; a seller."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from config.errors import QueryError
from console.copies import folded
from console.web.guard import Here, Someone, write_down
from console.web.rendering import page
from console.web.shown import address, differences, marked
from console.wiring import stored_post
from indexer.fact import facts
from indexer.post import Stored
from indexer.store import FACETS, Hit, Sort, Store

router = APIRouter(include_in_schema=False)
_MOST_EXPORTED = 10_000
_Query = Annotated[str, Query(max_length=4000)]


@router.get("/search")
def search(
    request: Request,
    here: Here,
    who: Someone,
    q: _Query = "",
    sort: Sort = Sort.NEWEST,
    by_listing: bool = False,
    after: Annotated[str | None, Query(max_length=4000)] = None,
) -> Response:
    """Hits, facets and the timeline of a query; what is wrong with it, at its character."""
    found, fault, histogram = None, None, []
    if q:
        try:
            found = here.store.search(
                q, sort=sort, limit=20, after=after, facets=FACETS, by_listing=by_listing
            )
            histogram = here.store.histogram(q, interval="month")
        except QueryError as error:
            fault = error
    values = {"q": q, "sort": sort.value, **({"by_listing": "true"} if by_listing else {})}
    following = f"/search?{urlencode(values | {'after': found.after})}" if found and found.after else ""
    return page(
        request,
        here,
        who,
        "search.html",
        q=q,
        sort=sort,
        sorts=list(Sort),
        by_listing=by_listing,
        found=found,
        hits=[
            _hit(each.hit, each.also_at)
            for each in folded(here.engine, here.store, q, found.hits, by_listing)
        ]
        if found
        else [],
        facets=_facets(found.facets, values) if found else {},
        fault=fault,
        following=following,
        histogram=_bars(histogram),
        values=values,
    )


@router.get("/search/export")
def export(
    here: Here,
    who: Someone,
    q: _Query,
    form: Annotated[str, Query(alias="format", pattern="^(csv|json)$")] = "csv",
) -> Response:
    """All hits of a query, up to 10,000, as CSV or JSON lines; safe for spreadsheets."""
    write_down(here, who, "exported a search", q)
    hits = _every(here.store, q)
    first = list(islice(hits, 1))  # so that a faulty query is told before anything is sent
    rows = chain(first, hits)
    written = _csv(rows) if form == "csv" else _json_lines(rows)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
    named = {"Content-Disposition": f'attachment; filename="duskwatch-search.{form}"'}
    return StreamingResponse(written, media_type=kind, headers=named)


@router.get("/posts/{name:path}")
def post(request: Request, here: Here, who: Someone, name: str) -> Response:
    """A post with its thread and its history side by side."""
    stored = stored_post(here.store, name)
    key = stored.post.key
    revisions = here.store.revisions(key)
    history = [
        {"stored": one, "changed": differences(before.post.text, one.post.text) if before else None}
        for before, one in zip([None, *revisions], revisions, strict=False)
    ]
    claimed = facts(stored.post.title, stored.post.text)
    return page(
        request,
        here,
        who,
        "post.html",
        stored=stored,
        text=marked(
            stored.post.text[:50_000],
            [span for fact in claimed if fact.field == "text" for span in fact.spans],
        ),
        facts=claimed,
        thread=here.store.thread(key.source, key.thread)[:200],
        history=history,
    )


def _hit(hit: Hit, also_at: Sequence[str] = ()) -> dict[str, Any]:
    post = hit.stored.post
    return {
        "id": post.id,
        "post": post,
        "stored": hit.stored,
        "posts": hit.posts,
        "also_at": also_at,
        "title": marked(post.title, hit.title_spans),
        "text": marked(post.text, hit.text_spans, around=150),
    }


def _facets(facets: Any, values: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The largest counts of each facet, with the address of the narrower search."""
    shown = {}
    for name, counts in facets.items():
        rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:8]
        shown[name] = [
            {
                "value": value,
                "count": count,
                "to": "/search?" + urlencode(values | {"q": _narrower(values["q"], name, value)}),
            }
            for value, count in rows
            if value
        ]
    return {name: rows for name, rows in shown.items() if len(rows) > 1}


def _narrower(query: str, field: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'({query}) AND {field}:"{quoted}"'


def _bars(histogram: list[Any]) -> list[dict[str, Any]]:
    """Months with the height of their bar, 0 to 100."""
    most = max((count for _, count in histogram), default=0)
    return [
        {"month": f"{at:%Y-%m}", "count": count, "height": round(100 * count / most)}
        for at, count in histogram[-60:]
    ]


def _every(store: Store, query: str) -> Iterator[Stored]:
    after, count = None, 0
    while count < _MOST_EXPORTED:
        found = store.search(query, limit=500, after=after)
        for hit in found.hits:
            yield hit.stored
        count += len(found.hits)
        after = found.after
        if after is None:
            return


def _row(stored: Stored) -> dict[str, str]:
    post = stored.post
    return {
        "id": post.id,
        "source": post.key.source,
        "board": post.board,
        "kind": post.kind.value,
        "title": post.title,
        "author": post.author,
        "posted_at": post.posted_at.isoformat() if post.posted_at else "",
        "first_seen_at": stored.first_seen_at.isoformat(),
        "removed_at": stored.removed_at.isoformat() if stored.removed_at else "",
        "url": address(post.url),
        "text": post.text,
    }


def _csv(rows: Iterator[Stored]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(_COLUMNS), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for stored in rows:
        writer.writerow({name: _no_formula(value) for name, value in _row(stored).items()})
        if out.tell() > 65_536:
            yield out.getvalue().encode("utf-8", "backslashreplace").decode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode("utf-8", "backslashreplace").decode()


def _json_lines(rows: Iterator[Stored]) -> Iterator[str]:
    for stored in rows:
        yield json.dumps(_row(stored)) + "\n"


def _no_formula(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")) else value


_COLUMNS = (
    "id",
    "source",
    "board",
    "kind",
    "title",
    "author",
    "posted_at",
    "first_seen_at",
    "removed_at",
    "url",
    "text",
)
