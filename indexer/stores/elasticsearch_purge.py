"""Forgetting posts of the Elasticsearch store: their changes first, then their heads, so that what was cut off is
done by the next run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from elasticsearch import Elasticsearch

from indexer.store import PurgePolicy
from indexer.stores.elasticsearch_bulk import Operation, send
from indexer.stores.elasticsearch_client import errors
from indexer.stores.elasticsearch_documents import keyword, micros
from indexer.stores.elasticsearch_mapping import Names
from indexer.stores.elasticsearch_scan import scan

_AT_ONCE = 200


def purge(client: Elasticsearch, names: Names, policy: PurgePolicy, now: datetime, patience: float) -> int:
    """Forget what the policy allows; the number of posts forgotten. A post seen again meanwhile is kept."""
    clauses: list[dict[str, Any]] = [{"range": {"seen": {"lt": micros(now - policy.keep)}}}]
    if policy.sources:
        clauses.append({"terms": {"source": [keyword(source) for source in policy.sources]}})
    query = {"bool": {"filter": clauses}}
    with errors(client):
        client.indices.refresh(index=[names.posts, names.changes])
    old = list(scan(client, names.posts, query, [{"id": "asc"}], source=False, seq_no_primary_term=True))
    return sum(
        _forget(client, names, old[at : at + _AT_ONCE], patience) for at in range(0, len(old), _AT_ONCE)
    )


def _forget(client: Elasticsearch, names: Names, heads: list[Mapping[str, Any]], patience: float) -> int:
    theirs = {"terms": {"id": [head["_id"] for head in heads]}}
    order = [{"id": "asc"}, {"change": "asc"}, {"_index": "asc"}]
    changes = scan(client, names.changes, theirs, order, source=False)
    send(client, [Operation("delete", each["_index"], each["_id"]) for each in changes], patience=patience)
    answers = send(
        client,
        [
            Operation("delete", head["_index"], head["_id"], place=(head["_seq_no"], head["_primary_term"]))
            for head in heads
        ],
        patience=patience,
    )
    return sum(answer.done for answer in answers)
