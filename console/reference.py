"""``make docs``: writes ``docs/reference.md`` from the code, so that it cannot say anything else."""

from __future__ import annotations

import pkgutil
import types
import typing
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel

from alerts import channels
from alerts.routes import RouteFile
from alerts.watchlist import Watchlist
from config.errors import DuskwatchError
from config.settings import Settings
from console.cli.main import app
from crawler import adapters
from crawler.profile import BoardLayout, Paging, Part, Profile, Records, ThreadLayout
from crawler.source import Source
from indexer.query import FIELDS

_ROOT = Path(__file__).parents[1]
_ROOMS = ("config", "crawler", "indexer", "alerts", "console")


def reference() -> str:
    """The whole page, in Markdown."""
    parts = [
        "# Reference",
        "Written by `make docs` from the code. `duskwatch COMMAND --help` says the same of a command.",
        "## Commands",
        *_commands(),
        "## Settings",
        "In `duskwatch.toml`, or in the environment. A relative path is relative to the file's folder.",
        _table(("key", "environment", "default", "meaning"), _settings()),
        "## Source files",
        "One YAML file a source, in `sources_dir`.",
        _table(("field", "default", "meaning"), _fields(Source)),
        "### A source's profile",
        "For `adapter: profile`. Every field of a board or thread is a `Part`.",
        _table(("part", "meaning"), _profiles()),
        "## Watchlist files",
        "Any number of YAML files, in `watchlists_dir`.",
        _table(("field", "default", "meaning"), _fields(Watchlist)),
        "## Channel files",
        "One YAML file a channel, in `channels_dir`; its name is the file's.",
        *_channels(),
        "## Route files",
        "Any number of YAML files, in `routes_dir`, tried by name and from the top. An alert takes every route that"
        " fits; one that fits none goes to its organisation's channels, or to all.",
        _table(("field", "default", "meaning"), _fields(RouteFile)),
        "## Adapters",
        _table(("adapter", "reads"), _adapters()),
        "## Query language",
        "Fields: "
        + ", ".join(f"`{field}`" for field in FIELDS)
        + '. Words and `"phrases"`; `AND`, `OR`, `NOT`,'
        " parentheses; `field:word`; `posted:[2026-01-01 TO *]`; `wild*ca?d`; `misspelt~1`.",
        "## Errors",
        "Every error says what its caller should do; the command line ends with its status.",
        _table(("error", "do", "status", "meaning"), _errors()),
    ]
    return "\n\n".join(parts) + "\n"


def _table(names: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [names, ("---",) * len(names), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _commands() -> Iterator[str]:
    root: Any = typer.main.get_command(app)
    yield _command("duskwatch", root)
    for name, command in sorted(root.commands.items()):
        yield _command(f"duskwatch {name}", command)
        for inner, below in sorted(getattr(command, "commands", {}).items()):
            yield _command(f"duskwatch {name} {inner}", below)


def _command(name: str, command: Any) -> str:
    words = [name]
    options = []
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            word = parameter.name.upper() + ("..." if parameter.nargs == -1 else "")
            words.append(word if parameter.required else f"[{word}]")
        said = getattr(parameter, "help", None)
        if said and "--help" not in parameter.opts:
            shown = ", ".join(f"`{each}`" for each in parameter.opts if each.startswith("-"))
            options.append(f"- {shown or f'`{parameter.name.upper()}`'}: {said}")
    text = " ".join((command.help or "").split())
    return f"### `{' '.join(words)}`\n\n{text}" + ("\n\n" + "\n".join(options) if options else "")


def _settings() -> Iterator[tuple[str, ...]]:
    for name, field in Settings.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            for key, each in inner.model_fields.items():
                variable = f"DUSKWATCH_{name}__{key}".upper()
                yield f"`{name}.{key}`", f"`{variable}`", _default(each), each.description or ""
        else:
            yield f"`{name}`", f"`DUSKWATCH_{name.upper()}`", _default(field), field.description or ""


def _fields(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        inner = _model_of(field.annotation)
        if inner is None or inner is Profile:  # a profile is told of by itself
            yield f"`{before}{name}`", _default(field), field.description or ""
        else:
            several = "[]" if typing.get_origin(field.annotation) is tuple else ""
            if field.description:
                yield f"`{before}{name}`", _default(field), field.description
            yield from _fields(inner, f"{before}{name}{several}.")


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, alone, in a tuple or as one of several."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    return next(filter(None, map(_model_of, typing.get_args(annotation))), None)


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}):
        return ""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} s"
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, tuple):
        return f"`{', '.join(map(str, value))}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _profiles() -> Iterator[tuple[str, ...]]:
    for model in (Profile, BoardLayout, ThreadLayout, Records, Part, Paging):
        fields = ", ".join(f"`{name}`" for name in model.model_fields)
        yield f"`{model.__name__}`", f"{' '.join((model.__doc__ or '').split())} Fields: {fields}."


def _channels() -> Iterator[str]:
    for name in channels.channel_types():
        module: Any = import_module(f"{channels.__name__}.{name}")
        rows = [("`type`", "required", f"`{name}`"), *_fields(module.Config)]
        yield f"### `{name}`\n\n{_summary(module)}\n\n{_table(('field', 'default', 'meaning'), iter(rows))}"


def _adapters() -> Iterator[tuple[str, ...]]:
    for name in adapters.adapter_names():
        yield f"`{name}`", _summary(import_module(f"{adapters.__name__}.{name}"))


def _summary(module: types.ModuleType) -> str:
    return " ".join((module.__doc__ or "").strip().split("\n\n")[0].split())


def _errors() -> Iterator[tuple[str, ...]]:
    for room in _ROOMS:  # each error registers when its module is read
        for module in pkgutil.walk_packages([str(_ROOT / room)], f"{room}."):
            if (
                not module.name.startswith(("config.migrations", "console.demo"))
                and "__main__" not in module.name
            ):
                import_module(module.name)
    found: set[type[DuskwatchError]] = set()
    waiting = list(DuskwatchError.__subclasses__())
    while waiting:
        error = waiting.pop()
        found.add(error)
        waiting += error.__subclasses__()
    for error in sorted(found, key=lambda each: (each.action, each.__name__)):
        if error.__module__.split(".")[0] in _ROOMS:
            meaning = (error.__doc__ or "").strip().splitlines()[0]
            yield f"`{error.__name__}`", error.action, str(error.exit_code), meaning


def main() -> None:
    """Write the page."""
    (_ROOT / "docs" / "reference.md").write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
