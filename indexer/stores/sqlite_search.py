"""Searching the SQLite store: pages, listings, facets and histograms."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from config.errors import QueryError
from indexer.highlight import highlight
from indexer.paging import Place, check_depth, read_place
from indexer.query import parse
from indexer.relevance import Term, rarities, terms
from indexer.store import FACETS, Filters, Hit, SearchPage, Sort
from indexer.stores import sqlite_rows as rows
from indexer.stores.sqlite_columns import WORTH, Columns, Numbers
from indexer.stores.sqlite_query import EVERYTHING, ORDERS, Compiled, Compiler, Order, compile_query

_INTERVALS = {"hour": "%Y-%m-%dT%H:00", "day": "%Y-%m-%d", "week": "week", "month": "%Y-%m-01"}
#: To ask whether a post fits costs some fifty times as much for each term as to read one more that does, and about
#: 20 * posts / hits have to be asked until a page is full: worth it where hits² > 1,000 * terms * posts.
_COMMON, _WINDOW = 1000, 2000
_ON = "revision.post = post.rowid AND revision.revision = post.revision"


def page(
    db: sqlite3.Connection,
    query: str,
    filters: Filters,
    sort: Sort,
    limit: int,
    after: str | None,
    facets: Sequence[str],
    by_listing: bool,
    columns: Columns,
) -> SearchPage:
    """One page of hits; see ``Store.search``. To be read in one transaction."""
    tree = parse(query)
    for facet in facets:
        if facet not in FACETS:
            raise QueryError(f"no facet {facet!r}", query=query, position=0, cure=", ".join(FACETS))
    compiler = Compiler(lambda: _vocabulary(db), query)
    compiled = compile_query(tree, filters, compiler)
    order = ORDERS[sort]
    wanted = terms(tree)
    ranked = wanted if sort is Sort.RELEVANCE else []
    place = None
    if after:
        place = read_place(after, query, values=len(order), weights=len(ranked))
    if by_listing:
        check_depth(place.passed if place else 0, limit, query)
    weights = place.weights if place else _weights(db, compiler, ranked)
    score, scored = compiler.score(ranked, weights)
    total = _count(db, compiled)
    ask = _by_listing if by_listing else _each
    found = ask(db, compiled, order, score, scored, place, limit + 1, total) if total else []
    counted = _facets(db, facets, compiled, total, columns)
    hits = []
    for *row, _, _, value, posts in found[:limit]:
        stored = rows.stored(*row)
        title, text = stored.post.title, stored.post.text
        spans = highlight("title", title, wanted), highlight("text", text, wanted)
        hits.append(Hit(stored, float(value), *spans, posts))
    resume = None
    if 0 < limit < len(found):
        *_, name, posted, value, _ = found[limit - 1]
        values = (value, posted, name) if sort is Sort.RELEVANCE else (posted, name)
        passed = (place.passed if place else 0) + limit
        resume = Place(values, passed, weights).written()
    return SearchPage(tuple(hits), total, resume, counted)


def histogram(
    db: sqlite3.Connection, query: str, filters: Filters, interval: str, columns: Columns
) -> list[tuple[datetime, int]]:
    """Hits by time of posting; see ``Store.histogram``."""
    if interval not in _INTERVALS:
        raise QueryError(f"no interval {interval!r}", query=query, position=0, cure=", ".join(_INTERVALS))
    compiled = compile_query(parse(query), filters, Compiler(lambda: _vocabulary(db), query))
    if _count(db, compiled) >= WORTH:
        return columns.bars(_rows(db, compiled, columns), interval)
    form = _INTERVALS[interval]
    bucket = (
        "strftime('%Y-%m-%d', posted, 'unixepoch', '-6 days', 'weekday 1')"
        if form == "week"
        else f"strftime('{form}', posted, 'unixepoch')"
    )
    source, values = compiled.rows
    count = f"SELECT {bucket} AS bucket, count(*) FROM {source} GROUP BY bucket ORDER BY bucket"
    found = db.execute(count, values).fetchall()
    return [(datetime.fromisoformat(start).replace(tzinfo=UTC), count) for start, count in found]


def _vocabulary(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT term FROM vocabulary")]


def _weights(db: sqlite3.Connection, compiler: Compiler, ranked: Sequence[Term]) -> tuple[int, ...]:
    if len(ranked) < 2:
        return (1,) * len(ranked)
    having = []
    for term in ranked:
        match = compiler.match(term)
        query = "SELECT count(*) FROM words WHERE words MATCH ?"
        having.append(db.execute(query, (match,)).fetchone()[0] if match else 0)
    return rarities(having)


def _count(db: sqlite3.Connection, compiled: Compiled) -> int:
    if compiled.match:
        found = db.execute("SELECT count(*) FROM words WHERE words MATCH ?", (compiled.match,))
    else:
        found = db.execute(f"SELECT count(*) FROM post WHERE {compiled.where}", compiled.values)
    return int(found.fetchone()[0])


def _each(
    db: sqlite3.Connection,
    compiled: Compiled,
    order: Order,
    score: str,
    scored: Sequence[object],
    place: Place | None,
    wanted: int,
    total: int,
) -> list[tuple[Any, ...]]:
    further, mark = _behind(order, place)
    if compiled.match and order[0][0] == "posted" and total**2 >= _COMMON * compiled.terms * _last(db):
        # a common word stands in the first posts of the order already: no need to sort all that have it
        inner = f"SELECT rowid AS at, id, posted, 0 AS score FROM post WHERE 1{further}"
        fits = "EXISTS (SELECT 1 FROM words WHERE words MATCH ? AND words.rowid = at)"
        first = f"SELECT * FROM ({inner} ORDER BY {_sorted(order)} LIMIT {_WINDOW}) WHERE {fits} LIMIT ?"
        found = _read(db, first, order, [*mark, compiled.match, wanted])
        if len(found) == wanted:
            return found
    source, values = compiled.rows
    inner = f"SELECT post.rowid AS at, post.id, post.posted, {score} AS score FROM {source}"
    best = f"SELECT * FROM ({inner}) WHERE 1{further} ORDER BY {_sorted(order)} LIMIT ?"
    return _read(db, best, order, [*scored, *values, *mark, wanted])


def _read(db: sqlite3.Connection, best: str, order: Order, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """The posts of a page; not of all that were sorted for it."""
    return db.execute(
        f"SELECT {rows.STORED}, post.id, post.posted, best.score, 1 FROM ({best}) AS best"
        f" JOIN post ON post.rowid = best.at JOIN revision ON {_ON} ORDER BY {_sorted(order, 'best.')}",
        values,
    ).fetchall()


def _last(db: sqlite3.Connection) -> int:
    """About how many posts there are."""
    return int(db.execute("SELECT coalesce(max(rowid), 0) FROM post").fetchone()[0])


def _by_listing(
    db: sqlite3.Connection,
    compiled: Compiled,
    order: Order,
    score: str,
    scored: Sequence[object],
    place: Place | None,
    wanted: int,
    _total: int,
) -> list[tuple[Any, ...]]:
    further, mark = _behind(order, place)
    source, values = compiled.rows
    group = "PARTITION BY source, thread"
    return db.execute(
        f"WITH hit AS (SELECT post.rowid AS at, post.id, post.posted, source, thread, {score} AS score"
        f" FROM {source}),"
        f" ranked AS (SELECT *, row_number() OVER ({group} ORDER BY {_sorted(order)}) AS rank,"
        f" count(*) OVER ({group}) AS posts FROM hit),"
        f" best AS (SELECT * FROM ranked WHERE rank = 1{further} ORDER BY {_sorted(order)} LIMIT ?)"
        f" SELECT {rows.STORED}, post.id, post.posted, best.score, best.posts FROM best"
        f" JOIN post ON post.rowid = best.at JOIN revision ON {_ON} ORDER BY {_sorted(order, 'best.')}",
        [*scored, *values, *mark, wanted],
    ).fetchall()


def _sorted(order: Order, table: str = "") -> str:
    return ", ".join(f"{table}{column}{' DESC' if down else ''}" for column, down in order)


def _behind(order: Order, place: Place | None) -> tuple[str, list[object]]:
    """The condition for what stands behind a place: further in the first column, or as far there and further in the
    second, and so on."""
    if place is None:
        return "", []
    parts: list[str] = []
    values: list[object] = []
    for at, (column, down) in enumerate(order):
        same = [f"{name} = ?" for name, _ in order[:at]]
        parts.append(" AND ".join([*same, f"{column} {'<' if down else '>'} ?"]))
        values += place.values[: at + 1]
    return f" AND ({' OR '.join(f'({part})' for part in parts)})", values


def _facets(
    db: sqlite3.Connection, names: Sequence[str], compiled: Compiled, total: int, columns: Columns
) -> dict[str, dict[str, int]]:
    if not names or total < WORTH:
        return {name: _facet(db, name, compiled) for name in names}
    rows = _rows(db, compiled, columns)
    return {name: columns.count(name, rows) for name in names}


def _rows(db: sqlite3.Connection, compiled: Compiled, columns: Columns) -> Numbers:
    """The rows of all hits."""
    if compiled.match:
        return columns.rows(db, "SELECT rowid FROM words WHERE words MATCH ?", [compiled.match])
    if compiled.where == EVERYTHING:
        return columns.rows(db, "", [])
    return columns.rows(db, f"SELECT rowid FROM post WHERE {compiled.where}", compiled.values)


def _facet(db: sqlite3.Connection, name: str, compiled: Compiled) -> dict[str, int]:
    source, values = compiled.rows
    count = f"SELECT coalesce(post.{name}, ''), count(*) AS n FROM {source} GROUP BY 1 ORDER BY n DESC, 1 LIMIT 100"
    return dict(db.execute(count, values).fetchall())
