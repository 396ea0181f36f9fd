"""Bulk requests to Elasticsearch: of bounded size, every answer read, and giving way to a server that is full."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from elasticsearch import ApiError, Elasticsearch

from config.errors import StoreUnavailable
from indexer.stores.elasticsearch_client import errors

#: A request is cut at so many bytes or operations, whatever a batch holds.
CHUNK_BYTES, CHUNK_OPERATIONS = 5_000_000, 2_000
_BUSY = (429, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Operation:
    """One line or two of a bulk request. ``place`` must still be that of the document, where it is given."""

    action: str  # create, index, delete
    index: str
    id: str
    body: bytes | None = None
    place: tuple[int, int] | None = None

    def encoded(self) -> bytes:
        guard = f',"if_seq_no":{self.place[0]},"if_primary_term":{self.place[1]}' if self.place else ""
        if self.body is not None:  # else a lost alias would become an index with a guessed mapping
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


def send(client: Elasticsearch, operations: Sequence[Operation], *, patience: float) -> list[Answer]:
    """Send operations in order, in requests of bounded size; the answer to each.

    A server that is full (429) or not ready is given time, longer at each try. Raises ``StoreUnavailable``
    when ``patience`` seconds are over; what was answered until then is done.
    """
    answers: dict[int, Answer] = {}
    deadline = time.monotonic() + patience
    waiting, pause = list(range(len(operations))), 0.05
    while waiting:
        busy: list[int] = []
        for chunk in _chunks(operations, waiting):
            busy += _send_chunk(client, chunk, answers)
        if busy:
            if time.monotonic() + pause > deadline:
                said = answers[busy[0]].reason
                raise StoreUnavailable(f"Elasticsearch is too busy: {said}", cure="give it more room")
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, 5.0)
        waiting = busy
    return [answers[at] for at in range(len(operations))]


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
            items = client.bulk(operations=body)["items"]  # type: ignore[arg-type]
    except StoreUnavailable as error:
        cause = error.__cause__
        if not (isinstance(cause, ApiError) and cause.status_code in _BUSY):
            raise
        for at, _ in chunk:
            answers[at] = Answer(cause.status_code, error.message)
        return [at for at, _ in chunk]
    busy = []
    for (at, _), item in zip(chunk, items, strict=True):
        (result,) = item.values()
        said = result.get("error", {})
        answers[at] = Answer(result["status"], f"{said.get('type')}: {said.get('reason')}" if said else "")
        if result["status"] in _BUSY:
            busy.append(at)
    return busy
