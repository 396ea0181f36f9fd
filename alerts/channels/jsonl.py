"""A file of JSON lines, one delivery a line, synced to disk before it counts as sent."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Annotated

from pydantic import Field

from alerts.channel import ChannelConfig, Delivery
from config.errors import ChannelBusy

_TAIL = 1_000_000  # bytes looked through for a key that a killed deliverer may have written already


class Config(ChannelConfig):
    """Where the lines go."""

    path: Annotated[Path, Field(description="the file; made when it is missing")]


class JsonLines:
    """Appends to a file; a delivery whose key stands near its end is not written twice."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path

    def send(self, delivery: Delivery) -> None:
        line = json.dumps({"key": delivery.key, **delivery.payload}, ensure_ascii=False) + "\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                size = file.seek(0, os.SEEK_END)
                file.seek(max(size - _TAIL, 0))
                tail = file.read()
                whole, _, cut = tail.rpartition(b"\n")
                if f'{{"key": "{delivery.key}",'.encode() not in whole:
                    # a writer was killed, or the disk was full, within the last line: it does not count
                    file.write((b"\n" if cut else b"") + line.encode("utf-8"))
                    file.flush()
                os.fsync(file.fileno())  # also a line that a killed writer left unsynced
        except OSError as error:
            raise ChannelBusy(f"{self._path}: {error}") from error

    def check(self) -> str:
        folder = self._path.parent
        if not os.access(folder if folder.exists() else folder.parent, os.W_OK):
            raise ChannelBusy(f"{folder} cannot be written to")
        return f"appends to {self._path}"

    def redacted(self) -> str:
        return str(self._path)

    def close(self) -> None:
        """Nothing is held."""


def open_channel(name: str, config: Config) -> JsonLines:
    """The channel of that name."""
    return JsonLines(name, config.path)
