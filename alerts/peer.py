"""The other end of a channel that speaks HTTP: one request, its answer, and what the answer asks for.

No redirect is followed, no proxy or credential of the surroundings is used, and an address within a private network
is refused unless the operator allowed it. The name is looked up once and that very address is connected to, so a
name that answers differently the second time gains nothing.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import os
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
from pydantic import Field

from alerts.channel import ChannelConfig
from config.errors import ChannelBusy, ChannelRefused

_LATER = frozenset({408, 409, 425, 429})
_MOST_ANSWER = 1_000_000  # bytes of an answer that are read


class PeerConfig(ChannelConfig):
    """What every channel over HTTP may be told."""

    timeout: Annotated[float, Field(gt=0, le=60, description="seconds for one attempt")] = 15.0
    ca_file: Annotated[Path | None, Field(description="certificates to trust in place of the system's")] = (
        None
    )
    private: Annotated[
        bool, Field(description="whether the peer may stand at a loopback or private address")
    ] = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer said: its status, and the JSON of its body, None where it holds none."""

    status: int
    value: Any


class Peer:
    """Requests to one origin, ``scheme://host[:port]`` and a path below it."""

    def __init__(self, url: str, config: PeerConfig, headers: Mapping[str, str] | None = None) -> None:
        self._url = url.rstrip("/")
        self._parts = urlsplit(url)
        self._private = config.private
        self._timeout = config.timeout
        verify: Any = True
        if config.ca_file:
            verify = ssl.create_default_context(cafile=config.ca_file)
        self._client = httpx.Client(
            timeout=config.timeout,
            trust_env=False,
            follow_redirects=False,
            verify=verify,
            headers={"User-Agent": "duskwatch", **(headers or {})},
        )

    @property
    def shown(self) -> str:
        """The target without user, password, path and query: they may be secrets."""
        parts = self._parts
        return f"{parts.scheme}://{parts.hostname}{':' + str(parts.port) if parts.port else ''}/..."

    def ask(
        self,
        method: str,
        path: str = "",
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
        read: bool = False,
    ) -> Answer:
        """One request. Any 2xx, and each status of ``accept``, is an answer; the rest raises ``ChannelBusy`` or
        ``ChannelRefused``. The body is read only where ``read`` asks for it: a peer that drips or never ends one
        must not hold the deliverer."""
        until = time.monotonic() + self._timeout
        try:
            url, extra, extensions = self._pinned(self._url + path)
            with self._client.stream(
                method, url, content=content, headers={**(headers or {}), **extra}, extensions=extensions
            ) as answer:
                body = b""
                if read:
                    for piece in answer.iter_bytes():
                        body += piece
                        if len(body) > _MOST_ANSWER or time.monotonic() > until:
                            raise ChannelBusy(f"{self.shown}: its answer does not end")
        except httpx.HTTPError as error:
            raise ChannelBusy(f"{self.shown}: {type(error).__name__}") from error
        if answer.is_success or answer.status_code in accept:
            return Answer(answer.status_code, _json(body))
        said = f"{self.shown} answered {answer.status_code}"
        if answer.status_code in _LATER or answer.status_code >= 500:
            raise ChannelBusy(said, retry_after=pause(answer.headers.get("Retry-After", ""), time.time()))
        if answer.status_code in (401, 403):  # mended by a person; the deliveries wait meanwhile
            raise ChannelBusy(f"{said}: it does not take the key")
        raise ChannelRefused(said)

    def post(
        self,
        path: str,
        value: Any,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "POST",
        accept: frozenset[int] = frozenset(),
        read: bool = False,
    ) -> Answer:
        """``ask`` with a JSON body."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self.ask(method, path, content=as_json(value), headers=sent, accept=accept, read=read)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _pinned(self, url: str) -> tuple[str, dict[str, str], dict[str, Any]]:
        """The request's address with the host's looked-up IP in its place; TLS still asks for the name."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ChannelBusy(f"{self.shown}: its name is not known: {error}") from error
        address = str(found[0][4][0])
        if not self._private and not ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise ChannelRefused(
                f"{self.shown} stands at a private address ({address}); private: true allows it"
            )
        netloc = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        name = f"[{host}]" if ":" in host else host
        headers = {"Host": f"{name}:{parts.port}" if parts.port else name}
        if parts.username:
            pair = f"{parts.username}:{parts.password or ''}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        return parts._replace(netloc=netloc).geturl(), headers, {"sni_hostname": host}


def as_json(value: Any) -> bytes:
    """JSON in UTF-8; a lone surrogate is written as its escape, so that the rest arrives."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def secret(channel: str, variable: str | None) -> str | None:
    """The value of a secret's variable, None where none is named. ``ChannelRefused`` when it is not set."""
    if variable is None:
        return None
    value = os.environ.get(variable)
    if not value:
        raise ChannelRefused(f"channel {channel}: the environment has no {variable}")
    return value


def pause(named: str, now: float) -> float | None:
    """Seconds that a ``Retry-After`` asks for, written as seconds or as a date; None when it is neither."""
    if named.isascii() and named.isdecimal():
        return float(named[:12])
    try:
        return max(parsedate_to_datetime(named).timestamp() - now, 0.0)
    except (ValueError, OverflowError):
        return None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None
