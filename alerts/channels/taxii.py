"""A TAXII 2.1 server: an alert's STIX 2.1 objects are added to a collection; the same ids are updated later."""

from __future__ import annotations

import base64
from typing import Annotated

from pydantic import Field

from alerts.channel import Delivery
from alerts.peer import Peer, PeerConfig, secret
from alerts.stix import objects
from alerts.taxii import Collection
from config.errors import ChannelRefused


class Config(PeerConfig):
    """The collection, and how to log in."""

    url: Annotated[
        str,
        Field(pattern=r"^https?://", description="the collection: `https://host/<root>/collections/<id>/`"),
    ]
    username: Annotated[str | None, Field(description="the account; with `secret_env` its password")] = None
    secret_env: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Z][A-Z0-9_]*$",
            description="environment variable with the password, or with a bearer token where there is no username",
        ),
    ] = None


class Taxii:
    """Adds the objects of one delivery at a time."""

    def __init__(self, name: str, peer: Peer) -> None:
        self.name = name
        self._peer = peer
        self._collection = Collection(peer)

    def send(self, delivery: Delivery) -> None:
        try:
            made = objects(delivery.payload, delivery.created_at.isoformat())
        except (KeyError, ValueError) as error:
            raise ChannelRefused(f"the delivery cannot be told in STIX: {error}") from error
        made[-1]["external_references"] = [{"source_name": "duskwatch delivery", "external_id": delivery.key}]
        self._collection.add(made)

    def check(self) -> str:
        return self._collection.check()

    def redacted(self) -> str:
        return self._peer.shown

    def close(self) -> None:
        self._peer.close()


def open_channel(name: str, config: Config) -> Taxii:
    """The channel of that name. ``ChannelRefused`` when the secret's variable is not set."""
    key = secret(name, config.secret_env)
    headers = {}
    if config.username:
        pair = base64.b64encode(f"{config.username}:{key or ''}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    elif key:
        headers["Authorization"] = f"Bearer {key}"
    return Taxii(name, Peer(config.url, config, headers))
