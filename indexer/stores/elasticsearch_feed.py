"""The change feed of the Elasticsearch store: exact, whoever writes.

Every operation on a shard has a sequence number. Up to the shard's global checkpoint each of them is done on every
copy, so nothing can appear below it later. The checkpoint is read first, then the index is refreshed, then what
lies between cursor and checkpoint is read. Change documents are written once, so none of them moves. All generations
are kept in view: a writer may hold an old one for a moment after a roll-over.

A generation that retention has compacted is a new edition with numbers of its own, and remembers where each earlier
edition ended: who had read one to its end has read them all, and who had not reads what is left from its beginning.

Who has read a closed generation to its end has let every head follow, and marks it as settled: writers need not ask it
any more whether it holds a change without its head.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from elasticsearch import Elasticsearch

from config.errors import CursorUnknown, PostRefused, StoreUnavailable
from indexer.store import ChangePage
from indexer.stores.elasticsearch_client import Gone, errors
from indexer.stores.elasticsearch_documents import Entry, read_change, read_entry
from indexer.stores.elasticsearch_mapping import Names, generation, is_sealed
from indexer.stores.elasticsearch_scan import scan
from indexer.stores.elasticsearch_writer import Writer

_log = structlog.get_logger(__name__)
Places = dict[tuple[int, int], int]  # the last sequence number read, by generation and edition
_TRIES = 5
_PLACE = re.compile(r"(\d+)(?:\.(\d+))?=(\d+)")


@dataclass(frozen=True, slots=True)
class _Generation:
    """An index of changes: ``ends`` are the checkpoints at which its earlier editions ended. ``closing`` says that
    nothing can be written to it any more, and that it is not marked as settled yet."""

    index: str
    number: int
    edition: int
    checkpoint: int
    ends: tuple[int, ...]
    closing: bool

    def place(self, places: Mapping[tuple[int, int], int]) -> int:
        """Behind which number to read on."""
        if (self.number, self.edition) in places:
            return places[self.number, self.edition]
        for edition in range(self.edition - 1, -1, -1):
            if (self.number, edition) in places:
                return self.checkpoint if places[self.number, edition] >= self.ends[edition] else -1
        return -1


class Feed:
    """Reads change documents in the order in which they were committed."""

    def __init__(self, client: Elasticsearch, names: Names, store: str, writer: Writer) -> None:
        self._client = client
        self._names = names
        self._store = store
        self._writer = writer

    def read(self, after: str | None, limit: int, until: str | None = None) -> ChangePage:
        """The changes behind a cursor, up to another where one is named. Heads that a dead writer left behind follow
        first."""
        places = self._places(after)
        bounds = None if until is None else self._places(until)
        while True:
            places, found, finished = self._next(places, limit, bounds)
            kept = self._heal(found)
            for index in finished:
                self._settle(index)
            if kept or not found:  # an empty page would say that there is nothing more
                return ChangePage(tuple(map(read_change, kept)), self._cursor(places))

    def _next(
        self, start: Places, limit: int, bounds: Places | None
    ) -> tuple[Places, list[Entry], list[str]]:
        """Where the next changes end, what they are, and the generations that are to be marked as settled."""
        for tried in range(_TRIES):
            places, found = dict(start), list[Entry]()
            try:
                known = self._read(places, found, limit, bounds)
                break
            except Gone:  # a generation that was compacted in this moment: look again
                if tried == _TRIES - 1:
                    raise
        finished = [each.index for each in known if each.closing and each.place(places) >= each.checkpoint]
        return places, found, finished

    def unread(self, after: str | None) -> datetime | None:
        """When the first change behind a cursor was stored; None: there is none."""
        changes = self.read(after, 1).changes
        return changes[0].stored_at if changes else None

    def check(self, cursor: str | None) -> None:
        """Raises ``CursorUnknown`` for a cursor of another store."""
        self._places(cursor)

    def _read(
        self, places: Places, found: list[Entry], limit: int, bounds: Places | None
    ) -> list[_Generation]:
        known = news = self._generations()
        if bounds is not None:  # who stands there will read anew what lies behind
            news = [replace(each, checkpoint=min(each.checkpoint, each.place(bounds))) for each in known]
        news = [each for each in news if each.checkpoint > each.place(places)]
        if news:
            with errors(self._client):
                self._client.indices.refresh(index=[each.index for each in news])
        for each in news:
            if len(found) >= limit:
                break
            here = each.number, each.edition
            for number, entry in self._between(each.index, each.place(places), each.checkpoint):
                if len(found) >= limit:
                    return known
                places[here] = number
                found.append(entry)
            places[here] = each.checkpoint
        return known

    def _generations(self) -> list[_Generation]:
        """All of them with their global checkpoints, oldest first."""
        with errors(self._client):
            known = self._client.indices.get(  # before the checkpoints: what is closed has its last one
                index=self._names.changes, filter_path="*.mappings._meta,*.settings.index.blocks"
            ).body
            answer = self._client.indices.stats(
                index=self._names.changes, level="shards", metric="docs", filter_path="indices.*.shards"
            )
        found = []
        newest = max(map(generation, known), default=(0, 0))
        for index, state in known.items():
            (copies,) = answer.get("indices", {}).get(index, {}).get("shards", {"0": []}).values()
            if not copies:
                raise StoreUnavailable(f"no copy of {index} is there", cure="wait until its node is back")
            checkpoint = max(copy["seq_no"]["global_checkpoint"] for copy in copies)
            meta = state["mappings"]["_meta"]
            ends = tuple(meta.get("ends", ()))
            closing = generation(index) < newest and is_sealed(state) and not meta.get("settled")
            found.append(_Generation(index, *generation(index), checkpoint, ends, closing))
        return sorted(found, key=lambda each: (each.number, each.edition))

    def _settle(self, index: str) -> None:
        try:
            with errors(self._client):
                meta = self._client.indices.get_mapping(index=index)[index]["mappings"]["_meta"]
                self._client.indices.put_mapping(index=index, meta={**meta, "settled": True})
        except Gone:  # compacted in this moment
            return

    def _between(self, index: str, low: int, high: int) -> Iterator[tuple[int, Entry]]:
        query = {"range": {"_seq_no": {"gt": low, "lte": high}}}
        for hit in scan(self._client, index, query, [{"_seq_no": "asc"}]):
            yield int(hit["sort"][0]), read_entry(hit["_source"])

    def _heal(self, found: list[Entry]) -> list[Entry]:
        """Let heads follow changes whose writer did not come to it; the changes of posts that are not forgotten."""
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
        forgotten = {name: head.change for name, head in heads.items() if head and head.forgotten}
        return [entry for entry in found if entry.change > forgotten.get(entry.id, 0)]

    def _cursor(self, places: Places) -> str:
        written = ",".join(
            f"{number}{f'.{edition}' if edition else ''}={place}"
            for (number, edition), place in sorted(places.items())
        )
        return f"elasticsearch:{self._store}:{written}"

    def _places(self, cursor: str | None) -> Places:
        if cursor is None:
            return {}
        kind, _, rest = cursor.partition(":")
        name, _, written = rest.partition(":")
        found = [_PLACE.fullmatch(pair) for pair in written.split(",")] if written else []
        if kind != "elasticsearch" or name != self._store or not all(found):
            raise CursorUnknown(
                f"the cursor {cursor!r} is of another store", cure="start again without a cursor"
            )
        return {(int(pair[1]), int(pair[2] or 0)): int(pair[3]) for pair in found if pair}
