"""What on a page repeats, and so may be its records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.induction.slots import names
from crawler.profile import Records

_MOST_GROUPS = 60
_MOST_IN_GROUP = 400
_INLINE = frozenset(
    {"a", "b", "i", "u", "em", "strong", "br", "img", "small", "font", "span", "code", "input"}
)
_ID = re.compile(r"^([A-Za-z][A-Za-z_-]*?)\d+$")


def groups(trees: Sequence[LexborHTMLParser], least: int) -> list[Records]:
    """Records that stand on each of the pages, at least ``least`` of them on all together; those that hold most of a
    page's text first."""
    found: Counter[Records] = Counter()
    pages: Counter[Records] = Counter()
    weight: Counter[Records] = Counter()
    for tree in trees:
        whole = max(len(tree.body.text()) if tree.body else 0, 1)
        here: dict[Records, tuple[int, int]] = {}
        for records in _candidates(tree):
            if records not in here:
                here[records] = _extent(tree, records)
        for records, (number, length) in here.items():
            if number and number <= _MOST_IN_GROUP:
                found[records] += number
                pages[records] += 1
                weight[records] += int(1000 * min(length / whole, 1.0))
    fit = [each for each in found if found[each] >= least and pages[each] == len(trees)]
    fit.sort(key=lambda each: (-weight[each], each.each, len(each.css), each.css))
    return fit[:_MOST_GROUPS]


def _extent(tree: LexborHTMLParser, records: Records) -> tuple[int, int]:
    """How many records there are, and how much text they hold."""
    nodes = tree.css(records.css)
    if records.each == "whole":
        return len(nodes), sum(len(node.text()) for node in nodes)
    parents = {node.parent.mem_id: node.parent for node in nodes if node.parent}
    return len(nodes), sum(len(parent.text()) for parent in parents.values()) - 1


def _candidates(tree: LexborHTMLParser) -> Iterator[Records]:
    if tree.body is None:
        return
    for node in tree.body.css("*"):
        tag = node.tag or ""
        if tag in _INLINE:
            continue
        for name in names(node):
            yield Records(css=f"{tag}.{name}")
        head = _ID.match(node.attributes.get("id") or "")
        if head:
            yield Records(css=f"{tag}[id^='{head[1]}']")
        elif (node.attributes.get("id") or "").isdecimal():
            yield Records(css=f"{tag}[id]")
        yield from _of_children(node)


def _of_children(parent: LexborNode) -> Iterator[Records]:
    children = list(_children(parent))
    if len(children) < 2:
        return
    where = path_of(parent)
    breaks = _breaks(parent)
    if breaks >= 5 and sum(child.tag == "a" for child in children) >= breaks - 1:
        yield Records(css=f"{where} > br", each="parted")  # a list of links, one a line
    tags = Counter(child.tag or "" for child in children)
    for tag, number in tags.items():
        if number < 2:
            continue
        if tag == "hr":
            yield Records(css=f"{where} > hr", each="parted")
        elif tag not in _INLINE:
            yield Records(css=f"{where} > {tag}")
        if tag != "hr" and len(children) >= 1.5 * number:
            yield Records(css=f"{where} > {tag}", each="starts")
    classes = Counter((child.tag or "", name) for child in children for name in names(child))
    for (tag, name), number in classes.items():
        if number >= 2 and len(children) >= 1.5 * number:
            yield Records(css=f"{where} > {tag}.{name}", each="starts")


def _breaks(parent: LexborNode) -> int:
    number, child = 0, parent.child
    while child is not None:
        number += child.tag == "br"
        child = child.next
    return number


def path_of(node: LexborNode) -> str:
    """A selector for an element by its own or the nearest name above it."""
    steps: list[str] = []
    at: LexborNode | None = node
    while at is not None and at.tag not in (None, "html", "-document"):
        named = next(names(at), None)
        own = at.attributes.get("id") or ""
        if named:
            return " > ".join([f"{at.tag}.{named}", *steps])
        if re.match(r"^[A-Za-z_][A-Za-z_-]*$", own):
            return " > ".join([f"{at.tag}#{own}", *steps])
        steps.insert(0, at.tag or "*")
        at = at.parent
    return " > ".join(steps[-6:])


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        if not (child.tag or "-").startswith("-") and child.tag not in ("script", "style", "br"):
            yield child
        child = child.next
