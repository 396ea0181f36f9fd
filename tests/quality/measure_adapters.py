"""Fields that adapters read, beside the databases of the engines that made the pages. ``make quality``.

Goal 0.995, and 1.0 on MyBB, SMF and django-machina. Engines of which no database is here are read on saved pages in
the markup of their public templates, beside expectations written by hand: that is told apart.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(_TESTS), str(_TESTS / "adapters"), str(_TESTS.parent)]

import httpx
import yaml
from captures import CAPTURES, MISSING, adapter_for, pages

from console.demo.board import Forum
from crawler.adapter import Page
from crawler.adapters import load_adapter
from quality.engine_truth import Figures, Score, compare, read_site, truth_of_capture, truth_of_machina

_BASE = "http://board.invalid"
_BOARDS = {"mybb": "/forumdisplay.php?fid=", "smf": "/index.php?board="}
_NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def of_capture(name: str) -> Figures:
    """A capture's pages, reached from its boards, beside its database."""
    found = pages(CAPTURES / name)
    engine = name.partition("-")[0]
    adapter = load_adapter(engine)
    first = [path for path in found if path.startswith(_BOARDS[engine]) and "page=" not in path]
    boards = [_BASE + path for path in first if not adapter.gate(found[path])]
    read = read_site(adapter, boards, lambda url: found.get(url.removeprefix(_BASE)))
    return compare(name, read, truth_of_capture(CAPTURES / name))


def of_machina() -> Figures:
    """A django-machina forum that runs now, beside its database."""
    with tempfile.TemporaryDirectory() as folder, Forum(Path(folder)) as forum, httpx.Client() as client:

        def fetch(url: str) -> Page:
            return Page(url, client.get(url).text, datetime.now(UTC))

        boards = [forum.base_url + path for path in forum.boards.values()]
        return compare(
            "machina", read_site(load_adapter("machina"), boards, fetch), truth_of_machina(forum.truth())
        )


def of_saved_pages() -> dict[str, Score]:
    """Saved pages by engine, beside the expectations that stand with them."""
    scores: dict[str, Score] = {}
    for path in sorted((_TESTS / "adapters").glob("*/*.yaml")):
        if path.parent.name == "gates":
            continue
        case = yaml.safe_load(path.read_text(encoding="utf-8"))
        file = next(each for each in path.parent.glob(f"{path.stem}.*") if each.suffix != ".yaml")
        page = Page(_BASE + case["url"], file.read_text(encoding="utf-8"), _NOW)
        adapter = adapter_for(file)
        items = adapter.board(page).threads if case["reads"] == "board" else adapter.thread(page).posts
        score = scores.setdefault(path.parent.name, Score())
        for name, wanted in case["each"].items():
            for item, value in zip(items, wanted, strict=True):
                got = _stated(item, name)
                score.stated += got is not None
                score.wanted += value is not None
                score.right += value is not None and got == value
    return scores


def _stated(item: Any, name: str) -> Any:
    for part in name.split("."):
        item = getattr(item, part) if item is not None else None
    if isinstance(item, tuple):
        return [getattr(each, "key", each) for each in item]
    if hasattr(item, "precision"):
        return item.at.strftime("%Y-%m-%dT%H:%M") if item.at else None
    return item.replace(_BASE, "") if isinstance(item, str) else item


def main() -> None:
    measured = [of_machina()]
    if CAPTURES.is_dir():
        measured += [of_capture(name) for name in ("mybb", "mybb-later", "smf")]
    else:
        print(MISSING)
    names = list(dict.fromkeys(name for figures in measured for name in figures.fields))
    print("Fields beside the engine's own database (recall precision of n values); goal 1.0")
    print(f"{'':20}" + "".join(f"{figures.engine:>24}" for figures in measured))
    for name in [*names, "all"]:
        cells = [figures.all if name == "all" else figures.fields.get(name, Score()) for figures in measured]
        shown = (f"{s.recall:.3f} {s.precision:.3f} {s.wanted:5}" if s.wanted else "-" for s in cells)
        print(f"{name:20}" + "".join(f"{cell:>24}" for cell in shown))
    for figures in measured:
        for fault in figures.faults[:5]:
            print(f"  {figures.engine}: {fault}"[:200])
    print(
        "\nSaved pages in the markup of public templates or of invented layouts, beside what was written by hand"
    )
    for engine, score in of_saved_pages().items():
        print(f"{engine:20}{score.recall:24.3f} {score.precision:.3f} {score.wanted:5}")


if __name__ == "__main__":
    main()
