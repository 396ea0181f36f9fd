"""Where Duskwatch does not see now: why a source is not covered, since when, and what could be missed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crawler.coverage import Expected
from crawler.health import CURES, Standing, State
from crawler.source import Source


class Blind(StrEnum):
    """Why a source is not covered."""

    UNREAD = "never read"
    OFF = "switched off"
    DOWN = "down"
    GATED = "gated"
    DRIFTING = "drifting"  # its layout changed: what it posts is kept, and read once the adapter is mended
    UNREADABLE = "unreadable"
    WAITING = "waiting"  # for Tor or the store
    KILLED = "killed"
    LATE = "late"
    SILENT = "silent"


_OF_STATE = {
    State.DOWN: Blind.DOWN,
    State.GATED: Blind.GATED,
    State.LAYOUT: Blind.DRIFTING,
    State.UNREADABLE: Blind.UNREADABLE,
    State.TOR: Blind.WAITING,
    State.STORE: Blind.WAITING,
    State.KILLED: Blind.KILLED,
    State.BUSY: Blind.LATE,
}
_OF_BLIND = {
    Blind.UNREAD: "start duskwatch run, or duskwatch crawl it",
    Blind.OFF: "set schedule.enabled to have it read",
    Blind.LATE: "is duskwatch run running?",
    Blind.SILENT: "look at it with duskwatch source test",
}


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """One source that is not covered now.

    ``since``: from when on its posts may be missing; None where it was never read. ``missed``: how many new posts its
    history lets expect from then to now; None where there is not history enough. ``boards``: keys of those that it
    hides. ``detail`` and ``cure`` are for people.
    """

    source: str
    why: Blind
    since: datetime | None
    missed: float | None
    boards: tuple[str, ...]
    detail: str
    cure: str


def blindness(
    source: Source, standing: Standing | None, expected: Expected | None, now: datetime
) -> BlindSpot | None:
    """What is not seen of a source now; None where it is covered. ``standing`` and ``expected`` as its crawls so far
    tell them; None: nothing yet."""
    why = _why(source, standing, expected, now)
    if why is None:
        return None
    since = standing.read_at if standing else None
    if why is Blind.SILENT and expected:
        since = expected.since
    missed = expected.between(since, now) if expected and since else None
    cure = CURES.get(standing.state, "") if standing and standing.state else ""
    return BlindSpot(
        source=source.id,
        why=why,
        since=since,
        missed=missed,
        boards=tuple(board.key for board in source.boards),
        detail=standing.detail if standing and why not in (Blind.SILENT, Blind.OFF) else "",
        cure=_OF_BLIND.get(why) or cure,
    )


def _why(source: Source, standing: Standing | None, expected: Expected | None, now: datetime) -> Blind | None:
    """The gravest reason, as an operator would have to mend it first."""
    if not source.schedule.enabled:
        return Blind.OFF
    if standing is None:
        return Blind.UNREAD
    if standing.state in _OF_STATE:
        return _OF_STATE[standing.state]
    if standing.late(source.longest_pause, now, quiet=source.quiet_time):
        return Blind.LATE
    if expected and expected.silent:
        return Blind.SILENT
    return None
