"""The law of channels: how a delivery leaves Duskwatch. Implementations stand in ``channels/``, one file each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]  # rising


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one channel.

    ``key`` is the idempotency key: the same for every attempt, another for every other message. ``attempt``
    counts from 1. ``payload`` is JSON-ready and the same for all channels; its form is ``alerts/message.py``.
    """

    key: str
    channel: str
    attempt: int
    created_at: datetime
    payload: dict[str, Any]


class Channel(Protocol):
    """Sends deliveries. An implementation's module, named as its type in YAML, holds ``Config`` (its options) and
    ``open_channel(name, config) -> Channel``."""

    name: str

    def send(self, delivery: Delivery) -> None:
        """Send once. Return only when the peer has it for certain.

        May raise ``ChannelBusy`` (tried again with backoff, after ``retry_after`` seconds where the peer
        named them) or ``ChannelRefused`` (parked at once). Must carry ``delivery.key`` to the peer.
        """

    def check(self) -> str:
        """Try the way to the peer without an alert; a sentence for people. Raises as ``send``."""

    def redacted(self) -> str:
        """The target, for logs and screens: no password, token or secret path in it."""

    def close(self) -> None:
        """Free what is held."""


class ChannelConfig(BaseModel):
    """The base of every channel's options."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    tlp_ceiling: Annotated[
        Tlp, Field(description="the highest TLP that leaves through it; an alert above is parked")
    ] = "red"
