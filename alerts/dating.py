"""How the boards of a source date their posts, and what that means for telling news from history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.baseline import DOUBTFUL_A_DAY, doubt_table, mark_table

_LEAST, _SHARE = 10, 0.2  # posts, and their share, from which a fault of dates is told
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Dating:
    """What is known of a source's dates: posts that were read, of these without a date, with one in the future, and
    with one before there were boards. ``numbered``: its threads have numbers. ``doubtful``: alarms of the last day
    whose posts may be no news."""

    source: str
    read: int
    undated: int = 0
    ahead: int = 0
    absurd: int = 0
    numbered: bool = True
    doubtful: int = 0

    @property
    def state(self) -> str:
        """In a few words; empty: its dates can be believed."""
        if self._many(self.undated):
            return "hides its dates" if self.numbered else "hides its dates and numbers"
        if self._many(self.ahead):
            return "its clock runs ahead"
        if self._many(self.absurd):
            return "its clock stands"
        return "its dates contradict" if self.doubtful >= DOUBTFUL_A_DAY else ""

    @property
    def says(self) -> tuple[str, ...]:
        """Everything that an operator should know, each with what follows from it; empty: its dates can be believed."""
        said = []
        if self._many(self.undated):
            follows = (
                "new posts are told from old ones by their numbers"
                if self.numbered
                else "it has no numbers either: what was posted while it was first read could not be told from what is"
                " old, stands in the baseline report and alarmed nobody; look through that report once"
            )
            said.append(f"{self.undated:,} of {self.read:,} posts bear no date: {follows}")
        if self._many(self.ahead):
            said.append(
                f"{self.ahead:,} of {self.read:,} posts bear a date in the future, which counts as none: is the"
                " source's timezone right, and the order of day and month?"
            )
        if self._many(self.absurd):
            said.append(
                f"{self.absurd:,} of {self.read:,} posts bear a date before 1990, which counts as none"
            )
        if self.doubtful >= DOUBTFUL_A_DAY:
            said.append(
                f"{self.doubtful} alarms of the last day may be no news, the most that are raised: more of them stand"
                " in the next baseline report"
            )
        return tuple(said)

    def _many(self, some: int) -> bool:
        return some >= _LEAST and some >= _SHARE * self.read


def datings(connection: sa.Connection, now: datetime, source: str | None = None) -> dict[str, Dating]:
    """How each source dates its posts, or this one; those of which nothing was read are not there."""
    columns, doubt = mark_table.c, doubt_table.c
    query, doubts = (
        sa.select(mark_table),
        sa.select(doubt.source, sa.func.count()).where(doubt.at > now - _DAY),
    )
    if source is not None:
        query, doubts = query.where(columns.source == source), doubts.where(doubt.source == source)
    today = {row[0]: row[1] for row in connection.execute(doubts.group_by(doubt.source))}
    return {
        row.source: Dating(
            row.source,
            row.read,
            row.undated,
            row.ahead,
            row.absurd,
            numbered=row.threads is not None,
            doubtful=today.get(row.source, 0),
        )
        for row in connection.execute(query)
    }
