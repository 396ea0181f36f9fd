"""Looking for copies of boards beside plain storing: seconds for the same posts, on one web of boards.

Storing is the floor: generated boards, a tenth of them copies, eleven replies a thread, into SQLite. Above it stands
what copies cost: keeping the prints of each thread and counting what sources have in common, as the watcher does, and
comparing texts of likely copies, as the service does once a minute.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from _figures import quick, tell
from quality.web_of_boards import Board, board, clone, phished

from alerts.copies.groups import compare_texts, copies
from alerts.copies.keeping import take
from config.database import migrate, open_database
from indexer.opening import open_store
from indexer.post import Kind, Post

BOARDS, THREADS, REPLIES = 40, 25 if quick() else 100, 11


def boards() -> list[Board]:
    """Boards of their own, and of every twentieth a mirror and a phishing copy."""
    chance = random.Random(20220106)
    made = [board(f"board-{number}", chance, THREADS) for number in range(BOARDS)]
    copied = [
        copy
        for number, each in enumerate(made[::20])
        for copy in (clone(each, f"mirror-{number}", chance), phished(each, f"phish-{number}", chance))
    ]
    return made + copied


def replies(of: Board) -> list[Post]:
    """What is said in its threads."""
    return [
        replace(
            opening,
            key=replace(opening.key, post=f"{opening.key.post}-{number}"),
            position=number + 1,
            kind=Kind.REPLY,
            text=f"{number} {opening.text}",
            content_hash="",
        )
        for opening in of.posts
        for number in range(1, REPLIES + 1)
    ]


def main() -> None:
    """Print the seconds of each part and its share of storing."""
    made = [(each, [*each.posts, *replies(each)]) for each in boards()]
    threads, count = sum(len(each.posts) for each, _ in made), sum(len(posts) for _, posts in made)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/state.db")
        migrate(engine)
        with closing(open_store(f"sqlite:///{folder}/posts.db")) as store:
            begun = time.perf_counter()
            for _, posts in made:
                store.put(posts)
            storing = time.perf_counter() - begun
            pages, cursor = [], None
            while (page := store.changes(cursor, 500)).changes:
                pages.append(page)
                cursor = page.cursor
            begun = time.perf_counter()
            for page in pages:
                with engine.begin() as connection:
                    take(connection, page.changes)
            keeping = time.perf_counter() - begun
            begun = time.perf_counter()
            while compare_texts(engine, store):
                pass
            comparing = time.perf_counter() - begun
        begun = time.perf_counter()
        groups, _ = copies(engine)
        deciding = time.perf_counter() - begun
        engine.dispose()
    print(
        f"copies of boards, {threads:,} threads of {count:,} posts on {len(made)} sources, {len(groups)} groups found"
    )
    print(f"  storing alone (floor)     {storing:7.2f} s  {count / storing:9,.0f} posts/s")
    print(f"  keeping prints, counting  {keeping:7.2f} s  {keeping / storing:9.2f} of storing")
    print(f"  comparing texts, once     {comparing:7.2f} s  {comparing / storing:9.2f} of storing")
    print(f"  deciding                  {deciding:7.3f} s  {deciding / storing:9.3f} of storing")
    for what, spent in (("keeping prints", keeping), ("comparing texts", comparing), ("deciding", deciding)):
        tell(f"copies: {what}", [(spent, storing)], "s", "storing alone", higher=False)


if __name__ == "__main__":
    main()
