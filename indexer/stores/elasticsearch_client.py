"""Talking to Elasticsearch: a client from a URL, its errors as the store's own, and bulk requests that give way."""

from __future__ import annotations

import ipaddress
import random
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import elastic_transport
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError

from config.errors import StoreRefused, StoreUnavailable
from config.settings import ElasticsearchSettings

_MAJOR = 9
_PREFIX = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
#: A bulk request is cut at so many bytes or operations, whatever a batch holds.
CHUNK_BYTES, CHUNK_OPERATIONS = 5_000_000, 2_000
_BUSY = (429, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store is: its hosts, and the prefix of its indices."""

    hosts: tuple[str, ...]
    prefix: str


def read_url(url: str) -> Address:
    """``https://host:9200,host:9200/prefix``. Raises ``StoreRefused``, and never repeats a password."""
    cure = "write https://host:9200/prefix, several hosts after commas"
    scheme, _, rest = url.partition("://")
    where, _, prefix = rest.partition("/")
    if "@" in url:
        raise StoreRefused("store_url holds credentials", cure="set them under [elasticsearch]")
    hosts = []
    for host in where.split(","):
        try:
            parts = urlsplit(f"{scheme}://{host}")
            port = parts.port or 9200
        except ValueError:
            raise StoreRefused(f"store_url has no host and port in {host!r}", cure=cure) from None
        if not parts.hostname or parts.path or parts.query or parts.fragment:
            raise StoreRefused(f"store_url has no host and port in {host!r}", cure=cure)
        name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        hosts.append(f"{scheme}://{name}:{port}")
    prefix = prefix or "duskwatch"
    if not _PREFIX.fullmatch(prefix):
        raise StoreRefused(
            f"store_url ends in {prefix!r}", cure="the prefix has small letters, digits, - and _ only"
        )
    return Address(tuple(hosts), prefix)


def connect(address: Address, server: ElasticsearchSettings) -> Elasticsearch:
    """A client that has seen a server of the right version. Raises ``StoreUnavailable``, ``StoreRefused``."""
    secure = all(host.startswith("https://") for host in address.hosts)
    more: dict[str, Any] = {}
    if server.api_key:
        more["api_key"] = server.api_key.get_secret_value()
    if server.username and server.password:
        more["basic_auth"] = (server.username, server.password.get_secret_value())
    if more and not secure and not all(map(_local, address.hosts)):
        raise StoreRefused("http:// would send the credentials in clear", cure="write https:// in store_url")
    if server.ca_file:
        if not server.ca_file.is_file():
            raise StoreRefused(f"{server.ca_file} is not there", cure="set elasticsearch.ca_file")
        if secure:
            more["ca_certs"] = str(server.ca_file)
    client = Elasticsearch(
        list(address.hosts),
        request_timeout=server.timeout,
        max_retries=max(3, len(address.hosts)),
        retry_on_status=(502, 503, 504),
        retry_on_timeout=False,
        meta_header=False,
        **more,
    )
    try:
        with errors(client):
            found = client.nodes.info(node_id="_local", metric="http", filter_path="nodes.*.version")
        versions = {node["version"] for node in found.body.get("nodes", {}).values()}
        if not versions or any(int(version.split(".")[0]) != _MAJOR for version in versions):
            raise StoreRefused(
                f"the server is version {', '.join(sorted(versions)) or 'unknown'}",
                cure=f"Elasticsearch {_MAJOR} is needed",
            )
    except BaseException:
        client.close()
        raise
    return client


def _local(host: str) -> bool:
    name = urlsplit(host).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


@contextmanager
def errors(client: Elasticsearch) -> Iterator[None]:
    """What the client raises, as the store's errors; they name hosts and reasons, never credentials."""
    try:
        yield
    except UnsupportedProductError as error:
        raise StoreRefused(
            "store_url leads to something else than Elasticsearch", cure="correct it"
        ) from error
    except ApiError as error:
        raise _translated(error) from error
    except elastic_transport.TlsError as error:
        raise StoreRefused(
            f"the server's certificate is not accepted: {error}", cure="set elasticsearch.ca_file"
        ) from error
    except elastic_transport.TransportError as error:
        hosts = ", ".join(f"{node.host}:{node.port}" for node in client.transport.node_pool.all())
        raise StoreUnavailable(f"Elasticsearch at {hosts}: {error}", cure="is it running?") from error


def _translated(error: ApiError) -> StoreRefused | StoreUnavailable:
    said = f"Elasticsearch answers {error.status_code}: {reason(error)}"
    if error.status_code in (401, 403):
        return StoreRefused(
            said, cure="correct elasticsearch.api_key, or username and password, or its rights"
        )
    if error.status_code == 429 or error.status_code >= 500:
        return StoreUnavailable(said, cure="wait, or give the server more room")
    if "media_type" in str(error.error) or "compatible-with" in reason(error):
        return StoreRefused(said, cure=f"Elasticsearch {_MAJOR} is needed")
    if error.status_code == 404:
        return StoreRefused(said, cure="an index is gone: restore a snapshot, or take another prefix")
    return StoreRefused(said, cure="this server does not take what duskwatch sends")


def reason(error: ApiError) -> str:
    """The root cause in the server's words, in one line."""
    body = error.body if isinstance(error.body, dict) else {}
    found = body.get("error", {})
    causes = found.get("root_cause") or [found] if isinstance(found, dict) else []
    said = [f"{cause.get('type')}: {cause.get('reason')}" for cause in causes] or [str(error.error)]
    return " ".join("; ".join(said).split())[:500]


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
