"""What every store must do, run on every implementation."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import CursorUnknown, PostRefused, QueryError, StoreRefused
from indexer.ingest import Ingest
from indexer.opening import open_store
from indexer.post import ChangeKind, Kind, Outcome, Post, PostKey, Precision
from indexer.spool import Spool
from indexer.store import Filters, PurgePolicy, Sort, Store

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "elasticsearch", "three nodes"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes URLs of empty stores of one kind."""
    if request.param == "sqlite":
        numbers = count()
        return lambda: f"sqlite:///{tmp_path}/posts{next(numbers)}.db"
    name = "prefixes" if request.param == "elasticsearch" else "prefixes_on_three"
    made: Callable[[], str] = request.getfixturevalue(name)
    return made


@pytest.fixture
def url(urls: Callable[[], str]) -> str:
    return urls()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path, 1)) as opened:
        yield opened


def post(number: int = 1, text: str = "plain words", **more: Any) -> Post:
    values: dict[str, Any] = {
        "key": PostKey("forum", "t1", str(number)),
        "board": "databases",
        "position": number,
        "title": "a title",
        "author": "Seller_One",
        "text": text,
        "url": f"http://board.invalid/{number}",
        "seen_at": NOON,
        "posted_at": NOON - timedelta(minutes=number),
        "precision": Precision.MINUTE,
        "kind": Kind.LISTING if number == 1 else Kind.REPLY,
    }
    return Post(**{**values, **more})


def ids(store: Store, query: str, **more: Any) -> list[str]:
    return [hit.stored.post.key.post for hit in store.search(query, **more).hits]


def test_put_is_idempotent_and_keeps_revisions(store: Store) -> None:
    first = post(text="price 500")
    assert store.put([first, post(2)]) == [Outcome.NEW, Outcome.NEW]
    assert store.put([first, post(2)]) == [Outcome.KNOWN, Outcome.KNOWN]
    second = replace(first, text="price 300", seen_at=NOON + timedelta(hours=1), content_hash="")
    assert store.put([second]) == [Outcome.CHANGED]
    assert [each.post.text for each in store.revisions(first.key)] == ["price 500", "price 300"]
    newest = store.get(first.key)
    assert newest is not None
    assert (newest.post, newest.revision, newest.first_seen_at) == (second, 2, NOON)
    assert ids(store, "500") == []
    assert ids(store, "300") == ["1"]


def test_a_batch_is_all_or_nothing(store: Store) -> None:
    broken = replace(post(2), position="not a number")  # type: ignore[arg-type]
    object.__setattr__(broken, "position", object())
    with pytest.raises(Exception, match=r".+"):
        store.put([post(1), broken])
    assert store.stats().posts == 0


def test_one_batch_may_hold_a_post_twice(store: Store) -> None:
    store.put([post(1)])
    edited = post(2, "other words")
    found = store.put([post(2), post(1), edited, edited, post(3)])
    assert found == [Outcome.NEW, Outcome.KNOWN, Outcome.CHANGED, Outcome.KNOWN, Outcome.NEW]
    assert [each.post.text for each in store.revisions(edited.key)] == ["plain words", "other words"]
    assert ids(store, "other") == ["2"]


def test_a_post_that_no_store_can_hold_is_named_and_set_aside(store: Store, spool: Spool) -> None:
    bad = post(2, position=2**63)
    with pytest.raises(PostRefused, match="position 9") as caught:
        store.put([post(1), bad, post(3)])
    assert caught.value.post == bad.id
    assert store.stats().posts == 0
    assert Ingest(lambda: store, spool).put([post(1), bad, post(3)], source="forum").new == 2
    told = replace(bad, language="en")  # the language is told on the way in
    assert [each.post for each in spool.refused()] == [told]


def test_sources_are_left_out(store: Store) -> None:
    other = post(2, key=PostKey("market", "t1", "2"))
    store.put([post(1), other, post(3, key=PostKey("shop", "t1", "3"))])
    seen = Filters(without=("forum", "shop"))
    assert ids(store, "words", filters=seen) == ["2"]
    assert ids(store, "", filters=replace(seen, sources=("forum", "market"))) == ["2"]
    assert store.search("", filters=seen, facets=["source"]).facets == {"source": {"market": 1}}
    assert sum(count for _, count in store.histogram("", filters=seen)) == 1


def test_removed_and_back(store: Store) -> None:
    store.put([post(1), post(2)])
    later = NOON + timedelta(hours=2)
    keys = [post(1).key, PostKey("forum", "t1", "99")]
    assert store.mark_removed(keys, last_seen=NOON, at=later) == 1
    assert store.mark_removed(keys, last_seen=NOON, at=later) == 0
    gone = store.get(post(1).key)
    assert gone is not None
    assert (gone.removed_at, gone.last_seen_at) == (later, NOON)
    assert ids(store, "removed:true") == ["1"]
    assert ids(store, "*", filters=Filters(removed=False)) == ["2"]
    assert store.put([post(1)]) == [Outcome.CHANGED]
    back = store.get(post(1).key)
    assert back is not None
    assert back.removed_at is None
    kinds = [change.kind for change in store.changes().changes]
    assert kinds == [ChangeKind.NEW, ChangeKind.NEW, ChangeKind.REMOVED, ChangeKind.CHANGED]


def test_the_feed_is_read_up_to_another_reader(store: Store) -> None:
    store.put([post(number) for number in range(1, 4)])
    there = store.changes(limit=2).cursor
    store.put([post(4)])
    first = store.changes(limit=1, until=there)
    rest = store.changes(first.cursor, until=there)
    assert [each.stored.post.key.post for each in (*first.changes, *rest.changes)] == ["1", "2"]
    assert not store.changes(rest.cursor, until=there).changes
    assert len(store.changes(there).changes) == 2, "the other reads on where this one ended"


def test_a_writer_whose_clock_jumps_hides_nothing_from_the_feed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writers take turns, one of them with a clock that is years ahead, then years behind; a reader reads on."""
    moved = timedelta()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + moved

    for name in ("sqlite", "elasticsearch"):
        monkeypatch.setattr(f"indexer.stores.{name}.datetime", Clock)
    wanted, cursor = [], None
    read: list[tuple[str, str]] = []
    with closing(open_store(url)) as right, closing(open_store(url)) as wrong:
        for turn, days in enumerate((0, 900, -900, 0)):
            for writer, moved in ((wrong, timedelta(days=days)), (right, timedelta())):  # noqa: B007 - Clock reads it
                number = 2 * turn + (writer is right)
                assert writer.put([post(number), post(number + 100)]) == [Outcome.NEW, Outcome.NEW]
                edited = post(number, f"words {turn}")
                assert writer.put([edited]) == [Outcome.CHANGED]
                gone = writer.mark_removed([post(number + 100).key], last_seen=NOON, at=NOON)
                assert gone == 1
                wanted += [(str(number), "new"), (str(number + 100), "new"), (str(number), "changed")]
                wanted += [(str(number + 100), "removed")]
            page = right.changes(cursor, 1000)
            read += [(change.stored.post.key.post, change.kind.value) for change in page.changes]
            cursor = page.cursor
        assert sorted(read) == sorted(wanted)
        assert [(one.revision, one.post.text) for one in right.revisions(post(0).key)] == [
            (1, "plain words"),
            (2, "words 0"),
        ]
        assert right.search("words", limit=1).total == 16


def test_the_feed_resumes_and_refuses_strange_cursors(store: Store, urls: Callable[[], str]) -> None:
    store.put([post(number) for number in range(1, 8)])
    page = store.changes(limit=3)
    assert [change.stored.post.key.post for change in page.changes] == ["1", "2", "3"]
    rest = store.changes(page.cursor)
    assert [change.stored.post.key.post for change in rest.changes] == ["4", "5", "6", "7"]
    assert store.changes(rest.cursor).changes == ()
    assert store.changes(store.changes(rest.cursor).cursor).changes == ()
    other = open_store(urls())
    try:
        for cursor in (page.cursor, "nonsense", "sqlite:x:y"):
            with pytest.raises(CursorUnknown):
                other.changes(cursor)
    finally:
        other.close()


TEXTS = {
    "en": "documents of the Ministry of Health of Indonesia",
    "id": "server pusat Kementerian Kesehatan",
    "ru": "база Министерства здравоохранения",
    "zh": "出售印尼卫生部的数据",
    "ja": "保健省のデータベースです",
    "th": "ข้อมูลกระทรวงสาธารณสุข",
    "ar": "بيانات وزارة الصحَّة",
}


@pytest.mark.parametrize(
    ("query", "language", "marked"),
    [
        ('"ministry of health"', "en", "Ministry of Health"),
        ("kesehatan", "id", "Kesehatan"),
        ("здравоохранения", "ru", "здравоохранения"),
        ("ЗДРАВООХРАН*", "ru", "здравоохранения"),
        ("卫生部", "zh", "卫生部"),
        ("データ", "ja", "データ"),
        ("กระทรวง", "th", "กระทรวง"),
        ("الصحة", "ar", "الصحَّة"),
        ("kesehatn~1", "id", "Kesehatan"),
        ("k?men*ian", "id", "Kementerian"),
        ("ｋｅｓｅｈａｔａｎ", "id", "Kesehatan"),
        ("卫生*", "zh", "卫生"),
        ("データ*", "ja", "データ"),
        ("of-indo*", "en", "of Indonesia"),
    ],
)
def test_search_finds_and_marks_in_every_script(store: Store, query: str, language: str, marked: str) -> None:
    store.put([post(at, text, language=name) for at, (name, text) in enumerate(TEXTS.items(), 1)])
    (hit,) = store.search(query).hits
    assert hit.stored.post.language == language
    (span,) = hit.text_spans
    assert hit.stored.post.text[slice(*span)] == marked


def test_query_language(store: Store) -> None:
    store.put(
        [
            post(1, "alpha beta", author="Ann", title="first"),
            post(2, "beta gamma", author="Bob"),
            post(3, "alpha gamma", board="market", posted_at=None, precision=Precision.UNKNOWN),
        ]
    )
    assert ids(store, "alpha OR gamma") == ["3", "1", "2"]
    assert ids(store, "alpha gamma") == ["3"]
    assert ids(store, "beta -gamma") == ["1"]
    assert ids(store, "NOT beta") == ["3"]
    assert ids(store, '"alpha beta"') == ["1"]
    assert ids(store, '"beta alpha"') == []
    assert ids(store, "author:ann AND text:(alpha beta)") == ["1"]
    assert ids(store, "title:first") == ["1"]
    assert ids(store, "board:market") == ["3"]
    assert ids(store, "source:for* kind:listing") == ["1"]
    assert ids(store, "posted:[2026-01-06T11:59 TO *]") == ["3", "1"]
    assert ids(store, "posted:2026-01-06") == ["3", "1", "2"]
    assert ids(store, "posted:{2026-01-06 TO *]") == []
    assert ids(store, "", sort=Sort.OLDEST) == ["2", "1", "3"]
    assert ids(store, "gamma", sort=Sort.RELEVANCE) == ["3", "2"]


@pytest.mark.parametrize(
    ("query", "position"),
    [("foo AND (bar", 8), ('say "x', 4), ("colour:red", 0), ("a AND", 5), ("x text:[a TO b]", 7), ("! !", 0)],
)
def test_errors_point_at_the_character(store: Store, query: str, position: int) -> None:
    with pytest.raises(QueryError) as caught:
        store.search(query)
    assert caught.value.position == position
    assert caught.value.pointed().splitlines()[1].index("^") == position


def test_pages_facets_and_histogram(store: Store) -> None:
    store.put(
        [post(n, board="a" if n % 2 else "b", posted_at=NOON - timedelta(days=n // 4)) for n in range(1, 10)]
    )
    page = store.search("words", limit=4, facets=["board", "author"])
    seen = [hit.stored.post.key.post for hit in page.hits]
    while page.after:
        page = store.search("words", limit=4, after=page.after, facets=["board"])
        seen += [hit.stored.post.key.post for hit in page.hits]
    assert len(seen) == len(set(seen)) == page.total == 9
    assert page.facets["board"] == {"a": 5, "b": 4}
    assert store.histogram("words") == [
        (datetime(2026, 1, day, tzinfo=UTC), count) for day, count in ((4, 2), (5, 4), (6, 3))
    ]
    assert store.histogram("*", interval="week") == [
        (datetime(2025, 12, 29, tzinfo=UTC), 2),
        (datetime(2026, 1, 5, tzinfo=UTC), 7),
    ]


@pytest.mark.parametrize(
    ("sort", "wanted"), [(Sort.NEWEST, "1234567"), (Sort.OLDEST, "7654321"), (Sort.RELEVANCE, "1234567")]
)
def test_a_page_resumes_behind_the_last_hit_whatever_came_between(
    store: Store, sort: Sort, wanted: str
) -> None:
    store.put([post(number) for number in range(1, 8)])
    page = store.search("board:databases", sort=sort, limit=3)
    store.put([post(0, posted_at=NOON + timedelta(days=9)), post(9, posted_at=NOON - timedelta(days=9))])
    seen = [hit.stored.post.key.post for hit in page.hits]
    while page.after:
        page = store.search("board:databases", sort=sort, limit=3, after=page.after)
        seen += [hit.stored.post.key.post for hit in page.hits]
    assert "".join(number for number in seen if number not in "09") == wanted
    with pytest.raises(QueryError):
        store.search("*", after="elsewhere")


def test_relevance_pages_hold_every_hit_once(store: Store) -> None:
    store.put([post(number, "gold " * (number % 3 + 1) + "x " * number) for number in range(1, 20)])
    whole = ids(store, "gold", sort=Sort.RELEVANCE)
    seen, after = [], None
    for _ in range(7):
        page = store.search("gold", sort=Sort.RELEVANCE, limit=3, after=after)
        seen += [hit.stored.post.key.post for hit in page.hits]
        after = page.after
    assert (seen, after) == (whole, None)


def test_relevance_is_words_in_better_fields_then_rarer_words_then_time(store: Store) -> None:
    store.put(
        [
            post(1, "gold common"),
            post(2, "common", title="gold"),
            post(3, "gold gold gold common"),
            post(4, "common silver"),
            post(5, "common", author="gold"),
            post(6, "common"),
            post(7, "silver"),
        ]
    )
    hits = store.search("gold", sort=Sort.RELEVANCE).hits
    assert [(hit.stored.post.key.post, hit.score) for hit in hits] == [("2", 4), ("5", 2), ("1", 1), ("3", 1)]
    assert ids(store, "gold OR silver OR common", sort=Sort.RELEVANCE) == ["2", "4", "5", "7", "1", "3", "6"]
    assert {hit.score for hit in store.search("*", sort=Sort.RELEVANCE).hits} == {0}


def test_one_hit_a_listing_and_how_many_of_its_posts_fit(store: Store) -> None:
    store.put(
        [
            post(n, "gold" if n % 4 else "lead", key=PostKey("forum", f"t{n // 6}", str(n)))
            for n in range(1, 40)
        ]
    )
    page = store.search("gold", by_listing=True, facets=["board"])
    assert [(hit.stored.post.key.thread, hit.stored.post.key.post, hit.posts) for hit in page.hits] == [
        *(("t0", "1", 4), ("t1", "6", 5), ("t2", "13", 4), ("t3", "18", 5), ("t4", "25", 4)),
        *(("t5", "30", 5), ("t6", "37", 3)),
    ]
    assert (page.total, page.facets, page.after) == (30, {"board": {"databases": 30}}, None)
    for sort in Sort:
        whole = [
            (hit.stored.post.id, hit.posts) for hit in store.search("gold", by_listing=True, sort=sort).hits
        ]
        seen, after = [], None
        for _ in range(4):
            page = store.search("gold", by_listing=True, sort=sort, limit=2, after=after)
            seen += [(hit.stored.post.id, hit.posts) for hit in page.hits]
            after = page.after
        assert (seen, after) == (whole, None)
    with pytest.raises(QueryError, match="cannot be paged to"):
        store.search("gold", by_listing=True, limit=10_001)


def test_a_page_of_another_query_is_refused(store: Store) -> None:
    store.put([post(number, "gold") for number in range(1, 5)])
    after = store.search("gold", limit=2).after
    with pytest.raises(QueryError, match="not where a page"):
        store.search("gold", limit=2, after=after, sort=Sort.RELEVANCE)


def test_a_post_without_a_time_keeps_its_place_when_it_changes(store: Store) -> None:
    undated = post(1, "gold", posted_at=None)
    store.put([undated])
    store.put([replace(undated, text="silver", seen_at=NOON + timedelta(days=5), content_hash="")])
    assert store.histogram("silver") == [(NOON.replace(hour=0), 1)]


def test_purge_forgets_and_keeps(store: Store) -> None:
    store.put([post(1, seen_at=NOON - timedelta(days=90)), post(2)])
    policy = PurgePolicy(timedelta(days=30))
    assert store.purge(policy, now=NOON, dry_run=True) == 1
    assert store.stats().posts == 2
    assert store.purge(policy, now=NOON) == 1
    assert store.purge(policy, now=NOON) == 0
    assert ids(store, "*") == ["2"]
    assert ids(store, "words") == ["2"]
    assert ids(store, "NOT gold", by_listing=True) == ["2"]
    assert store.histogram("*") == [(NOON.replace(hour=0), 1)]
    assert store.search("*", facets=["kind"]).facets == {"kind": {"reply": 1}}
    assert store.stats().posts == 1
    assert store.get(post(1).key) is None
    assert store.revisions(post(1).key) == []
    assert [each.post.key.post for each in store.thread("forum", "t1")] == ["2"]
    assert [change.stored.post.key.post for change in store.changes().changes] == ["2"]


def test_a_forgotten_post_that_still_stands_is_not_new(store: Store) -> None:
    old = post(1, seen_at=NOON - timedelta(days=90))
    gone = post(2, seen_at=NOON - timedelta(days=90))
    store.put([old, gone])
    store.mark_removed([gone.key], last_seen=NOON - timedelta(days=90), at=NOON)
    cursor = store.changes().cursor
    assert store.purge(PurgePolicy(timedelta(days=30)), now=NOON) == 2
    assert store.put([old, post(3)]) == [Outcome.KNOWN, Outcome.NEW]
    assert store.mark_removed([old.key], last_seen=NOON, at=NOON) == 0
    assert store.get(old.key) is None
    edited = replace(old, text="edited", seen_at=NOON, content_hash="")
    assert store.put([gone, edited, edited]) == [Outcome.CHANGED, Outcome.CHANGED, Outcome.KNOWN]
    newest = store.get(old.key)
    assert newest is not None
    assert (newest.post, newest.revision, newest.first_seen_at) == (edited, 2, NOON - timedelta(days=90))
    assert ids(store, "edited") == ["1"]
    found = [(change.kind, change.stored.post.key.post) for change in store.changes(cursor).changes]
    assert found == [(ChangeKind.NEW, "3"), (ChangeKind.CHANGED, "2"), (ChangeKind.CHANGED, "1")]
    assert store.purge(PurgePolicy(timedelta(days=30)), now=NOON) == 1
    assert store.put([gone, edited]) == [Outcome.KNOWN, Outcome.KNOWN]


def test_a_reader_from_the_beginning_comes_past_forgotten_posts(store: Store) -> None:
    store.put([post(number, seen_at=NOON - timedelta(days=90)) for number in range(1, 20)])
    store.put([post(20)])
    store.purge(PurgePolicy(timedelta(days=30)), now=NOON)
    assert [change.stored.post.key.post for change in store.changes(limit=3).changes] == ["20"]


def test_what_is_protected_or_unread_is_not_forgotten(store: Store) -> None:
    old = NOON - timedelta(days=90)

    def one(source: str, thread: str) -> Post:
        return post(1, key=PostKey(source, thread, "1"), seen_at=old)

    store.put([one("forum", "a/b"), one("forum", "c")])
    cursor = store.changes().cursor
    store.put([one("forum", "d"), one("market", "a/b")])
    policy = PurgePolicy(timedelta(days=30), protected=frozenset({("forum", "a/b")}))
    assert store.purge(replace(policy, readers=(None,)), now=NOON) == 0
    assert store.purge(replace(policy, readers=(store.changes(cursor).cursor, cursor)), now=NOON) == 1
    assert store.get(one("forum", "c").key) is None
    assert store.purge(replace(policy, sources=("market",)), now=NOON) == 1
    end = store.changes(cursor).cursor
    assert store.purge(replace(policy, readers=(end,)), now=NOON) == 1
    assert [hit.stored.post.key.thread for hit in store.search("*").hits] == ["a/b"]


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "posts.db")) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreRefused, match="schema 99"):
        open_store(f"sqlite:///{tmp_path}/posts.db")
    with pytest.raises(StoreRefused):
        open_store("ftp://x")


def test_words_are_indexed_anew_when_their_folding_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/posts.db"
    monkeypatch.setattr("indexer.stores.sqlite.fold", lambda text: text[::-1])
    monkeypatch.setattr("indexer.stores.sqlite.FOLDING", "0")
    before = open_store(url)
    before.put([post(1)])
    assert ids(before, "words") == []
    before.close()
    monkeypatch.undo()
    after = open_store(url)
    assert ids(after, "words") == ["1"]
    after.put([post(1, "others")])
    assert (ids(after, "words"), ids(after, "others")) == ([], ["1"])
    after.close()


def test_a_store_of_the_first_schema_is_opened(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    url = f"sqlite:///{tmp_path}/posts.db"
    with closing(open_store(url)) as before:
        before.put([post(1)])
    with closing(sqlite3.connect(tmp_path / "posts.db")) as database:
        database.execute("DROP TABLE forgotten")
        database.execute("PRAGMA user_version = 1")
    with closing(open_store(url)) as after:
        assert after.put([post(1), post(2)]) == [Outcome.KNOWN, Outcome.NEW]
        assert after.purge(PurgePolicy(timedelta(0)), now=NOON + timedelta(days=1)) == 2


texts = st.text(st.characters(codec=None), max_size=60)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60), st.text(max_size=60), st.text(min_size=1, max_size=9), texts)
def test_a_store_gives_back_what_it_got(
    store: Store, spool: Spool, title: str, text: str, key: str, hostile: str
) -> None:
    one = post(1, text, key=PostKey("forum", "t", key), title=title, author=hostile)
    assert not Ingest(lambda: store, spool).put([one], source="forum").waits
    cleaned = key.replace("\0", "�")
    found = store.get(PostKey("forum", "t", cleaned))
    assert found is not None
    assert found.post.text == text.replace("\0", "�")
    assert found.post.title == title.replace("\0", "�")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40), st.text(max_size=20))
def test_any_query_answers_or_says_what_is_wrong(store: Store, spool: Spool, text: str, query: str) -> None:
    Ingest(lambda: store, spool).put([post(1, text)], source="forum")
    try:
        page = store.search(query)
    except QueryError as error:
        assert 0 <= error.position <= len(query)  # noqa: PT017
        return
    for hit in page.hits:
        for start, end in hit.text_spans:
            assert 0 <= start < end <= len(hit.stored.post.text)


def _write(url: str, writer: int, count: int, report: Any) -> None:
    store = open_store(url)
    for number in range(count):
        store.put([post(1, f"{writer} {number}", key=PostKey("forum", f"w{writer}", str(number)))])
        report.put((writer, number))
    store.close()


def test_the_feed_skips_nothing_under_concurrent_writers(store: Store, url: str) -> None:
    context = multiprocessing.get_context("spawn")
    acknowledged = context.Queue()
    writers = [context.Process(target=_write, args=(url, writer, 60, acknowledged)) for writer in range(4)]
    for writer in writers:
        writer.start()
    seen: list[str] = []
    cursor = None
    while len(seen) < 240:
        page = store.changes(cursor, limit=7)
        cursor = page.cursor
        seen += [change.stored.post.text for change in page.changes]
        if not page.changes and all(writer.exitcode is not None for writer in writers):
            page = store.changes(cursor)
            seen += [change.stored.post.text for change in page.changes]
            break
    for writer in writers:
        writer.join(30)
    wanted = sorted(f"{w} {n}" for w, n in (acknowledged.get(timeout=5) for _ in range(240)))
    acknowledged.close()
    acknowledged.join_thread()
    assert sorted(seen) == wanted


def _write_until_killed(url: str, round_: int, path: str) -> None:
    store = open_store(url)
    with open(path, "a", encoding="utf-8") as file:
        for number in range(100_000):
            store.put([post(1, key=PostKey("forum", f"r{round_}", f"{number}-{part}")) for part in range(3)])
            file.write(f"r{round_}/{number}\n")
            file.flush()


def test_killed_writers_lose_nothing_acknowledged(url: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    log = tmp_path / "acknowledged"
    chance = random.Random(20260106)
    for round_ in range(10 if url.startswith("sqlite") else 4):  # a writer takes a second to reach a server
        before = log.stat().st_size if log.exists() else 0
        child = context.Process(target=_write_until_killed, args=(url, round_, str(log)))
        child.start()
        want = before + chance.randrange(20, 400)
        while not log.exists() or log.stat().st_size < want:
            assert child.exitcode is None
            child.join(0.005)
        assert child.pid
        os.kill(child.pid, signal.SIGKILL)
        child.join()
    store = open_store(url)
    changes = {str(change.stored.post.key) for change in store.changes(limit=1_000_000).changes}
    for line in log.read_text(encoding="utf-8").split():
        thread, number = line.split("/")
        assert {f"forum/{thread}/{number}-{part}" for part in range(3)} <= changes
    assert len(changes) % 3 == 0
    assert store.stats().posts == len(changes)
    store.close()
