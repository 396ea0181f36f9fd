from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import QueryError
from indexer.query import (
    TEXT_FIELDS,
    All,
    Between,
    Everything,
    Exactly,
    Near,
    Node,
    Removed,
    Some,
    Wild,
    Without,
    Words,
    parse,
    positive,
)


def word(text: str, *fields: str) -> Words:
    return Words(fields or TEXT_FIELDS, (text,))


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "node"),
    [
        (" ", Everything()),
        ("*", Everything()),
        ("Gold silver", All((word("gold"), word("silver")))),
        ("a1 OR (b1 AND NOT c1)", Some((word("a1"), All((word("b1"), Without(word("c1"))))))),
        ('"Ministry of Health"', Words(TEXT_FIELDS, ("ministry", "of", "health"))),
        ("title:(a1 b1)", All((word("a1", "title"), word("b1", "title")))),
        ("price*", Wild(TEXT_FIELDS, "price*")),
        ("e-mai*", Words(TEXT_FIELDS, ("e", "mai"), prefix=True)),
        ("author:name~2", Near(("author",), "name", 2)),
        ("board:sal*", Exactly("board", "sal", prefix=True)),
        ('board:"sal*"', Exactly("board", "sal*")),
        ("board:sal\\\\*", Exactly("board", "sal*")),
        ("removed:True", Removed(True)),
        ("posted:2026-01-06", Between("posted", day(6), day(7))),
        ("posted:[2026-01-06 TO 2026-01-08]", Between("posted", day(6), day(9))),
        ("posted:{2026-01-06 TO 2026-01-08}", Between("posted", day(7), day(8))),
        ("seen:[* TO 2026-01-08}", Between("seen", None, day(8))),
        ("seen:>=2026-01-08", Between("seen", day(8), None)),
        ("seen:>2026-01-08", Between("seen", day(9), None)),
        ("seen:<=2026-01-08", Between("seen", None, day(9))),
        ("seen:<2026-01-08", Between("seen", None, day(8))),
    ],
)
def test_a_query_is_read(query: str, node: Node) -> None:
    assert parse(query) == node


@pytest.mark.parametrize(
    ("query", "position", "message"),
    [
        ("gold AND (silver", 9, "not closed"),
        ('gold "silver', 5, "not closed"),
        ("gold)", 4, "does not belong"),
        ("gold AND", 8, "too early"),
        ("gold colour:red", 5, "no field"),
        ("gold text:[a1 TO b1]", 10, "only posted and seen"),
        ("gold text:>a1", 10, "only posted and seen"),
        ("gold posted:yesterday", 12, "not a time"),
        ("gold removed:perhaps", 13, "true or false"),
        ("gold silver~3", 5, "two edits"),
        ("gold board:x1~1", 11, "takes no ~"),
        ("gold a*", 5, "two letters"),
        ("gold e-m?il", 5, "one word"),
        ("gold !!", 5, "no word"),
        ("gold " + "x1 " * 600, 5 + 3 * 499, "more than 500"),
        ("(" * 300 + "gold" + ")" * 300, 101, "nested deeper"),
    ],
)
def test_an_error_points_at_its_character(query: str, position: int, message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        parse(query)
    assert caught.value.position == position


def test_a_time_beyond_the_calendar_is_no_limit() -> None:
    assert parse('posted:["0001-01-01T00:00+14:00" TO 2026-01-08}') == Between("posted", None, day(8))


def test_only_what_must_be_there_is_highlighted() -> None:
    assert positive(parse("gold -silver board:x1 (lead OR tin)")) == [word("gold"), word("lead"), word("tin")]


@given(st.text(st.characters(codec=None), max_size=40))  # type: ignore[arg-type]
def test_any_text_is_read_or_refused_at_a_character(query: str) -> None:
    try:
        parse(query)
    except QueryError as error:
        assert 0 <= error.position <= len(query)  # noqa: PT017
