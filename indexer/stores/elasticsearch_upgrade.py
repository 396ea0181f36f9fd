"""Bringing the heads of an Elasticsearch store into a new generation, while others write on.

Heads are copied in the order of their sequence numbers, each with that number as its external version: whatever was
copied before, by whom and how often, the newest stays. A head that changes meanwhile moves behind the others and is
copied again. At the end writers are held for a moment, the rest is copied, and one request moves the aliases. Of the
change log nothing is copied: a new generation begins, and cursors stay what they are.

Writers of the older layout lose their aliases then and are refused. What they had acknowledged is there; what they
had not, their callers still hold. A run that is cut off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from config.errors import StoreRefused, StoreUnavailable
from config.settings import ElasticsearchSettings
from indexer.stores import elasticsearch_mapping as mapping
from indexer.stores.elasticsearch_bulk import Answer, Operation, send
from indexer.stores.elasticsearch_client import Gone, connect, errors, read_url
from indexer.stores.elasticsearch_documents import HEAD_FIELDS, Entry, head_again, read_entry, read_head
from indexer.stores.elasticsearch_mapping import Names, generation, generation_name
from indexer.stores.elasticsearch_scan import scan

_AT_ONCE = 500
_NOTED = 20_000  # heads between two notes of how far the copy is
_FEW = 1_000  # heads that are left when writers are held
_TRIES = 3
_NEWER = 409

Told = Callable[[int, int], None]


def upgrade(
    client: Elasticsearch,
    names: Names,
    patience: float,
    told: Told = lambda _done, _of: None,
    *,
    again: bool = False,
) -> int:
    """Lay out the heads as this version does; how many were copied. ``told`` hears how many are, and of how many.

    Does nothing where they are so already, unless ``again``. Raises ``StoreRefused`` for a store of a newer version
    or none, and ``StoreUnavailable``; it is then run again.
    """
    for tried in range(_TRIES):
        with errors(client):
            found = mapping.existing(client, names)
            if len(found[names.posts]) != 1:
                raise StoreRefused(f"there is no store {names.prefix}", cure="correct store_url")
            ((old, state),) = found[names.posts].items()
            if mapping.standing(old, state) == 0 and not (again and tried == 0):
                _tidy(client, names, old, found[names.changes])
                return 0
        try:
            return _Copy(client, names, patience, told, old, state).run()
        except Gone:  # another upgrade was faster
            if tried == _TRIES - 1:
                raise
    raise AssertionError


def upgrade_url(url: str, server: ElasticsearchSettings, *, again: bool, told: Told) -> int:
    """``upgrade`` of the store at a URL."""
    address = read_url(url)
    with closing(connect(address, server)) as client:
        return upgrade(client, Names(address.prefix), server.patience, told, again=again)


@dataclass(slots=True)
class _Copy:
    """One run from an old generation of heads into a new one."""

    client: Elasticsearch
    names: Names
    patience: float
    told: Told
    old: str
    state: Mapping[str, Any]
    copied: int = 0

    @property
    def new(self) -> str:
        return generation_name(self.names.posts, generation(self.old)[0] + 1)

    def run(self) -> int:
        with errors(self.client):
            mapping.put_template(self.client, self.names, "posts")
            store = self.state["mappings"]["_meta"]["store"]
            log = self._log()[-1]
            begun = {"store": store, "copied": -1, "log": log, "from": checkpoint(self.client, log)}
            mapping.create(self.client, self.new, "posts", **begun)
            meta = self.client.indices.get_mapping(index=self.new)[self.new]["mappings"]["_meta"]
            total = self.client.count(index=self.old)["count"]
        place: int = meta.get("copied", -1)
        while True:
            before = self.copied
            place = self._up_to(place, meta, total)
            if self.copied - before < _FEW:
                break
        with errors(self.client):
            log = self._hold()
        self._up_to(place, meta, total)
        with errors(self.client):
            self._match()
            self._follow(meta)
            self._switch(log)
            found = mapping.existing(self.client, self.names)
            _tidy(self.client, self.names, self.new, found[self.names.changes])
        return self.copied

    def _up_to(self, place: int, meta: Mapping[str, Any], total: int) -> int:
        """Copy what lies behind a sequence number, up to the checkpoint; the latter."""
        with errors(self.client):
            high = checkpoint(self.client, self.old)
            self.client.indices.refresh(index=self.old)
        query = {"range": {"_seq_no": {"gt": place, "lte": high}}}
        waiting: list[Operation] = []
        noted = self.copied
        for hit in scan(self.client, self.old, query, [{"_seq_no": "asc"}]):
            number, line = hit["sort"][0], head_again(hit["_source"])
            waiting.append(Operation("index", self.new, hit["_id"], line, version=number, exact=True))
            if len(waiting) == _AT_ONCE:
                self._write(waiting)
                self.told(self.copied, max(total, self.copied))
                if self.copied - noted >= _NOTED:
                    noted = self.copied
                    with errors(self.client):
                        note = {**meta, "copied": number}
                        self.client.indices.put_mapping(index=self.new, meta=note)
        self._write(waiting)
        self.told(self.copied, max(total, self.copied))
        return high

    def _write(self, waiting: list[Operation]) -> None:
        for answer in send(self.client, waiting, patience=self.patience):
            if not answer.done and answer.status != _NEWER:
                raise _refused(self.new, answer)
        self.copied += len(waiting)
        waiting.clear()

    def _log(self) -> list[str]:
        """The generations of changes, oldest first."""
        return sorted(mapping.existing(self.client, self.names)[self.names.changes], key=generation)

    def _hold(self) -> str:
        """Stop those who write to the old generation; the index of changes that they wrote to."""
        log = self._log()[-1]
        for index in (self.old, log):
            self.client.indices.add_block(
                index=index, block="write"
            )  # answers when all are done that were under way
        return log

    def _match(self) -> None:
        """Take out what somebody has forgotten from the old generation after it was copied."""
        self.client.indices.refresh(index=[self.old, self.new])
        counts = [self.client.count(index=index)["count"] for index in (self.old, self.new)]
        if counts[0] == counts[1]:
            return
        names: list[str] = []
        for hit in scan(self.client, self.new, {"match_all": {}}, [{"_seq_no": "asc"}], source=False):
            names.append(hit["_id"])
        for start in range(0, len(names), _AT_ONCE):
            part = names[start : start + _AT_ONCE]
            there = self.client.mget(index=self.old, ids=part, source=False)["docs"]
            gone = [each["_id"] for each in there if not each["found"]]
            send(self.client, [Operation("delete", self.new, name) for name in gone], patience=self.patience)

    def _follow(self, meta: Mapping[str, Any]) -> None:
        """Let heads follow the changes that were committed since the copy began, by writers that are held or dead: in
        the next generation of changes the numbers of these would be free again."""
        for index in self._log():
            if generation(index) < generation(meta["log"]):
                continue
            self.client.indices.refresh(index=index)
            low = meta["from"] if index == meta["log"] else -1
            query = {"range": {"_seq_no": {"gt": low}}}
            last: dict[str, Entry] = {}
            for hit in scan(self.client, index, query, [{"_seq_no": "asc"}]):
                entry = read_entry(hit["_source"])
                last[entry.id] = entry
                if len(last) == _AT_ONCE:
                    self._catch_up(last)
            self._catch_up(last)

    def _catch_up(self, last: dict[str, Entry]) -> None:
        if not last:
            return
        operations = []
        for each in self.client.mget(index=self.new, ids=list(last), source_includes=HEAD_FIELDS)["docs"]:
            entry, head = last[each["_id"]], read_head(each) if each["found"] else None
            if head is None or head.change < entry.change:
                place, action = (head.place, "index") if head else (None, "create")
                operations.append(
                    Operation(action, self.new, each["_id"], entry.head_line(), place, exact=True)
                )
        self._write(operations)
        last.clear()

    def _switch(self, log: str) -> None:
        """Begin a new generation of changes, and move all aliases at once."""
        names = self.names
        mapping.put_template(self.client, names, "changes")
        changes = generation_name(names.changes, generation(log)[0] + 1)
        mapping.create(self.client, changes, "changes", names.changes)
        states = self.client.indices.get_alias(index=[self.old, log]).body
        moved: list[dict[str, Any]] = [
            {"remove": {"index": index, "alias": alias, "must_exist": False}}
            for index, state in states.items()
            for alias in state["aliases"]
            if alias != names.changes
        ]
        moved += [
            {"add": {"index": self.new, "alias": names.posts}},
            {"add": {"index": self.new, "alias": names.posts_write}},
            {"add": {"index": changes, "alias": names.changes_write}},
        ]
        self.client.indices.update_aliases(actions=moved)


def _tidy(client: Elasticsearch, names: Names, present: str, changes: Mapping[str, Any]) -> None:
    """Remove older heads, and lift what held their writers where changes are still written."""
    there = client.indices.get(index=f"{names.posts}-0*", allow_no_indices=True, expand_wildcards="open").body
    for index in there:
        if generation(index) < generation(present):
            client.options(ignore_status=404).indices.delete(index=index)
    for index, state in changes.items():
        if index == max(changes, key=generation) and mapping.is_sealed(state):
            client.indices.put_settings(index=index, settings={"index.blocks.write": None})


def checkpoint(client: Elasticsearch, index: str) -> int:
    """The global checkpoint of an index: what lies below is done on every copy."""
    answer = client.indices.stats(index=index, level="shards", metric="docs", filter_path="indices.*.shards")
    copies = [
        copy
        for shard in answer.get("indices", {}).get(index, {}).get("shards", {}).values()
        for copy in shard
    ]
    if not copies:
        raise StoreUnavailable(f"no copy of {index} is there", cure="wait until its node is back")
    return int(max(copy["seq_no"]["global_checkpoint"] for copy in copies))


def _refused(index: str, answer: Answer) -> StoreRefused:
    return StoreRefused(f"{index} does not take a head: {answer.reason}", cure="this is a fault: report it")
