"""Searching the Elasticsearch store: pages, facets and histograms."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from config.errors import QueryError
from indexer.highlight import highlight
from indexer.query import Node, parse, positive
from indexer.store import FACETS, Filters, Hit, SearchPage, Sort
from indexer.stores.elasticsearch_client import errors, reason
from indexer.stores.elasticsearch_documents import moment, read_stored
from indexer.stores.elasticsearch_mapping import Names
from indexer.stores.elasticsearch_query import ORDERS, Query, compile_query, scored
from indexer.stores.elasticsearch_scan import Found

_INTERVALS = ("hour", "day", "week", "month")
_AT_ONCE = 50  # posts may be long
_MOST_VALUES = 100  # of a facet
_KEEP = "5m"  # how long the next page by relevance may be waited for; later its order may have shifted
_FIELDS = ["post", "revision", "first_seen", "removed", "last_seen"]
_TOO_MUCH = ("too_many", "max_clause_count", "maxClauseCount", "too many", "nested", "too_complex")

Place = list[Any]


class Searcher:
    """Answers queries from the heads of posts."""

    def __init__(self, client: Elasticsearch, names: Names) -> None:
        self._client = client
        self._names = names

    def page(
        self, query: str, filters: Filters, sort: Sort, limit: int, after: str | None, facets: Sequence[str]
    ) -> SearchPage:
        """One page of hits; see ``Store.search``."""
        tree = parse(query)
        for facet in facets:
            if facet not in FACETS:
                raise QueryError(f"no facet {facet!r}", query=query, position=0, cure=", ".join(FACETS))
        place, view = _behind(after, query) if after else (None, None)
        narrowed = compile_query(tree, filters)
        ask: dict[str, Any] = {
            "query": scored(narrowed, tree) if sort is Sort.RELEVANCE else narrowed,
            "sort": ORDERS[sort],
            "track_total_hits": True,
            "aggregations": {facet: _facet(facet) for facet in facets},
        }
        with self._asking(query):
            if sort is Sort.RELEVANCE and not view:
                view = self._client.open_point_in_time(index=self._names.posts, keep_alive=_KEEP)["id"]
            first, found, view = self._hits(ask, place, limit + 1, view)
            resume = _resume(found[limit - 1], view) if 0 < limit < len(found) else None
            if view and not resume:
                self._client.options(ignore_status=404).close_point_in_time(id=view)
        counted = {
            facet: {bucket["key"]: bucket["doc_count"] for bucket in first["aggregations"][facet]["buckets"]}
            for facet in facets
        }
        hits = tuple(_hit(each, tree, sort) for each in found[:limit])
        return SearchPage(hits, first["hits"]["total"]["value"], resume, counted)

    def histogram(self, query: str, filters: Filters, interval: str) -> list[tuple[datetime, int]]:
        """Hits by time of posting; see ``Store.histogram``."""
        if interval not in _INTERVALS:
            raise QueryError(f"no interval {interval!r}", query=query, position=0, cure=", ".join(_INTERVALS))
        narrowed = compile_query(parse(query), filters)
        step = {"date_histogram": {"field": "posted_at", "calendar_interval": interval}}
        buckets: list[tuple[datetime, int]] = []
        behind: dict[str, Any] = {}
        with self._asking(query):
            while True:
                composite = {"size": 1000, "sources": [{"start": step}], **behind}
                answer = self._client.search(
                    index=self._names.posts,
                    query=narrowed,
                    size=0,
                    track_total_hits=False,
                    allow_partial_search_results=False,
                    aggregations={"steps": {"composite": composite}},
                )["aggregations"]["steps"]
                buckets += [
                    (moment(each["key"]["start"] * 1000), each["doc_count"]) for each in answer["buckets"]
                ]
                if "after_key" not in answer:
                    return buckets
                behind = {"after": answer["after_key"]}

    def _hits(
        self, ask: dict[str, Any], place: Place | None, wanted: int, view: str | None
    ) -> tuple[Found, list[Found], str | None]:
        """The first answer, so many hits behind ``place``, and the point in time that they were read at."""
        first: Found = {}
        found: list[Found] = []
        while len(found) < wanted:
            size = min(wanted - len(found), _AT_ONCE)
            more = {"search_after": place} if place else {}
            try:
                answer = self._one(ask | more, size, view)
            except NotFoundError:
                if view is None:
                    raise
                view, place = None, place[:2] if place else None  # it was kept no longer
                continue
            first = first or answer
            view = answer.get("pit_id", view)
            hits = answer["hits"]["hits"]
            found += hits
            if len(hits) < size:
                break
            place = hits[-1]["sort"]
        return first, found, view

    def _one(self, ask: dict[str, Any], size: int, view: str | None) -> Found:
        where: dict[str, Any] = {"index": self._names.posts, "allow_partial_search_results": False}
        if view:
            where = {"pit": {"id": view, "keep_alive": _KEEP}, "allow_partial_search_results": False}
        body: Found = self._client.search(**ask, **where, size=size, source_includes=_FIELDS).body
        return body

    @contextmanager
    def _asking(self, query: str) -> Iterator[None]:
        """What was written before is found; a query that the server finds too large is the query's fault."""
        with errors(self._client):
            self._client.indices.refresh(index=self._names.posts)
            try:
                yield
            except BadRequestError as error:
                said = reason(error)
                if any(word in said for word in _TOO_MUCH):
                    raise QueryError(
                        f"this asks for too much at once: {said}",
                        query=query,
                        position=0,
                        cure="give more letters, or fewer terms",
                    ) from error
                raise


def _facet(name: str) -> Query:
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": name, "size": _MOST_VALUES, "missing": "", "order": order}}


def _hit(found: Found, tree: Node, sort: Sort) -> Hit:
    stored = read_stored(found["_source"])
    terms = positive(tree)
    return Hit(
        stored,
        float(found["_score"]) if sort is Sort.RELEVANCE else 0.0,
        highlight("title", stored.post.title, terms),
        highlight("text", stored.post.text, terms),
    )


def _resume(hit: Found, view: str | None) -> str:
    return base64.urlsafe_b64encode(json.dumps([hit["sort"], view]).encode()).decode()


def _behind(after: str, query: str) -> tuple[Place, str | None]:
    try:
        place, view = json.loads(base64.urlsafe_b64decode(after))
        number, name, *_ = place
        if isinstance(number, int | float) and isinstance(name, str) and isinstance(view, str | None):
            return place, view
    except (binascii.Error, ValueError, TypeError):
        pass
    raise QueryError(
        f"{after!r} is not where a page ended", query=query, position=0, cure="start from the first page"
    )
