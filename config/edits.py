"""Changes a YAML text where it has to change, and leaves every other character as a person wrote it. Pure.

A watchlist or route file is a list of entries under one key. PyYAML tells where each node stands, so an entry or a
field is cut out and put back by its place; comments, quotes and the order of the rest stay.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

_REST = re.compile(r"[ \t]*(#[^\n]*)?(?=\n|\Z)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list. ``start`` and ``end``: its place in the text, in characters; ``line``: its first, from 1;
    ``column``: of what stands behind its dash; ``flow``: the list stands in brackets. ``text`` is the entry alone."""

    start: int
    end: int
    line: int
    column: int
    flow: bool
    text: str


def find_entry(text: str, key: str, field: str, name: str) -> Entry | None:
    """The entry of the list ``key`` whose ``field`` says ``name``; None where there is none. ``text`` is valid YAML."""
    found = _list(text, key)
    if found is None:
        return None
    for item in found.value:
        if _said(item, field) == name:
            end = _end(item, text)
            if not found.flow_style and (rest := _REST.match(text, end)):
                end = rest.end()
            column = item.start_mark.column
            alone = _dedented(text[item.start_mark.index : end], column)
            return Entry(
                item.start_mark.index, end, item.start_mark.line + 1, column, bool(found.flow_style), alone
            )
    return None


def replaced(text: str, entry: Entry, new: str) -> str:
    """The text with another entry in this one's place. In a list in brackets it is written in braces, and its comments
    are lost."""
    return text[: entry.start] + _placed(new, entry.column, entry.flow) + text[entry.end :]


def added(text: str, key: str, new: str) -> str:
    """The text with one more entry at the end of the list ``key``, which is made where it is missing."""
    found = _list(text, key)
    if found is None or not found.value:
        alone = "" if text.strip() in ("", f"{key}: []") else text.rstrip("\n") + "\n"
        return f"{alone}{key}:\n  - {_placed(new, 4, False)}\n"
    end = _end(found.value[-1], text)
    if found.flow_style:
        return f"{text[:end]}, {_placed(new, 0, True)}{text[end:]}"
    if rest := _REST.match(text, end):
        end = rest.end()
    column = found.start_mark.column
    return f"{text[:end]}\n{' ' * column}- {_placed(new, column + 2, False)}{text[end:] or chr(10)}"


def removed(text: str, key: str, entry: Entry) -> str:
    """The text without an entry and the comment lines right above it; "" when it was the only one of the list."""
    found = _list(text, key)
    if found is None or len(found.value) == 1:
        return ""
    if found.flow_style:
        before, after = text[: entry.start].rstrip(), text[entry.end :].lstrip()
        if after.startswith(","):
            return f"{before}{' ' if before.endswith(',') else ''}{after[1:].lstrip()}"
        return before.removesuffix(",") + after
    lines = text.splitlines(keepends=True)
    first, last = entry.line - 1, text.count("\n", 0, entry.end)
    while first > 0 and re.match(r"[ \t]+#", lines[first - 1]):
        first -= 1
    return "".join(lines[:first] + lines[last + 1 :])


def with_fields(entry: str, values: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """An entry with fields set; None takes a field out, a mapping sets fields within a field. Fields that say the
    same stay as they are written, and in a list the items that stay. Also the names of the fields whose comments were
    lost."""
    root = yaml.compose(entry, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        known = yaml.safe_load(entry) if root else {}
        merged = {**(known if isinstance(known, dict) else {}), **values}
        lost = tuple(merged) if "#" in entry else ()
        return written(_filled(merged)), lost
    edits: list[tuple[int, int, str]] = []
    fresh = {name: value for name, value in values.items() if value is not None}
    lost_comments: list[str] = []
    there = {str(key.value): (key, value) for key, value in root.value}
    end = _end(root, entry)
    if rest := _REST.match(entry, end):
        end = rest.end()
    for name, (key, node) in there.items():
        fresh.pop(name, None)
        value = values.get(name)
        if name not in values or _same(node, value):
            continue
        if isinstance(value, Mapping) and isinstance(node, yaml.MappingNode):
            if not node.flow_style:
                first, last = node.start_mark.index, _end(node, entry)
                if rest := _REST.match(entry, last):
                    last = rest.end()
                column = node.start_mark.column
                inner, lost = with_fields(_dedented(entry[first:last], column), value)
                edits.append((first, last, _placed(inner, column, False)))
                lost_comments += [f"{name}.{each}" for each in lost]
                continue
            value = _filled({**yaml.safe_load(entry)[name], **value})
        few = _items(entry, node, value) if isinstance(value, (list, tuple)) else None
        if few is not None:
            edits += few
            continue
        first, last = key.start_mark.index, max(_end(node, entry), key.end_mark.index + 1)
        if value is None and (rest := _REST.match(entry, last)):
            last = min(rest.end() + 1, len(entry))
        if re.search(r"(^|\s)#", entry[first:last]):
            lost_comments.append(name)
        put = "" if value is None else written({name: value}).rstrip("\n")
        edits.append((first, last, put))
    fresh = {name: _filled(value) if isinstance(value, Mapping) else value for name, value in fresh.items()}
    made = entry[:end] + ("\n" + written(fresh).rstrip("\n") if fresh else "") + entry[end:]
    for first, last, put in sorted(edits, reverse=True):
        made = made[:first] + put + made[last:]
    return made, tuple(lost_comments)


def written(value: Mapping[str, Any]) -> str:
    """A mapping as YAML, as the project's own files are written: lists indented, keys in order."""
    return str(yaml.dump(dict(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Several lines as lines."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, "|" if "\n" in text else None)


_Dumper.add_representer(str, _text_node)


def _list(text: str, key: str) -> yaml.SequenceNode | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader) if text.strip() else None
    if isinstance(root, yaml.MappingNode):
        for name, value in root.value:
            if name.value == key and isinstance(value, yaml.SequenceNode):
                return value
    return None


def _said(item: yaml.Node, field: str) -> str | None:
    if isinstance(item, yaml.MappingNode):
        for key, value in item.value:
            if key.value == field and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    return None


def _end(node: yaml.Node, text: str) -> int:
    """Where a node's last character stands: a block's own mark lies behind the comments that follow it."""
    start: int = node.start_mark.index
    if isinstance(node, (yaml.MappingNode, yaml.SequenceNode)) and not node.flow_style and node.value:
        tail = node.value[-1]
        if isinstance(tail, tuple):
            colon: int = tail[0].end_mark.index + 1
            return max(_end(tail[1], text), colon)
        return max(_end(tail, text), start + 1)
    stop: int = node.end_mark.index
    return start + len(text[start:stop].rstrip())


def _dedented(text: str, column: int) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *(re.sub(rf"^ {{0,{column}}}", "", line) for line in rest)])


def _placed(new: str, column: int, flow: bool) -> str:
    if flow:
        value = yaml.safe_load(new)
        return str(yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**9)).rstrip(
            "\n"
        )
    first, *rest = textwrap.dedent(new).strip("\n").split("\n")
    return "\n".join([first, *(" " * column + line if line.strip() else "" for line in rest)])


def _same(node: yaml.Node, value: Any) -> bool:
    if value is None:
        return False
    if isinstance(node, yaml.ScalarNode) and isinstance(value, str):
        return bool(node.value.rstrip() == value.rstrip())
    if isinstance(node, yaml.SequenceNode) and isinstance(value, (list, tuple)):
        return _plain_items(node) == list(value)
    return False


def _plain_items(node: yaml.SequenceNode) -> list[str] | None:
    items = [item.value for item in node.value if isinstance(item, yaml.ScalarNode)]
    return items if len(items) == len(node.value) else None


def _items(entry: str, node: yaml.Node, value: Sequence[str]) -> list[tuple[int, int, str]] | None:
    """What takes single items out of a block list and puts others at its end; None where that does not make it."""
    old = _plain_items(node) if isinstance(node, yaml.SequenceNode) and not node.flow_style else None
    if not old or not value:
        return None
    kept = [item for item in old if item in value]
    if not kept or list(value[: len(kept)]) != kept or len(set(old)) != len(old):
        return None
    edits = []
    for item in node.value:
        if item.value not in value:
            begin = entry.rfind("\n", 0, item.start_mark.index) + 1
            close = _REST.match(entry, _end(item, entry))
            edits.append((begin, (close.end() if close else item.end_mark.index) + 1, ""))
    fresh = value[len(kept) :]
    if fresh:
        last = _end(node, entry)
        if rest := _REST.match(entry, last):
            last = rest.end()
        gap = " " * node.start_mark.column
        lines = yaml.safe_dump(list(fresh), allow_unicode=True, width=10**9).rstrip("\n").split("\n")
        at = last
        if edits and edits[-1][0] <= last <= edits[-1][1]:  # the last item goes: what is new takes its place
            begin, close_at, _ = edits.pop()
            put = "".join(f"{gap}{line}\n" for line in lines)
            return [*edits, (begin, close_at, put)]
        edits.append((at, at, "".join(f"\n{gap}{line}" for line in lines)))
    return edits
