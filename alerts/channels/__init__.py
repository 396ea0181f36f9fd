"""The channels: one file a type, found by its name; one YAML file a channel, named by its file."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from alerts.channel import Channel
from config.errors import InputError, Problem
from config.inputs import nearest, problems_of, read_folder


class _AnyChannel(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    type: str


def channel_types() -> list[str]:
    """The names of all types."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def open_channels(folder: Path) -> dict[str, Channel]:
    """Open every channel of a folder, by name. Raises ``InputError`` with every fault of every file."""
    channels: dict[str, Channel] = {}
    problems: list[Problem] = []
    types = channel_types()
    for path, written in read_folder(folder, _AnyChannel).items():
        if written.type not in types:
            fault = f"no channel type {written.type!r}"
            problems.append(Problem(str(path), None, "type", fault, nearest(written.type, types)))
            continue
        module: Any = import_module(f"{__name__}.{written.type}")
        try:
            config = module.Config.model_validate(written.model_dump(exclude={"type"}))
        except ValidationError as error:
            problems += problems_of(error, module.Config, str(path))
            continue
        channels[path.stem] = module.open_channel(path.stem, config)
    if problems:
        raise InputError(problems)
    return channels
