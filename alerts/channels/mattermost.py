"""Mattermost, by an incoming webhook, as an attachment in the severity's colour."""

from __future__ import annotations

from typing import Any

from alerts.channel import Delivery
from alerts.chat import ChatConfig, Room, open_room
from alerts.wording import claim, facts_of, headline

_COLOURS = {"critical": "#8b0000", "high": "#d24b4e", "medium": "#d9822b", "low": "#3d6fb4"}
_MARKUP = str.maketrans({char: f"\\{char}" for char in r"\`*_{}[]()#+!|<>~:"} | {"@": "@\u200b"})


class Config(ChatConfig):
    """Where to send."""


def message(delivery: Delivery) -> dict[str, Any]:
    """The message. What a board wrote is escaped: Mattermost reads Markdown, emoji and mentions of everybody."""
    payload = delivery.payload
    said = headline(payload)
    attachment = {
        "fallback": said.translate(_MARKUP),
        "color": _COLOURS.get(str(payload.get("severity")), "#808080"),
        "title": said.translate(_MARKUP),
        "text": claim(payload).translate(_MARKUP),
        "fields": [
            {"short": len(words) < 40, "title": label, "value": words.translate(_MARKUP)}
            for label, words in facts_of(payload)
        ],
        "footer": f"delivery {delivery.key}",
    }
    return {"username": "Duskwatch", "attachments": [attachment]}


def open_channel(name: str, config: Config) -> Room:
    """The channel of that name. ``ChannelRefused`` when its variable is not set, or holds no address."""
    return open_room(name, config, message)
