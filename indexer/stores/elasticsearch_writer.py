"""Writing to the Elasticsearch store, by several writers at once and without transactions.

A change is committed where its document is created: its id is the post's with the change's number, so of two
writers that found the same head one wins and the other looks again. Then the head follows, only if nobody else
moved it. A writer that dies in between leaves a change without its head; whoever comes next, the same batch put
again or a reader of the feed, lets the head follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from elasticsearch import Elasticsearch

from config.errors import PostRefused, StoreUnavailable
from indexer.stores import elasticsearch_documents as documents
from indexer.stores.elasticsearch_bulk import Answer, Operation, send
from indexer.stores.elasticsearch_client import errors
from indexer.stores.elasticsearch_documents import Document, Head
from indexer.stores.elasticsearch_mapping import Names

_ROUNDS = 50
_AT_ONCE = 500
_CONFLICT = 409

#: From a post's head to its next change; None: there is nothing to do.
Decide = Callable[[Head | None], Document | None]


class Writer:
    """Commits changes and lets heads follow."""

    def __init__(self, client: Elasticsearch, names: Names, patience: float) -> None:
        self._client = client
        self._names = names
        self._patience = patience

    def commit(self, wanted: Mapping[str, Decide]) -> dict[str, Document | None]:
        """Bring about one change for each document id, in this order; the change made, or None.

        Raises ``PostRefused`` for posts that the server never takes, and ``StoreUnavailable``.
        """
        made: dict[str, Document | None] = {}
        for part in _parts(wanted):
            made |= self._commit({name: wanted[name] for name in part})
        return made

    def _commit(self, wanted: dict[str, Decide]) -> dict[str, Document | None]:
        made: dict[str, Document | None] = {}
        mine: dict[str, Document] = {}  # committed, but their heads were moved by somebody else
        for _ in range(_ROUNDS):
            heads = self.heads(wanted)
            proposed: dict[str, Document] = {}
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
            committed = self._create(proposed)
            moved = self.follow(committed, heads)
            for name, change in committed.items():
                if change["token"] == proposed[name]["token"]:
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
            with errors(self._client):
                answer = self._client.mget(
                    index=self._names.posts, ids=part, source_includes=documents.HEAD_FIELDS
                )
            for each in answer["docs"]:
                self._readable(each)
                found[each["_id"]] = documents.read_head(each) if each["found"] else None
        return found

    def follow(self, changes: Mapping[str, Document], heads: Mapping[str, Head | None]) -> set[str]:
        """Let heads follow their changes unless somebody moved them; the names of those that did."""
        operations = [
            Operation(
                "index" if (head := heads[name]) else "create",
                self._names.posts_write,
                name,
                documents.encode(documents.head_of(change)),
                head.place if head else None,
            )
            for name, change in changes.items()
        ]
        answers = self._send(operations)
        return {name for name, answer in zip(changes, answers, strict=True) if answer.done}

    def _create(self, proposed: Mapping[str, Document]) -> dict[str, Document]:
        """Commit changes; for each the one that stands under its number now, ours or another's."""
        operations = [
            Operation(
                "create",
                self._names.changes_write,
                f"{name}-{change['change']}",
                documents.encode(change),
            )
            for name, change in proposed.items()
        ]
        answers = self._send(operations)
        standing = dict(proposed)
        lost = [name for name, answer in zip(proposed, answers, strict=True) if not answer.done]
        if lost:
            ids = [f"{name}-{proposed[name]['change']}" for name in lost]
            with errors(self._client):
                answer = self._client.mget(index=self._names.changes_write, ids=ids)
            for name, each in zip(lost, answer["docs"], strict=True):
                self._readable(each)
                if each["found"]:
                    standing[name] = each["_source"]
                else:
                    del standing[name]  # in another generation, or purged: look again
        return standing

    def _send(self, operations: Sequence[Operation]) -> list[Answer]:
        answers = send(self._client, operations, patience=self._patience)
        faults = [
            f"{operation.id}: {answer.reason}"
            for operation, answer in zip(operations, answers, strict=True)
            if not answer.done and answer.status != _CONFLICT
        ]
        if faults:
            raise PostRefused(f"Elasticsearch takes {len(faults)} posts never: {'; '.join(faults)[:1000]}")
        return answers

    @staticmethod
    def _readable(found: Mapping[str, object]) -> None:
        if "error" in found:
            raise StoreUnavailable(f"Elasticsearch cannot read a document: {found['error']}")


def _followed(head: Head, own: Document) -> bool:
    """Whether the head followed our change, and perhaps others after it."""
    change: int = own["change"]
    return bool(head.token == own["token"]) or head.change > change


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while part := list(islice(rest, _AT_ONCE)):
        yield part
