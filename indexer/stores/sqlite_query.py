"""Turns a query tree into SQL for the SQLite store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from config.errors import QueryError
from indexer import query as q
from indexer.highlight import near, wild_pattern
from indexer.relevance import FIELD_WEIGHTS, Term
from indexer.store import Filters, Sort
from indexer.stores.sqlite_rows import marks

#: More words than this behind one wildcard would be a query for everything.
MOST_WORDS = 1000
#: The condition that every post fulfils.
EVERYTHING = "1"
Values = list[str | float | int]
Order = tuple[tuple[str, bool], ...]
#: Each order: its columns, and whether they descend.
ORDERS: dict[Sort, Order] = {
    Sort.NEWEST: (("posted", True), ("id", False)),
    Sort.OLDEST: (("posted", False), ("id", False)),
    Sort.RELEVANCE: (("score", True), ("posted", True), ("id", False)),
}
#: Terms that are put into one expression of FTS5, which grows deep.
_TOGETHER = 50


@dataclass(frozen=True, slots=True)
class Compiled:
    """A WHERE clause with its values. ``match``: where that is all, the FTS5 expression that says the same."""

    where: str
    values: Values
    match: str = ""
    terms: int = 1

    @property
    def rows(self) -> tuple[str, Values]:
        """The rows that fit, as the rest of a FROM clause. Reading them off the index of words costs half of asking
        for each whether it is in what was found."""
        if self.match:
            return "words JOIN post ON post.rowid = words.rowid WHERE words MATCH ?", [self.match]
        return f"post WHERE {self.where}", self.values


def compile_query(tree: q.Node, filters: Filters, compiler: Compiler) -> Compiled:
    """SQL for a query narrowed by filters. Raises ``QueryError``."""
    where, values = compiler.clause(tree)
    match = compiler.expression(tree) or "" if filters == Filters() else ""
    for name, wanted in (
        ("source", filters.sources),
        ("kind", filters.kinds),
        ("language", filters.languages),
    ):
        if wanted:
            where += f" AND post.{name} IN ({marks(wanted)})"
            values += wanted
    if filters.without:
        where += f" AND post.source NOT IN ({marks(filters.without)})"
        values += filters.without
    if filters.since:
        where += " AND post.posted >= ?"
        values.append(filters.since.timestamp())
    if filters.until:
        where += " AND post.posted < ?"
        values.append(filters.until.timestamp())
    if filters.removed is not None:
        where += f" AND post.removed IS {'NOT ' if filters.removed else ''}NULL"
    return Compiled(where, values, match, _leaves(tree))


class Compiler:
    """``vocabulary`` gives every word of the index, for wildcards and fuzzy words; ``text`` is the query's own."""

    def __init__(self, vocabulary: Callable[[], list[str]], text: str) -> None:
        self._read = vocabulary
        self._text = text

    @cached_property
    def vocabulary(self) -> list[str]:
        return self._read()

    def clause(self, node: q.Node) -> tuple[str, Values]:
        """The condition of a part of the query."""
        together = self.expression(node)
        if together is not None:
            return _found(together)
        match node:
            case q.Everything():
                return EVERYTHING, []
            case q.Words() | q.Wild() | q.Near():
                return _found(self.match(node))
            case q.Exactly(name, value, prefix):
                if prefix:
                    return f"substr(post.{name}, 1, ?) = ?", [len(value), value]
                return f"post.{name} = ?", [value]
            case q.Between(name, low, high):
                parts = [f"post.{name} IS NOT NULL"]
                values: Values = []
                if low:
                    parts.append(f"post.{name} >= ?")
                    values.append(low.timestamp())
                if high:
                    parts.append(f"post.{name} < ?")
                    values.append(high.timestamp())
                return " AND ".join(parts), values
            case q.Removed(value):
                return f"post.removed IS {'NOT ' if value else ''}NULL", []
            case q.Without(part):
                inner, values = self.clause(part)
                return f"NOT coalesce(({inner}), 0)", values
            case q.All(parts):
                return self.joined(parts, " AND ")
            case q.Some(parts):
                return self.joined(parts, " OR ")

    def expression(self, node: q.Node) -> str | None:
        """One FTS5 expression for a part that asks for words only, empty when none can fit; else None."""
        return self._expression(node) if _leaves(node) <= _TOGETHER else None

    def _expression(self, node: q.Node) -> str | None:
        match node:
            case q.Words() | q.Wild() | q.Near():
                return self.match(node)
            case q.Some(parts):
                found = [self._expression(part) for part in parts]
                if None in found:
                    return None
                return " OR ".join(f"({part})" for part in found if part)
            case q.All(parts):
                wanted = [self._expression(part) for part in parts if not isinstance(part, q.Without)]
                without = [self._expression(part.part) for part in parts if isinstance(part, q.Without)]
                if not wanted or None in wanted or None in without:
                    return None
                if "" in wanted:
                    return ""
                both = " AND ".join(f"({part})" for part in wanted)
                unwanted = " OR ".join(f"({part})" for part in without if part)
                return f"({both}) NOT ({unwanted})" if unwanted else both
            case _:
                return None

    def score(self, terms: Sequence[Term], weights: Sequence[int]) -> tuple[str, Values]:
        """An expression for how well a post fits: see ``indexer/relevance.py``."""
        parts: list[str] = []
        values: Values = []
        for term, weight in zip(terms, weights, strict=True):
            for field in term.fields:
                if found := self.match(replace(term, fields=(field,))):
                    where, value = _found(found)
                    parts.append(f"{weight * FIELD_WEIGHTS[field]} * ({where})")
                    values += value
        return " + ".join(parts) or "0", values

    def joined(self, parts: tuple[q.Node, ...], word: str) -> tuple[str, Values]:
        clauses = [self.clause(part) for part in parts]
        text = word.join(f"({clause})" for clause, _ in clauses)
        return f"({text})", [value for _, values in clauses for value in values]

    def match(self, term: Term) -> str:
        """The FTS5 expression of a term; empty when no word of the index fits."""
        match term:
            case q.Words():
                return _within(term.fields, _quoted(" ".join(term.words)) + "*" * term.prefix)
            case q.Wild(fields, pattern) if pattern.endswith("*") and not set(pattern[:-1]) & {"*", "?"}:
                return _within(fields, _quoted(pattern[:-1]) + "*")
            case q.Wild(fields, pattern):
                fits = wild_pattern(pattern).fullmatch
                return self.any_of(fields, [word for word in self.vocabulary if fits(word)])
            case q.Near(fields, word, edits):
                close = near(word, edits)
                return self.any_of(fields, [other for other in self.vocabulary if close(other)])

    def any_of(self, fields: tuple[str, ...], found: list[str]) -> str:
        if len(found) > MOST_WORDS:
            raise QueryError(
                f"{len(found):,} words fit a wildcard", query=self._text, position=0, cure="give more letters"
            )
        return _within(fields, "(" + " OR ".join(map(_quoted, found)) + ")") if found else ""


def _found(match: str) -> tuple[str, Values]:
    if not match:
        return "0", []
    return "post.rowid IN (SELECT rowid FROM words WHERE words MATCH ?)", [match]


def _leaves(node: q.Node) -> int:
    match node:
        case q.All(parts) | q.Some(parts):
            return sum(map(_leaves, parts))
        case q.Without(part):
            return _leaves(part)
        case _:
            return 1


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def _within(fields: tuple[str, ...], expression: str) -> str:
    if len(fields) == len(FIELD_WEIGHTS):
        return f"({expression})"  # all there are: to name them makes FTS5 look at each place
    return f"{{{' '.join(fields)}}} : {expression}"
