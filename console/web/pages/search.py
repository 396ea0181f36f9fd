"""Search: the query language with completion, facets, a timeline that zooms, hits with highlights, saved searches."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from alerts.tables import clue_table
from config.errors import QueryError
from console.accounts import User
from console.completion import MEANINGS, complete, pivot_of, quoted
from console.copies import folded
from console.personal import delete_search, save_search, saved_searches
from console.timeline import Timeline, step_for, timeline
from console.web.context import Context
from console.web.guard import Here, Someone, own_form, write_down
from console.web.rendering import page
from console.web.shown import marked, pointed
from indexer.post import Kind
from indexer.store import FACETS, Filters, Hit, Sort, Store
from indexer.text import fold

router = APIRouter(include_in_schema=False)
_SHOWN = 20
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_FRESH = 300.0  # seconds for which the values of boards and languages are kept
_Query = Annotated[str, Query(max_length=4000)]
_Edge = Annotated[str, Query(max_length=40)]


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it stands in the address."""

    q: str = ""
    sort: str = Sort.NEWEST.value
    by_listing: bool = False
    since: str = ""
    until: str = ""

    def values(self, **more: str) -> dict[str, str]:
        """What of it is not as it is anyway."""
        own = {
            "q": self.q,
            "sort": "" if self.sort == Sort.NEWEST else self.sort,
            "by_listing": "true" if self.by_listing else "",
            "since": self.since,
            "until": self.until,
        }
        return {name: value for name, value in (own | more).items() if value}

    def to(self, **more: str) -> str:
        """The address of this search, changed."""
        return f"/search?{urlencode(self.values(**more))}"

    @property
    def filters(self) -> Filters:
        """The range of time. Raises ``HTTPException`` where it is none."""
        return Filters(since=_moment(self.since), until=_moment(self.until))

    @classmethod
    def of(cls, q: str, sort: Sort, by_listing: bool, since: str, until: str) -> Self:
        """From an address's values."""
        return cls(q.strip(), sort.value, by_listing, since, until)


def asked(
    q: _Query = "",
    sort: Sort = Sort.NEWEST,
    by_listing: bool = False,
    since: _Edge = "",
    until: _Edge = "",
) -> Asked:
    """A dependency: the search of an address."""
    return Asked.of(q, sort, by_listing, since, until)


Search = Annotated[Asked, Depends(asked)]


@router.get("/search")
def search(
    request: Request,
    here: Here,
    who: Someone,
    wanted: Search,
    after: Annotated[str | None, Query(max_length=4000)] = None,
) -> Response:
    """Hits, facets and the timeline of a query; what is wrong with it, at its character. A query that is nothing but an
    indicator leads to its page."""
    if (named := pivot_of(wanted.q)) is not None:
        return RedirectResponse("/pivot?" + urlencode({"kind": named[0], "value": named[1]}), 303)
    found, fault, drawn = None, None, Timeline("day", ())
    filters = wanted.filters
    if wanted.q:
        try:
            found = here.store.search(
                wanted.q,
                filters=filters,
                sort=Sort(wanted.sort),
                limit=_SHOWN,
                after=after,
                facets=FACETS,
                by_listing=wanted.by_listing,
            )
            drawn = _timeline(here.store, wanted.q, filters)
        except QueryError as error:
            fault = error
    return page(
        request,
        here,
        who,
        "search.html",
        wanted=wanted,
        found=found,
        hits=[
            _hit(each.hit, each.also_at)
            for each in folded(
                here.engine, here.store, wanted.q, found.hits, wanted.by_listing, filters, here.sees
            )
        ]
        if found
        else [],
        facets=_facets(found.facets, wanted) if found else {},
        fault=fault,
        pointed=pointed(fault.query, fault.position) if fault else "",
        following=wanted.to(after=found.after) if found and found.after else "",
        further=after is not None,
        bars=_bars(drawn, wanted),
        timeline=drawn,
        wider=_wider(drawn, wanted),
        saved=saved_searches(here.engine, who.user),
        fields=MEANINGS,
        address_values=urlencode(wanted.values()),
    )


@router.get("/search/complete")
def completion(
    request: Request,
    here: Here,
    who: Someone,
    q: _Query = "",
    at: Annotated[int, Query(ge=0, le=4000)] = 0,
) -> Response:
    """What may stand at a place of a query, as JSON."""
    known: Known = request.app.state.known

    def values(field: str, prefix: str) -> Sequence[tuple[str, int | None]]:
        return known.values(here, who.user, field, prefix)

    return JSONResponse(asdict(complete(q, at, values, here.now())))


@router.post("/searches", dependencies=[Depends(own_form)])
def save(
    here: Here,
    who: Someone,
    name: Annotated[str, Form(min_length=1, max_length=80)],
    address: Annotated[str, Form(max_length=5000)],
) -> Response:
    """Save a search of one's own."""
    given = dict(parse_qsl(address))
    kept = urlencode({each: given[each] for each in Asked.__slots__ if each in given})
    save_search(here.engine, who.user, " ".join(name.split()) or "search", kept, here.now())
    write_down(here, who, "saved a search", name)
    return RedirectResponse(f"/search?{kept}", 303)


@router.post("/searches/{number}/delete", dependencies=[Depends(own_form)])
def forget(here: Here, who: Someone, number: int) -> Response:
    """Forget a search of one's own."""
    delete_search(here.engine, who.user, number)
    return RedirectResponse("/search", 303)


class Known:
    """Values that fields have. What must be counted over all posts is counted now and then, by what users may see."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: dict[tuple[str, ...], tuple[float, dict[str, dict[str, int]]]] = {}

    def values(self, here: Context, user: User, field: str, prefix: str) -> list[tuple[str, int | None]]:
        """Values of a field, or of a kind of fact, that begin with letters (any case)."""
        if field == "kind":
            return [(kind.value, None) for kind in Kind if kind.startswith(prefix.lower())]
        if field in ("source", "board", "language"):
            counts = self._counts(here, user)[field]
            names: dict[str, int | None] = dict(counts)
            if field == "source":
                names = {name: counts.get(name, 0) for name in sorted({*here.inputs.sources, *counts})}
            return [(name, count) for name, count in names.items() if _begins(name, prefix)]
        if field == "author":
            return [(name, count) for name, count in _authors(here.store, prefix) if _begins(name, prefix)]
        return _clues(here, user, field, prefix)

    def _counts(self, here: Context, user: User) -> dict[str, dict[str, int]]:
        with self._lock:
            at, counted = self._counted.get(user.tlps, (-_FRESH, {}))
            if time.monotonic() - at > _FRESH:
                found = here.store.search("", limit=1, facets=("source", "board", "language"))
                counted = {name: dict(counts) for name, counts in found.facets.items()}
                self._counted[user.tlps] = time.monotonic(), counted
            return counted


def _authors(store: Store, prefix: str) -> list[tuple[str, int]]:
    words = fold(prefix).split()
    if not words or len(words[0]) < 2:
        return []
    found = store.search(f"author:{words[0]}*", limit=1, facets=("author",))
    return list(found.facets["author"].items())


def _clues(here: Context, user: User, kind: str, prefix: str) -> list[tuple[str, int | None]]:
    """Indicators of alerts that the user may see."""
    columns = clue_table.c
    query = sa.select(columns.value).where(
        columns.kind.in_(("contact", "sample")),
        columns.value.startswith(f"{kind}:{prefix}", autoescape=True),
    )
    if user.organisations:
        query = query.where(columns.organisation.in_(user.organisations))
    with here.engine.connect() as connection:
        rows = connection.scalars(query.distinct().order_by(columns.value).limit(12))
        return [(value.partition(":")[2], None) for value in rows]


def _begins(name: str, prefix: str) -> bool:
    return name.casefold().startswith(prefix.casefold())


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


def _facets(facets: Any, wanted: Asked) -> dict[str, list[dict[str, Any]]]:
    """The largest counts of each facet, with the addresses of the search with and without each."""
    shown = {}
    for name, counts in facets.items():
        rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:8]
        shown[name] = [
            {
                "value": value,
                "count": count,
                "to": wanted.to(q=_joined(wanted.q, f"{name}:{quoted(value)}")),
                "without": wanted.to(q=_joined(wanted.q, f"NOT {name}:{quoted(value)}")),
            }
            for value, count in rows
            if value and (name != "author" or fold(value))
        ]
    return {name: rows for name, rows in shown.items() if len(rows) > 1}


def _joined(query: str, term: str) -> str:
    """A query and one term more."""
    return f"({query}) AND {term}" if " OR " in query else f"{query} AND {term}"


def _timeline(store: Store, query: str, filters: Filters) -> Timeline:
    """Of a range its smallest fit steps; of everything by months first, to learn how long that is."""
    begin, end = filters.since, filters.until
    if begin is None or end is None:
        months = store.histogram(query, filters=filters, interval="month")
        if not months:
            return Timeline("month", ())
        begin = begin or months[0][0]
        end = end or min(months[-1][0], _LATEST) + timedelta(days=31)
        step = step_for(begin, end)
        if step in ("month", "year"):
            return timeline(months, step)
        return timeline(
            store.histogram(query, filters=filters, interval=step), step, filters.since, filters.until
        )
    step = step_for(begin, end)
    counts = store.histogram(query, filters=filters, interval="month" if step == "year" else step)
    return timeline(counts, step, begin, end)


def _bars(drawn: Timeline, wanted: Asked) -> list[dict[str, Any]]:
    """Bars with the height of each, 0 to 100, and the address of the search that it narrows to."""
    most = drawn.most
    narrow = drawn.step != "hour"
    return [
        {
            "label": bar.label,
            "count": bar.count,
            "height": max(round(100 * bar.count / most), 2) if bar.count else 0,
            "since": f"{bar.begin:%Y-%m-%dT%H:%M}",
            "until": f"{bar.end:%Y-%m-%dT%H:%M}",
            "to": wanted.to(since=_edge(bar.begin), until=_edge(bar.end)) if narrow and bar.count else "",
        }
        for bar in drawn.bars
    ]


def _wider(drawn: Timeline, wanted: Asked) -> str:
    """The search in three times the range; "" where there is none."""
    if not (wanted.since and wanted.until and drawn.bars):
        return ""
    begin, end = drawn.bars[0].begin, drawn.bars[-1].end
    try:
        return wanted.to(since=_edge(begin - (end - begin)), until=_edge(end + (end - begin)))
    except OverflowError:
        return ""


def _edge(at: datetime) -> str:
    return f"{at:%Y-%m-%d}" if at.hour == 0 else f"{at:%Y-%m-%dT%H:%M}"


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise HTTPException(422, f"{text[:40]!r} is no time such as 2026-01-31 or 2026-01-31T12:00") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
