from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.countdowns import ahead, clock_of, ticking
from crawler.ticking import deadline_line, steady, still
from indexer.post import Precision

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZONE = ZoneInfo("UTC")


def test_a_count_moves_and_a_claim_does_not() -> None:
    text = "Toko Rekaan\n42 GB\n1,204 views\nadded 3 hours ago"
    ticks = ("1,204 views", "added 3 hours ago")
    known = text.replace("1,204", "9").replace("3 hours", "2 days")
    assert still(text, ticks) == "Toko Rekaan\n42 GB\n0 views\nadded 0 T ago"
    assert steady(text, ticks, known) == known
    assert steady(text.replace("42 GB", "43 GB"), ticks, known) == text.replace("42 GB", "43 GB")


def test_a_deadline_by_a_countdown_is_the_same_until_it_is_moved() -> None:
    line, later, moved = (deadline_line(NOON + timedelta(hours=hours)) for hours in (0, 1, 3))
    known = f"a\n{line}"
    assert steady(f"a\n{later}", (later,), known) == known
    assert steady(f"a\n{moved}", (moved,), known) == f"a\n{moved}"


@given(st.text(max_size=200), st.text(max_size=200))
def test_what_is_steady_is_one_of_both(text: str, known: str) -> None:
    assert steady(text, text.split("\n"), known) in (text, known)
    assert steady(text, (), text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("6D 00h 00m 41s", timedelta(days=6, seconds=41)),
        ("5 days 23 hours 59 minutes", timedelta(days=5, hours=23, minutes=59)),
        ("Time left: 03:04:12:33", timedelta(days=3, hours=4, minutes=12, seconds=33)),
        ("2 days 04:12:33 to go", timedelta(days=2, hours=4, minutes=12, seconds=33)),
        ("07 h 12 min", timedelta(hours=7, minutes=12)),
        ("01 02 30 10 Days Hours Minutes Seconds", timedelta(days=1, hours=2, minutes=30, seconds=10)),
        ("3 дня 4 часа", timedelta(days=3, hours=4)),
        ("1.2 TB in 18 parts", None),
        ("29.11.2026 12:00:41", None),
        ("2026-11-29 12:00:41", None),
        ("10:22", None),
    ],
)
def test_countdowns(text: str, left: timedelta | None) -> None:
    found = ticking(text)
    assert (found[1] if found else None) == left


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("2026-11-29T12:00:00Z", "2026-11-29T12:00", Precision.SECOND),
        ("1795953600", "2026-11-29T12:00", Precision.SECOND),
        ("1795953600000", "2026-11-29T12:00", Precision.SECOND),
        ("29.11.2026 12:00 (UTC)", "2026-11-29T12:00", Precision.MINUTE),
        ("29 Nov 2026", "2026-11-29T00:00", Precision.DAY),
        ("2126-11-29", None, Precision.UNKNOWN),
        ("tomorrow", None, Precision.UNKNOWN),
        ("9999999999", None, Precision.UNKNOWN),
        ("", None, Precision.UNKNOWN),
    ],
)
def test_dates_that_lie_ahead(text: str, at: str | None, precision: Precision) -> None:
    found = ahead(text, NOON, ZONE)
    assert (found.at.strftime("%Y-%m-%dT%H:%M") if found.at else None, found.precision) == (at, precision)


def test_a_clock_tells_by_its_attribute_before_its_words() -> None:
    stated = clock_of({"data-end": "2026-11-29T12:00:00Z"}, "1d 02h", NOON, ZONE)
    assert stated.at == datetime(2026, 11, 29, 12, tzinfo=UTC)
    assert clock_of({}, "3 days left", NOON, ZONE).at == NOON + timedelta(days=3)
    assert clock_of({"data-end": "soon"}, "", NOON, ZONE).at is None
