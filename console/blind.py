"""Blind spots: for each organisation, which of the sources in its scope are covered now and which are not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import sqlalchemy as sa

from alerts.agenda import NotSeen
from alerts.channel import Tlp
from alerts.watchlist import Organisation
from crawler.blindness import BlindSpot, blindness
from crawler.source import Source
from crawler.state import expectation, standings


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen for one organisation: ids of the sources in its scope that are covered, the blind spots among them,
    and sources that its scope names and nobody has written."""

    organisation: str
    covered: tuple[str, ...]
    blind: tuple[BlindSpot, ...]
    unknown: tuple[str, ...] = ()

    @property
    def missed(self) -> float:
        """New posts that could be missed by now, where history lets tell."""
        return sum(spot.missed or 0.0 for spot in self.blind)


def blind_spots(sources: Mapping[str, Source], engine: sa.Engine, now: datetime) -> dict[str, BlindSpot]:
    """Every source that is not covered now, by id."""
    known = standings(engine)
    found = {
        name: blindness(source, known.get(name), expectation(engine, name, now), now)
        for name, source in sources.items()
    }
    return {name: spot for name, spot in found.items() if spot}


def sight(organisation: Organisation, sources: Iterable[str], blind: Mapping[str, BlindSpot]) -> Sight:
    """What is seen for an organisation. ``sources``: ids of all that there are; ``blind``: as ``blind_spots`` tells."""
    every = sorted(sources)
    scope = organisation.scope.sources
    wanted = [name for name in every if not scope or name in scope]
    return Sight(
        organisation.id,
        tuple(name for name in wanted if name not in blind),
        tuple(blind[name] for name in wanted if name in blind),
        tuple(name for name in scope if name not in every),
    )


def not_seen(
    blind: Mapping[str, BlindSpot],
    sources: Mapping[str, Source],
    organisations: Sequence[Organisation],
    routes: Collection[str],
) -> NotSeen:
    """What the digests of some routes tell of blind spots, a line each; ``blind``: as from ``blind_spots``. A source
    that is marked higher than the digest stays out of it."""

    def lines(route: str, about: Sequence[str], tlp: str) -> list[str]:
        if route not in routes:
            return []
        order = get_args(Tlp)
        most = order.index(tlp) if tlp in order else -1
        shown = [name for name, source in sources.items() if order.index(source.tlp.value) <= most]
        found: dict[str, BlindSpot] = {}
        for each in organisations:
            if each.id in about:
                found |= {spot.source: spot for spot in sight(each, shown, blind).blind}
        return [told(spot) for _, spot in sorted(found.items())]

    return lines


def told(spot: BlindSpot) -> str:
    """A blind spot in a line for people."""
    since = f" since {spot.since:%Y-%m-%d %H:%M}Z" if spot.since else ""
    missed = f"; about {spot.missed:,.0f} new posts could be missed" if spot.missed is not None else ""
    return f"{spot.source}: {spot.why.value}{since}{missed} (boards: {', '.join(spot.boards)})"
