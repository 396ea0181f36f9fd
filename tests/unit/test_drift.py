"""Whether a source still looks as it did, and its pages read again from the evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.database import migrate, open_database
from crawler.adapter import BoardPage, Instant, Page, PostItem, ThreadPage, ThreadRow
from crawler.drift import POSTS, Drift, Reading, fallen, threads_by_address
from crawler.evidence import Evidence, EvidenceMissing, kept_since, page_of, read_kept
from crawler.health import Figures, State, state_of
from crawler.memory import Memory

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
USUAL = Reading("sale", 1, 20, 20, 20, 20)
POST = Reading(POSTS, 10, 100, 98, 100, 95)


@pytest.mark.parametrize(
    ("now", "before", "says"),
    [
        (Reading("sale", 1, 19, 19, 19, 19), USUAL, None),
        (Reading("sale", 1, 0, 0, 0, 0), USUAL, "0 threads on a page where 20 were usual"),
        (Reading("sale", 1, 5, 5, 5, 5), USUAL, "5 threads on a page"),
        (Reading("sale", 1, 9, 9, 9, 9), USUAL, None),
        (Reading("sale", 1, 20, 0, 20, 20), USUAL, "author of 0% of threads where 100% had one"),
        (Reading("sale", 1, 20, 20, 4, 20), USUAL, "time of 20% of threads"),
        (Reading(POSTS, 1, 1, 0, 1, 1), POST, "author of 0% of posts"),
        (Reading(POSTS, 1, 1, 1, 1, 0), POST, None),  # a picture alone
        (Reading(POSTS, 1, 8, 8, 8, 0), POST, "text of 0% of posts"),
        (Reading(POSTS, 1, 8, 7, 8, 6), POST, None),
        (Reading("new", 1, 0, 0, 0, 0), None, None),
    ],
)
def test_a_fall_against_a_source_s_own_history(
    now: Reading, before: Reading | None, says: str | None
) -> None:
    found = fallen(now, [before] * 3 if before else [])
    assert (found is None) == (says is None)
    assert says is None or (found or "").startswith(says)


def test_one_earlier_crawl_is_enough_and_a_fall_is_no_history() -> None:
    rows = tuple(ThreadRow(str(n), f"/t/{n}", "t", "a", last_activity=Instant(NOW)) for n in range(12))
    first = Drift({})
    assert first.board("sale", BoardPage(rows, pages=3, next_url="/2")) is None
    post = PostItem("1", "ann", "text", "/t/1", Instant(NOW))
    assert first.thread(ThreadPage("1", "t", (post, post))) is None
    assert first.readings() == (Reading("sale", 1, 12, 12, 12, 12, 36), Reading(POSTS, 1, 2, 2, 2, 2))
    second = Drift({"sale": [Reading("sale", 1, 12, 12, 12, 12, 36)]})
    assert second.board("sale", BoardPage(())) is not None
    assert second.readings() == ()


def test_readings_are_kept_for_a_while_and_forgotten_on_demand(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/state.db")
    migrate(database)
    memory = Memory(database, "forum")
    for number in range(25):
        memory.keep_readings([Reading("sale", 1, number, 0, 0, 0)], NOW + timedelta(hours=number))
    assert [each.records for each in memory.readings()["sale"]] == list(range(24, 4, -1))
    assert Memory(database, "other").readings() == {}
    assert memory.to_rescue("/t/1", "said")
    memory.rescued("/t/1", "said", NOW)
    assert not memory.to_rescue("/t/1", "said")
    assert memory.to_rescue("/t/1", "said otherwise")
    memory.missed("/t/1", "gate: login", NOW)
    memory.missed("/t/2", "page limit", NOW)
    memory.missed("/t/2", "gate: login", NOW)
    assert memory.missing() == {"gate: login": 2}
    memory.not_missed("/t/1")
    assert memory.missing() == {"gate: login": 1}
    memory.forget_readings()
    assert memory.readings() == {}
    assert memory.to_rescue("/t/1", "said")
    database.dispose()


def test_a_changed_layout_is_a_state_of_its_own() -> None:
    figures = Figures(pages=3, boards_read=1)
    figures.layout_changed("0 threads on a page where 20 were usual", "http://x/", "a#1")
    assert state_of(figures) is State.LAYOUT


def test_threads_are_told_by_their_address_alone() -> None:
    html = (
        "<div><p><a href='/t/7'>one</a> 3 answers</p><p><a href='/t/9'>two</a> <a href='/t/9?page=2'>2</a></p>"
        "<a href='/u/7'>ann</a></div>"
    )
    page = Page("http://board.invalid/b", html, NOW)
    known = [f"http://board.invalid/t/{n}" for n in (1, 2, 7)]
    found = threads_by_address(page, known)
    assert [raw.url for raw in found] == ["http://board.invalid/t/7", "http://board.invalid/t/9"]
    moved = threads_by_address(Page(page.url, html.replace("3 answers", "4 answers"), NOW), known)
    assert [a.said == b.said for a, b in zip(found, moved, strict=True)] == [False, True]
    assert threads_by_address(page, known[:1]) == []


def test_kept_pages_are_found_again(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path, "forum", NOW)
    headers = {"Content-Type": "text/html; charset=utf-8"}
    references = [
        evidence.keep(f"http://x/{n}", 200, headers, f"<p>пост {n}".encode(), NOW + timedelta(minutes=n))
        for n in range(3)
    ]
    evidence.close()
    assert page_of(read_kept(tmp_path, references[1])) == Page(
        "http://x/1", "<p>пост 1", NOW + timedelta(minutes=1)
    )
    kept = list(kept_since(tmp_path, "forum", NOW + timedelta(minutes=1)))
    assert [each.reference for each in kept] == references[1:]
    assert [each.body.decode() for each in kept] == ["<p>пост 1", "<p>пост 2"]
    file = next(tmp_path.glob("forum/*/*.gz"))
    file.write_bytes(file.read_bytes()[:-20])  # a crawl was killed while it wrote
    assert [each.reference for each in kept_since(tmp_path, "forum", NOW)] == references[:2]
    for wrong in ("../x#0", "forum/none#0", references[0].partition("#")[0]):
        with pytest.raises(EvidenceMissing):
            read_kept(tmp_path, wrong)
