"""Dates in the words of some thirty languages and four calendars, read word by word.

A text is read only when every word of it is known: what is half understood is left to others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from crawler.adapter import Instant
from crawler.calendars import buddhist, hijri, jalali
from indexer.post import Precision

_CLOCK = re.compile(
    r"(?<![\d:.])(\d{1,2})(?:[:h時시点]|\.(?=\d\d(?!\d|\.)))\s?(\d\d)(?:[:.](\d\d))?(?![\d:.]\d)(?:分|분)?"
)
_ORIENTAL = re.compile(r"(\d{2,4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_NUMERIC = re.compile(r"(?<![\d./-])(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?![\d/-]|\.\d)")


@dataclass(frozen=True, slots=True)
class _Words:
    """What each word can mean: (what, value). Several words joined by "-" in the table are one phrase."""

    meanings: Mapping[str, tuple[str, int]]
    phrases: tuple[tuple[str, str], ...]


@cache
def _words() -> _Words:
    table: dict[str, Any] = yaml.safe_load(files("crawler").joinpath("date_words.yaml").read_text("utf-8"))
    meanings: dict[str, tuple[str, int]] = {}

    def mean(word: str, what: str, value: int) -> None:
        meanings.setdefault(_folded(word), (what, value))

    for months in table["months"].values():
        for number, words in enumerate(months, 1):
            for word in words.split("|"):
                mean(word, "month", number)
    for calendar in ("buddhist", "jalali", "hijri"):
        for number, words in enumerate(table[calendar], 1):
            for word in words.split("|"):
                mean(word, calendar, number)
    for what in ("days", "units"):
        for value, words in table[what].items():
            for word in words:
                mean(word, what, int(value))
    for number, words in enumerate(table["weekday_words"]):
        for word in words:
            mean(word, "weekday", number)
    for what in ("ago", "now", "morning", "evening", "one", "filler"):
        for word in table[what]:
            mean(word, what, 1)
    phrases = sorted((word for word in meanings if "-" in word), key=len, reverse=True)
    return _Words(MappingProxyType(meanings), tuple((word.replace("-", " "), word) for word in phrases))


def _folded(text: str) -> str:
    """Lower case, one blank, digits of every script as 0 to 9, no marks of writing direction."""
    plain = unicodedata.normalize("NFC", text.casefold().replace("i\u0307", "i"))
    plain = re.sub("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]", "", plain).replace("\u2019", "'")
    digits = "".join(str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in plain)
    return " ".join(digits.replace("\u00a0", " ").replace("\u202f", " ").split())


def read_words(text: str, now: datetime, zone: ZoneInfo) -> Instant | None:
    """The instant that ``text`` states, or None when a word of it is not known. ``ValueError`` for a day or hour
    that there is not. A day without a year is the newest that is not later than ``now``."""
    words, left = _words(), _folded(text)
    persian = any("\u06f0" <= c <= "\u06f9" for c in text)
    for phrase, joined in words.phrases:
        if phrase in left:
            left = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", joined.replace("-", "\u00b7"), left)
    stated: date | None = None
    for pattern, reader in ((_ORIENTAL, _oriental), (_NUMERIC, _numeric)):
        found = pattern.search(left)
        if found and stated is None:
            stated = reader(found, now, persian)
            if stated is None:
                return None
            left = f"{left[: found.start()]} {left[found.end() :]}"
    clock = _CLOCK.search(left)
    if clock:
        left = f"{left[: clock.start()]} {left[clock.end() :]}"
    parts = _meanings(left, words)
    if parts is None:
        return None
    return _instant(parts, stated, clock, now, zone)


def is_date_word(word: str) -> bool:
    """Whether a date may begin with this word; words such as "at" do not count."""
    meaning = _words().meanings.get(_folded(word).strip("."))
    return meaning is not None and meaning[0] not in ("filler", "units", "ago", "morning", "evening")


def _meanings(left: str, words: _Words) -> list[tuple[str, int]] | None:
    parts: list[tuple[str, int]] = []
    for token in re.findall(
        r"\d+|[^\s\d,،;|()»«]+", re.sub(r"(\d)(?=[^\W\d])|([^\W\d])(?=\d)", r"\1\2 ", left)
    ):
        word = token.strip(".:،,-–—").replace("\u00b7", "-")
        if not word:
            continue
        if word.isdecimal():
            parts.append(("number", int(word)) if len(word) <= 4 else ("unknown", 0))
            continue
        meaning = words.meanings.get(word) or words.meanings.get(word.rstrip("'"))
        if meaning is None:
            pieces = _cut(word, words)
            if pieces is None:
                return None
            parts += pieces
        else:
            parts.append(meaning)
    return parts


def _cut(word: str, words: _Words) -> list[tuple[str, int]] | None:
    """A word of a script that puts no blanks, such as 分钟前, cut in two known ones."""
    for at in range(1, len(word)):
        first, second = words.meanings.get(word[:at]), words.meanings.get(word[at:])
        if first and second and ord(word[0]) > 0x5FF:
            return [first, second]
    return None


def _instant(
    parts: list[tuple[str, int]],
    stated: date | None,
    clock: re.Match[str] | None,
    now: datetime,
    zone: ZoneInfo,
) -> Instant | None:
    said = {what: value for what, value in parts if what not in ("filler", "number")}
    numbers = [value for what, value in parts if what == "number"]
    half = "morning" if "morning" in said else "evening" if "evening" in said else ""
    rest = set(said) - {"morning", "evening", "one"}
    if rest == {"now"} and not numbers and not clock and stated is None:
        return Instant(now.astimezone(UTC), Precision.MINUTE)
    if "ago" in rest and "units" in rest and not clock and stated is None:
        if rest - {"ago", "units", "days"} or len(numbers) > 1 or not (numbers or "one" in said):
            return None
        return _before(numbers[0] if numbers else 1, said["units"], now)
    if rest == {"units"}:
        return Instant()  # a while, not a time
    here = now.astimezone(zone).date()
    day = stated
    if day is None and rest == {"days"} and not numbers:
        day = here - timedelta(days=said["days"])
    elif day is None and rest == {"weekday"} and not numbers and clock:
        day = here - timedelta(days=(here.weekday() - said["weekday"]) % 7)
    elif day is None and len(rest - {"weekday"}) == 1:
        day = _dated((rest - {"weekday"}).pop(), said, parts, here)
    elif day is not None and (numbers or rest - {"weekday"}):
        return None
    if day is None:
        return None
    return _at(day, clock, half, zone)


def _dated(calendar: str, said: dict[str, int], parts: list[tuple[str, int]], here: date) -> date | None:
    """A day with its month as a word: D M Y, M D Y or Y M D; or without a year, the newest one."""
    readers = {"month": date, "buddhist": buddhist, "jalali": jalali, "hijri": hijri}
    if calendar not in readers:
        return None
    numbers = [value for what, value in parts if what == "number"]
    month = said[calendar]
    if len(numbers) == 2:
        first, second = numbers
        day, year = (second, first) if first > 31 else (first, second)
        if year < 100:
            year += 2000 if calendar == "month" else 2500 if calendar == "buddhist" else 1400
        if calendar == "month" and year > 2400:
            return buddhist(year, month, day)
        if calendar == "buddhist" and year < 2400:
            return date(year, month, day)
        return readers[calendar](year, month, day)
    if len(numbers) == 1 and calendar in ("month", "buddhist") and numbers[0] <= 31:
        newest = date(here.year, month, numbers[0])
        return newest if newest <= here else newest.replace(year=here.year - 1)
    return None


def _oriental(found: re.Match[str], _now: datetime, _persian: bool) -> date:
    year = int(found[1])
    return date(year + 2000 if year < 100 else year, int(found[2]), int(found[3]))


def _numeric(found: re.Match[str], now: datetime, persian: bool) -> date | None:
    """All in numbers: the year first; or the day first, where points or a number above 12 tell so."""
    first, mark, second, third = int(found[1]), found[2], int(found[3]), int(found[4])
    if len(found[1]) == 4:
        if first >= 2400:
            return buddhist(first, second, third)
        if first < 1600:
            # the Persian year runs 621 or 622 behind; a year that has not come there is the Islamic one
            return (
                jalali(first, second, third)
                if persian or first <= now.year - 621
                else hijri(first, second, third)
            )
        return date(first, second, third)
    if len(found[1]) == 3 or len(found[4]) in (1, 3) or (mark != "." and (first <= 12 or mark == "-")):
        return None
    if third < 100:
        third += 2000
    return buddhist(third, second, first) if third >= 2400 else date(third, second, first)


def _before(count: int, unit: int, now: datetime) -> Instant:
    exact = {1: Precision.SECOND, 60: Precision.MINUTE, 604800: Precision.WEEK}
    precision = exact.get(unit, Precision.DAY)
    return Instant((now - count * timedelta(seconds=unit)).astimezone(UTC), precision)


def _at(day: date, clock: re.Match[str] | None, half: str, zone: ZoneInfo) -> Instant:
    if clock is None:
        return Instant(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC), Precision.DAY)
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f"{hour} is no hour of a twelve-hour clock")
        hour = hour % 12 + (12 if half == "evening" else 0)
    at = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
    return Instant(at.astimezone(UTC), Precision.SECOND if clock[3] else Precision.MINUTE)
