"""The fields that the records of a page may have: every selector that finds an element in most of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from selectolax.lexbor import LexborNode

from crawler.adapter import Instant, Page
from crawler.markup import inline
from crawler.profile import Part
from crawler.records import Record, in_order, instant_in, instant_of, link_of, order_of, own_text

_NAME = re.compile(r"^[A-Za-z_][\w-]{0,60}$")
_TAG = re.compile(r"^[a-z][a-z0-9]{0,20}$")
_CHANGING = re.compile(
    r"\d{2,}|^(odd|even|alt|alt\d|row\d|bg\d|first|last|active|read)$|(^|[_-])(new|old|unread|hot)$"
)
_MOST_ELEMENTS = 400
_DATE_LINE = 160  # characters; a longer text is no line with a date


@dataclass(frozen=True, slots=True)
class Sample:
    """One record and the page that it stands on."""

    record: Record
    page: Page


@dataclass(frozen=True)
class Slot:
    """What one selector finds in each record: an element, or None."""

    css: str
    samples: Sequence[Sample]
    nodes: tuple[LexborNode | None, ...]
    order: float  # where it stands in its record, elements counted
    own: bool = False  # only what stands in the element itself is its text

    @cached_property
    def texts(self) -> tuple[str, ...]:
        return tuple((own_text(node) if self.own else inline(node)) if node else "" for node in self.nodes)

    @cached_property
    def links(self) -> tuple[str | None, ...]:
        return tuple(link_of(node, each.page) for node, each in zip(self.nodes, self.samples, strict=True))

    @cached_property
    def instants(self) -> tuple[Instant, ...]:
        return tuple(
            _instant(node, text, each.page, self.own, self.day_first)
            if node and len(text) <= _DATE_LINE
            else Instant()
            for node, text, each in zip(self.nodes, self.texts, self.samples, strict=True)
        )

    @cached_property
    def day_first(self) -> bool | None:
        """The order of its dates in numbers alone, where all its texts together tell it."""
        return order_of(self.texts)

    def as_time(self) -> Part:
        """How to read its time."""
        return Part(css=self.css, own=self.own, day_first=self.day_first)

    @property
    def coverage(self) -> float:
        return sum(node is not None for node in self.nodes) / max(len(self.nodes), 1)

    @property
    def dated(self) -> float:
        """The share of records whose element states a time; the same for all is none of theirs."""
        stated = [instant.at for instant in self.instants if instant.at]
        if len(stated) >= 5 and len(set(stated)) == 1:
            return 0.0
        return len(stated) / max(len(self.nodes), 1)

    @property
    def length(self) -> float:
        """The usual length of its text."""
        return median([len(text) for text in self.texts if text] or [0])

    @property
    def distinct(self) -> float:
        said = [text for text in self.texts if text]
        return len(set(said)) / max(len(said), 1)

    @cached_property
    def hint(self) -> str:
        """Class and attribute names on the way to it, lower case."""
        words: list[str] = []
        node = next((node for node in self.nodes if node), None)
        while node is not None and node.tag not in ("body", "-document", None) and len(words) < 4:
            given = node.attributes
            words.append(f"{given.get('class') or ''} {given.get('itemprop') or ''} {given.get('id') or ''}")
            node = node.parent
        return " ".join(words).lower()

    def above(self, other: Slot) -> float:
        """The share of records in which it is, or holds, the element of another slot."""
        pairs = [(a, b) for a, b in zip(self.nodes, other.nodes, strict=True) if a and b]
        return sum(_holds(a, b) for a, b in pairs) / max(len(pairs), 1)


def _instant(node: LexborNode, text: str, page: Page, own: bool, day_first: bool | None) -> Instant:
    ordered = in_order(text, day_first)
    if own or ordered != text:
        return instant_in(ordered, page, sure=True)
    return instant_of(node, page, sure=True)


def _holds(outer: LexborNode, inner: LexborNode) -> bool:
    up: LexborNode | None = inner
    while up is not None:
        if up.mem_id == outer.mem_id:
            return True
        up = up.parent
    return False


def slots_of(samples: Sequence[Sample], least: float = 0.5) -> list[Slot]:
    """The slots of records, in the order in which they stand; those that find the same elements count once, under
    their plainest selector."""
    count: Counter[str] = Counter()
    rank: dict[str, int] = {}
    place: dict[str, list[int]] = {}
    for sample in samples:
        seen: set[str] = set()
        elements = [
            node
            for node in sample.record.body.css("*")
            if _TAG.match(node.tag or "") and node.tag not in _NEVER
        ][:_MOST_ELEMENTS]
        for at, node in enumerate(elements):
            for grade, css in selectors(node):
                if css not in seen:
                    seen.add(css)
                    rank[css] = min(grade, rank.get(css, 9))
                    place.setdefault(css, []).append(at)
        count.update(seen)
    wanted = [css for css, found in count.items() if found >= least * len(samples)]
    wanted.sort(key=lambda css: (rank[css], len(css), css))
    made: dict[tuple[int, ...], Slot] = {}
    for css in wanted:
        nodes = tuple(sample.record.tree.css_first(css) for sample in samples)
        identity = tuple(node.mem_id if node else 0 for node in nodes)
        if identity not in made:
            made[identity] = Slot(css, samples, nodes, sum(place[css]) / len(place[css]))
    bodies = tuple(sample.record.body for sample in samples)
    made[tuple(body.mem_id for body in bodies)] = Slot("body", samples, bodies, 0.0)
    whole = sorted(made.values(), key=lambda slot: slot.order)
    return [
        each
        for slot in whole
        for each in (slot if slot.css != "body" else None, _own(slot))
        if each is not None
    ]


def _own(slot: Slot) -> Slot | None:
    """What stands in an element beside others in it, where that is anything."""
    alone = Slot(slot.css, slot.samples, slot.nodes, slot.order, own=True)
    said = [text for text in alone.texts if text]
    return alone if len(said) >= 0.5 * len(slot.nodes) and alone.texts != slot.texts else None


_NEVER = frozenset({"html", "head", "body", "script", "style", "br", "hr", "input", "option", "svg", "path"})


def selectors(node: LexborNode) -> Iterator[tuple[int, str]]:
    """Selectors that may find an element in its record, with a grade: 0 by a name of its own, 3 by its place."""
    tag = node.tag or ""
    for name in names(node):
        yield 0, f"{tag}.{name}"
    given = node.attributes
    head = re.match(r"^([A-Za-z][A-Za-z_-]*)\d+$", given.get("id") or "")
    if head:
        yield 1, f"{tag}[id^='{head[1]}']"
    for attribute in ("itemprop", "rel", "data-role", "data-field"):
        value = given.get(attribute) or ""
        if _NAME.match(value):
            yield 0, f"{tag}[{attribute}='{value}']"
    if tag == "time":
        yield 0, "time"
    if tag == "a" and given.get("name") and not given.get("href"):
        yield 1, "a[name]"
    up = node.parent
    while up is not None and up.tag != "body":
        owned = list(names(up))
        if owned:
            for name in owned[:2]:
                yield 2, f"{up.tag}.{name} {tag}"
            break
        up = up.parent
    place = place_of(node)
    if place:
        yield 3, place


def names(node: LexborNode) -> Iterator[str]:
    """Classes of an element that do not change from record to record."""
    for name in (node.attributes.get("class") or "").split()[:6]:
        if _NAME.match(name) and not _CHANGING.search(name):
            yield name


def place_of(node: LexborNode) -> str:
    """An element's place below its record."""
    steps: list[str] = []
    at: LexborNode | None = node
    while at is not None and at.tag not in ("body", "tbody", "table") and len(steps) < 8:
        steps.append(
            f"{at.tag}:nth-child({_index(at)})" if at.parent and at.parent.tag != "body" else at.tag or "*"
        )
        if at.parent is not None and at.parent.tag == "body" and _index(at) > 1:
            steps[-1] = f"{at.tag}:nth-child({_index(at)})"
        at = at.parent
    return " > ".join(reversed(steps))


def _index(node: LexborNode) -> int:
    index, before = 1, node.prev
    while before is not None:
        index += not (before.tag or "-").startswith("-")
        before = before.prev
    return index
