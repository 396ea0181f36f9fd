"""Slack, by an incoming webhook, laid out in blocks. What a board wrote is sent as ``plain_text``, which Slack neither
links nor formats. Form: Slack's Block Kit reference."""

from __future__ import annotations

from typing import Any

from alerts.channel import Delivery
from alerts.chat import ChatConfig, Room, open_room
from alerts.wording import claim, facts_of, headline


class Config(ChatConfig):
    """Where to send."""


def message(delivery: Delivery) -> dict[str, Any]:
    """The message: a header, the facts in two columns, the words of the listing, and the key."""
    payload = delivery.payload
    fields = [_plain(f"{label}: {words}", 2000) for label, words in facts_of(payload)][:10]
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(headline(payload), 150)}]
    if fields:
        blocks.append({"type": "section", "fields": fields})
    if said := claim(payload):
        blocks.append({"type": "section", "text": _plain(said, 3000)})
    blocks.append({"type": "context", "elements": [_plain(f"delivery {delivery.key}", 2000)]})
    # the text is what a notification shows, and it is read as markup
    quiet = headline(payload).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": quiet, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _plain(words: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": words[:most], "emoji": False}


def open_channel(name: str, config: Config) -> Room:
    """The channel of that name. ``ChannelRefused`` when its variable is not set, or holds no address."""
    return open_room(name, config, message)
