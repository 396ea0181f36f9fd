"""Channels as tests open them: their peers stand on loopback."""

from __future__ import annotations

from typing import Any

from alerts.channels.webhook import Config, Webhook


def hook(url: str, key: bytes | None = None, **more: Any) -> Webhook:
    """A webhook to a receiver of the test's own."""
    return Webhook("hook", Config.model_validate({"url": url, "private": True, "timeout": 5} | more), key)
