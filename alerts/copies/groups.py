"""Copies as the state database tells them: counts held against one another, texts compared where a copy is likely."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from alerts.copies.overrides import overrides, settle, settled
from alerts.copies.swaps import Compared, compare
from alerts.copies.tables import pair_table, source_table, swap_table, thread_table
from alerts.copies.verdict import LEAST, Common, Figures, Group, Judged, Signed, Verdict, grouped, judge
from alerts.tables import insert_new
from indexer.post import PostKey
from indexer.store import Store

#: Texts of two sources that are compared; more say nothing new.
MOST_COMPARED = 60
_MOST_PAIRS = 20  # compared in one go


def copies(database: sa.Engine, signed: Signed = Signed()) -> tuple[list[Group], list[Judged]]:
    """The groups of copies, and the pairs of which it cannot be decided whether they are; people's decisions stand."""
    with database.connect() as connection:
        commons = _commons(connection)
        columns = source_table.c
        first = list(connection.scalars(sa.select(columns.source).order_by(columns.first_at, columns.source)))
        decided = overrides(connection)
    judged = settle([judge(common, signed) for common in commons], decided)
    lesser = {each.source for each in decided if each.verdict is not Verdict.DISTINCT}
    groups = settled(grouped(judged, first, signed, lesser), decided)
    same = {name: group.original for group in groups for name in (group.original, *_names(group))}
    undecided = [
        pair for pair in judged if pair.undecided and same.get(pair.one, 1) != same.get(pair.other, 2)
    ]
    return groups, undecided


def _names(group: Group) -> list[str]:
    return [member.source for member in group.members]


def fellows(groups: Collection[Group]) -> dict[str, frozenset[str]]:
    """Of each source in a group, the others of it."""
    found: dict[str, frozenset[str]] = {}
    for group in groups:
        every = frozenset((group.original, *_names(group)))
        found |= {name: every - {name} for name in every}
    return found


def verdicts(groups: Collection[Group]) -> dict[str, tuple[Verdict, str]]:
    """Of each copy what it is, and of which source."""
    return {member.source: (member.verdict, group.original) for group in groups for member in group.members}


def compare_texts(database: sa.Engine, store: Store, own: Mapping[str, frozenset[str]] | None = None) -> int:
    """Compare the texts of likely copies that were not compared yet; how many. ``own``: onion names of each source,
    which mirrors write otherwise. Another who does the same at once does it twice, which harms nothing."""
    names = own or {}
    done = 0
    with database.connect() as connection:
        likely = [common for common in _commons(connection) if judge(common).copies]
        compared = {(row.one, row.other): row.compared for row in connection.execute(sa.select(pair_table))}
    for common in likely:
        pair = common.one.source, common.other.source
        wanted = min(max(common.places, common.acts), MOST_COMPARED)
        if compared[pair] >= wanted:
            continue
        with database.connect() as connection:
            threads = _threads(connection, *pair, compared[pair], wanted - compared[pair])
        if not threads:
            continue
        known = names.get(pair[0], frozenset()) | names.get(pair[1], frozenset())
        outcomes = [(one.thread, _compared(store, one, other, known)) for one, other in threads]
        _write(database, pair, outcomes)
        done += len(outcomes)
        if done >= _MOST_PAIRS * MOST_COMPARED:
            break
    return done


def _threads(
    connection: sa.Connection, one: str, other: str, begin: int, count: int
) -> list[tuple[PostKey, PostKey]]:
    """The opening posts of threads that stand on both sources, in an order that stays."""
    mine, theirs = thread_table.alias("mine"), thread_table.alias("theirs")
    same = sa.or_(mine.c.act == theirs.c.act, sa.and_(mine.c.act.is_(None), mine.c.place == theirs.c.place))
    query = (
        sa.select(mine.c.thread, mine.c.post, theirs.c.thread.label("other"), theirs.c.post.label("its"))
        .where(mine.c.source == one, theirs.c.source == other, same)
        .order_by(mine.c.thread)
        .offset(begin)
        .limit(count)
    )
    return [
        (PostKey(one, row.thread, row.post), PostKey(other, row.other, row.its))
        for row in connection.execute(query)
    ]


def _compared(store: Store, one: PostKey, other: PostKey, own: Collection[str]) -> Compared:
    """Two posts held against one another; what one side said before is no exchange: it was edited."""
    mine, theirs = store.get(one), store.get(other)
    if mine is None or theirs is None:
        return Compared(False, ())
    found = compare(mine.post.text, theirs.post.text, own)
    if not found.swaps or mine.revision == theirs.revision == 1:
        return found
    for before in store.revisions(one):
        for after in store.revisions(other):
            if not compare(before.post.text, after.post.text, own).swaps:
                return Compared(True, ())
    return found


def _write(database: sa.Engine, pair: tuple[str, str], outcomes: list[tuple[str, Compared]]) -> None:
    one, other = pair
    rows = [
        {
            "one": one,
            "other": other,
            "thread": thread,
            "kind": swap.kind,
            "mine": swap.mine,
            "theirs": swap.theirs,
        }
        for thread, compared in outcomes
        for swap in compared.swaps
    ]
    columns = pair_table.c
    with database.begin() as connection:
        insert_new(connection, swap_table, rows)
        connection.execute(
            sa.update(pair_table)
            .where(columns.one == one, columns.other == other)
            .values(
                compared=columns.compared + len(outcomes),
                named=columns.named + sum(compared.named for _, compared in outcomes),
            )
        )


def _commons(connection: sa.Connection) -> list[Common]:
    """Every pair that has enough in common to be looked at."""
    sources = {
        row.source: Figures(row.source, row.threads, row.placed, row.acted)
        for row in connection.execute(sa.select(source_table))
    }
    swaps: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    texts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in connection.execute(sa.select(swap_table).order_by(swap_table.c.thread, swap_table.c.kind)):
        swaps[row.one, row.other].append((row.kind, row.mine, row.theirs))
        texts[row.one, row.other].add(row.thread)
    columns = pair_table.c
    enough = sa.or_(columns.titles >= LEAST, columns.places >= LEAST, columns.acts >= LEAST)
    return [
        Common(
            one=sources[row.one],
            other=sources[row.other],
            titles=row.titles,
            places=row.places,
            acts=row.acts,
            named=row.named,
            swapped=len(texts[row.one, row.other]),
            swaps=tuple(swaps[row.one, row.other]),
        )
        for row in connection.execute(
            sa.select(pair_table).where(enough).order_by(columns.one, columns.other)
        )
    ]
