"""The indices of the Elasticsearch store: names, mappings, templates, and whether what stands there fits.

``PREFIX-posts`` holds one head document a post, ``PREFIX-changes`` the change documents. Both are aliases of
numbered generations: one of heads, made anew when its layout changes (``elasticsearch_upgrade``), and several of
changes, which only grow and are rolled over. Words are folded and split in Python, so the mapping needs nothing but
the whitespace analyzer, which every server has.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from elasticsearch import BadRequestError, Elasticsearch

from config.errors import StoreOutdated, StoreRefused
from indexer.text import FOLDING

SCHEMA = 2
#: What a head is made by. Writers of one layout cannot reach the indices of another: their write alias is not there.
LAYOUT = f"{SCHEMA}.{FOLDING.partition(',')[0]}"
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
            **dict.fromkeys(
                ("id", "source", "thread", "listing", "board", "author", "kind", "language"), _KEYWORD
            ),
            **dict.fromkeys(("position", "posted", "seen", "removed", "last_seen", "first_seen"), _LONG),
            **dict.fromkeys(("change", "revision", "stored", "forgotten"), _LONG),
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
#: Generations of changes are read as they were written; what each schema wrote.
_CHANGES_OF = {1: _MAPPINGS["changes"], SCHEMA: _MAPPINGS["changes"]}
_SETTINGS = {
    "number_of_shards": 1,  # a feed in one order; changes are rolled over instead
    "auto_expand_replicas": "0-1",
    "refresh_interval": "30s",  # every read that needs it refreshes first
}
_GENERATION = re.compile(r"-(0\d{5})(?:\.(\d+))?$")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Names:
    """What the indices and aliases of a store are called."""

    prefix: str

    @property
    def posts(self) -> str:
        return f"{self.prefix}-posts"

    @property
    def posts_write(self) -> str:
        return f"{self.prefix}-posts-write-{LAYOUT}"

    @property
    def changes(self) -> str:
        return f"{self.prefix}-changes"

    @property
    def changes_write(self) -> str:
        return f"{self.prefix}-changes-write-{LAYOUT}"

    def write(self, part: str) -> str:
        """The alias that writers of this layout write through."""
        return {"posts": self.posts_write, "changes": self.changes_write}[part]


@dataclass(frozen=True, slots=True)
class Log:
    """Where changes are created now, and the closed generations in which a change may stand without its head."""

    index: str
    before: tuple[str, ...]


def generation(index: str) -> tuple[int, int]:
    """The number of a generation by its index name, and how often it was compacted."""
    found = _GENERATION.search(index)
    if not found:
        raise StoreRefused(f"{index} is no generation of a store", cure="take its alias away")
    return int(found[1]), int(found[2] or 0)


def generation_name(alias: str, number: int, edition: int = 0) -> str:
    """The index name of a generation."""
    return f"{alias}-{number:06}" + (f".{edition}" if edition else "")


def prepare(client: Elasticsearch, names: Names) -> str:
    """Make the indices where there are none, check them where they are; the store's own id.

    Raises ``StoreOutdated`` for heads of an older layout, ``StoreRefused`` when anything is otherwise not as this
    version makes it.
    """
    found = existing(client, names)
    if not found[names.posts]:
        _create(client, names)
        found = existing(client, names)
    if len(found[names.posts]) != 1:
        raise StoreRefused(
            f"{names.posts} is the alias of {len(found[names.posts])} indices", cure="it must be of one"
        )
    ((index, head),) = found[names.posts].items()
    if standing(index, head) < 0:
        raise StoreOutdated(
            f"{index} was laid out by an older version", cure="duskwatch store upgrade, while others write on"
        )
    check(_MAPPINGS["posts"], index, head)
    for index, state in found[names.changes].items():
        check_changes(index, state)
    return str(head["mappings"]["_meta"]["store"])


def standing(index: str, state: Mapping[str, Any]) -> int:
    """Whether heads are as this version lays them out (0) or as an older one did (-1).

    Raises ``StoreRefused`` for those of a newer one.
    """
    meta = state["mappings"].get("_meta", {})
    schema, folding = meta.get("schema"), str(meta.get("folding", FOLDING))
    there = (schema if isinstance(schema, int) else 0, int(folding.partition(",")[0]))
    here = (SCHEMA, int(FOLDING.partition(",")[0]))
    if there > here:
        raise StoreRefused(
            f"{index} has schema {schema}, this version knows {SCHEMA}", cure="update duskwatch"
        )
    if there == here and folding != FOLDING:
        # a fleet may run several Pythons: what Unicode added between them is found by some only, nothing else
        _log.warning("words were folded by another Unicode; duskwatch store upgrade --again", index=index)
    return 0 if there == here else -1


def check_changes(index: str, state: Mapping[str, Any]) -> None:
    """Raises ``StoreRefused`` unless a generation of changes is as its schema has it."""
    schema = state["mappings"].get("_meta", {}).get("schema")
    if schema not in _CHANGES_OF:
        raise StoreRefused(
            f"{index} has schema {schema}, this version knows {SCHEMA}", cure="update duskwatch"
        )
    check(_CHANGES_OF[schema], index, state)


def roll_over(client: Elasticsearch, names: Names, *, megabytes: int, days: float) -> None:
    """Begin a new generation of changes where the present one is larger or older than this."""
    try:
        client.indices.rollover(
            alias=names.changes_write,
            conditions={"max_primary_shard_size": f"{megabytes}mb", "max_age": f"{int(days * 86_400)}s"},
            **template("changes", names.changes),  # as in the template, which somebody may have removed
        )
    except BadRequestError as error:
        if error.error != _EXISTS:  # another process was faster
            raise


def open_log(client: Elasticsearch, names: Names) -> Log:
    """The generation of changes that is written to, once no older one can be any more: that is the fence between them.

    Who knows an older one as open is refused there, looks again, and finds the heads as they are by then.
    """
    found = client.indices.get(
        index=names.changes, filter_path="*.aliases,*.mappings._meta,*.settings.index.blocks"
    ).body
    marked = {index: state["aliases"].get(names.changes_write) for index, state in found.items()}
    there = [index for index, alias in marked.items() if alias is not None]
    chosen = [index for index in there if (marked[index] or {}).get("is_write_index")] or there
    if len(chosen) != 1:
        raise StoreRefused(
            f"the alias {names.changes_write} is {'of several indices' if chosen else 'gone'}",
            cure="was the store upgraded and this worker not? Else put it on the newest of the indices",
        )
    older = {index: state for index, state in found.items() if generation(index) < generation(chosen[0])}
    for index, state in older.items():
        if not is_sealed(state):
            client.indices.add_block(index=index, block="write")  # answers when all under way is done
    unsettled = [index for index, state in older.items() if not state["mappings"]["_meta"].get("settled")]
    return Log(chosen[0], tuple(sorted(unsettled, key=generation)))


def is_sealed(state: Mapping[str, Any]) -> bool:
    """Whether nothing can be written to an index, by the settings of its state."""
    return str(state.get("settings", {}).get("index", {}).get("blocks", {}).get("write")) == "true"


def template(part: str, *aliases: str, **meta: Any) -> dict[str, Any]:
    """Settings, mappings and aliases of an index."""
    mapping = _MAPPINGS[part] | {"_meta": {"schema": SCHEMA, "folding": FOLDING, **meta}}
    return {"settings": _SETTINGS, "mappings": mapping, "aliases": {alias: {} for alias in aliases}}


def existing(client: Elasticsearch, names: Names) -> dict[str, dict[str, Any]]:
    """The indices behind each read alias."""
    wanted = [names.posts, names.changes]
    found = client.indices.get(index=wanted, ignore_unavailable=True, allow_no_indices=True).body
    return {
        alias: {index: state for index, state in found.items() if alias in state.get("aliases", {})}
        for alias in wanted
    }


def put_template(client: Elasticsearch, names: Names, part: str) -> None:
    """What a new index has, whoever makes it. One of heads gets its alias when it is whole."""
    alias = f"{names.prefix}-{part}"
    aliases = [alias] if part == "changes" else []
    client.indices.put_index_template(
        name=alias,
        index_patterns=[f"{alias}-0*"],
        priority=500,
        template=template(part, *aliases),
        allow_auto_create=False,  # a lost index is told, and not made anew by the next write
    )


def create(client: Elasticsearch, index: str, part: str, *aliases: str, **meta: Any) -> bool:
    """Make an index unless it is there; whether it was made."""
    try:
        client.indices.create(index=index, **template(part, *aliases, **meta))
    except BadRequestError as error:
        if error.error != _EXISTS:  # another process was faster
            raise
        return False
    return True


def _create(client: Elasticsearch, names: Names) -> None:
    for part in ("changes", "posts"):  # posts last: where they are, all is made
        put_template(client, names, part)
        alias = f"{names.prefix}-{part}"
        # a write alias is on one index only: a roll-over moves it
        create(client, generation_name(alias, 1), part, alias, names.write(part), store=uuid.uuid4().hex)


def check(wanted: Mapping[str, Any], index: str, state: Mapping[str, Any]) -> None:
    """Raises ``StoreRefused`` when an index is not as it was made."""
    mapping = state["mappings"]
    there = {name: mapping.get(name) for name in wanted}
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
