"""The terminal: an alert as a few lines on standard output."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from alerts.channel import ChannelConfig, Delivery
from config.errors import ChannelBusy


class Config(ChannelConfig):
    """No options."""


class Terminal:
    """Writes to a stream."""

    def __init__(self, name: str, stream: TextIO | None = None) -> None:
        self.name = name
        self._stream = stream

    def send(self, delivery: Delivery) -> None:
        self._write(render(delivery.payload) + f"\n  delivery {delivery.key}\n")

    def check(self) -> str:
        return "writes to standard output"

    def redacted(self) -> str:
        return "standard output"

    def close(self) -> None:
        """Nothing is held."""

    def _write(self, text: str) -> None:
        stream = self._stream or sys.stdout
        try:
            encoding = stream.encoding or "utf-8"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            stream.flush()
        except OSError as error:
            raise ChannelBusy(f"standard output: {error}") from error


def render(payload: dict[str, Any]) -> str:
    """An alert in lines for people."""
    terms = ", ".join(f"{match['term']} ({match['kind']})" for match in payload["matches"])
    claim = "\n".join(f"  | {line}" for line in payload["claim"].splitlines())
    claims = f"  claims: {payload['claims']}\n" if payload["claims"] else ""
    possible = "POSSIBLE " if payload.get("tier") == "possible" else ""
    if payload.get("event") == "baseline":  # nobody wrote it, and nothing was found now
        return f"\nREPORT  TLP:{payload['tlp'].upper()}\n  {payload['title']}\n{claim}\n  report {payload['alert']}"
    return (
        f"\n{possible}ALERT  {payload['severity'].upper()}  {payload['organisation']}  TLP:{payload['tlp'].upper()}\n"
        f"  {payload['title']}\n"
        f"  by {payload['author']} on {payload['source']}/{payload['board']}, posted {payload['posted_at']}\n"
        f"  found: {terms}\n{claims}{claim}\n"
        f"  {payload['url']}\n"
        f"  alert {payload['alert']}"
    )


def open_channel(name: str, config: Config) -> Terminal:  # noqa: ARG001 - the law of channels
    """The channel of that name."""
    return Terminal(name)
