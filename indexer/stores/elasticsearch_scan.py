"""Runs of documents of the Elasticsearch store, read in pages of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from elasticsearch import Elasticsearch

from indexer.stores.elasticsearch_client import errors

Found = Mapping[str, Any]
#: A page holds so many documents, and fewer when those before were long: a board can fill every post with
#: megabytes, and the server would refuse the page again and again.
_FIRST, _MOST, _CHARACTERS = 50, 500, 5_000_000


def scan(
    client: Elasticsearch, index: str, query: dict[str, Any], order: Sequence[dict[str, Any]], **more: Any
) -> Iterator[Found]:
    """Every document that fits, in an order without ties. What was written shortly before needs a refresh."""
    size = _FIRST
    place: dict[str, Any] = {}
    while True:
        with errors(client):
            hits: list[Found] = client.search(
                index=index,
                query=query,
                sort=order,
                size=size,
                track_total_hits=False,
                allow_partial_search_results=False,
                **place,
                **more,
            )["hits"]["hits"]
        yield from hits
        if len(hits) < size:
            return
        size = next_size(size, hits)
        place = {"search_after": hits[-1]["sort"]}


def next_size(size: int, hits: Sequence[Found]) -> int:
    """How many documents the next page may hold, by those of the last."""
    texts = [len(hit["_source"]["post"]["text"]) for hit in hits if "post" in hit.get("_source", {})]
    longest = max(texts, default=0)
    return max(1, min(size * 2, _MOST, _CHARACTERS // (longest + 1)))
