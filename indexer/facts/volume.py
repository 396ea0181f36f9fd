"""How many bytes a listing claims, and whether its breakdown adds up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from indexer.fact import Fact, Value
from indexer.numbers import BARE_NUMBER, NUMBER, number

_PREFIX = {"k": 1, "к": 1, "m": 2, "м": 2, "g": 3, "г": 3, "t": 4, "т": 4, "p": 5, "п": 5}
_UNIT = (
    r"(?:[KMGTP]i?B|[КМГТП]Б|[KMGTP]o|(?:kilo|mega|giga|tera|peta)(?:bytes?|octets?)|гигабайт\w{0,2}|"
    r"терабайт\w{0,2}|мегабайт\w{0,2})"
)
_SIZE = re.compile(rf"(?P<number>{NUMBER})[^\S\n]?(?P<unit>{_UNIT})(?!\w)", re.IGNORECASE)
#: ``= 199 + 479 + 42``, each with or without a unit.
_SUM = re.compile(
    rf"[^\S\n]?[=:(][^\S\n]?(?P<sum>{BARE_NUMBER}(?:[^\S\n]?{_UNIT})?(?:[^\S\n]?\+[^\S\n]?{BARE_NUMBER}(?:[^\S\n]?{_UNIT})?){{1,19}})",
    re.IGNORECASE,
)
_PART = re.compile(rf"(?P<number>{BARE_NUMBER})[^\S\n]?(?P<unit>{_UNIT})?", re.IGNORECASE)
_NEAR = 200  # characters between a total and its parts, and between parts
_MOST_PARTS = 20


def worth(text: str) -> bool:
    """A number must be there."""
    return re.search(r"\d[^\S\n]?[KMGTPКМГТП]", text, re.IGNORECASE) is not None


def read(text: str) -> Iterator[Fact]:
    """Every size, in bytes: GB is 10^9, GiB 2^30. A total with its parts is one fact; ``adds_up`` says whether they
    sum up (to half a percent, since sizes are rounded). Parts that are merely listed near a size are taken for its
    breakdown only when they do."""
    sizes = [
        (found.start(), found.end(), found[0], _bytes(found["number"], found["unit"]))
        for found in _SIZE.finditer(text)
    ]
    at = 0
    while at < len(sizes):
        start, end, words, total = sizes[at]
        at += 1
        explicit = _SUM.match(text, end)
        if explicit:
            unit = _SIZE.fullmatch(words)
            named = [
                (part[0], _bytes(part["number"], part["unit"] or (unit["unit"] if unit else "B")))
                for part in _PART.finditer(explicit["sum"])
            ]
            yield _total(words, total, named, ((start, end), explicit.span("sum")))
            while at < len(sizes) and sizes[at][0] < explicit.end():
                at += 1
            continue
        listed = _listed(sizes, at, total)
        if listed:
            spans = ((start, end), *((size[0], size[1]) for size in sizes[at:listed]))
            yield _total(words, total, [(size[2], size[3]) for size in sizes[at:listed]], spans)
            at = listed
            continue
        yield Fact("volume", total, ((start, end),), words, "bytes")


def _listed(sizes: list[tuple[int, int, str, int]], first: int, total: int) -> int | None:
    """The place behind the sizes that follow a total and add up to it."""
    added = 0
    for at in range(first, min(first + _MOST_PARTS, len(sizes))):
        if sizes[at][0] - sizes[at - 1][1] > _NEAR:
            return None
        added += sizes[at][3]
        if at > first and _same(added, total):
            return at + 1
        if added > total * 1.01:
            return None
    return None


def _same(added: int, total: int) -> bool:
    return abs(added - total) * 200 <= total


def _total(words: str, total: int, named: list[tuple[str, int]], spans: tuple[tuple[int, int], ...]) -> Fact:
    parts: list[tuple[str, Value]] = [(name.strip(), size) for name, size in named]
    parts.append(("adds_up", _same(sum(size for _, size in named), total)))
    return Fact("volume", total, spans, words, "bytes", tuple(parts))


def _bytes(written: str, unit: str) -> int:
    letter = unit[0].casefold()
    base = 1024 if unit[1:2].casefold() == "i" and len(unit) == 3 else 1000
    return int(number(written, fraction=True) * Decimal(base) ** _PREFIX[letter])
