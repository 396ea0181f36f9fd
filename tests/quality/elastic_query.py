"""One Elasticsearch query a watched organisation, as an analyst writes it: each of its names as a phrase; names of one
word also with a mistake."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Sequence
from typing import Any

from elastic.nodes import Cluster, NodeMissing

from alerts.watchlist import Organisation
from quality.peers import PeerMissing, texts_of

_INDEX, _AT_ONCE = "quality", 200


def _asked(url: str, path: str, lines: Sequence[Any], method: str = "POST") -> Any:
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    kind = "application/x-ndjson" if method == "POST" else "application/json"
    request = urllib.request.Request(f"{url}/{path}", body, {"Content-Type": kind}, method=method)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def _query(organisation: Organisation) -> dict[str, Any]:
    should: list[dict[str, Any]] = []
    for text in texts_of(organisation):
        should.append({"match_phrase": {"text": text}})
        if " " not in text and "." not in text:
            should.append({"match": {"text": {"query": text, "fuzziness": "AUTO"}}})
    return {"query": {"bool": {"should": should}}, "size": 10_000, "_source": False}


def elasticsearch(watched: Sequence[Organisation], texts: Sequence[str]) -> list[set[str]]:
    """Which organisations each text names. Raises ``PeerMissing`` where no node can be started."""
    try:
        with Cluster(quick=False) as cluster:
            return _found(cluster.url.split(",")[0], watched, texts)
    except NodeMissing as missing:
        named = os.environ.get("ELASTICSEARCH_URL")
        if not named:
            raise PeerMissing(f"elasticsearch: {missing}") from None
        return _found(named.rstrip("/"), watched, texts)


def _found(url: str, watched: Sequence[Organisation], texts: Sequence[str]) -> list[set[str]]:
    fields = {"mappings": {"properties": {"text": {"type": "text"}}}, "settings": {"number_of_replicas": 0}}
    _asked(url, _INDEX, [fields], "PUT")
    try:
        for low in range(0, len(texts), 1000):
            lines: list[Any] = []
            for number, text in enumerate(texts[low : low + 1000], low):
                lines += [{"index": {"_id": str(number)}}, {"text": text}]
            _asked(url, f"{_INDEX}/_bulk?refresh=true", lines)
        found: list[set[str]] = [set() for _ in texts]
        for low in range(0, len(watched), _AT_ONCE):
            part = watched[low : low + _AT_ONCE]
            answers = _asked(url, f"{_INDEX}/_msearch", [line for one in part for line in ({}, _query(one))])[
                "responses"
            ]
            for one, answer in zip(part, answers, strict=True):
                for hit in answer["hits"]["hits"]:
                    found[int(hit["_id"])].add(one.id)
        return found
    finally:
        with urllib.request.urlopen(urllib.request.Request(f"{url}/{_INDEX}", method="DELETE"), timeout=60):
            pass
