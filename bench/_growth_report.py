"""Figures of ``growth.py`` as a page with a plot."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from growth import Point

_TEXT = """\
# Growth

Figures of both stores from {low} to {high} posts, as `bench/growth.py --posts {plain} --write` measured them in one run
on {cores} cores: each beside its floor or peer from the same run, so the ratios count and not the times.

![How both stores grow](growth.svg)

## Writing and memory

Posts a second by `Store.put`, beside the same documents ready made: `helpers.parallel_bulk`, and `executemany` in
transactions as durable. Memory is that of the process that writes.

{writing}

## Searching

Milliseconds for the 95th percentile and the median of {queries} queries three times over: common, middling and rare
words, two words, either of three, phrases, prefixes; the first page of 20, newest first, with the exact total. The
engine's own query asks for the same in its own language and reads the same posts, but marks no words and makes no
records. The goal is 1.3.

{searching}

## The feed

Milliseconds from the begin of a `put` of 50 posts to a reader that has each of its changes, while another process
writes as fast as it can; beside one look at a feed that holds nothing new.

{feed}
"""


def write(points: Sequence[Point], folder: Path) -> None:
    """Write ``growth.md`` and ``growth.svg``."""
    import os

    from growth import GOALS, queries, vocabulary

    sizes = sorted({point.posts for point in points})
    writing = _table(
        ("store", "posts", "put", "ready made", "ratio", "goal", "MB", "bytes a post"),
        [
            (
                *(p.store, f"{p.posts:,}", f"{p.put:,.0f}", f"{p.raw:,.0f}", f"{p.put / p.raw:.2f}"),
                *(f"{GOALS[p.store]:.1f}", f"{p.memory:,.0f}", f"{p.bytes_a_post:,.0f}"),
            )
            for p in points
        ],
    )
    searching = _table(
        ("store", "posts", "p95", "engine's p95", "ratio", "median", "engine's median", "ratio"),
        [
            (
                *(p.store, f"{p.posts:,}", f"{p.search_p95:.1f}", f"{p.engine_p95:.1f}"),
                *(f"{p.search_p95 / p.engine_p95:.2f}", f"{p.search_p50:.1f}", f"{p.engine_p50:.1f}"),
                f"{p.search_p50 / p.engine_p50:.2f}",
            )
            for p in points
        ],
    )
    feed = _table(
        ("store", "posts", "median", "p95", "an empty look"),
        [
            (p.store, f"{p.posts:,}", f"{p.lag_p50:,.0f}", f"{p.lag_p95:,.0f}", f"{p.look:.1f}")
            for p in points
        ],
    )
    text = _TEXT.format(
        low=f"{sizes[0]:,}",
        high=f"{sizes[-1]:,}",
        plain=sizes[-1],
        cores=os.cpu_count(),
        queries=len(queries(vocabulary())),
        writing=writing,
        searching=searching,
        feed=feed,
    )
    (folder / "growth.md").write_text(text, encoding="utf-8")
    _draw(points, folder / "growth.svg")


def _table(head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    rule = ("---", *("---:" for _ in head[1:]))
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *lines))


def _draw(points: Sequence[Point], file: Path) -> None:
    mpl.rcParams["svg.hashsalt"] = "duskwatch"  # the same figures give the same file
    figure, axes = plt.subplots(2, 2, figsize=(10, 7), layout="constrained")
    for store, colour in (("sqlite", "tab:blue"), ("elasticsearch", "tab:orange")):
        mine = [point for point in points if point.store == store]
        if not mine:
            continue
        sizes = [point.posts for point in mine]
        for at, ours, theirs, title in (
            (axes[0, 0], [p.put for p in mine], [p.raw for p in mine], "posts written a second"),
            (axes[0, 1], [p.search_p95 for p in mine], [p.engine_p95 for p in mine], "search p95, ms"),
            (axes[1, 0], [p.lag_p95 for p in mine], [p.look for p in mine], "feed lag p95, ms"),
            (axes[1, 1], [p.memory for p in mine], None, "memory of the writer, MB"),
        ):
            at.plot(sizes, ours, marker="o", color=colour, label=store)
            if theirs:
                at.plot(
                    sizes, theirs, marker=".", linestyle=":", color=colour, label=f"{store}: peer or floor"
                )
            at.set(title=title, xscale="log", xlabel="posts")
            at.set_ylim(bottom=0)
            at.legend(fontsize=8)
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Write the page anew from figures that ``growth.py --keep`` kept."""
    import sys

    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("kept", type=Path)
    arguments = asked.parse_args()
    sys.path.insert(0, str(Path(__file__).parent))
    from growth import Point

    points = [Point(**each) for each in json.loads(arguments.kept.read_text(encoding="utf-8"))]
    write(points, Path(__file__).parents[1] / "docs")


if __name__ == "__main__":
    main()
