"""Forgetting posts of the Elasticsearch store. Of a head a remnant is left, by which the post is known again; its
changes go when their generation does.

A closed generation of changes that is older than the policy is written anew with what is still kept and takes the
place of the old one in one request, or goes without a successor. No document is ever deleted singly: an index that goes
frees its space at once. What was cut off is done by the next run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from elasticsearch import Elasticsearch

from config.errors import StoreRefused
from indexer.store import PurgePolicy
from indexer.stores import elasticsearch_mapping as mapping
from indexer.stores.elasticsearch_bulk import Operation, send
from indexer.stores.elasticsearch_client import errors
from indexer.stores.elasticsearch_documents import REMNANT_FIELDS, keyword, micros
from indexer.stores.elasticsearch_mapping import Names, generation, generation_name
from indexer.stores.elasticsearch_scan import scan
from indexer.stores.elasticsearch_upgrade import checkpoint

_AT_ONCE = 200
_AGAIN = 4  # a generation is looked through again after this part of the time that posts are kept
_CONFLICT = 409
Found = Mapping[str, Any]


def forget(
    client: Elasticsearch,
    names: Names,
    policy: PurgePolicy,
    now: datetime,
    unread: datetime | None,
    patience: float,
    *,
    dry_run: bool,
) -> int:
    """Leave a remnant of every post that the policy allows to forget; how many. ``unread``: when the oldest change was
    stored that a reader has still to read. A post seen again meanwhile is kept."""
    clauses: list[dict[str, Any]] = [{"range": {"seen": {"lt": micros(now - policy.keep)}}}]
    if policy.sources:
        clauses.append({"terms": {"source": [keyword(source) for source in policy.sources]}})
    if unread:
        clauses.append({"range": {"stored": {"lt": micros(unread)}}})
    query = {"bool": {"filter": clauses, "must_not": [{"exists": {"field": "forgotten"}}]}}
    with errors(client):
        client.indices.refresh(index=names.posts)
    kept = {
        keyword(f"{quote(source, safe='')}/{quote(thread, safe='')}") for source, thread in policy.protected
    }
    found = scan(
        client,
        names.posts,
        query,
        [{"id": "asc"}],
        source_includes=[*REMNANT_FIELDS, "listing"],
        seq_no_primary_term=True,
    )
    old = (hit for hit in found if hit["_source"]["listing"] not in kept)
    if dry_run:
        return sum(1 for _ in old)
    return sum(_forget(client, part, now, patience) for part in _parts(old))


def _forget(client: Elasticsearch, heads: Sequence[Found], now: datetime, patience: float) -> int:
    operations = []
    for head in heads:
        remnant = {name: head["_source"][name] for name in REMNANT_FIELDS}
        body = json.dumps(remnant | {"forgotten": micros(now)}).encode()
        place = head["_seq_no"], head["_primary_term"]
        operations.append(Operation("index", head["_index"], head["_id"], body, place, exact=True))
    return sum(answer.done for answer in send(client, operations, patience=patience))


def compact(client: Elasticsearch, names: Names, policy: PurgePolicy, now: datetime, patience: float) -> None:
    """Let go of the old generations of changes, but for what is still kept of them."""
    limit = micros(now - policy.keep)
    with errors(client):
        found = mapping.existing(client, names)[names.changes]
        client.indices.refresh(index=[names.posts, names.changes])
        *closed, _ = sorted(found, key=generation)
        for index in closed:
            meta = found[index]["mappings"]["_meta"]
            young = client.count(index=index, query={"range": {"seen": {"gte": limit}}})["count"]
            looked = meta.get("looked", 0)
            if not young and micros(now) - looked >= (micros(now) - limit) // _AGAIN:
                _compact(client, names, index, meta, now, patience)


def _compact(
    client: Elasticsearch, names: Names, index: str, meta: Mapping[str, Any], now: datetime, patience: float
) -> None:
    client.indices.add_block(index=index, block="write")
    end = checkpoint(client, index)
    total = client.count(index=index)["count"]
    number, edition = generation(index)
    new = generation_name(names.changes, number, edition + 1)
    client.options(ignore_status=404).indices.delete(index=new)  # of a run that was cut off
    later = {"ends": [*meta.get("ends", []), end], "looked": micros(now)}
    more = {name: meta[name] for name in ("store", "settled") if name in meta}
    # no alias yet: readers must not see it beside the old one
    client.indices.create(index=new, **_layout(meta["schema"], **later, **more))
    client.indices.update_aliases(
        actions=[{"remove": {"index": new, "alias": names.changes, "must_exist": False}}]
    )
    kept = 0
    for part in _parts(scan(client, index, {"match_all": {}}, [{"_seq_no": "asc"}])):
        kept += _copy(client, names, new, part, patience)
    if 0 < kept == total:  # nothing to gain; it is looked at again later
        client.indices.delete(index=new)
        client.indices.put_mapping(index=index, meta={**meta, "looked": micros(now)})
        return
    client.indices.refresh(index=new)
    actions: list[dict[str, Any]] = [{"remove_index": {"index": index}}]
    if kept:
        actions.append({"add": {"index": new, "alias": names.changes}})
    client.indices.update_aliases(actions=actions)
    if not kept:
        client.indices.delete(index=new)


def _layout(schema: int, **meta: Any) -> dict[str, Any]:
    made = mapping.template("changes", **meta)
    made["mappings"]["_meta"]["schema"] = schema
    return made


def _copy(client: Elasticsearch, names: Names, new: str, part: Sequence[Found], patience: float) -> int:
    """Copy those whose post is not forgotten, in their order; how many."""
    ids = list({hit["_source"]["id"] for hit in part})
    heads = client.mget(index=names.posts, ids=ids, source_includes=["forgotten"])["docs"]
    forgotten = {head["_id"] for head in heads if head["found"] and "forgotten" in head["_source"]}
    operations = [
        Operation(
            "index", new, hit["_id"], json.dumps(hit["_source"], ensure_ascii=False).encode(), exact=True
        )
        for hit in part
        if hit["_source"]["id"] not in forgotten
    ]
    for answer in send(client, operations, patience=patience):
        if not answer.done:
            raise StoreRefused(
                f"{new} does not take a change: {answer.reason}", cure="this is a fault: report it"
            )
    return len(operations)


def _parts(found: Iterable[Found]) -> Iterator[list[Found]]:
    rest = iter(found)
    while part := list(islice(rest, _AT_ONCE)):
        yield part
