"""The change feed of the Elasticsearch store: exact, whoever writes.

Every operation on a shard has a sequence number. Up to the shard's global checkpoint each of them is done on every
copy, so nothing can appear below it later. The checkpoint is read first, then the index is refreshed, then what
lies between cursor and checkpoint is read. Change documents are written once, so none of them moves. All generations
are kept in view: a writer may hold an old one for a moment after a roll-over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from elasticsearch import Elasticsearch

from config.errors import CursorUnknown, PostRefused, StoreUnavailable
from indexer.store import ChangePage
from indexer.stores.elasticsearch_client import errors
from indexer.stores.elasticsearch_documents import Entry, read_change, read_entry
from indexer.stores.elasticsearch_mapping import Names
from indexer.stores.elasticsearch_scan import scan
from indexer.stores.elasticsearch_writer import Writer

_log = structlog.get_logger(__name__)
Places = dict[int, int]  # the last sequence number read, by generation


class Feed:
    """Reads change documents in the order in which they were committed."""

    def __init__(self, client: Elasticsearch, names: Names, store: str, writer: Writer) -> None:
        self._client = client
        self._names = names
        self._store = store
        self._writer = writer

    def read(self, after: str | None, limit: int) -> ChangePage:
        """The changes behind a cursor. Heads that a dead writer left behind follow first."""
        places = self._places(after)
        found: list[Entry] = []
        with errors(self._client):
            news = {
                index: checkpoint
                for index, checkpoint in sorted(self._checkpoints().items(), key=self._by_generation)
                if checkpoint > places.get(self._names.generation(index), -1)
            }
            if news:
                self._client.indices.refresh(index=list(news))
            for index, checkpoint in news.items():
                if len(found) >= limit:
                    break
                generation = self._names.generation(index)
                for number, entry in self._between(index, places.get(generation, -1), checkpoint):
                    if len(found) >= limit:
                        break
                    places[generation] = number
                    found.append(entry)
                else:
                    places[generation] = checkpoint
        self._heal(found)
        return ChangePage(tuple(map(read_change, found)), self._cursor(places))

    def _checkpoints(self) -> dict[str, int]:
        """The global checkpoint of each generation."""
        known = self._client.indices.get_alias(name=self._names.changes).body
        answer = self._client.indices.stats(
            index=self._names.changes, level="shards", metric="docs", filter_path="indices.*.shards"
        )
        checkpoints = {}
        for index in known:
            (copies,) = answer.get("indices", {}).get(index, {}).get("shards", {"0": []}).values()
            if not copies:
                raise StoreUnavailable(f"no copy of {index} is there", cure="wait until its node is back")
            checkpoints[index] = max(copy["seq_no"]["global_checkpoint"] for copy in copies)
        return checkpoints

    def _between(self, index: str, low: int, high: int) -> Iterator[tuple[int, Entry]]:
        query = {"range": {"_seq_no": {"gt": low, "lte": high}}}
        for hit in scan(self._client, index, query, [{"_seq_no": "asc"}]):
            yield int(hit["sort"][0]), read_entry(hit["_source"])

    def _heal(self, found: list[Entry]) -> None:
        """Let heads follow changes whose writer did not come to it."""
        last = {entry.id: entry for entry in found}
        heads = self._writer.heads(last)
        late = {
            name: entry
            for name, entry in last.items()
            if entry.change == 1 + (head.change if (head := heads[name]) else 0)
        }
        try:
            self._writer.follow(late, heads)
        except PostRefused as error:  # the feed must go on; its writer was told the same
            _log.warning("post cannot be searched", post=error.post[:200], reason=error.message)

    def _by_generation(self, entry: tuple[str, int]) -> int:
        return self._names.generation(entry[0])

    def _cursor(self, places: Mapping[int, int]) -> str:
        written = ",".join(f"{generation}={number}" for generation, number in sorted(places.items()))
        return f"elasticsearch:{self._store}:{written}"

    def _places(self, cursor: str | None) -> Places:
        if cursor is None:
            return {}
        kind, _, rest = cursor.partition(":")
        name, _, written = rest.partition(":")
        pairs: list[Any] = [pair.partition("=") for pair in written.split(",")] if written else []
        whole = all(a.isdecimal() and b.isdecimal() for a, _, b in pairs)
        if kind != "elasticsearch" or name != self._store or not whole:
            raise CursorUnknown(
                f"the cursor {cursor!r} is of another store", cure="start again without a cursor"
            )
        return {int(generation): int(number) for generation, _, number in pairs}
