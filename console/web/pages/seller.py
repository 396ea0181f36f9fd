"""A seller: all listings of a handle, its contacts and wallets, and the aliases that share them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from alerts.cases import Alert
from alerts.message import read_out
from console.sellers import COMMON, Handle, elsewhere, network, posts_by
from console.web.guard import Here, Someone
from console.web.pages.pivot import visible_at
from console.web.rendering import page
from indexer.fact import facts
from indexer.post import Kind, Stored

router = APIRouter(include_in_schema=False)
_MOST_STEPS = 6


@dataclass(frozen=True, slots=True)
class _Offer:
    """A thread that a seller wrote in: its opening post where that is theirs, else their newest reply."""

    stored: Stored
    claims: str
    posts: int
    opened: bool
    alerts: tuple[Alert, ...] = ()


@router.get("/sellers")
def seller(
    request: Request,
    here: Here,
    who: Someone,
    name: Annotated[str, Query(max_length=300)],
    source: Annotated[str, Query(max_length=100)] = "",
    steps: Annotated[int, Query(ge=1, le=_MOST_STEPS)] = 2,
) -> Response:
    """Everything of one handle. Without a source: of all that bear it, and no aliases where they are several."""
    posts, total = posts_by(here.store, name, source)
    sources = Counter(one.post.key.source for one in posts)
    if not source and len(sources) == 1:
        source = next(iter(sources))
    handle = Handle(source, posts[0].post.author if posts else name)
    known = network(here.store, handle, posts, steps) if posts and source else None
    offers = _offers(posts)
    alerts = visible_at(
        here, who.user, ((one.stored.post.key.source, one.stored.post.key.thread) for one in offers)
    )
    times = [one.post.posted_at or one.first_seen_at for one in posts]
    return page(
        request,
        here,
        who,
        "seller.html",
        handle=handle,
        sources=sources,
        total=total,
        shown=len(posts),
        offers=[
            replace(
                one, alerts=tuple(alerts.get((one.stored.post.key.source, one.stored.post.key.thread), ()))
            )
            for one in offers
        ],
        first=min(times, default=None),
        last=max(times, default=None),
        network=known,
        deeper=min(steps + 2, _MOST_STEPS) if known and known.aliases and steps < _MOST_STEPS else 0,
        steps=steps,
        most_common=COMMON,
        elsewhere=elsewhere(here.store, handle) if source else {},
    )


def _offers(posts: list[Stored]) -> list[_Offer]:
    """Their threads, the newest first, those that they opened before those that they replied in."""
    threads: dict[tuple[str, str], list[Stored]] = {}
    for one in posts:
        threads.setdefault((one.post.key.source, one.post.key.thread), []).append(one)
    offers = []
    for wrote in threads.values():
        opening = next((one for one in wrote if one.post.kind is not Kind.REPLY), None)
        first = opening or wrote[0]
        claims = read_out(facts(first.post.title, first.post.text)) if opening else ""
        offers.append(_Offer(first, claims, len(wrote), opening is not None))
    return sorted(offers, key=lambda one: (one.opened, _at(one.stored)), reverse=True)


def _at(stored: Stored) -> datetime:
    return stored.post.posted_at or stored.first_seen_at
