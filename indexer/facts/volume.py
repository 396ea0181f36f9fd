"""How many bytes a listing claims, and whether its breakdown adds up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from indexer.fact import Fact, Value
from indexer.numbers import BARE_NUMBER, NUMBER, number
from indexer.reading import Hit, Reading, beside_digits

_SHORT = "kb|mb|gb|tb|pb|kib|mib|gib|tib|кб|мб|гб|тб"
#: A unit stands apart or close behind its number, where a digit is a part of the word.
WORDS = {
    "unit": beside_digits(
        f"{_SHORT}|go|ko|mo|to|g|gig|gigs|gigas|teras|megas|гиг|гига|тера|мега|гб|جيجا|ميجا|تيرا|غيغا|جيغا"
    )
    + "|kilobyte*|megabyte*|gigabyte*|terabyte*|petabyte*|gigaoctet*|teraoctet*|"
    "гигабайт*|терабайт*|мегабайт*|гиг|гигов|جيجابايت|غيغابايت|تيرابايت|ميغابايت|千兆字节"
}
_PREFIX = {
    letter: power for power, row in enumerate(("kк", "mмм", "gгجغ", "tтت", "pп"), 1) for letter in row
} | {
    "م": 2,
    "千": 3,
}
_UNIT = (
    r"(?:[kmgtp]i?b|[кмгт]б|[kmgtp]o|(?:kilo|mega|giga|tera|peta)(?:bytes?|octets?)|gigs?|гиг\w{0,2}|гигабаит\w{0,2}|гига|тера|мега|[gt]igas|teras|megas|"
    r"терабаит\w{0,2}|мегабаит\w{0,2}|(?:جيجا|جيغا|غيغا|تيرا|ميغا|ميجا)(?: ?بايت)?|千兆字节|g(?=\W|$))"
)
_SIZE = re.compile(rf"(?P<number>{NUMBER})[ -]?(?P<unit>{_UNIT})(?![^\W\u3400-\u9fff])")
#: ``= 199 + 479 + 42``, each with or without a unit.
_SUM = re.compile(
    rf" ?[=:(] ?(?P<sum>{BARE_NUMBER}(?: ?{_UNIT})?(?: ?\+ ?{BARE_NUMBER}(?: ?{_UNIT})?){{1,19}})"
)
_PART = re.compile(rf"(?P<number>{BARE_NUMBER}) ?(?P<unit>{_UNIT})?")
_NEAR = 200  # characters between a total and its parts, and between parts
_MOST_PARTS = 20
_MOST = 500

_Size = tuple[int, int, int]  # start, end, bytes


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Every size, in bytes: GB is 10^9, GiB 2^30. A total with its parts is one fact; ``adds_up`` says whether they
    sum up (to half a percent, since sizes are rounded). Parts that are merely listed near a size are taken for its
    breakdown only when they do."""
    text = reading.plain
    sizes = _sizes(reading, hits)
    at = 0
    while at < len(sizes):
        start, end, total = sizes[at]
        at += 1
        explicit = _SUM.match(text, end)
        if explicit:
            own = _SIZE.match(text, start)
            parts = list(_PART.finditer(text, explicit.start("sum"), explicit.end("sum")))
            named = [
                (
                    reading.original(*part.span()),
                    _bytes(part["number"], part["unit"] or (own["unit"] if own else "gb")),
                )
                for part in parts
            ]
            yield _total(reading, total, named, ((start, end), explicit.span("sum")))
            while at < len(sizes) and sizes[at][0] < explicit.end():
                at += 1
            continue
        listed = _listed(sizes, at, total)
        if listed:
            named = [(reading.original(first, last), size) for first, last, size in sizes[at:listed]]
            places = ((start, end), *((size[0], size[1]) for size in sizes[at:listed]))
            yield _total(reading, total, named, places)
            at = listed
            continue
        yield reading.fact("volume", total, (start, end), unit="bytes")


def _sizes(reading: Reading, hits: Sequence[Hit]) -> list[_Size]:
    ends = {hit.end for hit in hits}
    sizes: list[_Size] = []
    for end in sorted(ends)[:_MOST]:
        for found in _SIZE.finditer(reading.plain, max(end - 40, 0), end + 1):
            if found.end() == end:
                sizes.append((found.start(), end, _bytes(found["number"], found["unit"])))
    return sizes


def _listed(sizes: list[_Size], first: int, total: int) -> int | None:
    """The place behind the sizes that follow a total and add up to it."""
    added = 0
    for at in range(first, min(first + _MOST_PARTS, len(sizes))):
        if sizes[at][0] - sizes[at - 1][1] > _NEAR:
            return None
        added += sizes[at][2]
        if at > first and _same(added, total):
            return at + 1
        if added > total * 1.01:
            return None
    return None


def _same(added: int, total: int) -> bool:
    return abs(added - total) * 200 <= total


def _total(
    reading: Reading, total: int, named: list[tuple[str, int]], places: tuple[tuple[int, int], ...]
) -> Fact:
    parts: list[tuple[str, Value]] = [(name.strip(), size) for name, size in named]
    parts.append(("adds_up", _same(sum(size for _, size in named), total)))
    return reading.fact("volume", total, *places, unit="bytes", parts=tuple(parts))


def _bytes(written: str, unit: str) -> int:
    base = 1024 if unit[1:2] == "i" and len(unit) == 3 else 1000
    return int(number(written, fraction=True) * Decimal(base) ** _PREFIX[unit[0]])
