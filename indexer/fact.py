"""Facts: what a listing claims, read from its words. Nothing here says that a claim is true.

One file a kind of fact stands in ``indexer/facts`` and is found by its name.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from indexer.reading import Hit, Reading, Vocabulary

#: Characters of a text that are read: a hostile page may hold megabytes.
LONGEST_TEXT = 200_000
_AT_ONCE = 64  # texts that are read in a row
_BETWEEN = "\n\n"  # title and text are read as one

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
    linear in its length.

    ``WORDS``: the words that it waits for, under tags of its own, ``|`` between them (``Vocabulary`` says how they
    are written). All extractors' words are found in one scan.
    """

    WORDS: Mapping[str, str]

    def read(self, reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
        """The facts of one text, in any order. ``hits``: its words in it, by their ends."""


@cache
def extractors() -> Mapping[str, Extractor]:
    """All extractors, by their files' names."""
    from indexer import facts as folder

    names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    return {name: cast(Extractor, import_module(f"{folder.__name__}.{name}")) for name in names}


@cache
def vocabulary() -> Vocabulary:
    """The words of all extractors."""
    from indexer.reading import Vocabulary  # numpy, which most commands do without

    return Vocabulary((name, each.WORDS) for name, each in extractors().items())


def facts(title: str, text: str) -> tuple[Fact, ...]:
    """Everything that a post claims, the title's claims first, each field's in order of place. Of a longer text
    the first ``LONGEST_TEXT`` characters are read."""
    return next(facts_many([(title, text)]))


def facts_many(posts: Iterable[tuple[str, str]]) -> Iterator[tuple[Fact, ...]]:
    """The same of many posts, title and text of each, a quarter faster: each extractor reads some of them in a row."""
    rest = iter(posts)
    while some := list(islice(rest, _AT_ONCE)):
        yield from _together(some)


def _together(posts: Sequence[tuple[str, str]]) -> Iterator[tuple[Fact, ...]]:
    read = vocabulary().read
    behind, readings = [], []
    for title, text in posts:
        heading = title[:LONGEST_TEXT]
        behind.append(len(heading) + len(_BETWEEN) if heading else 0)
        whole = f"{heading}{_BETWEEN}{text[:LONGEST_TEXT]}" if heading else text[:LONGEST_TEXT]
        readings.append(read(whole))
    found: list[list[Fact]] = [[] for _ in posts]
    for name, each in extractors().items():
        for reading, told in zip(readings, found, strict=True):
            told += each.read(reading, reading.hits[name])
    for shift, told in zip(behind, found, strict=True):
        placed = [_placed(fact, shift) for fact in told] if shift else told
        yield tuple(sorted(placed, key=_order))


def _order(fact: Fact) -> tuple[bool, tuple[tuple[int, int], ...], str, str]:
    return fact.field != "title", fact.spans, fact.kind, str(fact.value)


def _placed(fact: Fact, behind: int) -> Fact:
    """A fact of title and text with its places in the field where it begins."""
    if fact.spans[0][0] < behind:
        spans = tuple(span for span in fact.spans if span[1] <= behind - len(_BETWEEN))
        return replace(fact, field="title", spans=spans)
    return replace(fact, spans=tuple((start - behind, end - behind) for start, end in fact.spans))
