"""Coverage: what of each source is read and what is missed, and for whom that is a blind spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from console.blind import blind_spots, sight
from console.web.guard import Here, Someone
from console.web.rendering import page
from crawler.coverage import Expected
from crawler.state import coverage_of

router = APIRouter(include_in_schema=False)
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the week: posts expected and seen, with the heights of their bars, 0 to 100."""

    hour: str
    expected: float
    seen: int
    expected_height: float
    seen_height: float


@router.get("/coverage")
def coverage(request: Request, here: Here, who: Someone) -> Response:
    """Every source with its boards, misses and expected posts, the blind ones first; every organisation that the user
    may see with its blind spots."""
    inputs, now = here.inputs, here.now()
    blind = blind_spots(inputs.sources, here.engine, now)
    rows = []
    for name, source in inputs.sources.items():
        found = coverage_of(here.engine, name, [board.key for board in source.boards], now)
        rows.append(
            {"source": source, "covered": found, "blind": blind.get(name), "bars": _bars(found.expected)}
        )
    rows.sort(key=lambda row: (row["blind"] is None, row["source"].id))  # type: ignore[attr-defined]
    mine = who.user.organisations
    seen = [
        (each, sight(each, inputs.sources, blind))
        for each in inputs.organisations
        if not mine or each.id in mine
    ]
    seen.sort(key=lambda pair: (-len(pair[1].blind), pair[0].id))
    return page(request, here, who, "coverage.html", rows=rows, sights=seen)


def _bars(expected: Expected | None) -> Sequence[Bar]:
    if expected is None:
        return ()
    most = max(*expected.by_hour, *expected.seen) or 1.0
    return [
        Bar(
            f"{_DAYS[hour // 24]} {hour % 24:02}:00Z",
            due,
            seen,
            round(100 * due / most, 1),
            round(100 * seen / most, 1),
        )
        for hour, (due, seen) in enumerate(zip(expected.by_hour, expected.seen, strict=True))
    ]
