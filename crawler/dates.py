"""Times as boards write them. A table of known forms first, then words of many languages; dateparser, a hundred
times slower, after them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from crawler.adapter import Instant
from crawler.worded_dates import is_date_word, read_words
from indexer.post import Precision

#: A board's clock may run ahead of ours by so much; what lies further ahead is no time of a post.
_AHEAD = timedelta(minutes=5)
#: Of a line only so many characters are searched for a date, and a date has at most so many words.
_LONGEST_LINE, _MOST_WORDS = 300, 9
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_CLOCK = r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?::(?P<second>\d\d))?\s*(?P<half>[ap]\.?m\.?)?"
_Reader = Callable[["re.Match[str]", datetime, ZoneInfo], Instant]


def read_date(text: str, *, now: datetime, zone: ZoneInfo) -> Instant:
    """The instant that ``text`` states, read at ``now`` (aware) in the board's ``zone``.

    Never later than ``now``: a time slightly ahead is taken as ``now``, one far ahead as not stated. Text
    that states no time gives an empty ``Instant``.
    """
    words = " ".join(text.replace("\u00a0", " ").split()).strip(" ,.:")
    if not words or len(words) > 100:
        return Instant()
    try:
        for pattern, reader in _TABLE:
            found = pattern.fullmatch(words)
            if found:
                return _not_ahead(reader(found, now, zone), now)
        instant = read_words(words, now, zone)
        if instant is not None:
            return _not_ahead(instant, now)
        return _not_ahead(_by_library(words, now, zone), now)
    except (ValueError, OverflowError):  # a day that no calendar has, or a time that no clock can hold
        return Instant()


@lru_cache(maxsize=20_000)
def find_date(text: str, *, now: datetime, zone: ZoneInfo) -> tuple[Instant, int, int] | None:
    """The first date that stands in a text among other words, with where it begins and ends; None when there is
    none. Knows the table's forms and the words of ``worded_dates`` only: a library that guesses finds dates in
    any text."""
    tokens = [(found.start(), found.end()) for found in re.finditer(r"\S+", text[:_LONGEST_LINE])]
    for first, (start, _) in enumerate(tokens):
        if not _may_begin(text[start : tokens[first][1]]):
            continue
        for last in range(min(first + _MOST_WORDS, len(tokens)) - 1, first - 1, -1):
            end = tokens[last][1]
            words = text[start:end].strip(" ,.:;()[]|»«·-–—")
            instant = _strictly(words, now, zone)
            if instant.at:
                at = text.index(words, start)
                return instant, at, at + len(words)
    return None


def _may_begin(token: str) -> bool:
    bare = token.strip(",.:;()[]|»«·-–—")
    return bool(re.search(r"\d", bare)) or is_date_word(bare)


def _strictly(words: str, now: datetime, zone: ZoneInfo) -> Instant:
    if not re.search(r"\d", words) and len(words.split()) > 3:
        return Instant()
    try:
        for pattern, reader in _TABLE:
            found = pattern.fullmatch(words)
            if found:
                return _not_ahead(reader(found, now, zone), now)
        return _not_ahead(read_words(words, now, zone) or Instant(), now)
    except (ValueError, OverflowError):
        return Instant()


def _not_ahead(instant: Instant, now: datetime) -> Instant:
    if instant.at is None or instant.at <= now:
        return instant
    ahead = _AHEAD if instant.precision is not Precision.DAY else timedelta(days=1)
    return Instant(now.astimezone(UTC), instant.precision) if instant.at - now <= ahead else Instant()


def _at(
    found: re.Match[str], zone: ZoneInfo, year: int, month: int, day: int, precision: Precision | None = None
) -> Instant:
    parts = found.groupdict()
    if parts.get("noon"):
        hour, minute = (12 if parts["noon"] == "noon" else 0), 0
    elif parts.get("hour") is None:
        return _utc(datetime(year, month, day, tzinfo=zone), Precision.DAY)
    else:
        hour, minute = int(parts["hour"]), int(parts["minute"] or 0)
        half = (parts["half"] or "").replace(".", "").lower()
        if half:
            if not 1 <= hour <= 12:
                raise ValueError(f"{hour} is no hour of a twelve-hour clock")
            hour = hour % 12 + (12 if half == "pm" else 0)
    second = int(parts.get("second") or 0)
    exact = precision or (Precision.SECOND if parts.get("second") else Precision.MINUTE)
    return _utc(datetime(year, month, day, hour, minute, second, tzinfo=zone), exact)


def _utc(at: datetime, precision: Precision) -> Instant:
    return Instant(at.astimezone(UTC), precision)


def _month_first(found: re.Match[str], _now: datetime, zone: ZoneInfo) -> Instant:
    return _at(found, zone, int(found["year"]), int(found["month"]), int(found["day"]))


def _month_named(found: re.Match[str], _now: datetime, zone: ZoneInfo) -> Instant:
    return _at(found, zone, int(found["year"]), _MONTHS.index(found["name"].lower()) + 1, int(found["day"]))


def _day_named(found: re.Match[str], now: datetime, zone: ZoneInfo) -> Instant:
    day = now.astimezone(zone).date()
    if found["when"].lower() == "yesterday":
        day -= timedelta(days=1)
    return _at(found, zone, day.year, day.month, day.day)


def _ago(found: re.Match[str], now: datetime, _zone: ZoneInfo) -> Instant:
    count = 1 if found["count"].lower() in ("a", "an", "one") else int(found["count"])
    unit = found["unit"].lower()
    precision = Precision.DAY if unit == "hour" else Precision(unit)
    return _utc(now - count * _UNITS[unit], precision)


def _just_now(_found: re.Match[str], now: datetime, _zone: ZoneInfo) -> Instant:
    return _utc(now, Precision.MINUTE)


def _iso(found: re.Match[str], _now: datetime, zone: ZoneInfo) -> Instant:
    at = datetime.fromisoformat(found[0])
    precision = Precision.DAY if len(found[0]) == 10 else Precision.MINUTE
    if found["second"]:
        precision = Precision.SECOND
    return _utc(at if at.tzinfo else at.replace(tzinfo=zone), precision)


_TABLE: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), reader)
    for pattern, reader in (
        (rf"(?P<month>\d\d)-(?P<day>\d\d)-(?P<year>\d{{4}})(?:, {_CLOCK})?", _month_first),
        (
            rf"(?P<name>{'|'.join(_MONTHS)})[a-z]{{0,6}}\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})"
            rf"(?:,? (?:at )?(?:{_CLOCK}|(?P<noon>noon|midnight)))?",
            _month_named,
        ),
        (rf"(?P<when>today|yesterday)(?:,? (?:at )?{_CLOCK})?", _day_named),
        (r"(?P<count>\d{1,4}|an?|one) (?P<unit>second|minute|hour|day|week)s? ago", _ago),
        (r"less than 1 minute ago|just now|a moment ago", _just_now),
        (r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::(?P<second>\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", _iso),
    )
)


def _by_library(words: str, now: datetime, zone: ZoneInfo) -> Instant:
    from dateparser.date import DateDataParser  # slow to import, and most boards never need it

    parser = DateDataParser(
        settings={
            "TIMEZONE": str(zone),
            "RETURN_AS_TIMEZONE_AWARE": True,
            "RELATIVE_BASE": now.astimezone(zone).replace(tzinfo=None),
            "PREFER_DATES_FROM": "past",
            "REQUIRE_PARTS": ["day", "month"],  # else it fills what is missing from today
        },
    )
    found = parser.get_date_data(words)
    at = found.date_obj if found else None
    if at is None:
        return Instant()
    precision = Precision.MINUTE if re.search(r"\d:\d\d", words) else Precision(found.period)
    return _utc(at, precision)
