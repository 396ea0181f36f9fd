"""What the channels to chat rooms have in common: the incoming webhook that a room gives out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from alerts.channel import Delivery
from alerts.peer import Peer, PeerConfig, secret
from config.errors import ChannelRefused

#: Lays a delivery out as the room's service wants it, JSON-ready.
Layout = Callable[[Delivery], dict[str, Any]]


class ChatConfig(PeerConfig):
    """Where to send."""

    url_env: Annotated[
        str,
        Field(
            pattern=r"^[A-Z][A-Z0-9_]*$",
            description="environment variable that holds the incoming webhook's address, which is a secret",
        ),
    ]


class Room:
    """A room: one message a delivery, laid out by ``layout``, which carries the idempotency key in its words."""

    def __init__(self, name: str, config: PeerConfig, url: str, layout: Layout) -> None:
        self.name = name
        self._layout = layout
        self._peer = Peer(url, config)

    def send(self, delivery: Delivery) -> None:
        self._peer.post("", self._layout(delivery), {"Idempotency-Key": delivery.key})

    def check(self) -> str:
        words = {"event": "test", "title": "a test: no alert was raised"}
        self.send(Delivery("test", self.name, 1, datetime.now(UTC), words))
        return f"{self.redacted()} took a test message"

    def redacted(self) -> str:
        return self._peer.shown

    def close(self) -> None:
        self._peer.close()


def open_room(name: str, config: ChatConfig, layout: Layout) -> Room:
    """The room whose address the environment holds. ``ChannelRefused`` when it does not."""
    url = secret(name, config.url_env) or ""
    if not url.startswith(("https://", "http://")):
        raise ChannelRefused(f"channel {name}: {config.url_env} holds no address")
    return Room(name, config, url, layout)
