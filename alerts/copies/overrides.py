"""What people decided about copies: it stands until people decide otherwise, whatever is counted and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from alerts.copies.tables import override_table
from alerts.copies.verdict import Group, Judged, Member, Verdict
from alerts.handling import Actor
from config.database import reading
from config.errors import StopError

#: What can be decided, by a word for each; None: to be judged automatically again.
DECISIONS: Final = {
    "mirror": Verdict.MIRROR,
    "copy": Verdict.COPY,
    "phishing": Verdict.PHISHING,
    "distinct": Verdict.DISTINCT,
    "automatic": None,
}


class OverrideRefused(StopError):
    """A decision that cannot be: about a source and itself, or without a reason."""


@dataclass(frozen=True, slots=True)
class Override:
    """One decision: what ``source`` is to ``original``; None: to be judged automatically again."""

    source: str
    original: str
    verdict: Verdict | None
    who: str
    why: str
    at: datetime

    def __str__(self) -> str:
        return f"decided by {self.who} on {self.at:%Y-%m-%d %H:%M}Z: {self.why}"


def decide(
    database: sa.Engine,
    source: str,
    original: str,
    verdict: Verdict | None,
    *,
    by: Actor,
    why: str,
    at: datetime,
) -> None:
    """Decide what a source is to another; None: let it be judged again. Every decision is kept. Raises
    ``OverrideRefused``."""
    if source == original:
        raise OverrideRefused(f"{source} cannot be a copy of itself", cure="name two sources")
    if not why.strip():
        raise OverrideRefused("a decision wants a reason", cure="say why: others will read it")
    row = {
        "source": source,
        "original": original,
        "verdict": verdict.value if verdict else "",
        "who": by.who,
        "why": why.strip(),
        "at": at,
    }
    with database.begin() as connection:
        connection.execute(sa.insert(override_table).values(row))


def overrides(connection: sa.Connection) -> list[Override]:
    """The decisions in force: the newest about each source."""
    newest = {each.source: each for each in _made(connection)}
    return [each for each in newest.values() if each.verdict]


def history(database: sa.Engine) -> list[Override]:
    """Every decision that was ever made, newest first."""
    with reading(database) as connection:
        return _made(connection)[::-1]


def _made(connection: sa.Connection) -> list[Override]:
    rows = connection.execute(sa.select(override_table).order_by(override_table.c.id))
    return [
        Override(
            row.source, row.original, Verdict(row.verdict) if row.verdict else None, row.who, row.why, row.at
        )
        for row in rows
    ]


def settle(pairs: Sequence[Judged], decided: Sequence[Override]) -> list[Judged]:
    """The judged pairs as people decided: pairs of which they did not are left. Pure."""
    found = {(pair.one, pair.other): pair for pair in pairs}
    for each in decided:
        one, other = sorted((each.source, each.original))
        if each.verdict is not Verdict.DISTINCT:
            for key, pair in found.items():
                if pair.phishing == each.source:
                    found[key] = replace(pair, phishing=None)
        before = found.get((one, other))
        copies = each.verdict is not Verdict.DISTINCT
        phishing = each.source if each.verdict is Verdict.PHISHING else None
        says = (str(each), *(before.says if before else ()))
        found[one, other] = Judged(one, other, copies, False, phishing, False, says)
    for each in decided:
        if each.verdict is Verdict.DISTINCT:
            _part(found, each)
    return list(found.values())


def _part(found: dict[tuple[str, str], Judged], decided: Override) -> None:
    """Cut a source off everything that its not-original is one board with."""
    joined, grew = {decided.original}, True
    while grew:
        grew = False
        for pair in found.values():
            ends = {pair.one, pair.other} - {decided.source}
            if pair.copies and len(ends) == 2 and ends & joined and not ends <= joined:
                joined |= ends
                grew = True
    for key, pair in found.items():
        if decided.source in key and joined & set(key):
            found[key] = replace(pair, copies=False, undecided=False, phishing=None, suspect=False)


def settled(groups: Sequence[Group], decided: Sequence[Override]) -> list[Group]:
    """The groups with what people said of their members. Pure."""
    said = {each.source: each for each in decided if each.verdict is not Verdict.DISTINCT}

    def member(each: Member) -> Member:
        known = said.get(each.source)
        if known is None or known.verdict is None:
            return each
        says = tuple(one for one in each.says if not one.endswith(str(known)))
        return Member(each.source, known.verdict, (str(known), *says))

    return [replace(group, members=tuple(map(member, group.members))) for group in groups]
