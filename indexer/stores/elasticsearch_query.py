"""Turns a query tree into Elasticsearch's own queries, with the meaning that SQL has for the SQLite store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from indexer import query as q
from indexer.relevance import FIELD_WEIGHTS, Term
from indexer.store import Filters, Sort
from indexer.stores.elasticsearch_documents import keyword, micros

Query = dict[str, Any]
_EVERYTHING: Query = {"match_all": {}}
#: How hits are ordered.
ORDERS: dict[Sort, list[Query]] = {
    Sort.NEWEST: [{"posted": "desc"}, {"id": "asc"}],
    Sort.OLDEST: [{"posted": "asc"}, {"id": "asc"}],
    Sort.RELEVANCE: [{"_score": "desc"}, {"posted": "desc"}, {"id": "asc"}],
}


def compile_query(tree: q.Node, filters: Filters) -> Query:
    """A query that narrows, without scores."""
    clauses = [_clause(tree)]
    for name, wanted in (
        ("source", filters.sources),
        ("kind", filters.kinds),
        ("language", filters.languages),
    ):
        if wanted:
            clauses.append({"terms": {name: [keyword(value) for value in wanted]}})
    if filters.since or filters.until:
        clauses.append(_clause(q.Between("posted", filters.since, filters.until)))
    if filters.removed is not None:
        clauses.append(_clause(q.Removed(filters.removed)))
    out: list[Query] = [{"exists": {"field": "forgotten"}}]
    if filters.without:
        out.append({"terms": {"source": [keyword(value) for value in filters.without]}})
    return {"bool": {"filter": clauses, "must_not": out}}


def scored(narrowed: Query, terms: Sequence[Term], weights: Sequence[int]) -> Query:
    """The same hits, with scores as ``indexer/relevance.py`` defines them: whole numbers, which floats hold exactly."""
    wanted = [
        {
            "constant_score": {
                "filter": _term(term, f"{field}_words"),
                "boost": weight * FIELD_WEIGHTS[field],
            }
        }
        for term, weight in zip(terms, weights, strict=True)
        for field in term.fields
    ]
    return {"bool": {"filter": [narrowed], "should": wanted}} if wanted else narrowed


def having(term: Term) -> Query:
    """The posts that have a term in one of its fields."""
    return _clause(term)


def _clause(node: q.Node) -> Query:
    match node:
        case q.Everything():
            return _EVERYTHING
        case q.Words() | q.Wild() | q.Near():
            return _some([_term(node, f"{name}_words") for name in node.fields])
        case q.Exactly(name, value, prefix):
            return {"prefix" if prefix else "term": {name: {"value": keyword(value)}}}
        case q.Between(name, low, high):
            edges = {"gte": micros(low)} if low else {}
            return {"range": {name: edges | ({"lt": micros(high)} if high else {})}}
        case q.Removed(value):
            there: Query = {"exists": {"field": "removed"}}
            return there if value else {"bool": {"must_not": [there]}}
        case q.Without(q.Without(part)):
            return _clause(part)
        case q.Without(part):
            return {"bool": {"must_not": [_clause(part)]}}
        case q.All(parts):
            return {"bool": {"filter": [_clause(part) for part in parts]}}
        case q.Some(parts):
            return _some([_clause(part) for part in parts])


def _some(clauses: list[Query]) -> Query:
    if len(clauses) == 1:
        return clauses[0]
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _term(term: Term, field: str) -> Query:
    """A term within one field. ``constant_score`` rewrites have no limit of words, and so miss none."""
    match term:
        case q.Words(_, (word,), False):
            return {"term": {field: {"value": word}}}
        case q.Words(_, words, False):
            return {"match_phrase": {field: {"query": " ".join(words)}}}
        case q.Words(_, (word,), True):
            return {"prefix": {field: {"value": word, "rewrite": "constant_score"}}}
        case q.Words(_, (*words, last), _):
            rules = [{"match": {"query": word}} for word in words] + [{"prefix": {"prefix": last}}]
            phrase = {"ordered": True, "max_gaps": 0, "intervals": rules}
            return {"intervals": {field: {"all_of": phrase}}}
        case q.Wild(_, pattern):
            return {"wildcard": {field: {"value": pattern, "rewrite": "constant_score"}}}
        case q.Near(_, word, edits):
            return {
                "fuzzy": {
                    field: {
                        "value": word,
                        "fuzziness": edits,
                        "prefix_length": 0,
                        "transpositions": True,
                        "rewrite": "constant_score",
                    }
                }
            }
    raise AssertionError(term)  # every case stands above; mypy does not see through the patterns
