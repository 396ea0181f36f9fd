"""Reads the YAML files that people write, and says of every fault where it is and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from config.errors import InputError, Problem

Model = TypeVar("Model", bound=BaseModel)
Lines = Mapping[tuple[str | int, ...], int]
#: Texts that files would have, by path, before they are written; None: the file would be gone.
Instead = Mapping[Path, str | None]
NOTHING: Instead = MappingProxyType({})

#: libyaml's, where it is there: a watchlist of 10,000 organisations is then read in two seconds instead of seven.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_AS_WRITTEN = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "timestamp", "binary"))
_MOST_BYTES = 10_000_000
_MOST_DEPTH = 50

_CURES = {
    "missing": "add it",
    "string_type": "write text; put it in quotes if it looks like a number or a date",
    "string_pattern_mismatch": "follow the pattern named",
    "int_parsing": "write a whole number",
    "float_parsing": "write a number",
    "bool_parsing": "write true or false",
    "tuple_type": "write a list, one item a line, each after a dash",
    "model_type": "write fields and their values, indented",
    "literal_error": "use one of the values named",
    "enum": "use one of the values named",
}


def read_yaml(path: Path, model: type[Model], context: Any = None, text: str | None = None) -> Model:
    """Read one file; ``context`` is for the model's validators, ``text`` stands in the place of what the file holds.
    Raises ``InputError`` with every fault found in it."""
    try:
        if text is None:
            with path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        else:
            data = text.encode("utf-8", "surrogatepass")
        if len(data) > _MOST_BYTES:
            raise _one(path, None, "file", f"is larger than {_MOST_BYTES:,} bytes", "split it")
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _one(path, None, "file", f"is not UTF-8 at byte {error.start}", "save it as UTF-8") from None
    except OSError as error:
        raise _one(path, None, "file", error.strerror or str(error), "check path and permissions") from None
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > 2 * _MOST_DEPTH:  # nothing below goes as deep as a machine's stack
                raise RecursionError(f"is nested deeper than {_MOST_DEPTH}")
            if isinstance(event, yaml.AliasEvent):  # a few lines of aliases can stand for gigabytes
                line = event.start_mark.line + 1 if event.start_mark else None
                raise _one(path, line, "file", f"uses the alias *{event.anchor}", "write the value out")
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise _one(path, line, "file", error.problem or str(error), "mend the YAML") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _one(path, None, "file", str(error).replace("\n", " "), "mend the YAML") from None
    if root is None:
        raise _one(path, 1, "file", "is empty", "write the fields that the documentation names")
    problems: list[Problem] = []
    lines: dict[tuple[str | int, ...], int] = {}
    value = _value(root, (), lines, problems, str(path))
    if problems:
        raise InputError(problems)
    try:
        return model.model_validate(value, context=context)
    except ValidationError as error:
        raise InputError(problems_of(error, model, str(path), lines)) from None


def read_folder(folder: Path, model: type[Model], instead: Instead = NOTHING) -> dict[Path, Model]:
    """Read every ``*.yaml`` and ``*.yml`` of a folder, by name. A folder that is not there is empty. Raises
    ``InputError`` with every fault of every file."""
    read: dict[Path, Model] = {}
    problems: list[Problem] = []
    for path, text in texts(folder, instead):
        try:
            read[path] = read_yaml(path, model, text=text)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return read


def texts(folder: Path, instead: Instead = NOTHING) -> list[tuple[Path, str | None]]:
    """The files of a folder by name, each with the text that stands in its place, None where it is to be read itself.
    What ``instead`` gives no text is left out, as if it were not there."""
    paths = sorted({*yaml_files(folder), *instead})
    return [(path, instead.get(path)) for path in paths if instead.get(path, "") is not None]


def yaml_files(folder: Path) -> list[Path]:
    """The files of a folder that are read, by name."""
    return sorted(path for path in folder.glob("*.y*ml") if path.suffix in (".yaml", ".yml"))


def problems_of(
    error: ValidationError, model: type[BaseModel], file: str, lines: Lines | None = None
) -> list[Problem]:
    """What pydantic found, in this project's words."""
    found = []
    faults = error.errors(include_url=False)
    for fault in faults:
        place = tuple(fault["loc"])
        if fault["type"] == "too_short" and any(
            other["loc"][: len(place)] == place != other["loc"] for other in faults
        ):
            continue  # what is wrong with its items was told
        field = ".".join(str(part) for part in place) or "file"
        if fault["type"] == "extra_forbidden":
            message, cure = "is not known", nearest(str(place[-1]), _fields_at(model, place[:-1]))
        else:
            message = fault["msg"].removeprefix("Value error, ")
            cure = _CURES.get(fault["type"], "correct the value")
        found.append(Problem(file, _line(place, lines or {}), field, message, cure))
    return found


def nearest(name: str, known: Iterable[str]) -> str:
    """A cure for a name that is not known: the nearest known one, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, 1, 0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known here: {', '.join(names)}" if names else "remove it"


def _one(path: Path, line: int | None, field: str, fault: str, cure: str) -> InputError:
    return InputError([Problem(str(path), line, field, fault, cure)])


def _line(place: tuple[str | int, ...], lines: Lines) -> int | None:
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place)


def _fields_at(model: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    current: type[BaseModel] | None = model
    for part in place:
        if isinstance(part, int) or current is None:
            continue
        field = current.model_fields.get(part)
        current = _model_in(field.annotation) if field else None
    return list(current.model_fields) if current else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found:
            return found
    return None


def _value(
    node: yaml.Node,
    place: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    problems: list[Problem],
    file: str,
) -> Any:
    """The node's plain value; fills ``lines``, where a field's line is its key's."""
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    field = ".".join(map(str, place)) or "file"
    if len(place) > _MOST_DEPTH:
        problems.append(Problem(file, line, field, f"is nested deeper than {_MOST_DEPTH}", "make it flatter"))
        return None
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*place, at), lines, problems, file) for at, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
            at = key_node.start_mark.line + 1
            if not key or key == "<<":
                problems.append(
                    Problem(file, at, field, "has a key that is not plain text", "use a plain name")
                )
            elif key in result:
                problems.append(
                    Problem(file, at, f"{field}.{key}" if place else key, "stands twice", "keep one")
                )
            else:
                lines[(*place, key)] = at
                result[key] = _value(value_node, (*place, key), lines, problems, file)
        return result
    return _scalar(node, field, problems, file)


def _scalar(node: yaml.Node, field: str, problems: list[Problem], file: str) -> Any:
    if node.tag in _AS_WRITTEN:
        return node.value
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        line = node.start_mark.line + 1
        problems.append(
            Problem(file, line, field, str(error).splitlines()[0], "write plain text or a number")
        )
        return None
