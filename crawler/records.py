"""Cuts a page into its records by a profile, and reads the fields of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.adapter import Instant, Page
from crawler.dates import find_date, read_date
from crawler.markup import absolute, inline
from crawler.profile import Part, Records
from indexer.post import Precision

_MOST_RECORDS = 1_000
_STAMPS = ("data-time", "data-timestamp", "data-utime", "data-epoch", "data-unix")
#: What of a record is read by itself as a cell of a table.
_CELLS = frozenset({"tr", "td", "th", "tbody", "thead", "tfoot", "caption"})


@dataclass(frozen=True, slots=True)
class Record:
    """One record as a tree of its own, and the ``mem_id`` of its links in the page's tree."""

    tree: LexborHTMLParser
    links: frozenset[int]

    @property
    def body(self) -> LexborNode:
        """The element that holds all of it."""
        body = self.tree.body
        assert body is not None  # the parser makes one
        return body

    def find(self, part: Part | None) -> LexborNode | None:
        """The element of a field."""
        return self.tree.css_first(part.css) if part else None


def cut(tree: LexborHTMLParser, records: Records) -> list[Record]:
    """The records of a page, in its order."""
    matches = tree.css(records.css)[:_MOST_RECORDS]
    if records.each == "whole":
        nested = len(_outermost(matches)) < len(matches) and ">" not in records.css
        return [_record([node], records.css if nested else "") for node in matches]
    heads = {node.mem_id for node in matches}
    made = []
    parents: dict[int, LexborNode] = {}
    for node in matches:
        if node.parent is not None:
            parents.setdefault(node.parent.mem_id, node.parent)
    for parent in parents.values():
        for run in _runs(parent, heads, records.each == "parted"):
            made.append(_record(run))
    return made[:_MOST_RECORDS]


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    found = {node.mem_id for node in nodes}
    outer = []
    for node in nodes:
        up, within = node.parent, False
        while up is not None and not within:
            within = up.mem_id in found
            up = up.parent
        if not within:
            outer.append(node)
    return outer


def _runs(parent: LexborNode, heads: set[int], parted: bool) -> Iterator[list[LexborNode]]:
    run: list[LexborNode] = []
    begun = parted
    child = parent.child
    while child is not None:
        if child.mem_id in heads:
            if begun and run:
                yield run
            run, begun = ([] if parted else [child]), True
        elif begun:
            run.append(child)
        child = child.next
    if begun and any(node.tag != "-text" or (node.text_content or "").strip() for node in run):
        yield run


#: Where a browser shows a gap there is none in the text.
_GAPS = re.compile(r"<br|</(?:div|p|dd|dt|li|td|th|h[1-6]|section|header)>", re.I)


def _record(nodes: list[LexborNode], css: str = "") -> Record:
    tag = next((node.tag for node in nodes if not (node.tag or "-").startswith("-")), "")
    html = "".join(node.html or "" if node.tag != "-text" else _escaped(node) for node in nodes)
    html = _GAPS.sub(lambda gap: " " + gap[0], html)
    if tag in _CELLS:
        html = f"<table>{'<tr>' if tag in ('td', 'th') else ''}{html}</table>"
    elif tag in ("dt", "dd"):
        html = f"<dl>{html}</dl>"
    links = frozenset(
        link.mem_id for node in nodes if not (node.tag or "-").startswith("-") for link in node.css("a[href]")
    )
    tree = LexborHTMLParser(f"<body>{html}</body>")
    if css:  # records inside a record, such as answers to a comment, are read by themselves
        for inner in _inner(tree, css):
            inner.decompose()
    return Record(tree, links)


def _inner(tree: LexborHTMLParser, css: str) -> list[LexborNode]:
    """The outermost matches inside the outermost one."""
    first = tree.css_first(css)
    matches = [node for node in tree.css(css) if first is not None and node.mem_id != first.mem_id]
    return _outermost(matches)


def _escaped(node: LexborNode) -> str:
    return (node.text_content or "").replace("&", "&amp;").replace("<", "&lt;")


def text_of(node: LexborNode | None, part: Part | None) -> str:
    """A field's text on one line."""
    if node is None or part is None:
        return ""
    if part.attr:
        said = " ".join((node.attributes.get(part.attr) or "").split())
    else:
        said = own_text(node) if part.own else inline(node)
    if part.after:
        head, found, tail = said.partition(part.after)
        said = tail if found else head
    if part.before:
        head, found, _ = said.rpartition(part.before)
        said = head if found else said
    return said.strip()


def name_of(node: LexborNode | None, part: Part | None) -> str:
    """A name, without the marks that part it from what follows."""
    return text_of(node, part).strip(" ,;:|·»«\u00a0")


def own_text(node: LexborNode) -> str:
    """The text that stands in an element itself."""
    pieces = []
    child = node.child
    while child is not None:
        pieces.append((child.text_content or "") if child.tag == "-text" else " ")
        child = child.next
    return " ".join("".join(pieces).replace("\u00a0", " ").split())


def instant_of(node: LexborNode | None, page: Page, *, sure: bool = False) -> Instant:
    """The time that an element states: for programs in its attributes, else in its words. ``sure``: in known forms
    only, and quickly."""
    if node is None:
        return Instant()
    stated = [node, *node.css("time, [title], [data-time], [data-timestamp], [data-utime]")]
    for each in stated[:6]:
        machine = each.attributes.get("datetime") or ""
        if machine:
            instant = read_date(machine, now=page.fetched_at, zone=page.zone)
            if instant.at:
                return instant
        for name in _STAMPS:
            stamp = each.attributes.get(name) or ""
            if re.fullmatch(r"\d{9,10}(\d{3})?", stamp):
                at = datetime.fromtimestamp(int(stamp[:10]), UTC)
                return Instant(at, Precision.SECOND) if at <= page.fetched_at else Instant()
    words = inline(node)
    said = find_date(words, now=page.fetched_at, zone=page.zone)
    for each in stated[:6]:
        title = each.attributes.get("title") or ""
        if not re.search(r"\d:\d\d", title) and (not title or re.search(r"\d:\d\d", words)):
            continue
        if said and words.find(inline(each)) > said[2]:
            break  # another time, such as that of an edit
        found = find_date(title, now=page.fetched_at, zone=page.zone)
        if found:
            return found[0]
    return said[0] if said else instant_in(words, page, sure=sure)


def time_at(record: Record, part: Part | None, page: Page) -> Instant:
    """The time that a field states."""
    node = record.find(part)
    if node is None or part is None:
        return Instant()
    if part.own:
        return instant_in(in_order(own_text(node), part.day_first), page)
    if part.day_first is not None and (said := in_order(inline(node), part.day_first)) != inline(node):
        return instant_in(said, page)
    return instant_of(node, page)


_SLASHED = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?![\d/-])")


def in_order(text: str, day_first: bool | None) -> str:
    """A text whose first date in numbers alone is written year first, where its order is known."""
    if day_first is None:
        return text
    day, month = (1, 3) if day_first else (3, 1)
    return _SLASHED.sub(lambda found: f"{found[4]}-{found[month]:0>2}-{found[day]:0>2}", text, count=1)


def order_of(texts: Iterable[str]) -> bool | None:
    """Whether days stand before months in dates in numbers alone: told by the numbers above twelve among them; None
    where there are none, or some on both sides."""
    first = second = 0
    for text in texts:
        found = _SLASHED.search(text)
        if found:
            first += int(found[1]) > 12
            second += int(found[3]) > 12
    return None if bool(first) == bool(second) else bool(first)


_NUMERIC = re.compile(r"(?<!\d)\d{1,4}[./-]\d{1,2}[./-]\d{2,4}(?!\d)")


def instant_in(text: str, page: Page, *, sure: bool = False) -> Instant:
    """The time that a line states among other words."""
    found = _found(text, page)
    if found.at or (sure and not (_NUMERIC.search(text) and len(text) <= 30)):
        return found
    return read_date(text, now=page.fetched_at, zone=page.zone) if re.search(r"\d", text) else Instant()


def _found(text: str, page: Page) -> Instant:
    found = find_date(text, now=page.fetched_at, zone=page.zone)
    return found[0] if found else Instant()


def link_of(node: LexborNode | None, page: Page) -> str | None:
    """Where a field links to."""
    if node is None:
        return None
    return absolute(page.url, node if node.tag == "a" else node.css_first("a[href]"))
