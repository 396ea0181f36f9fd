"""Bulk requests to Elasticsearch: of bounded size, every answer read, and giving way to a server that is full."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from elasticsearch import Elasticsearch

from indexer.stores.elasticsearch_client import BUSY, Busy, errors

#: A request is cut at so many bytes or operations, whatever a batch holds.
CHUNK_BYTES, CHUNK_OPERATIONS = 5_000_000, 2_000
_READ = "items.*.status,items.*.error.type,items.*.error.reason"
_FULL = 429
_BLOCKED = "cluster_block_exception"  # for the moment in which an upgrade ends, or until somebody lifts it
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Operation:
    """One line or two of a bulk request. ``place`` must still be that of the document, and what is there of no higher
    ``version``, where they are given. ``index`` is an alias unless ``exact``."""

    action: str  # create, index, delete
    index: str
    id: str
    body: bytes | None = None
    place: tuple[int, int] | None = None
    version: int | None = None
    exact: bool = False

    def encoded(self) -> bytes:
        guard = f',"if_seq_no":{self.place[0]},"if_primary_term":{self.place[1]}' if self.place else ""
        if self.version is not None:
            guard += f',"version":{self.version},"version_type":"external_gte"'
        if (
            self.body is not None and not self.exact
        ):  # else a lost alias would become an index with a guessed mapping
            guard += ',"require_alias":true'
        line = f'{{"{self.action}":{{"_index":"{self.index}","_id":"{self.id}"{guard}}}}}\n'.encode()
        return line + self.body + b"\n" if self.body is not None else line


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an operation."""

    status: int
    reason: str

    @property
    def done(self) -> bool:
        return self.status < 300

    @property
    def blocked(self) -> bool:
        return self.reason.startswith(_BLOCKED)


def send(
    client: Elasticsearch,
    operations: Sequence[Operation],
    *,
    patience: float,
    moved: Callable[[], bool] = lambda: False,
) -> list[Answer]:
    """Send operations in order, in requests of bounded size; the answer to each.

    A server that is full (429) or not ready is given time, longer at each try. Raises ``StoreUnavailable``
    when ``patience`` seconds are over; what was answered until then is done. An index that is blocked is waited for as
    well, unless ``moved`` says that others have been opened in its place: then that is the answer.
    """
    answers: dict[int, Answer] = {}
    waiting = list(range(len(operations)))

    def all_of_it() -> None:
        nonlocal waiting
        waiting = [at for chunk in _chunks(operations, waiting) for at in _send_chunk(client, chunk, answers)]
        if any(answers[at].blocked for at in waiting) and moved():
            waiting = [at for at in waiting if not answers[at].blocked]
        if waiting:
            raise Busy(f"Elasticsearch is too busy: {answers[waiting[0]].reason}", cure="give it more room")

    giving_way(all_of_it, patience)
    return [answers[at] for at in range(len(operations))]


def giving_way(work: Callable[[], Result], patience: float) -> Result:
    """Do what may raise ``Busy`` until it does not, with longer pauses; raise it when so many seconds are over."""
    deadline, pause = time.monotonic() + patience, 0.05
    while True:
        try:
            return work()
        except Busy:
            if time.monotonic() + pause > deadline:
                raise
        time.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(pause * 2, 5.0)


Encoded = list[tuple[int, bytes]]


def _chunks(operations: Sequence[Operation], waiting: Sequence[int]) -> Iterator[Encoded]:
    chunk: Encoded = []
    size = 0
    for at in waiting:
        line = operations[at].encoded()
        if chunk and (size + len(line) > CHUNK_BYTES or len(chunk) >= CHUNK_OPERATIONS):
            yield chunk
            chunk, size = [], 0
        chunk.append((at, line))
        size += len(line)
    if chunk:
        yield chunk


def _send_chunk(client: Elasticsearch, chunk: Encoded, answers: dict[int, Answer]) -> list[int]:
    """Send one request, note its answers; what has to be sent again."""
    try:
        with errors(client):
            body = b"".join(line for _, line in chunk)
            answer = client.bulk(operations=body, filter_path=_READ)  # type: ignore[arg-type]
    except Busy as error:
        answers.update((at, Answer(_FULL, error.message)) for at, _ in chunk)
        return [at for at, _ in chunk]
    busy = []
    for (at, _), item in zip(chunk, answer["items"], strict=True):
        (result,) = item.values()
        said = result.get("error", {})
        answers[at] = Answer(result["status"], f"{said.get('type')}: {said.get('reason')}" if said else "")
        if result["status"] in BUSY or said.get("type") == _BLOCKED:
            busy.append(at)
    return busy
