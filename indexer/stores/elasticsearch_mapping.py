"""The indices of the Elasticsearch store: names, mappings, templates, and whether what stands there fits.

``PREFIX-posts`` holds one head document a post, ``PREFIX-changes`` the change documents. The latter only grows
and is rolled over; its generations carry numbers. Words are folded and split in Python, so the mapping needs
nothing but the whitespace analyzer, which every server has.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch

from config.errors import StoreRefused

SCHEMA = 1
_EXISTS = "resource_already_exists_exception"
_WORDS = {"type": "text", "analyzer": "whitespace"}
_KEYWORD = {"type": "keyword"}
_LONG = {"type": "long"}
_KEPT = {"type": "keyword", "index": False, "doc_values": False}
_NUMBER = {"type": "long", "index": False, "doc_values": False}
_CONTENT = {"type": "object", "enabled": False}
_MAPPINGS: dict[str, dict[str, Any]] = {
    "posts": {
        "dynamic": "strict",
        "_source": {"excludes": ["title_words", "text_words", "author_words"]},
        "properties": {
            **dict.fromkeys(("id", "source", "thread", "board", "author", "kind", "language"), _KEYWORD),
            **dict.fromkeys(("position", "posted", "seen", "removed", "last_seen", "first_seen"), _LONG),
            **dict.fromkeys(("change", "revision"), _LONG),
            **dict.fromkeys(("title_words", "text_words", "author_words"), _WORDS),
            **dict.fromkeys(("hash", "token"), _KEPT),
            "posted_at": {"type": "date", "format": "epoch_millis"},
            "post": _CONTENT,
        },
    },
    "changes": {
        "dynamic": "strict",
        "properties": {
            **dict.fromkeys(("id", "source", "kind"), _KEYWORD),
            **dict.fromkeys(("change", "revision", "seen"), _LONG),
            **dict.fromkeys(("stored", "first_seen", "removed", "last_seen"), _NUMBER),
            "token": _KEPT,
            "post": _CONTENT,
        },
    },
}
_SETTINGS = {
    "number_of_shards": 1,  # a feed in one order; changes are rolled over instead
    "auto_expand_replicas": "0-1",
    "refresh_interval": "30s",  # every read that needs it refreshes first
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the indices and aliases of a store are called."""

    prefix: str

    @property
    def posts(self) -> str:
        return f"{self.prefix}-posts"

    @property
    def posts_write(self) -> str:
        return f"{self.prefix}-posts-write"

    @property
    def changes(self) -> str:
        return f"{self.prefix}-changes"

    @property
    def changes_write(self) -> str:
        return f"{self.prefix}-changes-write"

    def generation(self, index: str) -> int:
        """The number of a generation of changes by its index name."""
        return int(index.rpartition("-")[2])


def prepare(client: Elasticsearch, names: Names) -> str:
    """Make the indices where there are none, check them where they are; the store's own id.

    Raises ``StoreRefused`` when they are not as this version makes them.
    """
    found = _existing(client, names)
    if not found.get(names.posts):
        _create(client, names)
        found = _existing(client, names)
    for part in _MAPPINGS:
        for index, state in found[f"{names.prefix}-{part}"].items():
            _check(part, index, state)
    (head,) = found[names.posts].values()
    return str(head["mappings"]["_meta"]["store"])


def roll_over(client: Elasticsearch, names: Names, *, megabytes: int, days: float) -> None:
    """Begin a new generation of changes where the present one is larger or older than this."""
    try:
        client.indices.rollover(
            alias=names.changes_write,
            conditions={"max_primary_shard_size": f"{megabytes}mb", "max_age": f"{int(days * 86_400)}s"},
            **_index("changes", names.changes),  # as in the template, which somebody may have removed
        )
    except BadRequestError as error:
        if error.error != _EXISTS:  # another process was faster
            raise


def _index(part: str, alias: str) -> dict[str, Any]:
    mapping = _MAPPINGS[part] | {"_meta": {"schema": SCHEMA}}
    return {"settings": _SETTINGS, "mappings": mapping, "aliases": {alias: {}}}


def _existing(client: Elasticsearch, names: Names) -> dict[str, dict[str, Any]]:
    """The indices behind each read alias."""
    wanted = [names.posts, names.changes]
    found = client.indices.get(index=wanted, ignore_unavailable=True, allow_no_indices=True).body
    return {
        alias: {index: state for index, state in found.items() if alias in state.get("aliases", {})}
        for alias in wanted
    }


def _create(client: Elasticsearch, names: Names) -> None:
    for part in _MAPPINGS:
        alias = f"{names.prefix}-{part}"
        client.indices.put_index_template(
            name=alias,
            index_patterns=[f"{alias}-0*"],
            priority=500,
            template=_index(part, alias),
        )
    for part in ("changes", "posts"):  # posts last: where they are, all is made
        alias = f"{names.prefix}-{part}"
        meta = {"schema": SCHEMA, "store": uuid.uuid4().hex}
        try:
            client.indices.create(
                index=f"{alias}-000001",
                mappings={"_meta": meta},
                aliases={f"{alias}-write": {}},  # on one index only: a roll-over moves it
            )
        except BadRequestError as error:
            if error.error != _EXISTS:  # another process was faster
                raise


def _check(part: str, index: str, state: Mapping[str, Any]) -> None:
    mapping = state["mappings"]
    schema = mapping.get("_meta", {}).get("schema")
    if schema != SCHEMA:
        raise StoreRefused(
            f"{index} has schema {schema}, this version knows {SCHEMA}", cure="update duskwatch"
        )
    wanted, there = _MAPPINGS[part], {name: mapping.get(name) for name in _MAPPINGS[part]}
    if there != wanted:
        odd = {
            name
            for name in wanted["properties"].keys() | (there["properties"] or {}).keys()
            if wanted["properties"].get(name) != (there["properties"] or {}).get(name)
        } or {name for name in wanted if wanted[name] != there[name]}
        raise StoreRefused(
            f"the mapping of {index} was changed: {', '.join(sorted(odd))}",
            cure="put posts into a store with another prefix",
        )
    if state["settings"]["index"]["number_of_shards"] != str(_SETTINGS["number_of_shards"]):
        raise StoreRefused(
            f"{index} has more than one shard",
            cure="remove the index template that says so, take another prefix",
        )
