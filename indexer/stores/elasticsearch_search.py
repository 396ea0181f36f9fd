"""Searching the Elasticsearch store: pages, facets and histograms."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from config.errors import QueryError
from indexer.highlight import highlight
from indexer.paging import Place, check_depth, read_place
from indexer.query import parse
from indexer.relevance import Term, rarities, terms
from indexer.store import FACETS, Filters, Hit, SearchPage, Sort
from indexer.stores.elasticsearch_client import errors, reason
from indexer.stores.elasticsearch_documents import moment, read_stored
from indexer.stores.elasticsearch_mapping import Names
from indexer.stores.elasticsearch_query import ORDERS, Query, compile_query, having, scored
from indexer.stores.elasticsearch_scan import Found
from indexer.stores.elasticsearch_writer import Writer

_INTERVALS = ("hour", "day", "week", "month")
_AT_ONCE = 50  # posts may be long
_MOST_VALUES = 100  # of a facet
_COUNTED = 500  # listings whose posts are counted in one request
_STALE = 1.0  # seconds
_KEEP = "5m"  # how long the next page may be waited for; later it is of a later moment
_FIELDS = ["post", "revision", "first_seen", "removed", "last_seen"]
_TOO_MUCH = ("too_many", "max_clause_count", "maxClauseCount", "too many", "nested", "too_complex")


class Searcher:
    """Answers queries from the heads of posts."""

    def __init__(self, client: Elasticsearch, names: Names, writer: Writer) -> None:
        self._client = client
        self._names = names
        self._writer = writer
        self._fresh = (-1, 0.0)  # what our writer had written when the index was refreshed, and when that was

    def page(
        self,
        query: str,
        filters: Filters,
        sort: Sort,
        limit: int,
        after: str | None,
        facets: Sequence[str],
        by_listing: bool,
    ) -> SearchPage:
        """One page of hits; see ``Store.search``."""
        tree = parse(query)
        for facet in facets:
            if facet not in FACETS:
                raise QueryError(f"no facet {facet!r}", query=query, position=0, cure=", ".join(FACETS))
        wanted = terms(tree)
        ranked = wanted if sort is Sort.RELEVANCE else []
        place = None
        if after:
            place = read_place(after, query, values=len(ORDERS[sort]), weights=len(ranked))
        passed = place.passed if place else 0
        if by_listing:
            check_depth(passed, limit, query)
        narrowed = compile_query(tree, filters)
        with self._asking(query):
            weights = place.weights if place else self._weights(ranked)
            ask: dict[str, Any] = {
                "query": scored(narrowed, ranked, weights),
                "sort": ORDERS[sort],
                "track_total_hits": True,
                "aggregations": {facet: _facet(facet) for facet in facets},
            }
            if by_listing:
                ask |= {
                    "docvalue_fields": [{"field": "listing"}],
                    "collapse": {"field": "listing"},
                    "from_": passed,
                }
            reading = _Reading(self._client, self._names.posts, ask, limit + 1)
            if place:  # who pages on, reads on in one moment; most never do
                reading.hold(place)
            first, found = reading.read()
            posts = reading.posts(narrowed, found[:limit]) if by_listing else {}
            resume = None
            if 0 < limit < len(found):
                values = tuple(found[limit - 1]["sort"][: len(ORDERS[sort])])
                resume = Place(values, passed + limit, weights, reading.view).written()
            else:
                reading.release()
        counted = {
            facet: {bucket["key"]: bucket["doc_count"] for bucket in first["aggregations"][facet]["buckets"]}
            for facet in facets
        }
        hits = tuple(_hit(each, wanted, sort, posts) for each in found[:limit])
        return SearchPage(hits, first["hits"]["total"]["value"], resume, counted)

    def _weights(self, ranked: Sequence[Term]) -> tuple[int, ...]:
        """What each term counts."""
        if len(ranked) < 2:
            return (1,) * len(ranked)
        each = {f"{at:03}": having(term) for at, term in enumerate(ranked)}
        answer = self._client.search(
            index=self._names.posts,
            size=0,
            track_total_hits=False,
            allow_partial_search_results=False,
            aggregations={"having": {"filters": {"filters": each}}},
        )
        buckets = answer["aggregations"]["having"]["buckets"]
        return rarities([buckets[name]["doc_count"] for name in each])

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

    @contextmanager
    def _asking(self, query: str) -> Iterator[None]:
        """What this store wrote before is found, and what others did a second before; a query that the server finds
        too large is the query's fault."""
        with errors(self._client):
            written, now = self._writer.written, time.monotonic()
            if self._fresh[0] != written or now - self._fresh[1] > _STALE:
                self._client.indices.refresh(index=self._names.posts)
                self._fresh = written, now
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


def _hit(found: Found, wanted: Sequence[Term], sort: Sort, posts: Mapping[str, int]) -> Hit:
    stored = read_stored(found["_source"])
    return Hit(
        stored,
        float(found["_score"]) if sort is Sort.RELEVANCE else 0.0,
        highlight("title", stored.post.title, wanted),
        highlight("text", stored.post.text, wanted),
        posts.get(found["fields"]["listing"][0], 1) if posts else 1,
    )


class _Reading:
    """Hits of one search, read in requests of bounded size, from ``view`` where one is held."""

    def __init__(self, client: Elasticsearch, index: str, ask: Mapping[str, Any], wanted: int) -> None:
        self._client = client
        self._index = index
        self._ask = dict(ask)
        self._wanted = wanted
        self.view: str | None = None

    def hold(self, place: Place) -> None:
        """Go on behind a place, in the moment that the page before was read at where it is still kept."""
        self.view = place.view or self._moment()
        if "collapse" not in self._ask:  # which excludes this; listings are counted off
            self._ask["search_after"] = list(place.values)

    def release(self) -> None:
        """Let go of the moment."""
        if self.view:
            self._client.options(ignore_status=404).close_point_in_time(id=self.view)
            self.view = None

    def read(self) -> tuple[Found, list[Found]]:
        """The first answer, and as many hits as were wanted or are there."""
        first: Found = {}
        found: list[Found] = []
        while len(found) < self._wanted:
            size = min(self._wanted - len(found), _AT_ONCE)
            try:
                answer = self._one(size)
            except NotFoundError:
                if self.view is None:
                    raise
                self.view = self._moment()  # the old one was kept no longer
                continue
            first = first or answer
            self.view = answer.get("pit_id", self.view)
            hits = answer["hits"]["hits"]
            found += hits
            if len(hits) < size:
                break
            if "from_" in self._ask:
                self._ask["from_"] += size
            else:
                self._ask["search_after"] = hits[-1]["sort"][: len(self._ask["sort"])]
        return first, found

    def posts(self, narrowed: Query, found: Sequence[Found]) -> dict[str, int]:
        """How many posts of each hit's listing fit."""
        listings = [hit["fields"]["listing"][0] for hit in found]
        counts: dict[str, int] = {}
        for start in range(0, len(listings), _COUNTED):
            part = listings[start : start + _COUNTED]
            answer = self._client.search(
                **self._where(),
                size=0,
                track_total_hits=False,
                query={"bool": {"filter": [narrowed, {"terms": {"listing": part}}]}},
                aggregations={"listings": {"terms": {"field": "listing", "size": len(part)}}},
            )
            buckets = answer["aggregations"]["listings"]["buckets"]
            counts |= {bucket["key"]: bucket["doc_count"] for bucket in buckets}
        return counts

    def _one(self, size: int) -> Found:
        body: Found = self._client.search(
            **self._ask,
            **self._where(),
            size=size,
            source_includes=_FIELDS,
        ).body
        return body

    def _where(self) -> dict[str, Any]:
        whole = {"allow_partial_search_results": False}
        if self.view:
            return {"pit": {"id": self.view, "keep_alive": _KEEP}, **whole}
        return {"index": self._index, **whole}

    def _moment(self) -> str:
        return str(self._client.open_point_in_time(index=self._index, keep_alive=_KEEP)["id"])
