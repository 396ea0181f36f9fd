"""Talking to Elasticsearch: a client from a URL, its errors as the store's own, and bulk requests that give way."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
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


#: Statuses of a server that may take the same request a little later.
BUSY = (429, 502, 503, 504)


class Busy(StoreUnavailable):
    """Elasticsearch is too busy."""


class Gone(StoreRefused):
    """An index is not there."""


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
            newer = any(int(version.split(".")[0]) > _MAJOR for version in versions)
            raise StoreRefused(
                f"the server is version {', '.join(sorted(versions)) or 'unknown'}",
                cure=f"this duskwatch speaks to Elasticsearch {_MAJOR}: update "
                + ("duskwatch" if newer else "the server"),
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
        if "WRONG_VERSION_NUMBER" in str(error):
            raise StoreRefused(
                f"Elasticsearch at {_hosts(client)} speaks no TLS", cure="write http:// in store_url"
            ) from error
        raise StoreRefused(
            f"the server's certificate is not accepted: {error}", cure="set elasticsearch.ca_file"
        ) from error
    except elastic_transport.TransportError as error:
        raise StoreUnavailable(
            f"Elasticsearch at {_hosts(client)}: {_said(error)}", cure="is it running?"
        ) from error


def _hosts(client: Elasticsearch) -> str:
    return ", ".join(f"{node.host}:{node.port}" for node in client.transport.node_pool.all())


def _said(error: BaseException) -> str:
    """What the operating system said, where it is that; the layers above wrap it in one another's names."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__
    return str(error)


def _translated(error: ApiError) -> StoreRefused | StoreUnavailable:
    said = f"Elasticsearch answers {error.status_code}: {reason(error)}"
    if error.status_code in (401, 403):
        return StoreRefused(
            said, cure="correct elasticsearch.api_key, or username and password, or its rights"
        )
    if error.status_code in BUSY:
        return Busy(said, cure="wait, or give the server more room")
    if error.status_code >= 500:
        return StoreUnavailable(said, cure="see the server's log")
    if "media_type" in str(error.error) or "compatible-with" in reason(error):
        return StoreRefused(said, cure=f"Elasticsearch {_MAJOR} is needed")
    if error.status_code == 404:
        return Gone(said, cure="an index is gone: restore a snapshot, or take another prefix")
    return StoreRefused(said, cure="this server does not take what duskwatch sends")


def reason(error: ApiError) -> str:
    """The root cause in the server's words, in one line."""
    body = error.body if isinstance(error.body, dict) else {}
    found = body.get("error", {})
    causes = found.get("root_cause") or [found] if isinstance(found, dict) else []
    said = [f"{cause.get('type')}: {cause.get('reason')}" for cause in causes] or [str(error.error)]
    return " ".join("; ".join(said).split())[:500]
