"""Facts: what a listing claims, read from its words. Nothing here says that a claim is true.

One file a kind of fact stands in ``indexer/facts`` and is found by its name.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Protocol, cast

#: Characters of a text that are read: a hostile page may hold megabytes.
LONGEST_TEXT = 200_000

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Fact:
    """One claim.

    ``value`` is normalised (a number in ``unit``, or a term); ``spans`` are the characters start to end
    (excluded) of the original ``field`` (title or text) that were read, in order; ``parts`` shows what the value
    was made of, as named values.
    """

    kind: str
    value: Value
    spans: tuple[tuple[int, int], ...]
    words: str
    unit: str = ""
    parts: tuple[tuple[str, Value], ...] = ()
    field: str = "text"


class Extractor(Protocol):
    """A module of ``indexer/facts``: pure, without clock or settings. Must take any text without raising, in time
    linear in its length."""

    def worth(self, text: str) -> bool:
        """A cheap test: False when ``read`` would surely find nothing."""

    def read(self, text: str) -> Iterator[Fact]:
        """The facts of one text, in any order, with spans into that text."""


@cache
def extractors() -> tuple[Extractor, ...]:
    """All extractors, by their files' names."""
    from indexer import facts as folder

    names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    return tuple(cast(Extractor, import_module(f"{folder.__name__}.{name}")) for name in names)


def facts(title: str, text: str) -> tuple[Fact, ...]:
    """Everything that a post claims, the title's claims first, each field's in order of place. Of a longer text
    the first ``LONGEST_TEXT`` characters are read."""
    found: list[Fact] = []
    for field, whole in (("title", title), ("text", text)):
        read = whole[:LONGEST_TEXT]
        here = [
            replace(fact, field=field)
            for each in extractors()
            if each.worth(read)
            for fact in each.read(read)
        ]
        found += sorted(here, key=lambda fact: (fact.spans, fact.kind, str(fact.value)))
    return tuple(found)
