"""One engine's pages are never taken for another's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from captures import CAPTURES, MISSING, mapping_of, pages

from crawler.adapter import Page
from crawler.detection import detect

FOLDER = Path(__file__).parent
SAVED = sorted(
    path
    for path in FOLDER.glob("*/*.*")
    if path.parent.name != "gates" and path.suffix in (".html", ".json", ".xml") and not mapping_of(path)
)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("path", SAVED, ids=[f"{path.parent.name}/{path.name}" for path in SAVED])
def test_a_saved_page_speaks_for_its_own_engine_alone(path: Path) -> None:
    page = Page("http://board.invalid/", path.read_text(encoding="utf-8"), NOW)
    assert [found.adapter for found in detect(page)] == [path.parent.name]


@pytest.mark.skipif(not CAPTURES.is_dir(), reason=MISSING)
@pytest.mark.parametrize("name", ["mybb", "smf"])
def test_every_captured_page_speaks_for_its_own_engine_alone(name: str) -> None:
    found = {path: [each.adapter for each in detect(page)] for path, page in pages(CAPTURES / name).items()}
    assert {path: engines for path, engines in found.items() if engines != [name]} == {}


def test_the_evidence_is_named() -> None:
    text = (FOLDER / "smf" / "thread21.html").read_text(encoding="utf-8")
    (best,) = detect(Page("http://board.invalid/", text, NOW))
    assert best.weight >= 6
    assert any("smf_" in words for words in best.evidence)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1, 2",
        "<p>Powered by MyBB, SMF, phpBB, vBulletin and XenForo: var smf_theme_url = 1; my_post_key</p>",
        "<div>" * 100_000,
    ],
)
def test_a_page_of_no_engine_is_taken_for_none(text: str) -> None:
    assert detect(Page("http://board.invalid/", text, NOW)) == []
