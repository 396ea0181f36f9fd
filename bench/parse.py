"""Pages read a second by each adapter, beside a bare parse of the same pages into selectolax's tree. Goal: at least 0.5
of it (JSON: of ``json.loads``).

The pages are captures of running boards where they are here, and the saved ones of the tests, which are much shorter
than a real board's: on those, what a page costs at all weighs more.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(_TESTS / "adapters"), str(_TESTS.parent)]

import yaml
from _figures import quick, tell
from captures import CAPTURES, adapter_for, pages
from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from crawler.adapter import Page
from crawler.adapters import load_adapter

ROUNDS, SECONDS = 3, 0.1 if quick() else 0.3
_NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def rate(work: Callable[[], object]) -> float:
    """How often ``work`` is done in a second of processor time: other work on the machine counts for neither."""
    done, start = 0, time.process_time()
    while time.process_time() - start < SECONDS:
        work()
        done += 1
    return done / (time.process_time() - start)


def bare(page: Page) -> object:
    """The page as a tree, and no more."""
    if page.text.lstrip().startswith(("{", "[")):
        return json.loads(page.text)
    if page.text.lstrip().startswith("<?xml"):
        return etree.fromstring(page.text.partition("?>")[2].encode(), etree.XMLParser(recover=True))
    return LexborHTMLParser(page.text)


def captured(name: str, of: str) -> list[Page]:
    return [page for path, page in pages(CAPTURES / name).items() if of in path and len(page.text) > 10_000][
        :20
    ]


def saved() -> dict[tuple[str, str], list[tuple[Path, Page]]]:
    """Saved pages by adapter and what they are."""
    found: dict[tuple[str, str], list[tuple[Path, Page]]] = {}
    for path in sorted((_TESTS / "adapters").glob("*/*.yaml")):
        if path.parent.name == "gates":
            continue
        case = yaml.safe_load(path.read_text(encoding="utf-8"))
        file = next(each for each in path.parent.glob(f"{path.stem}.*") if each.suffix != ".yaml")
        page = Page("http://board.invalid" + case["url"], file.read_text(encoding="utf-8"), _NOW)
        found.setdefault((path.parent.name, case["reads"]), []).append((file, page))
    return found


def measured(name: str, reads: str, readers: Sequence[tuple[Any, Page]]) -> None:
    ours, floor = [], []
    for _ in range(ROUNDS):
        floor.append(rate(lambda: [bare(page) for _, page in readers]) * len(readers))
        ours.append(rate(lambda: [getattr(adapter, reads)(page) for adapter, page in readers]) * len(readers))
    share = statistics.median(one / other for one, other in zip(ours, floor, strict=True))
    length = sum(len(page.text) for _, page in readers) / len(readers) / 1000
    print(
        f"{name:14}{reads:8}{length:7.1f} kB{statistics.median(ours):10,.0f} pages/s"
        f"   bare parse {statistics.median(floor):10,.0f}   ratio {share:.2f}"
    )
    pairs = list(zip(ours, floor, strict=True))
    tell(f"parse: {name} {reads}", pairs, "pages/s", "bare parse", goal=0.5 if "(real)" in name else None)


def main() -> None:
    print(
        "adapter, pages read a second, beside a bare parse of the same pages (goal of real pages: ratio at least 0.50)"
    )
    if CAPTURES.is_dir():
        for name, board, thread in (("mybb", "forumdisplay", "showthread"), ("smf", "board=", "topic=")):
            adapter = load_adapter(name)
            for reads, of in (("board", board), ("thread", thread)):
                found = [page for page in captured(name, of) if adapter.gate(page) is None]
                measured(f"{name} (real)", reads, [(adapter, page) for page in found])
    for (name, reads), cases in saved().items():
        measured(name, reads, [(adapter_for(file), page) for file, page in cases])


if __name__ == "__main__":
    main()
