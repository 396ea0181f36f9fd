"""The web of copies: what is one board under several addresses, what is a phishing copy, and what only looks alike."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from quality.web_of_boards import NOW, Board, board, clone, feed, phished, post, reposts, wallet

from alerts.copies.groups import compare_texts, copies, fellows, verdicts
from alerts.copies.keeping import take, twins
from alerts.copies.overrides import OverrideRefused, decide, history
from alerts.copies.prints import prints_of
from alerts.copies.swaps import compare
from alerts.copies.tables import pair_table, thread_table
from alerts.copies.verdict import Group, Judged, Signed, Verdict
from alerts.handling import Actor
from indexer.opening import open_store
from indexer.post import Kind
from indexer.store import Store


@pytest.fixture
def chance() -> random.Random:
    return random.Random(7)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/posts.db")
    yield opened
    opened.close()


def read(
    store: Store, database: sa.Engine, boards: Sequence[Board], signed: Signed = Signed()
) -> tuple[list[Group], list[Judged]]:
    """What is told of some boards that are read one after another."""
    cursor = None
    for each in boards:
        store.put(each.posts)
        page = store.changes(cursor, 10_000)
        cursor = page.cursor
        with database.begin() as connection:
            take(connection, page.changes)
    while compare_texts(database, store):
        pass
    return copies(database, signed)


def test_a_mirror_is_one_board_with_its_original(
    store: Store, database: sa.Engine, chance: random.Random
) -> None:
    first = board("first", chance)
    groups, undecided = read(store, database, [first, clone(first, "again", chance), board("alone", chance)])
    ((original, members), *rest) = [(group.original, group.members) for group in groups]
    assert (original, rest, undecided) == ("first", [], [])
    assert [(each.source, each.verdict) for each in members] == [("again", Verdict.COPY)]
    assert members[0].says[0] == "with first: 60 of 60 threads under the same number and title"
    assert "contacts are the same in" in " ".join(members[0].says)
    assert members[0].says[-1] == "no signed list says whether it is the board's own mirror"
    assert fellows(groups) == {"first": {"again"}, "again": {"first"}}


@pytest.mark.parametrize("sort", ["part", "rehosted", "undated"])
def test_clones_are_told_by_numbers_or_by_authors_and_minutes(
    sort: str, store: Store, database: sa.Engine, chance: random.Random
) -> None:
    first = board("first", chance, exact=sort != "undated")
    copy = {
        "part": lambda: clone(first, "copy", chance, share=0.3),
        "rehosted": lambda: clone(first, "copy", chance, shift=17),
        "undated": lambda: clone(first, "copy", chance),
    }[sort]()
    groups, _ = read(store, database, [first, copy])
    assert [group.original for group in groups] == ["first"]


def test_reposts_and_cross_posts_make_no_copy(
    store: Store, database: sa.Engine, chance: random.Random
) -> None:
    first = board("first", chance)
    others = [reposts([first], f"r{at}", chance, share=0.9, botted=0.1) for at in range(3)]
    young = [board(f"y{at}", chance, 8, begin=1) for at in range(3)]
    assert read(store, database, [first, *others, *young]) == ([], [])


def test_a_phishing_copy_is_marked_whichever_is_read_first(
    store: Store, database: sa.Engine, chance: random.Random
) -> None:
    first = board("z-first", chance)
    groups, _ = read(store, database, [phished(first, "phish", chance, share=0.6), first])
    assert verdicts(groups) == {"phish": (Verdict.PHISHING, "z-first")}
    said = " ".join(groups[0].members[0].says)
    assert "contacts were exchanged in" in said
    assert "one stands for many" in said


def test_signed_lists_tell_mirrors_and_settle_doubt(
    store: Store, database: sa.Engine, chance: random.Random
) -> None:
    """Where every contact is exchanged for one of its own, only a signed list tells which board is the copy."""
    first = board("first", chance)
    each_its_own = []
    for one in clone(first, "doubt", chance).posts:
        words = [wallet(chance) if len(word) > 25 else word for word in one.text.split()]
        each_its_own.append(replace(one, text=" ".join(words), content_hash=""))
    boards = [first, clone(first, "mirror", chance), Board("doubt", tuple(each_its_own))]
    groups, _ = read(store, database, boards)
    assert verdicts(groups)["doubt"] == (Verdict.UNDECIDED, "first")
    assert verdicts(groups)["mirror"] == (Verdict.COPY, "first")
    groups, _ = copies(database, Signed(frozenset({"first"}), frozenset({("first", "mirror")})))
    assert verdicts(groups) == {"mirror": (Verdict.MIRROR, "first"), "doubt": (Verdict.PHISHING, "first")}
    assert "not on the mirror list that first signed" in " ".join(groups[0].members[0].says)


def test_what_people_decide_stands(store: Store, database: sa.Engine, chance: random.Random) -> None:
    first = board("forum", chance)
    boards = [first, clone(first, "mirror", chance), phished(first, "phish", chance), board("other", chance)]
    read(store, database, boards)
    ann = Actor("ann", "test")

    def said() -> dict[str, tuple[str, str]]:
        compare_texts(database, store)
        groups = copies(database)[0]
        return {each: (verdict.value, original) for each, (verdict, original) in verdicts(groups).items()}

    def decide_so(source: str, original: str, verdict: Verdict | None) -> dict[str, tuple[str, str]]:
        decide(database, source, original, verdict, by=ann, why="looked at it", at=NOW)
        return said()

    assert said() == {"mirror": ("copy", "forum"), "phish": ("phishing copy", "forum")}
    assert decide_so("phish", "forum", Verdict.DISTINCT) == {"mirror": ("copy", "forum")}
    assert decide_so("phish", "forum", Verdict.MIRROR)["phish"] == ("mirror", "forum")
    assert decide_so("other", "forum", Verdict.PHISHING)["other"] == ("phishing copy", "forum")
    turned = decide_so("forum", "mirror", Verdict.PHISHING)
    assert turned["forum"] == ("phishing copy", "mirror"), "a copy by decision is no original"
    assert decide_so("forum", "mirror", None)["mirror"] == ("copy", "forum")
    # what is read later undoes nothing
    read(store, database, [Board("forum", tuple(board("forum", random.Random(99)).posts))])
    assert said()["phish"] == ("mirror", "forum")
    (group,) = copies(database)[0]
    told = next(each for each in group.members if each.source == "phish").says[0]
    assert told == f"decided by ann on {NOW:%Y-%m-%d %H:%M}Z: looked at it"
    assert len(history(database)) == 5
    for source, why in (("forum", "why"), ("phish", " ")):
        with pytest.raises(OverrideRefused):
            decide(database, source, "forum", Verdict.COPY, by=ann, why=why, at=NOW)


def test_what_cannot_be_decided_is_said(store: Store, database: sa.Engine, chance: random.Random) -> None:
    first = board("first", chance, exact=False)
    groups, undecided = read(store, database, [first, feed([first], "feed")])
    assert groups == []
    assert [(pair.one, pair.other) for pair in undecided] == [("feed", "first")]
    assert undecided[0].says[-1].endswith("a copy, or a feed that lists the same")


def test_an_edited_contact_is_no_exchange(store: Store, database: sa.Engine, chance: random.Random) -> None:
    first = board("first", chance)
    edited = [
        post(
            one.key.source,
            one.key.thread,
            one.title,
            one.author,
            one.text + f" or {wallet(chance)}",
            one.posted_at,
        )
        for one in first.posts
    ]
    groups, _ = read(store, database, [first, clone(first, "copy", chance), Board("first", tuple(edited))])
    assert verdicts(groups)["copy"][0] is Verdict.COPY


def test_the_same_changes_again_count_nothing(
    store: Store, database: sa.Engine, chance: random.Random
) -> None:
    first = board("first", chance)
    store.put([*first.posts, *clone(first, "copy", chance).posts])
    page = store.changes(None, 10_000)
    for _ in range(3):
        with database.begin() as connection:
            take(connection, page.changes)
    with database.connect() as connection:
        (pair,) = connection.execute(sa.select(pair_table)).all()
        assert connection.scalar(sa.select(sa.func.count()).select_from(thread_table)) == 120
        assert twins(connection, "copy", first.posts[9].key.thread) == [("first", first.posts[9].key.thread)]
        assert twins(connection, "copy", "none") == []
    assert (pair.places, pair.acts) == (60, 60)


def test_prints_need_what_they_tell_by() -> None:
    one = post("a", "12", "Fresh base of Invented Bank", "ann", "text", NOW)
    found = prints_of(one)
    assert found
    assert None not in (found.title, found.place, found.act)
    later = prints_of(
        post("b", "12", "FRESH base of Invented  Bank", "Ann", "other", NOW + timedelta(seconds=30))
    )
    assert later == found
    slug = prints_of(post("a", "invented-bank", "Invented Bank", "ann", "text", None))
    assert slug
    assert (slug.place, slug.act) == (None, None)
    reply = post("a", "12", "t", "ann", "text", NOW)
    object.__setattr__(reply, "kind", Kind.REPLY)
    assert prints_of(reply) is None


def test_only_contacts_of_one_text_are_exchanged(chance: random.Random) -> None:
    mine, theirs = wallet(chance), wallet(chance)
    text = "rows of an invented bank, all of them fresh, pay to {} and ask"
    assert [swap.kind for swap in compare(text.format(mine), text.format(theirs)).swaps] == ["wallet"]
    assert compare(text.format(mine), text.format(mine)).swaps == ()
    assert compare(text.format(mine), f"something else altogether {theirs}").swaps == ()
    assert not compare(text.format(mine), "no contact").named
