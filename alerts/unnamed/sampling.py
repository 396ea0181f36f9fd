"""A profile from samples: a DDL file, a CSV's header, a data dictionary or a JSON schema. Names are read, rows are not:
of a CSV the first line only. Pure."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from indexer.text import words

_TABLE = re.compile(
    r"\bcreate\s+(?:\w+\s+){0,3}?table\s+(?:if\s+not\s+exists\s+)?(?P<name>[^\s(]{1,200})\s*\((?P<body>[^;]{0,200000})",
    re.IGNORECASE,
)
_NO_COLUMN = re.compile(
    r"(?:primary|foreign|unique|constraint|key|index|check|fulltext|partition|like|exclude)\b", re.IGNORECASE
)
_NAME = re.compile(
    r"\"(?P<two>[^\"]{1,100})\"|`(?P<one>[^`]{1,100})`|\[(?P<square>[^\]]{1,100})\]|(?P<bare>[^\s,()]{1,100})"
)
#: Headings under which a data dictionary names its columns.
_HEADINGS = frozenset(
    [
        "column",
        "columnname",
        "field",
        "fieldname",
        "attribute",
        "attributename",
        "variable",
        "variablename",
        "name",
        "kolom",
        "namakolom",
        "atribut",
    ]
)
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Sample:
    """What a file was read as, and the names of columns and tables in it, in order."""

    kind: str
    names: tuple[str, ...]


def sample(text: str) -> Sample:
    """The names in a file's text; without any where none is known how to be read."""
    if found := tuple(_ddl(text)):
        return Sample("DDL", _once(found))
    if text.lstrip()[:1] in "{[" and (found := tuple(_json(text))):
        return Sample("JSON schema", _once(found))
    rows = csv.reader(text.splitlines(), delimiter=_delimiter(text))
    header = [cell.strip() for cell in next(rows, [])]
    for number, cell in enumerate(header):
        if len(header) > 1 and "".join(word.text for word in words(cell)) in _HEADINGS:
            named = (row[number].strip() for row in rows if len(row) > number)
            return Sample("data dictionary", _once(named))
    return Sample("CSV header", _once(header) if len(header) > 1 else ())


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(name for name in names if words(name) and len(name) <= _LONGEST and "\n" not in name)
    )


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t|", key=first.count)


def _ddl(text: str) -> Iterator[str]:
    for table in _TABLE.finditer(re.sub(r"--[^\n]*|/\*.{0,10000}?\*/", " ", text, flags=re.DOTALL)):
        yield table["name"].rpartition(".")[2].strip("\"`[]'")
        for part in _parts(table["body"]):
            name = _NAME.match(part.strip())
            if name and not _NO_COLUMN.match(part.strip()):
                yield name[name.lastgroup or 0]


def _parts(body: str) -> Iterator[str]:
    """What stands between the commas of a table's body, to the bracket that closes it."""
    deep, begun = 0, 0
    for at, char in enumerate(body):
        if char == "(":
            deep += 1
        elif char == ")":
            deep -= 1
        if deep < 0 or (char == "," and not deep):
            yield body[begun:at]
            begun = at + 1
        if deep < 0:
            return
    yield body[begun:]


def _json(text: str) -> Iterator[str]:
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        return
    waiting: list[Any] = [root]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, Mapping):
            properties = each.get("properties")
            if isinstance(properties, Mapping):
                yield from map(str, properties)
            waiting += [inner for inner in each.values() if isinstance(inner, list | Mapping)]
