"""STIX 2.1 files: one bundle an alert in a folder, replaced as a whole when the alert changes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

from pydantic import Field

from alerts.channel import ChannelConfig, Delivery
from alerts.stix import bundle, objects
from config.errors import ChannelBusy, ChannelRefused


class Config(ChannelConfig):
    """Where the bundles go."""

    folder: Annotated[Path, Field(description="the folder; made when it is missing")]


class StixFiles:
    """Writes ``<alert>.json``; a reader sees the file before or the file after, never a part."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder

    def send(self, delivery: Delivery) -> None:
        alert = str(delivery.payload.get("alert") or delivery.key)
        try:
            made = bundle(alert, objects(delivery.payload, delivery.created_at.isoformat()))
        except (KeyError, ValueError) as error:
            raise ChannelRefused(f"the delivery cannot be told in STIX: {error}") from error
        made["x_duskwatch_delivery"] = delivery.key
        name = "".join(char for char in alert if char.isalnum() or char in "-_")[:100]
        path = self._folder / f"{name}.json"
        fresh = path.with_suffix(f".{os.getpid()}.new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with fresh.open("w", encoding="utf-8", errors="backslashreplace") as file:
                json.dump(made, file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as error:
            raise ChannelBusy(f"{self._folder}: {error}") from error

    def check(self) -> str:
        folder = self._folder if self._folder.exists() else self._folder.parent
        if not os.access(folder, os.W_OK):
            raise ChannelBusy(f"{folder} cannot be written to")
        return f"writes bundles to {self._folder}"

    def redacted(self) -> str:
        return str(self._folder)

    def close(self) -> None:
        """Nothing is held."""


def open_channel(name: str, config: Config) -> StixFiles:
    """The channel of that name."""
    return StixFiles(name, config.folder)
