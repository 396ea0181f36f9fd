"""The channels: one file a type, found by its name; one YAML file a channel, named by its file."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import structlog
from pydantic import BaseModel, ConfigDict, create_model

from alerts.channel import Channel, Delivery, Tlp
from config.errors import ChannelBusy, ChannelRefused, InputError, Problem
from config.inputs import nearest, read_folder, read_yaml

_log = structlog.get_logger()


class _AnyChannel(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    type: str
    tlp_ceiling: str = "red"


@dataclass(frozen=True, slots=True)
class Written:
    """What of a channel's file may be shown."""

    type: str
    tlp_ceiling: str


class Unready:
    """Stands for a channel that lacks its secret: its deliveries wait, and every other channel goes on."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self._reason = reason

    def send(self, delivery: Delivery) -> None:  # noqa: ARG002 - the law of channels
        raise ChannelBusy(self._reason)

    def check(self) -> str:
        raise ChannelRefused(self._reason)

    def redacted(self) -> str:
        return self._reason

    def close(self) -> None:
        """Nothing is held."""


class Ceiling:
    """Stands before a channel: what is marked above its ceiling, or not marked at all, never reaches it."""

    def __init__(self, channel: Channel, most: Tlp) -> None:
        self.name = channel.name
        self._channel = channel
        self._most = most

    def send(self, delivery: Delivery) -> None:
        order = get_args(Tlp)
        marked = delivery.payload.get("tlp")
        if marked not in order or order.index(marked) > order.index(self._most):
            raise ChannelRefused(f"TLP {marked!r} is above the channel's ceiling {self._most!r}")
        self._channel.send(delivery)

    def check(self) -> str:
        return self._channel.check()

    def redacted(self) -> str:
        return self._channel.redacted()

    def close(self) -> None:
        self._channel.close()


def written_channels(folder: Path) -> dict[str, Written]:
    """Every channel by name, as its file says it. Raises ``InputError``."""
    return {
        path.stem: Written(each.type, each.tlp_ceiling)
        for path, each in read_folder(folder, _AnyChannel).items()
    }


def channel_types() -> list[str]:
    """The names of all types."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def open_channels(folder: Path) -> dict[str, Channel]:
    """Open every channel of a folder, by name. Raises ``InputError`` with every fault of every file; a channel
    that is written well but lacks its secret is opened as one that keeps its deliveries waiting."""
    written_well: dict[Path, Any] = {}
    problems: list[Problem] = []
    types = channel_types()
    for path, written in read_folder(folder, _AnyChannel).items():
        if written.type not in types:
            fault = f"no channel type {written.type!r}"
            problems.append(Problem(str(path), None, "type", fault, nearest(written.type, types)))
            continue
        module: Any = import_module(f"{__name__}.{written.type}")
        try:  # read again as its type's options: the faults then carry their lines
            options = create_model(module.Config.__name__, __base__=module.Config, type=(str, ...))
            written_well[path] = module, read_yaml(path, options)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    channels: dict[str, Channel] = {}
    for path, (module, config) in written_well.items():
        try:
            opened = module.open_channel(path.stem, config)
            unbound = config.tlp_ceiling == "red"
            channels[path.stem] = opened if unbound else Ceiling(opened, config.tlp_ceiling)
        except ChannelRefused as refused:
            _log.warning("channel is not ready", channel=path.stem, reason=str(refused))
            channels[path.stem] = Unready(path.stem, str(refused))
    return channels
