"""Times that lie ahead: deadlines as dates, in the attributes of a page's clocks, or as what is left of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from crawler.adapter import Instant
from crawler.dates import read_date
from indexer.post import Precision

_LONGEST = timedelta(days=3 * 366)  # no deadline lies further ahead
_WORDS = (
    (86_400, r"d(?:ays?)?|tage?n?|jours?|días?|дн\w*|день|天"),
    (3_600, r"h(?:ours?|rs?)?|std|stunden?|heures?|horas?|ч(?:ас\w*)?|小时"),
    (60, r"m(?:in(?:ute)?s?)?|minuten?|минут\w*|мин|分钟?"),
    (1, r"s(?:ec(?:ond)?s?)?|sekunden?|секунд\w*|сек|秒"),
)
_PART = [rf"(?P<u{seconds}>\d{{1,4}})\s*(?:{words})(?![^\W\d_])\W{{0,4}}" for seconds, words in _WORDS]
#: ``3d 04h 12m 33s``: two units at least, in falling order.
_TICKING = re.compile(
    rf"(?<![\w.,]){_PART[0]}(?:{_PART[1]})(?:{_PART[2]})?(?:{_PART[3]})?"
    rf"|(?<![\w.,]){_PART[1].replace('u3600', 'v3600')}(?:{_PART[2].replace('u60', 'v60')})"
    rf"(?:{_PART[3].replace('u1>', 'v1>')})?",
    re.I,
)
#: ``03:04:12:33``, or ``3 days 04:12:33``.
_CLOCK = re.compile(
    r"(?<![\w.,:/-])(?P<d>\d{1,3})(?:\s*:\s*|\s*d(?:ays?)?[\s,]+)(?P<h>\d{1,2})\s*:\s*(?P<m>\d\d)(?:\s*:\s*(?P<s>\d\d))?(?![\w:])",
    re.I,
)
_UNIT_LAST = re.compile(  # the units stand below their numbers
    r"^(?P<d>\d{1,3})\W+(?P<h>\d{1,2})\W+(?P<m>\d{1,2})(?:\W+(?P<s>\d{1,2}))?\W+d(?:ays?)?\W+h\w*\W+m\w*",
    re.I,
)
_ONE_UNIT = re.compile(
    r"^\W*(?P<count>\d{1,4})\s*(?P<unit>days?|hours?|дн\w*|ч(?:ас\w*)?|minutes?)\s*(?:left|remaining|to go)?\W*$",
    re.I,
)
_UNIX = re.compile(r"^\d{10}(?:\d{3})?$")
_STATED = (
    "data-countdown",
    "data-deadline",
    "data-end",
    "data-expires",
    "data-expire",
    "data-expiry",
    "data-until",
)
_MAY_STATE = ("data-time", "data-date", "data-timestamp", "data-target", "data-ts", "data-finish", "datetime")


def ticking(text: str) -> tuple[str, timedelta] | None:
    """A countdown in a text: its words, and what is left by them."""
    for pattern in (_UNIT_LAST, _CLOCK):
        if (found := pattern.search(text)) and (found["s"] or pattern is _UNIT_LAST):
            return found[0], timedelta(
                days=int(found["d"]),
                hours=int(found["h"]),
                minutes=int(found["m"]),
                seconds=int(found["s"] or 0),
            )
    if found := _TICKING.search(text):
        left = sum(int(count) * int(name[1:]) for name, count in found.groupdict().items() if count)
        return found[0], timedelta(seconds=left)
    return None


def clock_of(attributes: Mapping[str, str | None], text: str, now: datetime, zone: ZoneInfo) -> Instant:
    """When an element that is called a countdown ends: by its attributes, else by its words."""
    for name in (*_STATED, *_MAY_STATE):
        if value := (attributes.get(name) or "").strip():
            stated = ahead(value, now, zone)
            if stated.at:
                return stated
    if left := ticking(text):
        return after(now, left[1])
    if one := _ONE_UNIT.match(text):
        seconds = {"d": 86_400, "д": 86_400, "h": 3_600, "ч": 3_600, "m": 60}[one["unit"][0].lower()]
        return after(now, timedelta(seconds=int(one["count"]) * seconds))
    return Instant()


def after(now: datetime, left: timedelta) -> Instant:
    """The end of a countdown, to the minute."""
    if left > _LONGEST:
        return Instant()
    at = (now + left).astimezone(UTC)
    return Instant(at.replace(second=0, microsecond=0), Precision.MINUTE)


def ahead(text: str, now: datetime, zone: ZoneInfo) -> Instant:
    """The instant of a date that may lie in the future: Unix time, ISO 8601 or as boards write it, with a year."""
    if _UNIX.match(text):
        at = datetime.fromtimestamp(int(text[:10]), UTC)
        return Instant(at, Precision.SECOND) if at - now <= _LONGEST else Instant()
    if not re.search(r"(?<!\d)20\d\d(?!\d)|(?<!\d)\d\d?[./-]\d\d?[./-]\d\d(?!\d)", text):
        return Instant()
    return read_date(
        re.sub(r"\s*\((?:UTC|GMT)\)|\bUTC\b|\bGMT\b", "", text).strip(), now=now + _LONGEST, zone=zone
    )
