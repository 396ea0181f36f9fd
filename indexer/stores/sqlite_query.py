"""Turns a query tree into SQL for the SQLite store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from config.errors import QueryError
from indexer import query as q
from indexer.highlight import near, wild_pattern
from indexer.store import Filters, Sort
from indexer.stores.sqlite_rows import marks

#: More words than this behind one wildcard would be a query for everything.
MOST_WORDS = 1000
Values = list[str | float | int]
#: Each order: its column with its direction, the column alone, and how what stands behind compares.
ORDERS = {
    Sort.NEWEST: ("post.posted DESC", "post.posted", "<"),
    Sort.OLDEST: ("post.posted", "post.posted", ">"),
    Sort.RELEVANCE: ("score DESC", "score", "<"),
}


@dataclass(slots=True)
class Compiled:
    """A WHERE clause with its values, and an expression for relevance where the query has words."""

    where: str
    values: Values
    score: str = ""
    score_values: Values = field(default_factory=list)


def compile_query(tree: q.Node, filters: Filters, vocabulary: Callable[[], list[str]], text: str) -> Compiled:
    """SQL for a query narrowed by filters. ``vocabulary`` gives every word of the index, for wildcards and
    fuzzy words. Raises ``QueryError``."""
    compiler = _Compiler(vocabulary, text)
    where, values = compiler.clause(tree)
    for name, wanted in (
        ("source", filters.sources),
        ("kind", filters.kinds),
        ("language", filters.languages),
    ):
        if wanted:
            where += f" AND post.{name} IN ({marks(wanted)})"
            values += wanted
    if filters.since:
        where += " AND post.posted >= ?"
        values.append(filters.since.timestamp())
    if filters.until:
        where += " AND post.posted < ?"
        values.append(filters.until.timestamp())
    if filters.removed is not None:
        where += f" AND post.removed IS {'NOT ' if filters.removed else ''}NULL"
    matches = [match for match in (compiler.match(term) for term in q.positive(tree)) if match]
    if not matches:
        return Compiled(where, values)
    score = "coalesce((SELECT -bm25(words) FROM words WHERE words MATCH ? AND words.rowid = post.rowid), 0.0)"
    return Compiled(where, values, score, [" OR ".join(f"({match})" for match in matches)])


def behind(sort: Sort, after: str, text: str) -> tuple[str, Values]:
    """The condition for what stands behind the hit that ``after`` names by its place in the order and its id.

    Raises ``QueryError`` when it names none.
    """
    number, _, found = after.partition(":")
    try:
        at = float(number)
    except ValueError:
        raise QueryError(
            f"{after!r} is not where a page ended", query=text, position=0, cure="start from the first page"
        ) from None
    _, column, beyond = ORDERS[sort]
    return f" AND ({column} {beyond} ? OR ({column} = ? AND post.id > ?))", [at, at, found]


class _Compiler:
    def __init__(self, vocabulary: Callable[[], list[str]], text: str) -> None:
        self._read = vocabulary
        self._text = text

    @cached_property
    def vocabulary(self) -> list[str]:
        return self._read()

    def clause(self, node: q.Node) -> tuple[str, Values]:
        match node:
            case q.Everything():
                return "1", []
            case q.Words() | q.Wild() | q.Near():
                found = self.match(node)
                if not found:
                    return "0", []
                return "post.rowid IN (SELECT rowid FROM words WHERE words MATCH ?)", [found]
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

    def joined(self, parts: tuple[q.Node, ...], word: str) -> tuple[str, Values]:
        clauses = [self.clause(part) for part in parts]
        text = word.join(f"({clause})" for clause, _ in clauses)
        return f"({text})", [value for _, values in clauses for value in values]

    def match(self, term: q.Words | q.Wild | q.Near) -> str:
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


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def _within(fields: tuple[str, ...], expression: str) -> str:
    return f"{{{' '.join(fields)}}} : {expression}"
