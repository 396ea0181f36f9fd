"""A webhook: the payload by HTTP POST, under an idempotency key, signed where a secret is given.

Signature: ``X-Duskwatch-Signature: sha256=<hex>`` of HMAC-SHA256 over ``<timestamp>.<body>``, with the Unix time in
``X-Duskwatch-Timestamp``. A receiver should refuse a timestamp older than five minutes, and a key that it has seen.
``docs/webhook.md`` has the payload's fields and a receiver's check. With ``form: cloudevents`` the payload rides as
the data of a CloudEvents 1.0 event in structured mode, whose ``id`` is the idempotency key.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Annotated, Any, Literal

from pydantic import Field

from alerts.channel import Delivery
from alerts.peer import Peer, PeerConfig, as_json, secret


class Config(PeerConfig):
    """Where to send, and how to sign."""

    url: Annotated[str, Field(pattern=r"^https?://", description="the receiver's address")]
    secret_env: Annotated[
        str | None,
        Field(pattern=r"^[A-Z][A-Z0-9_]*$", description="environment variable that holds the secret"),
    ] = None
    form: Annotated[
        Literal["plain", "cloudevents"],
        Field(description="`plain`: the payload itself; `cloudevents`: within a CloudEvents 1.0 event"),
    ] = "plain"


class Webhook:
    """Posts JSON. Redirects are not followed: an alert goes where it was meant to."""

    def __init__(self, name: str, config: Config, key: bytes | None) -> None:
        self.name = name
        self._key = key
        self._cloud = config.form == "cloudevents"
        self._peer = Peer(config.url, config)

    def send(self, delivery: Delivery) -> None:
        self._post(delivery.payload, delivery.key, delivery.created_at.isoformat())

    def check(self) -> str:
        self._post({"schema": "duskwatch.test/1", "event": "test"}, f"test-{time.time_ns()}", None)
        return f"{self.redacted()} took a test message"

    def redacted(self) -> str:
        return self._peer.shown

    def close(self) -> None:
        self._peer.close()

    def _post(self, payload: dict[str, Any], key: str, at: str | None) -> None:
        kind = "application/json"
        if self._cloud:
            kind = "application/cloudevents+json"
            event = {
                "specversion": "1.0",
                "id": key,
                "source": "urn:duskwatch",
                "datacontenttype": "application/json",
            }
            event["type"] = f"duskwatch.alert.{payload.get('event')}"
            event |= {
                name: str(payload[it])
                for name, it in (("subject", "alert"), ("dataschema", "schema"))
                if it in payload
            }
            payload = {**event, **({"time": at} if at else {}), "data": payload}
        body = as_json(payload)
        headers = {"Content-Type": kind, "Idempotency-Key": key}
        if self._key:
            stamp = str(int(time.time()))
            digest = hmac.new(self._key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
            headers |= {"X-Duskwatch-Timestamp": stamp, "X-Duskwatch-Signature": f"sha256={digest}"}
        self._peer.ask("POST", content=body, headers=headers)


def open_channel(name: str, config: Config) -> Webhook:
    """The channel of that name. ``ChannelRefused`` when the secret's variable is not set."""
    key = secret(name, config.secret_env)
    return Webhook(name, config, key.encode() if key else None)
