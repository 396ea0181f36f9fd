"""The induction on layouts of very different structure: every field that a layout shows is read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from crawler.adapter import Page
from crawler.adapters.profile import ByProfile
from crawler.induction import induce_board, induce_thread
from crawler.links import form_of, key_of
from crawler.markup import parse
from crawler.paging import infer_paging, page_of, read_paging, with_number
from crawler.profile import Paging, Profile
from quality.invented import BASE, LATER, NOW, STYLES, Invented
from quality.measure_induction import GOAL, induced, invented, measure


@pytest.mark.parametrize("name", ["mybb", "smf", *STYLES, *LATER])
def test_every_field_of_a_layout_is_read(name: str) -> None:
    figures = measure(name)
    if figures is None:
        pytest.skip("the captures of running boards are not here")
    assert {field: pair for field, pair in figures.items() if min(pair) < GOAL} == {}


def test_a_profile_is_plain_data() -> None:
    first, fetch, _ = invented("pairs")
    profile = induced(first, fetch)
    assert profile is not None
    assert Profile.model_validate(profile.model_dump(exclude_defaults=True, mode="json")) == profile
    assert "board.invalid" not in profile.model_dump_json()


def test_pages_without_records_give_nothing() -> None:
    page = Page(f"{BASE}/", "<p>We are closed.</p><a href='/a'>a</a>", NOW)
    assert induce_board([page]) is None
    assert induce_thread([page]) is None


def test_without_a_profile_nothing_is_read() -> None:
    page = Invented("cards").board(0)
    assert ByProfile().detect(page) == ()
    with pytest.raises(Exception, match="no profile"):
        ByProfile().board(page)


@pytest.mark.parametrize(
    ("urls", "form", "key"),
    [
        (["/showthread.php?tid=5&x=1", "/showthread.php?tid=17"], "/showthread.php?tid={number}", "17"),
        (["/index.php?topic=5.0", "/index.php?topic=17.0"], "/index.php?topic={number}*", "17"),
        (["/t/some-words-5/", "/t/others-17/"], "/t/*-{number}", "17"),
        (["/threads/some-words.5/", "/threads/others.17/"], "/threads/*.{number}", "17"),
        (["/thread-5-1-1.html", "/thread-17-1-1.html"], "/thread-{number}-*-*.html", "17"),
        (["/5-some-words", "/17-others"], "/{number}-*", "17"),
        (["/t/some-words", "/t/others"], "/t/{key}", "others"),
        (["/viewtopic.php?f=2&t=5", "/viewtopic.php?f=2&t=17"], "/viewtopic.php?t={number}", "17"),
    ],
)
def test_the_form_of_links(urls: list[str], form: str, key: str) -> None:
    whole = [BASE + url for url in urls]
    assert form_of(whole) == form
    assert key_of(form, whole[1]) == key
    assert key_of(form, f"{BASE}/member.php?uid=17") is None


@pytest.mark.parametrize(
    ("here", "links", "where", "third"),
    [
        ("/f?id=2", {2: "/f?id=2&page=2", 3: "/f?id=2&page=3"}, "query page", "/f?id=2&page=3"),
        ("/f?id=2", {2: "/f?id=2&start=25", 3: "/f?id=2&start=50"}, "query start", "/f?id=2&start=50"),
        ("/i?topic=4.0", {2: "/i?topic=4.15", 3: "/i?topic=4.30"}, "value topic", "/i?topic=4.30"),
        ("/t/x.4/", {2: "/t/x.4/page-2", 3: "/t/x.4/page-3"}, "path page-{n}", "/t/x.4/page-3"),
        ("/t-4-1-1.html", {2: "/t-4-2-1.html", 3: "/t-4-3-1.html"}, "digits 2", "/t-4-3-1.html"),
    ],
)
def test_paging_is_told_from_links(here: str, links: dict[int, str], where: str, third: str) -> None:
    html = "".join(f"<a href='{url}'>{number}</a>" for number, url in links.items())
    paging = infer_paging(parse(html), BASE + here)
    assert paging is not None
    assert paging.where == where
    assert with_number(paging, BASE + here, 3) == BASE + third
    assert with_number(paging, BASE + third, 1) == BASE + here
    assert (page_of(paging, BASE + here), page_of(paging, BASE + third)) == (1, 3)
    read = read_paging(parse(html), BASE + here, paging)
    assert (read.page, read.pages, read.next_url) == (1, 3, BASE + links[2])


def test_a_page_without_further_ones_has_none() -> None:
    read = read_paging(parse("<a href='/f?id=3'>3</a>"), f"{BASE}/f?id=2", Paging(where="query page"))
    assert (read.page, read.pages, read.next_url) == (1, 1, None)


def test_rows_that_stand_before_newer_ones_are_pinned() -> None:
    site = Invented("cards")
    profile = induced(*invented("cards")[:2])
    assert profile is not None
    threads = site.boards[0].threads
    threads.insert(0, threads.pop())  # the oldest first, without a word about it
    rows = ByProfile(profile).board(site.board(0)).threads
    assert [row.sticky for row in rows] == [True] + [False] * (len(threads) - 1)
    threads.reverse()
    assert not any(row.sticky for row in ByProfile(profile).board(site.board(0)).threads)
