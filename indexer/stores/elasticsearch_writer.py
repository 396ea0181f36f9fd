"""Writing to the Elasticsearch store, by several writers at once and without transactions.

A change is committed where its document is created: its id is the post's with the change's number, so of two
writers that found the same head one wins and the other looks again. Then the head follows, only if nobody else
moved it. A writer that dies in between leaves a change without its head; whoever comes next, the same batch put
again or a reader of the feed, lets the head follow.

A number is given once although ids are unique within one index only: heads are read after it is known which generation
of changes is open (``open_log``), and changes are created in that one and no other. Older ones are closed by then; as
long as no reader of the feed has seen to their last changes, they are asked whether they hold the number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from elasticsearch import Elasticsearch

from config.errors import PostRefused, StoreRefused, StoreUnavailable
from indexer.stores import elasticsearch_documents as documents
from indexer.stores import elasticsearch_mapping as mapping
from indexer.stores.elasticsearch_bulk import Answer, Operation, giving_way, send
from indexer.stores.elasticsearch_client import Busy, Gone, errors
from indexer.stores.elasticsearch_documents import Entry, Head
from indexer.stores.elasticsearch_mapping import Names

_ROUNDS = 50
#: Measured on two cores beside ready documents: 1.1 times as fast, where two threads of 500 were 0.7 times.
_AT_ONCE, _THREADS = 334, 3  # one prepares while the server works for the others
_BAD, _CONFLICT, _BROKEN = 400, 409, 500

#: From a post's head to its next change; None: there is nothing to do.
Decide = Callable[[Head | None], Entry | None]


class Writer:
    """Commits changes and lets heads follow."""

    def __init__(self, client: Elasticsearch, names: Names, patience: float) -> None:
        self._client = client
        self._names = names
        self._patience = patience
        self.written = 0  # grows with every head that was written
        self._log: mapping.Log | None = None

    def look_again(self) -> None:
        """Ask anew, before the next change, which generation of changes is open."""
        self._log = None

    def commit(self, wanted: Mapping[str, Decide]) -> dict[str, Entry | None]:
        """Bring about one change for each document id; the change made, or None. Runs of ``_AT_ONCE`` are in this
        order. Raises ``PostRefused`` for a post that the server never takes, and ``StoreUnavailable``."""
        parts = [{name: wanted[name] for name in part} for part in _parts(wanted)]
        if len(parts) == 1:
            return self._commit(parts[0])
        with ThreadPoolExecutor(_THREADS) as pool:
            done = [pool.submit(self._commit, part) for part in parts]
        return {name: change for part in done for name, change in part.result().items()}

    def _commit(self, wanted: dict[str, Decide]) -> dict[str, Entry | None]:
        made: dict[str, Entry | None] = {}
        mine: dict[str, Entry] = {}  # committed, but their heads were moved by somebody else
        for _ in range(_ROUNDS):
            log = self._open_log()  # before the heads: see above
            heads = self.heads(wanted)
            proposed: dict[str, Entry] = {}
            for name, decide in list(wanted.items()):
                head, own = heads[name], mine.get(name)
                change = None if own and head and _followed(head, own) else decide(head)
                if change:
                    proposed[name] = change
                else:
                    made[name] = own
                    del wanted[name]
            if not wanted:
                return made
            committed = self._create(proposed, log)
            moved = self.follow(committed, heads)
            for name, change in committed.items():
                if change.token == proposed[name].token:
                    mine[name] = change
                    if name in moved:
                        made[name] = change
                        del wanted[name]
            if not wanted:
                return made
        raise StoreUnavailable("others write the same posts without end", cure="try again")

    def heads(self, names: Iterable[str]) -> dict[str, Head | None]:
        """The heads of posts as they are at this moment."""
        found: dict[str, Head | None] = {}
        for part in _parts(names):
            for each in self._many(self._names.posts, part, documents.HEAD_FIELDS):
                found[each["_id"]] = documents.read_head(each) if each["found"] else None
        return found

    def follow(self, changes: Mapping[str, Entry], heads: Mapping[str, Head | None]) -> set[str]:
        """Let heads follow their changes unless somebody moved them; the names of those that did."""
        operations = [
            Operation(
                "index" if (head := heads[name]) else "create",
                self._names.posts_write,
                name,
                change.head_line(),
                head.place if head else None,
            )
            for name, change in changes.items()
        ]
        answers = self._send(operations, changes.values())
        self.written += len(operations)
        return {name for name, answer in zip(changes, answers, strict=True) if answer.done}

    def _open_log(self) -> mapping.Log:
        log = self._log
        if log is None:
            with errors(self._client):
                log = self._log = mapping.open_log(self._client, self._names)
        return log

    def _moved_from(self, log: mapping.Log) -> bool:
        """Whether another generation of changes was opened meanwhile."""
        self._log = None
        return self._open_log().index != log.index

    def _create(self, proposed: Mapping[str, Entry], log: mapping.Log) -> dict[str, Entry]:
        """Commit changes; for each the one that stands under its number now, ours or another's."""
        ids = {name: f"{name}-{change.change}" for name, change in proposed.items()}
        standing: dict[str, Entry] = {}
        try:
            for index in log.before:
                standing |= self._found(index, {name: ids[name] for name in ids.keys() - standing.keys()})
        except Gone:  # its last changes were forgotten in this moment
            self._log = None
            return {}
        new = {name: change for name, change in proposed.items() if name not in standing}
        operations = [
            Operation("create", log.index, ids[name], change.line(), exact=True)
            for name, change in new.items()
        ]
        answers = self._send(operations, new.values(), lambda: self._moved_from(log))
        lost = {}
        for (name, change), answer in zip(new.items(), answers, strict=True):
            if answer.done:
                standing[name] = change
            elif not answer.blocked:
                lost[name] = ids[name]
        if lost:  # what is not found was purged: look again
            standing |= self._found(log.index, lost)
        return standing

    def _found(self, index: str, ids: Mapping[str, str]) -> dict[str, Entry]:
        """The changes of a generation that are there, by their posts."""
        if not ids:
            return {}
        found = zip(ids, self._many(index, list(ids.values())), strict=True)
        return {name: documents.read_entry(each["_source"]) for name, each in found if each["found"]}

    def _send(
        self,
        operations: Sequence[Operation],
        entries: Iterable[Entry],
        moved: Callable[[], bool] = lambda: False,
    ) -> list[Answer]:
        answers = send(self._client, operations, patience=self._patience, moved=moved)
        for entry, answer in zip(entries, answers, strict=True):
            if answer.done or answer.blocked or answer.status == _CONFLICT:
                continue
            if answer.status == _BAD:
                raise PostRefused(answer.reason, post=entry.name)
            said = f"Elasticsearch does not take {entry.name[:200]}: {answer.reason}"
            if answer.status >= _BROKEN:
                raise StoreUnavailable(said, cure="see the server's log")
            raise StoreRefused(
                said, cure="has an index gone, or a right, or was the store upgraded and this worker not?"
            )
        return answers

    def _many(self, index: str, ids: list[str], fields: list[str] | None = None) -> list[Mapping[str, Any]]:
        """Documents as they are at this moment, in the order of ``ids``."""

        def ask() -> list[Mapping[str, Any]]:
            with errors(self._client):
                found = self._client.mget(index=index, ids=ids, source_includes=fields)["docs"]
            for each in found:
                if "not_found" in str(each.get("error", {}).get("type")):
                    raise Gone(f"{index} is gone", cure="restore a snapshot, or take another prefix")
                if "error" in each:
                    raise Busy(f"Elasticsearch cannot read a document now: {each['error']}")
            return list(found)

        return giving_way(ask, self._patience)


def _followed(head: Head, own: Entry) -> bool:
    """Whether the head followed our change, and perhaps others after it."""
    return head.token == own.token or head.change > own.change


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while part := list(islice(rest, _AT_ONCE)):
        yield part
