"""How the cluster of an Elasticsearch store stands: what it is, what ails it, and how far a reader is behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from elasticsearch import Elasticsearch

from indexer.store import Ailment
from indexer.stores.elasticsearch_client import errors
from indexer.stores.elasticsearch_mapping import Names, generation

#: A disk that is fuller is told of: from 0.95 on Elasticsearch itself blocks writing.
_FULL = 0.85
_GENERATION = re.compile(r"-(\d{6})(?:\.(\d+))?$")
_PLACE = re.compile(r"(\d+)(?:\.(\d+))?=(\d+)")
_BLOCKS = {
    "read_only_allow_delete": "make room on the servers' disks: Elasticsearch takes the block away itself then",
    "read_only": "somebody set it: take it away with PUT INDEX/_settings",
    "write": "somebody set it: take it away with PUT INDEX/_settings",
    "read": "somebody set it: take it away with PUT INDEX/_settings",
    "metadata": "somebody set it: take it away with PUT INDEX/_settings",
}


def detail(client: Elasticsearch, names: Names) -> dict[str, str]:
    """Version, nodes, health and shards, for people."""
    with errors(client):
        nodes = client.nodes.info(metric="http", filter_path="nodes.*.version").get("nodes", {})
        health = client.cluster.health(index=[names.posts, names.changes])
    versions = sorted({node["version"] for node in nodes.values()})
    shards = f"{health['active_shards']}"
    for state in ("unassigned", "initializing", "relocating"):
        if count := health[f"{state}_shards"]:
            shards += f", {count} {state}"
    return {
        "kind": "elasticsearch",
        "version": ", ".join(versions),
        "health": health["status"],
        "nodes": str(health["number_of_nodes"]),
        "shards": shards,
    }


def ailments(client: Elasticsearch, names: Names) -> list[Ailment]:
    """What stands in the store's way, or will soon. Raises as the store does."""
    with errors(client):
        return [
            *_versions(client),
            *_shards(client, names),
            *_blocks(client, names),
            *_disks(client),
            *_aliases(client, names),
        ]


def behind(client: Elasticsearch, names: Names, cursor: str | None) -> int:
    """How many operations lie between a cursor of the feed and the shards' checkpoints."""
    written = (cursor or "").rpartition(":")[2]
    places = {(int(n), int(edition or 0)): int(at) for n, edition, at in _PLACE.findall(written)}
    with errors(client):
        answer = client.indices.stats(
            index=names.changes, level="shards", metric="docs", filter_path="indices.*.shards"
        )
    lag = 0
    for index, state in answer.get("indices", {}).items():
        found = _GENERATION.search(index)
        copies = [copy for shard in state["shards"].values() for copy in shard]
        if found and copies:
            checkpoint = max(copy["seq_no"]["global_checkpoint"] for copy in copies)
            lag += max(checkpoint - places.get((int(found[1]), int(found[2] or 0)), -1), 0)
    return lag


def _versions(client: Elasticsearch) -> Iterator[Ailment]:
    nodes = client.nodes.info(metric="http", filter_path="nodes.*.version").get("nodes", {})
    versions = sorted({node["version"] for node in nodes.values()})
    if len(versions) > 1:
        yield Ailment(f"the nodes are of versions {', '.join(versions)}", "bring all to the newest of them")


def _shards(client: Elasticsearch, names: Names) -> Iterator[Ailment]:
    health = client.cluster.health(index=[names.posts, names.changes])
    missing, why = health["unassigned_shards"], "GET _cluster/allocation/explain says why"
    if health["status"] == "red":
        yield Ailment(
            f"{missing} shards are nowhere: a part of the posts can be neither read nor written",
            f"start the nodes that hold them; {why}",
        )
    elif health["status"] == "yellow":
        yield Ailment(
            f"{missing} shards have no second copy: another lost node would take posts with it",
            f"start the node that is missing, or wait while copies are made; {why}",
        )


def _blocks(client: Elasticsearch, names: Names) -> Iterator[Ailment]:
    found = client.indices.get_settings(
        index=[names.posts, names.changes], filter_path="*.settings.index.blocks"
    ).body
    closed = _closed(client, names)
    for index, state in sorted(found.items()):
        for block, value in state["settings"]["index"]["blocks"].items():
            if value == "true" and block in _BLOCKS and not (block == "write" and index in closed):
                yield Ailment(f"{index} is blocked: {block}", _BLOCKS[block])
    settings = client.cluster.get_settings(flat_settings=True, filter_path="*.cluster.blocks.*").body
    for kind in ("persistent", "transient"):
        for name, value in settings.get(kind, {}).items():
            if name.startswith("cluster.blocks.") and value == "true":
                yield Ailment(f"the cluster is blocked: {name}", "take it away with PUT _cluster/settings")


def _closed(client: Elasticsearch, names: Names) -> set[str]:
    """The generations of changes but for the newest: writers themselves close those."""
    known = client.indices.get_alias(name=names.changes).body
    return set(known) - {max(known, key=generation, default="")}


def _disks(client: Elasticsearch) -> Iterator[Ailment]:
    nodes = client.nodes.stats(metric="fs", filter_path="nodes.*.name,nodes.*.fs.total").get("nodes", {})
    for node in sorted(nodes.values(), key=_name):
        total = node.get("fs", {}).get("total", {})
        size, free = total.get("total_in_bytes", 0), total.get("available_in_bytes", 0)
        if size and 1 - free / size > _FULL:
            yield Ailment(
                f"the disk of {node['name']} is {1 - free / size:.0%} full, {free / 1e9:.1f} GB are free",
                "make room, or add a node: at 95% Elasticsearch takes nothing any more",
            )


def _aliases(client: Elasticsearch, names: Names) -> Iterator[Ailment]:
    for alias in (names.posts_write, names.changes_write):
        if not client.indices.exists_alias(name=alias):
            yield Ailment(
                f"the alias {alias} is gone: nothing can be written",
                "put it on the newest of the indices: POST _aliases",
            )


def _name(node: dict[str, Any]) -> str:
    return str(node["name"])
