"""The query language: text in, a small tree out. luqum reads the syntax; every error points at a character.

``ministry health`` both words; ``"ministry of health"`` a phrase; ``AND OR NOT ( )``; ``price*``, ``k?mkes``
wildcards; ``kemenkse~1`` words one edit away. Fields: ``title: text: author: source: board: thread: kind:
language: removed:`` and the ranges ``posted:[2026-01-01 TO 2026-01-31]`` and ``seen:[... TO *]``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from luqum import tree
from luqum.exceptions import ParseError
from luqum.thread import parse as parse_syntax

from config.errors import QueryError
from config.inputs import nearest
from indexer.text import fold

TEXT_FIELDS = ("title", "text", "author")
KEYWORD_FIELDS = ("source", "board", "thread", "kind", "language")
TIME_FIELDS = ("posted", "seen")
FIELDS = (*TEXT_FIELDS, *KEYWORD_FIELDS, *TIME_FIELDS, "removed")
_LONGEST, _DEEPEST, _MOST_TERMS = 10_000, 100, 500
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Everything:
    """Fits every post."""


@dataclass(frozen=True, slots=True)
class Words:
    """Consecutive folded words in one of the fields; with ``prefix`` the last may go on."""

    fields: tuple[str, ...]
    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Wild:
    """One word that fits a pattern of folded letters with ``*`` and ``?``."""

    fields: tuple[str, ...]
    pattern: str


@dataclass(frozen=True, slots=True)
class Near:
    """One word within ``edits`` (1 or 2) of another."""

    fields: tuple[str, ...]
    word: str
    edits: int


@dataclass(frozen=True, slots=True)
class Exactly:
    """A keyword field with this value; a trailing ``*`` in the query makes it a prefix."""

    field: str
    value: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """A time field from ``low`` to ``high`` (excluded); None is open."""

    field: str
    low: datetime | None
    high: datetime | None


@dataclass(frozen=True, slots=True)
class Removed:
    """Whether the post was found removed."""

    value: bool


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Without:
    part: Node


Node = Everything | Words | Wild | Near | Exactly | Between | Removed | All | Some | Without


def parse(query: str) -> Node:
    """Read a query; an empty one fits everything. Raises ``QueryError``."""
    if len(query) > _LONGEST:
        raise QueryError(f"longer than {_LONGEST:,} characters", query=query[:80], position=0)
    query = _SURROGATES.sub("�", query)  # no store can be asked for them
    if not query.strip():
        return Everything()
    try:
        root = parse_syntax(query)
    except ParseError as error:
        raise _syntax(query, str(error)) from None
    return _Reader(query).read(root, TEXT_FIELDS, 0)


def positive(node: Node) -> list[Words | Wild | Near]:
    """The text terms that a hit can be highlighted by."""
    match node:
        case Words() | Wild() | Near():
            return [node]
        case All(parts) | Some(parts):
            return [term for part in parts for term in positive(part)]
        case _:
            return []


def _syntax(query: str, message: str) -> QueryError:
    found = re.search(r"position (\d+)", message)
    position = int(found[1]) if found else len(query)
    if query.count('"') % 2:
        return QueryError("this quote is not closed", query=query, position=query.rindex('"'), cure='add a "')
    if found is None and query.count("(") > query.count(")"):
        return QueryError(
            "this bracket is not closed", query=query, position=query.index("("), cure="add a )"
        )
    what = "the query ends too early" if found is None else "this does not belong here"
    return QueryError(
        what, query=query, position=min(position, len(query)), cure="put odd characters in quotes"
    )


class _Reader:
    def __init__(self, query: str) -> None:
        self.query = query
        self.terms = 0

    def fail(self, node: tree.Item, message: str, cure: str | None = None) -> QueryError:
        position = node.pos if isinstance(node.pos, int) else 0
        return QueryError(message, query=self.query, position=position, cure=cure)

    def read(self, node: tree.Item, fields: tuple[str, ...], depth: int) -> Node:
        if depth > _DEEPEST:
            raise self.fail(node, f"nested deeper than {_DEEPEST}")
        if isinstance(node, tree.OrOperation):
            return Some(tuple(self.read(child, fields, depth + 1) for child in node.children))
        if isinstance(node, tree.AndOperation | tree.UnknownOperation | tree.BoolOperation):
            return All(tuple(self.read(child, fields, depth + 1) for child in node.children))
        if isinstance(node, tree.Not | tree.Prohibit):
            return Without(self.read(node.children[0], fields, depth + 1))
        if isinstance(node, tree.Plus | tree.Group | tree.FieldGroup | tree.Boost):
            return self.read(node.children[0], fields, depth + 1)
        if isinstance(node, tree.SearchField):
            if node.name not in FIELDS:
                raise self.fail(node, f"no field {node.name!r}", nearest(node.name, FIELDS))
            return self.read(node.expr, (node.name,), depth + 1)
        return self.leaf(node, fields)

    def leaf(self, node: tree.Item, fields: tuple[str, ...]) -> Node:
        field = fields[0]
        self.terms += 1
        if self.terms > _MOST_TERMS:
            raise self.fail(node, f"more than {_MOST_TERMS} terms", "ask in several queries")
        if isinstance(node, tree.From | tree.To):
            if field not in TIME_FIELDS:
                raise self.fail(node, "only posted and seen have ranges", "posted:>=2026-01-01")
            later = isinstance(node, tree.From)
            edge = self.time(node.children[0], upper=bool(node.include) is not later)
            return Between(field, edge, None) if later else Between(field, None, edge)
        if isinstance(node, tree.Range):
            if field not in TIME_FIELDS:
                raise self.fail(node, "only posted and seen have ranges", "posted:[2026-01-01 TO 2026-01-31]")
            low = self.time(node.low, upper=not node.include_low)
            high = self.time(node.high, upper=bool(node.include_high))
            return Between(field, low, high)
        if isinstance(node, tree.Fuzzy):
            if field not in TEXT_FIELDS:
                raise self.fail(node, f"{field} takes no ~")
            edits = 1 if node.degree is None or node.degree < 1 else int(node.degree)
            if edits > 2:
                raise self.fail(node, "more than two edits fit too much", "~1 or ~2")
            terms = fold(str(node.term.value)).split()
            if len(terms) != 1:
                raise self.fail(node, "~ goes behind one word")
            return Near(fields, terms[0], edits)
        if isinstance(node, tree.Phrase):
            return self.value(node, node.value[1:-1], fields, quoted=True)
        if isinstance(node, tree.Word):
            return self.value(node, node.value, fields, quoted=False)
        raise self.fail(node, f"{type(node).__name__} is not part of this language")

    def value(self, node: tree.Item, value: str, fields: tuple[str, ...], *, quoted: bool) -> Node:
        field = fields[0]
        if field == "removed":
            if value.lower() not in ("true", "false"):
                raise self.fail(node, "removed is true or false")
            return Removed(value.lower() == "true")
        if field in TIME_FIELDS:
            return Between(field, self.time(node, upper=False), self.time(node, upper=True))
        if field in KEYWORD_FIELDS:
            prefix = not quoted and value.endswith("*") and not value.endswith("\\*")
            value = value.replace("\\", "")
            return Exactly(field, value.removesuffix("*") if prefix else value, prefix)
        if not quoted and value == "*":
            return Everything()
        if not quoted and re.search(r"(?<!\\)[*?]", value):
            pieces = [fold(piece).split() for piece in re.split(r"[*?]+", value)]
            if max(map(len, pieces)) > 1:
                if len(pieces) == 2 and not pieces[1] and value.endswith("*"):
                    return Words(fields, tuple(pieces[0]), prefix=True)
                raise self.fail(node, "a wildcard stands in one word", "split it into its words")
            pattern = re.sub(r"[^*?]+", lambda piece: fold(piece[0]), value)
            if len(pattern.strip("*?")) < 2:
                raise self.fail(node, "a wildcard needs two letters beside it")
            return Wild(fields, pattern)
        terms = tuple(fold(value.replace("\\", "")).split())
        if not terms:
            raise self.fail(node, "there is no word in this", "search for letters or digits")
        return Words(fields, terms)

    def time(self, node: tree.Item, *, upper: bool) -> datetime | None:
        """The start of the day or instant named; with ``upper``, its end."""
        text = str(getattr(node, "value", node)).strip('"').replace("\\", "")
        if text == "*":
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise self.fail(
                node, f"{text!r} is not a time", "write 2026-01-31 or a quoted 2026-01-31T12:00"
            ) from None
        try:
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
            step = timedelta(days=1) if len(text) <= 10 else timedelta(microseconds=1)
            return at + step if upper else at
        except OverflowError:
            return None
