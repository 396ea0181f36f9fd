"""The detection clock: how long it took from a listing's posting to somebody who acts on it, step by step."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

import sqlalchemy as sa

from alerts.cases import Alert
from alerts.outbox import delivery_table
from alerts.tables import alert_table, digest_table, proposal_table
from indexer.post import Precision

_EXACT = frozenset({Precision.SECOND.value, Precision.MINUTE.value})
_PARAMETERS = 500


class Step(StrEnum):
    """From one time of the clock to another."""

    POSTED_VISIBLE = "posted to visible"
    VISIBLE_STORED = "visible to stored"
    STORED_MATCHED = "stored to matched"
    MATCHED_DELIVERED = "matched to delivered"
    VISIBLE_DELIVERED = "visible to delivered"
    DELIVERED_ACKNOWLEDGED = "delivered to acknowledged"


@dataclass(frozen=True, slots=True)
class Times:
    """The times of an alert. ``posted`` is None where the board tells no time, or only a day; ``delivered``: when each
    channel first had it."""

    posted: datetime | None
    visible: datetime
    stored: datetime
    matched: datetime
    delivered: Mapping[str, datetime]
    acknowledged: datetime | None


@dataclass(frozen=True, slots=True)
class Summary:
    """One step over many alerts of one source or organisation (``name``), in seconds."""

    name: str
    step: str
    count: int
    p50: float
    p95: float


def times_of(connection: sa.Connection, alert: Alert) -> Times:
    """The times of one alert."""
    return _times(alert, _delivered(connection, [alert.id]).get(alert.id, {}))


def steps(times: Times) -> dict[Step, float]:
    """The seconds of every step that has both its ends. Delivered means: by the first channel. A board's clock may run
    ahead of ours: no step is less than nothing."""
    delivered = min(times.delivered.values(), default=None)
    ends = {
        Step.POSTED_VISIBLE: (times.posted, times.visible),
        Step.VISIBLE_STORED: (times.visible, times.stored),
        Step.STORED_MATCHED: (times.stored, times.matched),
        Step.MATCHED_DELIVERED: (times.matched, delivered),
        Step.VISIBLE_DELIVERED: (times.visible, delivered),
        Step.DELIVERED_ACKNOWLEDGED: (delivered, times.acknowledged),
    }
    return {
        step: max((end - begin).total_seconds(), 0.0)
        for step, (begin, end) in ends.items()
        if begin is not None and end is not None
    }


def summaries(database: sa.Engine, by: Literal["source", "organisation"], since: datetime) -> list[Summary]:
    """Every step of the alerts that were made since a time, for each source or organisation. What a person accepted
    from a hunt was not late: it is left out."""
    hunted = sa.select(proposal_table.c.alert).where(proposal_table.c.alert.is_not(None))
    taken: dict[tuple[str, Step], list[float]] = defaultdict(list)
    query = sa.select(alert_table).where(alert_table.c.created_at >= since, alert_table.c.id.not_in(hunted))
    with database.connect() as connection:
        alerts = [Alert(**row._mapping) for row in connection.execute(query)]
        delivered = _delivered(connection, [alert.id for alert in alerts])
    for alert in alerts:
        for step, seconds in steps(_times(alert, delivered.get(alert.id, {}))).items():
            taken[getattr(alert, by), step].append(seconds)
    order = list(Step)
    return [
        Summary(name, step.value, len(found), quantile(found, 0.5), quantile(found, 0.95))
        for (name, step), found in sorted(
            taken.items(), key=lambda item: (item[0][0], order.index(item[0][1]))
        )
    ]


def quantile(values: Sequence[float], share: float) -> float:
    """The least of the values that at least so large a share of them does not exceed (nearest rank)."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def _times(alert: Alert, delivered: Mapping[str, datetime]) -> Times:
    return Times(
        alert.posted_at if alert.precision in _EXACT else None,
        alert.first_seen_at,
        alert.stored_at,
        alert.created_at,
        delivered,
        alert.acknowledged_at,
    )


def _delivered(connection: sa.Connection, alerts: Sequence[str]) -> dict[str, dict[str, datetime]]:
    """When each channel first had each alert, by itself or in a digest."""
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    one, part = delivery_table.c, digest_table.c
    for start in range(0, len(alerts), _PARAMETERS):
        some = alerts[start : start + _PARAMETERS]
        alone = sa.select(one.alert, one.channel, one.sent_at).where(one.alert.in_(some), one.event == "new")
        collected = (
            sa.select(part.alert, part.channel, one.sent_at)
            .join(delivery_table, one.key == part.digest)
            .where(part.alert.in_(some))
        )
        for query in (alone, collected):
            for alert, channel, sent in connection.execute(query.where(one.sent_at.is_not(None))):
                found[alert][channel] = min(sent, found[alert].get(channel, sent))
    return found
