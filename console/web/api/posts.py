"""Posts for programs: searching with facets and a histogram, one with its revisions, listings and sellers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import AwareDatetime

from console.copies import folded
from console.sellers import contacts_of, listings_by
from console.web.api.answers import SAME, After, IfNoneMatch, Limit, Model, answer, mark, marked
from console.web.api.callers import ReadsPosts
from console.web.guard import Here
from console.wiring import stored_post
from indexer.post import Kind, Stored
from indexer.store import FACETS, Filters, Hit, SearchPage, Sort

router = APIRouter(tags=["posts"])
_Named = Annotated[list[Annotated[str, Query(max_length=63)]], Query(max_length=50)]


class FoundPost(Model):
    """A hit. `id` names the post; spans are (start, end) in characters of its title and its text; `posts` is how many
    of its listing's posts fit, 1 in a search by post; `also_at` are copies of the listing on copies of its board, each
    `source/thread`, in a search by listing."""

    id: str
    stored: Stored
    score: float
    title_spans: tuple[tuple[int, int], ...]
    text_spans: tuple[tuple[int, int], ...]
    posts: int
    also_at: tuple[str, ...] = ()

    @classmethod
    def of(cls, hit: Hit, also_at: tuple[str, ...] = ()) -> FoundPost:
        """A hit of the store."""
        return cls(
            id=hit.stored.post.id,
            stored=hit.stored,
            score=hit.score,
            title_spans=hit.title_spans,
            text_spans=hit.text_spans,
            posts=hit.posts,
            also_at=also_at,
        )


class PostPage(Model):
    """A page of hits; by listing and with copies folded it may have fewer than its limit, down to none before the end.
    `total` counts posts that fit; `facets` the most frequent values of each, on the first page only;
    `next` is null at the end."""

    total: int
    hits: list[FoundPost]
    facets: Mapping[str, Mapping[str, int]]
    next: str | None


class Bar(Model):
    """How many posts were written from a time (UTC) until the next bar's."""

    at: datetime
    posts: int


class Histogram(Model):
    """Hits by time of posting, the oldest first; where nothing was posted there is no bar."""

    interval: str
    bars: list[Bar]


class PostDetail(Model):
    """A post as it is now, and every revision, the oldest first."""

    id: str
    post: Stored
    revisions: list[Stored]


class Thread(Model):
    """A listing with its replies, by position."""

    posts: list[Stored]


class SellerContact(Model):
    """A way to reach or pay a seller, such as a wallet with its currency as `unit`, and in how many of the listings
    shown it stands in their own words."""

    kind: str
    value: str
    unit: str
    listings: int


class SellerDetail(Model):
    """What one handle offers, the newest listings first, and the contacts that stand in the listings shown."""

    name: str
    total: int
    listings: list[FoundPost]
    facets: Mapping[str, Mapping[str, int]]
    contacts: list[SellerContact]
    next: str | None


_Asked = Annotated[
    str,
    Query(
        min_length=1, max_length=4000, description="in the query language; 400 names the character at fault"
    ),
]
_Since = Annotated[AwareDatetime | None, Query(description="posted at or after")]
_Until = Annotated[AwareDatetime | None, Query(description="posted before")]
_Copies = Annotated[
    Literal["folded", "apart"],
    Query(
        description="in a search by listing: a listing and its copies on copies of its board as one hit, or apart"
    ),
]
_Gone = Annotated[bool | None, Query(description="only what is gone from its board, or only what stands")]


@router.get("/posts", summary="Search posts", response_model=PostPage, responses=SAME)
def posts(
    request: Request,
    here: Here,
    who: ReadsPosts,
    q: _Asked,
    sort: Sort = Sort.NEWEST,
    source: _Named = [],  # noqa: B006 - FastAPI copies it
    kind: Annotated[list[Kind], Query(max_length=10)] = [],  # noqa: B006
    language: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
    since: _Since = None,
    until: _Until = None,
    removed: _Gone = None,
    by_listing: Annotated[bool, Query(description="of each listing its first hit only")] = False,
    copies: _Copies = "folded",
    limit: Limit = 50,
    after: After = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Hits with their highlights and counts."""
    filters = _filters(source, kind, language, since, until, removed)
    fold = copies == "folded"
    return _found(request, here, q, filters, sort, limit, after, by_listing=by_listing, fold=fold)


@router.get("/listings", summary="Search listings", response_model=PostPage, responses=SAME)
def listings(
    request: Request,
    here: Here,
    who: ReadsPosts,
    q: _Asked,
    sort: Sort = Sort.NEWEST,
    source: _Named = [],  # noqa: B006
    since: _Since = None,
    until: _Until = None,
    copies: _Copies = "folded",
    limit: Limit = 50,
    after: After = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Listings of which a post fits, each with its first hit and how many of its posts fit."""
    filters = _filters(source, [], [], since, until, None)
    fold = copies == "folded"
    return _found(request, here, q, filters, sort, limit, after, by_listing=True, fold=fold)


@router.get("/listings/{source}/{thread:path}", summary="One listing", response_model=Thread, responses=SAME)
def listing(
    request: Request,
    here: Here,
    who: ReadsPosts,
    source: str,
    thread: str,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A listing with its replies."""
    found = here.store.thread(source, thread)
    if not found:
        raise HTTPException(404, f"there is no listing {thread[:100]!r} of {source[:63]!r}")
    return answer(request, Thread(posts=found))


@router.get("/histogram", summary="Hits by time", response_model=Histogram, responses=SAME)
def histogram(
    request: Request,
    here: Here,
    who: ReadsPosts,
    q: _Asked,
    interval: Literal["hour", "day", "week", "month"] = "month",
    source: _Named = [],  # noqa: B006
    since: _Since = None,
    until: _Until = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """How many posts fit, by time of posting."""
    filters = _filters(source, [], [], since, until, None)
    bars = here.store.histogram(q, filters=filters, interval=interval)
    return answer(request, Histogram(interval=interval, bars=[Bar(at=at, posts=count) for at, count in bars]))


@router.get(
    "/posts/{name:path}", summary="One post with its revisions", response_model=PostDetail, responses=SAME
)
def post(
    request: Request,
    here: Here,
    who: ReadsPosts,
    name: str,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A post by its id, `source/thread/post`."""
    stored = stored_post(here.store, name)
    revisions = here.store.revisions(stored.post.key)
    return answer(request, PostDetail(id=stored.post.id, post=stored, revisions=revisions))


@router.get("/sellers", summary="One seller", response_model=SellerDetail, responses=SAME)
def seller(
    request: Request,
    here: Here,
    who: ReadsPosts,
    name: Annotated[str, Query(min_length=1, max_length=300, description="the handle")],
    source: Annotated[str, Query(max_length=63, description="only there")] = "",
    limit: Limit = 50,
    after: After = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Everything that one handle offers."""
    page = listings_by(here.store, name, source, limit=limit, after=_place(request, after))
    contacts = contacts_of(hit.stored for hit in page.hits)
    told = SellerDetail(
        name=name,
        total=page.total,
        listings=[FoundPost.of(hit) for hit in page.hits],
        facets=page.facets,
        contacts=[
            SellerContact(kind=kind, value=value, unit=fact.unit, listings=len(posts))
            for (kind, value), (fact, posts) in contacts.items()
        ],
        next=_next(request, page),
    )
    return answer(request, told)


def _filters(
    sources: list[str],
    kinds: list[Kind],
    languages: list[str],
    since: datetime | None,
    until: datetime | None,
    removed: bool | None,
) -> Filters:
    return Filters(
        sources=tuple(sources),
        kinds=tuple(kind.value for kind in kinds),
        languages=tuple(languages),
        since=since,
        until=until,
        removed=removed,
    )


def _found(
    request: Request,
    here: Here,
    query: str,
    filters: Filters,
    sort: Sort,
    limit: int,
    after: str | None,
    *,
    by_listing: bool,
    fold: bool,
) -> Response:
    place = _place(request, after)
    counted = () if place else FACETS
    page = here.store.search(
        query, filters=filters, sort=sort, limit=limit, after=place, facets=counted, by_listing=by_listing
    )
    shown = folded(here.engine, here.store, query, page.hits, by_listing and fold, filters, here.sees)
    hits = [FoundPost.of(each.hit, each.also_at) for each in shown]
    return answer(
        request, PostPage(total=page.total, hits=hits, facets=page.facets, next=_next(request, page))
    )


def _place(request: Request, after: str | None) -> str | None:
    found = marked(request, after, str)
    return str(found[0]) if found else None


def _next(request: Request, page: SearchPage) -> str | None:
    return mark(request, page.after) if page.after else None
