"""Pivot: every post, listing and seller that names one indicator, whether it made an alert or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from alerts.cases import Alert, Wanted
from alerts.standing import alerts_at
from console.accounts import User
from console.pivots import KINDS, Pivot, Sighting, canonical, pivot, told
from console.web.context import Context
from console.web.guard import Here, Someone
from console.web.rendering import page
from console.web.shown import marked

router = APIRouter(include_in_schema=False)
_READ, _MOST_READ = 200, 2000
_MOST_EXCERPTS = 50


@dataclass(slots=True)
class _Row:
    """A listing or a seller: how many posts, from when to when, and one of them."""

    source: str
    name: str
    post: str
    title: str
    posts: int
    first: datetime
    last: datetime
    removed: bool
    alerts: tuple[Alert, ...] = ()


@router.get("/pivot")
def pivot_page(
    request: Request,
    here: Here,
    who: Someone,
    value: Annotated[str, Query(max_length=300)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    deep: bool = False,
) -> Response:
    """The page of an indicator; of what kind it is, is found out where nobody says."""
    meant = told(value) if value.strip() and kind not in KINDS else []
    if kind not in KINDS:
        kind = meant[0][0] if meant else ""
    found = None
    if kind and value.strip():
        found = pivot(here.store, kind, canonical(kind, value), _MOST_READ if deep else _READ)
    listings = _listings(here, who.user, found) if found else []
    return page(
        request,
        here,
        who,
        "pivot.html",
        value=value,
        kind=kind,
        kinds=sorted(KINDS),
        others=[one for one in meant if one[0] != kind],
        found=found,
        deep=deep,
        listings=listings,
        sellers=_grouped((one, one.stored.post.author) for one in found.sightings) if found else [],
        alerts={alert.id: alert for row in listings for alert in row.alerts}.values(),
        hits=[_hit(one) for one in found.sightings[:_MOST_EXCERPTS]] if found else [],
    )


def visible_at(
    here: Context, user: User, places: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[Alert]]:
    """The alerts of listings that a user may see."""
    wanted = Wanted(organisations=user.organisations, tlps=user.tlps)
    return alerts_at(here.engine, set(places), wanted)


def _listings(here: Context, user: User, found: Pivot) -> list[_Row]:
    rows = _grouped((one, one.stored.post.key.thread) for one in found.sightings)
    known = visible_at(here, user, ((row.source, row.name) for row in rows))
    for row in rows:
        row.alerts = tuple(known.get((row.source, row.name), ()))
    return rows


def _grouped(named: Iterable[tuple[Sighting, str]]) -> list[_Row]:
    """Sightings by source and a name within it, what was last seen first."""
    rows: dict[tuple[str, str], _Row] = {}
    for one, name in named:
        stored, source = one.stored, one.stored.post.key.source
        row = rows.get((source, name))
        if row is None:
            rows[source, name] = _Row(
                source,
                name,
                stored.post.id,
                stored.post.title,
                1,
                one.at,
                one.at,
                stored.removed_at is not None,
            )
            continue
        row.posts += 1
        row.first, row.last = min(row.first, one.at), max(row.last, one.at)
        row.removed &= stored.removed_at is not None
    return sorted(rows.values(), key=lambda row: row.last, reverse=True)


def _hit(one: Sighting) -> dict[str, Any]:
    post = one.stored.post
    return {
        "id": post.id,
        "post": post,
        "stored": one.stored,
        "posts": 1,
        "title": marked(post.title, one.title_spans),
        "text": marked(post.text, one.text_spans, around=120),
    }
