"""How well copies of boards are told apart from boards that only look alike, beside plain equality of titles. A part of
``make quality``.

A generated web of some hundred boards (``web_of_boards.py``), read one after another; a pair of sources is right when both or
neither of generator and judge call it one board. The peer calls two boards one when half of the smaller one's titles are the
other's.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from contextlib import closing
from itertools import combinations
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from alerts.copies.groups import compare_texts, copies, fellows, verdicts
from alerts.copies.keeping import take
from alerts.copies.verdict import Verdict
from config.database import migrate, open_database
from indexer.opening import open_store
from indexer.text import fold
from quality.web_of_boards import Web, web

Pairs = set[tuple[str, str]]
FAMILIES, TUNED, HELD_OUT = 20, 20220106, 7_211_304
#: Sorts of which nothing on the boards tells that they are copies: no numbers, authors' times or keys in common.
UNTOLD = "undated-rehosted"


def measured(seed: int, families: int = FAMILIES) -> None:
    """Print one web's figures."""
    made = web(families, seed)
    told, undecided, phishing, suspected = judged(made)
    print(f"copies of boards, {len(made.boards)} boards, {len(made.copies)} pairs that are one (seed {seed})")
    _print("  told by content", told, set(made.copies))
    _print("  peer: half of the titles", by_titles(made), set(made.copies))
    missed = made.copies - told
    open_ = sum(pair in undecided for pair in missed)
    left = sum(any(name.startswith(UNTOLD) for name in pair) for pair in missed)
    print(
        f"    missed {len(missed)}, of these {left} without numbers or times in common; {open_} said to be undecided"
    )
    wrong = undecided - made.copies
    print(
        f"    said to be undecided: {len(undecided)}, of these {len(wrong)} are none (feeds, and reposts from boards without times)"
    )
    _print("  phishing copies", phishing, set(made.phishing))
    print(f"    copies of which it was said that it cannot be decided: {len(suspected)}")


def judged(made: Web) -> tuple[Pairs, Pairs, set[str], set[str]]:
    """Pairs that are called one board, pairs left undecided, sources called phishing copies and those left open."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/state.db")
        migrate(engine)
        with closing(open_store(f"sqlite:///{folder}/posts.db")) as store:
            cursor = None
            for board in made.boards:
                store.put(board.posts)
            while (page := store.changes(cursor, 500)).changes:
                cursor = page.cursor
                with engine.begin() as connection:
                    take(connection, page.changes)
            while compare_texts(engine, store):
                pass
        groups, undecided = copies(engine)
        engine.dispose()
    told = {(min(name, other), max(name, other)) for name, rest in fellows(groups).items() for other in rest}
    kinds = verdicts(groups)
    return (
        told,
        {(pair.one, pair.other) for pair in undecided},
        {name for name, (verdict, _) in kinds.items() if verdict is Verdict.PHISHING},
        {name for name, (verdict, _) in kinds.items() if verdict is Verdict.UNDECIDED},
    )


def by_titles(made: Web) -> Pairs:
    """What plain equality of titles would call one board."""
    titles = {board.source: {fold(post.title) for post in board.posts} for board in made.boards}
    return {
        (min(one, other), max(one, other))
        for one, other in combinations(titles, 2)
        if len(titles[one] & titles[other]) >= 0.5 * min(len(titles[one]), len(titles[other]))
    }


def rates(found: Iterable[object], true: Iterable[object]) -> tuple[float, float]:
    """Precision and recall."""
    here, there = set(found), set(true)
    both = len(here & there)
    return both / len(here) if here else 1.0, both / len(there) if there else 1.0


def _print(name: str, found: Iterable[object], true: Iterable[object]) -> None:
    precision, recall = rates(found, true)
    print(f"{name:<28} precision {precision:.3f}, recall {recall:.3f}")


if __name__ == "__main__":
    measured(TUNED)
    measured(HELD_OUT)
