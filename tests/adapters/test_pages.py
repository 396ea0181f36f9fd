"""Every adapter on small invented pages that stand beside this file: one test a page and field."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.errors import PageUnreadable
from crawler.adapter import Adapter, Gate, GateKind, Page
from crawler.adapters import adapter_names, load_adapter
from indexer.post import Kind

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BASE = "http://board.invalid"
ADDRESSES = {
    "mybb": ("/forumdisplay.php?fid=9&page=2", "/showthread.php?tid=502"),
    "machina": ("/forum/databases-1/?page=2", "/forum/databases-1/topic/topic-502/"),
}
LISTING = "    id, name,  phone\n    1, a,  2\nPrice: 15 XMR"
BOARDS: dict[str, dict[str, Any]] = {
    "mybb": {
        "key": ["501", "502", "77"],
        "url": [f"{BASE}/showthread.php?tid={key}" for key in (501, 502, 77)],
        "title": ["Rules & escrow", "虚构物流公司 31GB", "Serambi Fiksi"],
        "author": ["paper, fox", "guest", "tinta_palsu"],
        "created": ["2025-12-31T00:05", "2026-11-23T06:31", "2026-11-01T13:00"],
        "last_activity": ["2026-11-22T14:31", "2026-11-23T11:55", "2026-11-02T13:00"],
        "replies": [1204, 0, None],
        "views": [8429, None, None],
        "sticky": [True, False, False],
        "locked": [True, False, False],
        "moved": [False, False, True],
    },
    "machina": {
        "key": ["21", "22"],
        "url": [f"{BASE}/forum/databases-1/topic/{slug}/" for slug in ("rules-21", "topic-22")],
        "title": ["Rules & escrow", "虚构物流公司 31GB"],
        "author": ["fox on fire", "a guest"],
        "created": ["2025-12-31T00:00", "2026-11-22T14:31"],
        "last_activity": ["2026-09-02T09:00", "2026-11-22T14:31"],
        "last_author": ["q_heron", "a guest"],
        "replies": [3, 0],
        "views": [1204, 7],
        "sticky": [True, False],
        "locked": [True, False],
        "moved": [False, False],
    },
}
THREADS: dict[str, dict[str, Any]] = {
    "mybb": {
        "key": ["900", "907"],
        "author": ["grey_lantern", "guest 7"],
        "author_url": [f"{BASE}/member.php?action=profile&uid=7", None],
        "text": [f"Toko Rekaan\n42 GB\n{LISTING}", "> Price: 15 XMR\nharga bisa nego?"],
        "url": [f"{BASE}/showthread.php?tid=502&pid={key}#pid{key}" for key in (900, 907)],
        "posted": ["2026-11-22T14:31", "2026-11-23T11:55"],
        "edited": ["2026-11-23T08:15", None],
        "position": [1, 2],
        "signature": ["Escrow only. Kantor Fiksi", ""],
        "kind": [Kind.LISTING, Kind.REPLY],
    },
    "machina": {
        "key": ["900", "907"],
        "author": ["grey_lantern", "guest on 7"],
        "author_url": [f"{BASE}/member/profile/7/", None],
        "text": [f"Selling Toko Rekaan:\n42 GB\n{LISTING}", "> Price: 15 XMR\nharga bisa nego?"],
        "url": [f"{BASE}/forum/databases-1/topic/topic-502/#{key}" for key in (900, 907)],
        "posted": ["2026-11-22T14:31", "2026-11-23T11:55"],
        "edited": ["2026-11-23T08:15", None],
        "position": [None, None],
        "signature": ["Escrow only. Kantor Fiksi", ""],
        "kind": [None, None],
    },
}


def page(name: str, which: str) -> Page:
    text = (Path(__file__).parent / name / f"{which}.html").read_text(encoding="utf-8")
    return Page(BASE + ADDRESSES[name][which == "thread"], text, NOW)


def stated(value: Any) -> Any:
    """A field as the tables above write it: times to the minute."""
    if not hasattr(value, "precision"):
        return value
    return value.at.strftime("%Y-%m-%dT%H:%M") if value.at else None


@pytest.mark.parametrize(("name", "field"), [(name, field) for name in BOARDS for field in BOARDS[name]])
def test_board_field(name: str, field: str) -> None:
    board = load_adapter(name).board(page(name, "board"))
    assert [stated(getattr(row, field)) for row in board.threads] == BOARDS[name][field]


@pytest.mark.parametrize(("name", "field"), [(name, field) for name in THREADS for field in THREADS[name]])
def test_thread_field(name: str, field: str) -> None:
    thread = load_adapter(name).thread(page(name, "thread"))
    assert [stated(getattr(post, field)) for post in thread.posts] == THREADS[name][field]


def test_paging() -> None:
    mybb, machina = load_adapter("mybb"), load_adapter("machina")
    board = mybb.board(page("mybb", "board"))
    assert (board.page, board.pages) == (2, 3)
    assert board.next_url == f"{BASE}/forumdisplay.php?fid=9&page=3"
    thread = mybb.thread(page("mybb", "thread"))
    assert (thread.page, thread.pages) == (1, 2)
    assert thread.next_url == f"{BASE}/showthread.php?tid=502&page=2"
    board = machina.board(page("machina", "board"))
    assert (board.page, board.pages, board.next_url) == (2, 12, f"{BASE}/forum/databases-1/?page=3")
    assert [link.key for link in board.boards] == ["4"]
    thread = machina.thread(page("machina", "thread"))
    assert (thread.page, thread.pages, thread.next_url) == (1, 1, None)
    for adapter, url in ((mybb, f"{BASE}/showthread.php?tid=5"), (machina, f"{BASE}/forum/a-1/topic/b-5/")):
        third = adapter.thread_url(url, 3)
        assert third.endswith("page=3")
        assert adapter.thread_url(third, 1) == url
        assert adapter.board_url(url, 3) == third


def test_the_title_is_the_thread_s_own() -> None:
    for name in THREADS:
        assert load_adapter(name).thread(page(name, "thread")).title == "Toko Rekaan: 42 GB & more"
    second = page("mybb", "thread")
    head, _, rest = second.text.partition('<div class="post" id="post_900">')
    replies = head + rest[rest.index('<div class="post" id="post_907">') :]
    title = load_adapter("mybb").thread(Page(second.url, replies, NOW)).title
    assert title == "Toko Rekaan: 42 GB & more", "a reply's subject is its author's to write"


def test_only_mybb_tells_a_locked_thread_on_its_page() -> None:
    assert load_adapter("mybb").thread(page("mybb", "thread")).locked is True
    assert load_adapter("machina").thread(page("machina", "thread")).locked is None


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ("The specified thread does not exist.", GateKind.MISSING),
        ("You are either not logged in or do not have permission to view this page.", GateKind.FORBIDDEN),
        ("You are currently banned from this board.", GateKind.BANNED),
        ("This bulletin board is currently closed.", GateKind.MAINTENANCE),
    ],
)
def test_mybb_gates(says: str, kind: GateKind) -> None:
    html = f'<div id="content"><table class="tborder"><tr><td class="trow1">{says}</td></tr></table></div>'
    assert load_adapter("mybb").gate(Page(f"{BASE}/showthread.php?tid=5", html, NOW)) == Gate(kind, says)


def test_machina_login() -> None:
    html = '<h2>Sign in</h2><form><input name="u"><input type="password" name="p"></form>'
    assert load_adapter("machina").gate(Page(f"{BASE}/x", html, NOW)) == Gate(GateKind.LOGIN, "Sign in")


@pytest.mark.parametrize("name", sorted(ADDRESSES))
@pytest.mark.parametrize("which", ["board", "thread"])
def test_content_is_no_gate_and_shows_its_engine(name: str, which: str) -> None:
    adapter = load_adapter(name)
    assert adapter.gate(page(name, which)) is None
    assert adapter.detect(page(name, which))
    other = load_adapter("machina" if name == "mybb" else "mybb")
    assert not other.detect(page(name, which))


HOSTILE = {
    "nothing": "",
    "nested": "<div>" * 10_000,
    "too much": "<div>" * 100_000,
    "no characters of text": "\x00\x1b\u202e" * 100,
    "cut": '<div id="posts"><div class="post" id="post_',
    "words": "<p>42 GB toko-rekaan.example $5 vendor: a, published 2026-11-29 5 days 3 hours left</p>"
    * 3_000,
    "digits": "<div class=timer>" + "1 d " * 50_000 + "9" * 50_000 + "</div>",
    "no addresses": '<div class="topiclist"><div class="card-body"><div class="row">'
    '<a class="topic-name-link" href="http://[x">t</a></div></div></div><tr class="inline_row">'
    '<span id="tid_1"><a href="http://[x">t</a></span>',
}


@pytest.mark.parametrize("name", adapter_names())
@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_nothing_but_page_unreadable_is_raised(name: str, what: str) -> None:
    adapter: Adapter = load_adapter(name)
    for path in ADDRESSES.get(name, ("/viewforum.php?f=2&id=2&board=2.0", "/t/502?t=502&id=502&topic=502.0")):
        hostile = Page(BASE + path, HOSTILE[what], NOW)
        for read in (adapter.detect, adapter.gate, adapter.board, adapter.thread):
            with suppress(PageUnreadable):
                read(hostile)


def test_adapters_are_found_by_name() -> None:
    assert set(adapter_names()) >= set(ADDRESSES)
    assert all(load_adapter(name).name == name for name in adapter_names())
    with pytest.raises(ValueError, match="did you mean 'mybb'"):
        load_adapter("mybbb")
    with pytest.raises(ValueError, match="machina, marketplace, misago, mybb"):
        load_adapter("zzz")


def test_a_post_of_two_authors_is_no_data() -> None:
    text = (Path(__file__).parent / "flaskbb" / "thread.html").read_text(encoding="utf-8")
    twice = text.replace('<div id="907"', '<div id="900"')
    with pytest.raises(PageUnreadable, match="post 900 has two authors"):
        load_adapter("flaskbb").thread(Page(f"{BASE}/topic/502-x", twice, NOW))
    same = twice.replace("guest 7", "grey_lantern")
    assert len(load_adapter("flaskbb").thread(Page(f"{BASE}/topic/502-x", same, NOW)).posts) == 1
