"""The same posts and the same question: every store gives the same answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.errors import QueryError
from indexer import migration
from indexer.comparison import Verdict, compare
from indexer.ingest import clean
from indexer.migration import copy
from indexer.opening import open_store
from indexer.post import Kind, Post, PostKey
from indexer.store import FACETS, Filters, Sort, Store
from indexer.stores import sqlite_search
from indexer.text import fold

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
WORDS = [
    *("a", "ab", "abc", "abcd", "abdc", "bacd", "abcde", "ABC.", "health", "heath", "healthy", "of"),
    *("ministry", "ministries", "Kesehatan", "kesehatn", "здравоохранения", "Здраво", "卫生部", "出售"),
    *("データ", "ข้อมูล", "กระทรวง", "الصحَّة", "café", "CAFE", "ﬁle", "x1", "500", "5oo", "e-mail", "a.b.c"),
]
_PART = st.sampled_from(WORDS)
_FIELD = st.sampled_from(["", "", "title:", "text:", "author:"])
_WILD = st.builds(
    lambda word, at, mark: word[:at] + mark + word[at + 1 :], _PART, st.integers(0, 5), st.sampled_from("*?")
)
_LEAF = st.one_of(
    st.builds("{}{}".format, _FIELD, _PART),
    st.builds('{}"{} {}"'.format, _FIELD, _PART, _PART),
    st.builds("{}{}*".format, _FIELD, _PART),
    st.builds("{}{}".format, _FIELD, _WILD),
    st.builds("{}{}~{}".format, _FIELD, _PART, st.integers(1, 2)),
    st.sampled_from(
        [
            "board:sale", "board:s*", "source:forum", "kind:listing", "language:en", "language:*", "thread:t1",
            "removed:true", "removed:false", "posted:[2026-01-02 TO 2026-01-05]", "posted:>2026-01-04",
            "seen:[* TO 2026-01-06T12:30]", "*",
        ]
    ),
)  # fmt: skip
QUERIES = st.recursive(
    _LEAF,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("(NOT {})".format, inner),
    ),
    max_leaves=6,
)
FILTERS = st.builds(
    Filters,
    sources=st.sampled_from([(), ("forum",), ("market", "none")]),
    kinds=st.sampled_from([(), ("reply",)]),
    languages=st.sampled_from([(), ("en", "id")]),
    since=st.sampled_from([None, NOON - timedelta(days=3, microseconds=1)]),
    until=st.sampled_from([None, NOON - timedelta(days=1)]),
    removed=st.sampled_from([None, True, False]),
)


SCRIPTS = st.text(
    st.one_of(
        *(st.characters(min_codepoint=low, max_codepoint=high) for low, high in (
            (0x20, 0x7E), (0xC0, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x590, 0x6FF), (0x900, 0x97F),
            (0xE00, 0xEFF), (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x3040, 0x30FF), (0x4E00, 0x4EFF),
            (0xAC00, 0xACFF), (0xFB00, 0xFDFF), (0xFF00, 0xFFEF), (0x1D400, 0x1D4FF), (0x1F300, 0x1F3FF),
        )),
    ),
    max_size=40,
)  # fmt: skip


def corpus() -> list[Post]:
    chance = random.Random(20260106)

    def some(most: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(0, most)))

    return [
        Post(
            key=PostKey(chance.choice(["forum", "market"]), f"t{number // 7}", f"{number} é/x"),
            board=chance.choice(["sale", "Sale", "", "leaks"]),
            position=number % 7 + 1,
            title=some(3),
            author=chance.choice(["Ann", "bob 2", "Café_Noir", ""]),
            text=some(9),
            url=f"http://board.invalid/{number}",
            seen_at=NOON + timedelta(minutes=number, microseconds=number),
            posted_at=None
            if number % 5 == 0
            else NOON - timedelta(hours=number, microseconds=chance.randint(0, 9)),
            kind=chance.choice([Kind.LISTING, Kind.REPLY]),
            language=chance.choice([None, "en", "id"]),
        )
        for number in range(120)
    ]


@pytest.fixture
def stores(tmp_path: Path, prefixes: Callable[[], str]) -> Iterator[tuple[Store, Store]]:
    """Both stores after the same life."""
    both = open_store(f"sqlite:///{tmp_path}/posts.db"), open_store(prefixes())
    posts = corpus()
    changed = [replace(post, text=post.text + " abcd changed", content_hash="") for post in posts[::6]]
    for store in both:
        store.put(posts)
        store.mark_removed([post.key for post in posts[::4]], last_seen=NOON, at=NOON + timedelta(hours=1))
        store.put(changed + changed)
    yield both
    for store in both:
        store.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(QUERIES, FILTERS, st.sampled_from([Sort.NEWEST, Sort.OLDEST]))
@example("abcd~2", Filters(), Sort.NEWEST)
@example("ab~2", Filters(), Sort.NEWEST)
@example("a~2", Filters(), Sort.OLDEST)
@example("ab.a*", Filters(), Sort.OLDEST)
def test_every_query_has_the_same_answer(
    stores: tuple[Store, Store], query: str, filters: Filters, sort: Sort
) -> None:
    answers = []
    for store in stores:
        try:
            page = store.search(query, filters=filters, sort=sort, limit=50, facets=FACETS)
        except QueryError as error:
            answers.append((error.message, error.position))
            continue
        hits = [(hit.stored, hit.title_spans, hit.text_spans) for hit in page.hits]
        facets = {name: list(counts.items()) for name, counts in page.facets.items()}
        answers.append((hits, page.total, facets, page.after is None))
        answers.append(store.histogram(query, filters=filters, interval="week"))
        by_relevance = store.search(query, filters=filters, sort=Sort.RELEVANCE, limit=200)
        answers.append([(hit.stored.post.id, hit.score) for hit in by_relevance.hits])
    assert answers[: len(answers) // 2] == answers[len(answers) // 2 :]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SCRIPTS, min_size=1, max_size=4), st.data())
def test_generated_posts_are_found_alike_in_every_script(
    stores: tuple[Store, Store], made: list[str], data: st.DataObject
) -> None:
    name = str(abs(hash(tuple(made))))
    posts = [
        replace(post, key=PostKey("scripts", name, str(at)), text=clean(text), content_hash="")
        for at, (post, text) in enumerate(zip(corpus(), made, strict=False))
    ]
    words = fold(" ".join(post.text for post in posts)).split() or ["none"]
    first, second = (data.draw(st.sampled_from(words)) for _ in range(2))
    for store in stores:
        store.put(posts)
    for query in (first, f"{first} OR {second}", f'"{first} {second}"', f"{first[:2]}*", f"{second}~1"):
        answers = []
        for store in stores:
            try:
                page = store.search(
                    query, filters=Filters(sources=("scripts",)), sort=Sort.RELEVANCE, limit=500
                )
            except QueryError as error:
                answers.append((error.position, error.message))
                continue
            answers.append((page.total, [(hit.stored, hit.score, hit.text_spans) for hit in page.hits]))
        assert answers[0] == answers[1], query


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(QUERIES, FILTERS, st.sampled_from(Sort), st.booleans(), st.integers(1, 60), st.integers(0, 90))
def test_all_pages_are_the_same(
    stores: tuple[Store, Store],
    query: str,
    filters: Filters,
    sort: Sort,
    by_listing: bool,
    limit: int,
    window: int,
) -> None:
    # SQLite looks for common words among the first posts of the order: here for every word, in a window of any size
    with patch.multiple(sqlite_search, _COMMON=0, _WINDOW=window):
        _same_pages(stores, query, filters, sort, by_listing, limit)


def _same_pages(
    stores: tuple[Store, Store], query: str, filters: Filters, sort: Sort, by_listing: bool, limit: int
) -> None:
    answers: list[Any] = []
    for store in stores:
        after, pages = None, list[Any]()
        try:
            while after or not pages:
                page = store.search(
                    query, filters=filters, sort=sort, by_listing=by_listing, limit=limit, after=after
                )
                pages.append((page.total, [(hit.stored.post.id, hit.score, hit.posts) for hit in page.hits]))
                after = page.after
        except QueryError as error:
            answers.append((error.message, error.position))
            continue
        answers.append(pages)
        found = [hit for _, hits in pages for hit in hits]
        assert len({name for name, *_ in found}) == len(found)
        if by_listing:
            assert sum(posts for *_, posts in found) == pages[0][0]
    assert answers[0] == answers[1]


def test_every_store_tells_the_same_of_a_post(stores: tuple[Store, Store]) -> None:
    sqlite, elasticsearch = stores
    for post in corpus():
        assert sqlite.get(post.key) == elasticsearch.get(post.key)
        assert sqlite.revisions(post.key) == elasticsearch.revisions(post.key)
        thread = post.key.source, post.key.thread
        assert sqlite.thread(*thread) == elasticsearch.thread(*thread)
    feeds = [[(c.kind, c.stored) for c in store.changes(limit=1000).changes] for store in stores]
    assert feeds[0] == feeds[1]
    both = sqlite.stats(), elasticsearch.stats()
    assert len({(each.posts, each.revisions, each.removed) for each in both}) == 1


@pytest.mark.parametrize("back", [False, True])
def test_a_migrated_store_is_the_same_even_when_it_was_cut_off(
    stores: tuple[Store, Store], tmp_path: Path, prefixes: Callable[[], str], back: bool, monkeypatch: Any
) -> None:
    monkeypatch.setattr(migration, "_PAGE", 60)
    old = stores[1] if back else stores[0]
    with closing(open_store(f"sqlite:///{tmp_path}/new.db" if back else prefixes())) as new:

        def cut_off(looked: int) -> None:
            if looked > 100:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            copy(old, new, cut_off)
        copy(old, new)
        assert copy(old, new) == 0
        for post in corpus():
            assert old.revisions(post.key) == new.revisions(post.key)
        assert new.stats().posts == old.stats().posts
        found = compare(old, new, tmp_path)
        assert found.samples == ()
        assert found.same
        assert found.posts[Verdict.SAME] == len(corpus())
