"""Days of calendars other than the Gregorian one."""

from __future__ import annotations

from datetime import date, timedelta

_NOWRUZ_1400 = date(2021, 3, 21)


def jalali(year: int, month: int, day: int) -> date:
    """A day of the Persian calendar, 1178 to 1633, where a leap year follows a cycle of 33 years. ``ValueError``
    for a day that it does not have."""
    longest = 31 if month <= 6 else 30 if month < 12 or _leap(year) else 29
    if not (1178 <= year <= 1633 and 1 <= month <= 12 and 1 <= day <= longest):
        raise ValueError(f"{year}/{month}/{day} is no day of the Persian calendar")
    before = range(min(year, 1400), max(year, 1400))
    years = sum(366 if _leap(each) else 365 for each in before) * (1 if year >= 1400 else -1)
    return _NOWRUZ_1400 + timedelta(days=years + (month - 1) * 30 + min(month - 1, 6) + day - 1)


def _leap(year: int) -> bool:
    return (25 * year + 11) % 33 < 8


def hijri(year: int, month: int, day: int) -> date:
    """A day of the Islamic calendar by its arithmetic rule; a country's own, which follows the moon, may differ
    by a day. ``ValueError`` for a day that it does not have."""
    if not (1300 <= year <= 1600 and 1 <= month <= 12 and 1 <= day <= 30):
        raise ValueError(f"{year}/{month}/{day} is no day of the Islamic calendar")
    days = day + (59 * (month - 1) + 1) // 2 + (year - 1) * 354 + (3 + 11 * year) // 30
    return date.fromordinal(days + 227014)


def buddhist(year: int, month: int, day: int) -> date:
    """A day of the Thai calendar, whose years run 543 ahead."""
    return date(year - 543, month, day)
