"""Microsoft Teams, by the webhook of a workflow, as an adaptive card. Form: Adaptive Cards 1.4."""

from __future__ import annotations

from typing import Any

from alerts.channel import Delivery
from alerts.chat import ChatConfig, Room, open_room
from alerts.wording import claim, facts_of, headline

_COLOURS = {"critical": "attention", "high": "attention", "medium": "warning"}
_MARKUP = str.maketrans({char: f"\\{char}" for char in r"\`*_{}[]()#+!|<>~"})


class Config(ChatConfig):
    """Where to send."""


def message(delivery: Delivery) -> dict[str, Any]:
    """The card: a headline in the severity's colour, the facts as a set, the words of the listing, and the key."""
    payload = delivery.payload
    colour = _COLOURS.get(str(payload.get("severity")), "default")
    body = [_block(headline(payload), size="large", weight="bolder", color=colour)]
    if facts := [{"title": label, "value": words.translate(_MARKUP)} for label, words in facts_of(payload)]:
        body.append({"type": "FactSet", "facts": facts})
    body += [_block(line) for line in claim(payload).splitlines() if line.strip()]
    body.append(_block(f"delivery {delivery.key}", size="small", isSubtle=True))
    card = {"type": "AdaptiveCard", "version": "1.4", "body": body}
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": card}]}


def _block(words: str, **more: Any) -> dict[str, Any]:
    """A line. Text of a card is read as Markdown, so what a board wrote is escaped."""
    return {"type": "TextBlock", "text": words.translate(_MARKUP), "wrap": True, **more}


def open_channel(name: str, config: Config) -> Room:
    """The channel of that name. ``ChannelRefused`` when its variable is not set, or holds no address."""
    return open_room(name, config, message)
