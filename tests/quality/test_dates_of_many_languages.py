"""Times of some thirty languages and four calendars, each beside the instant that it states."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.adapter import Instant
from crawler.calendars import hijri, jalali
from crawler.dates import read_date
from crawler.worded_dates import read_words
from indexer.post import Precision

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
TABLE = yaml.safe_load((Path(__file__).parent / "dates.yaml").read_text(encoding="utf-8"))


def expected(at: str | None, precision: str) -> Instant:
    return Instant(datetime.fromisoformat(at).replace(tzinfo=UTC) if at else None, Precision(precision))


@pytest.mark.parametrize("language", sorted(TABLE))
def test_every_time_is_read_as_its_language_states_it(language: str) -> None:
    rows = TABLE[language]
    wrong = []
    for text, at, precision in rows:
        found = read_date(text, now=NOW, zone=UTC_ZONE)
        if found != expected(at, precision):
            wrong.append((text, at, found.at, found.precision.value))
    print(f"{language}: {len(rows) - len(wrong)} of {len(rows)} times are read as stated")
    assert wrong == []


def test_the_table_is_large() -> None:
    assert sum(map(len, TABLE.values())) >= 400
    assert len(TABLE) >= 25


@given(st.dates(date(1979, 3, 21), date(2026, 11, 20)), st.sampled_from("./-"))
def test_a_day_in_numbers_with_the_year_first(day: date, mark: str) -> None:
    text = f"{day:%Y{mark}%m{mark}%d}"
    found = read_date(text, now=NOW, zone=UTC_ZONE)
    assert found == Instant(datetime(day.year, day.month, day.day, tzinfo=UTC), Precision.DAY)


@given(st.integers(1340, 1404), st.integers(1, 12), st.integers(1, 29))
def test_persian_and_islamic_days_are_in_order(year: int, month: int, day: int) -> None:
    for calendar in (jalali, hijri):
        here = calendar(year, month, day)
        assert calendar(year, month, day + 1 if day < 29 else 29) - here == timedelta(days=int(day < 29))
        assert 353 <= (calendar(year + 1, month, day) - here).days <= 366


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.sampled_from([str(r[0]) for rows in TABLE.values() for r in rows]), max_size=3).map(" ".join)
    | st.text(max_size=80)
)
def test_no_text_raises_or_is_later_than_now(text: str) -> None:
    with suppress(ValueError, OverflowError):
        read_words(text, NOW, UTC_ZONE)
    found = read_date(text[:60], now=NOW, zone=UTC_ZONE)
    assert found.at is None or found.at <= NOW
