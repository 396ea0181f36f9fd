"""Times as boards write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.adapter import Instant
from crawler.dates import read_date
from indexer.post import Precision

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")


def read(text: str, zone: ZoneInfo | None = None) -> Instant:
    return read_date(text, now=NOW, zone=zone or ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("11-22-2026, 02:31 PM", "2026-11-22T14:31", Precision.MINUTE),
        ("11-22-2026", "2026-11-22T00:00", Precision.DAY),
        ("12-31-2025, 12:05 AM", "2025-12-31T00:05", Precision.MINUTE),
        ("Today, 11:59 AM", "2026-11-23T11:59", Precision.MINUTE),
        ("Today at 08:57 AM", "2026-11-23T08:57", Precision.MINUTE),
        ("Yesterday,\u00a002:31 PM", "2026-11-22T14:31", Precision.MINUTE),
        ("5 minutes ago", "2026-11-23T11:55", Precision.MINUTE),
        ("Less than 1 minute ago", "2026-11-23T12:00", Precision.MINUTE),
        ("Jan. 6, 2022, 9:05 p.m.", "2022-01-06T21:05", Precision.MINUTE),
        ("Sept. 6, 2022, 9 a.m.", "2022-09-06T09:00", Precision.MINUTE),
        ("March 3, 2022, noon", "2022-03-03T12:00", Precision.MINUTE),
        ("May 3, 2022, midnight", "2022-05-03T00:00", Precision.MINUTE),
        ("January 06, 2022, 03:04:05 PM", "2022-01-06T15:04:05", Precision.SECOND),
        ("2022-01-06 09:00", "2022-01-06T09:00", Precision.MINUTE),
        ("2022-01-06T09:00:07+07:00", "2022-01-06T02:00:07", Precision.SECOND),
        ("2022-01-06", "2022-01-06T00:00", Precision.DAY),
        ("Mei 6, 2022", "2022-05-06T00:00", Precision.DAY),
        ("6 января 2022, 15:04", "2022-01-06T15:04", Precision.MINUTE),
        ("2022年1月6日 15:04", "2022-01-06T15:04", Precision.MINUTE),
    ],
)
def test_forms(text: str, at: str, precision: Precision) -> None:
    assert read(text) == Instant(datetime.fromisoformat(at).replace(tzinfo=UTC), precision)


@pytest.mark.parametrize(
    "text", ["", "member", "Foo 1, 2020", "2022", "12:30", "31-12-2025, 10:00 PM", "13-45-2022", "9999-12-31"]
)
def test_what_states_no_time_is_not_guessed(text: str) -> None:
    assert read(text) == Instant()


def test_the_board_s_zone_counts() -> None:
    assert read("11-22-2026, 02:31 PM", JAKARTA).at == datetime(2026, 11, 22, 7, 31, tzinfo=UTC)
    assert read("Today, 06:59 PM", JAKARTA).at == datetime(2026, 11, 23, 11, 59, tzinfo=UTC)


def test_never_later_than_now() -> None:
    assert read("Today, 12:03 PM").at == NOW
    assert read("Today, 11:00 PM") == Instant()


@settings(deadline=None)  # the first text that the table does not know loads a library
@given(
    st.text(max_size=60) | st.from_regex(r"[A-Za-z]{3} \d{1,2}, \d{4}(, \d{1,2}:\d\d [ap]m)?", fullmatch=True)
)
def test_any_text_gives_an_instant(text: str) -> None:
    instant = read(text, JAKARTA)
    assert instant.at is None or instant.at <= NOW
