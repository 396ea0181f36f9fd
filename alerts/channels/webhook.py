"""A webhook: the payload by HTTP POST, under an idempotency key, signed where a secret is given.

Signature: ``X-Duskwatch-Signature: sha256=<hex>`` of HMAC-SHA256 over ``<timestamp>.<body>``, with the Unix time in
``X-Duskwatch-Timestamp``. A receiver should refuse a timestamp older than five minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from email.utils import parsedate_to_datetime
from typing import Annotated
from urllib.parse import urlsplit

import httpx
from pydantic import Field

from alerts.channel import ChannelConfig, Delivery
from config.errors import ChannelBusy, ChannelRefused

_LATER = frozenset({408, 409, 425, 429})


class Config(ChannelConfig):
    """Where to send, and how to sign."""

    url: Annotated[str, Field(pattern=r"^https?://", description="the receiver's address")]
    secret_env: Annotated[
        str | None,
        Field(pattern=r"^[A-Z][A-Z0-9_]*$", description="environment variable that holds the secret"),
    ] = None
    timeout: Annotated[float, Field(gt=0, le=110, description="seconds for one attempt")] = 15.0


class Webhook:
    """Posts JSON. Redirects are not followed: an alert goes where it was meant to."""

    def __init__(self, name: str, url: str, secret: bytes | None, timeout: float) -> None:
        self.name = name
        self._url = url
        self._secret = secret
        # trust_env off: no proxy and no credentials from the surroundings
        self._client = httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False)

    def send(self, delivery: Delivery) -> None:
        self._post(delivery.payload, delivery.key)

    def check(self) -> str:
        self._post({"schema": "duskwatch.test/1", "event": "test"}, f"test-{time.time_ns()}")
        return f"{self.redacted()} took a test message"

    def redacted(self) -> str:
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.hostname}{':' + str(parts.port) if parts.port else ''}/..."

    def close(self) -> None:
        self._client.close()

    def _post(self, payload: dict[str, object], key: str) -> None:
        body = json.dumps(payload, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, "User-Agent": "duskwatch"}
        if self._secret:
            stamp = str(int(time.time()))
            digest = hmac.new(self._secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
            headers |= {"X-Duskwatch-Timestamp": stamp, "X-Duskwatch-Signature": f"sha256={digest}"}
        try:
            # the body is left unread: a peer that drips or never ends one would hold the deliverer
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                pass
        except httpx.HTTPError as error:
            raise ChannelBusy(f"{self.redacted()}: {type(error).__name__}") from error
        if answer.is_success:
            return
        said = f"{self.redacted()} answered {answer.status_code}"
        if answer.status_code in _LATER or answer.status_code >= 500:
            raise ChannelBusy(said, retry_after=_pause(answer.headers.get("Retry-After", ""), time.time()))
        raise ChannelRefused(said)


def _pause(named: str, now: float) -> float | None:
    """Seconds that a ``Retry-After`` asks for, written as seconds or as a date; None when it is neither."""
    if named.isascii() and named.isdecimal():
        return float(named[:12])
    try:
        return max(parsedate_to_datetime(named).timestamp() - now, 0.0)
    except (ValueError, OverflowError):
        return None


def open_channel(name: str, config: Config) -> Webhook:
    """The channel of that name. ``ChannelRefused`` when the secret's variable is not set."""
    secret = os.environ.get(config.secret_env) if config.secret_env else None
    if config.secret_env and not secret:
        raise ChannelRefused(f"channel {name}: the environment has no {config.secret_env}")
    return Webhook(name, config.url, secret.encode() if secret else None, config.timeout)
