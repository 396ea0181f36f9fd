"""The detection clock: how long it took from a listing's posting to somebody who acts on it, step by step."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import sqlalchemy as sa

from alerts.baseline import entry_table
from alerts.cases import Alert, Wanted
from alerts.outbox import delivery_table
from alerts.tables import alert_table, digest_table, proposal_table
from config.database import reading
from indexer.post import Precision

_EXACT = frozenset({Precision.SECOND.value, Precision.MINUTE.value})


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
    return _times(alert, _delivered(connection, alert_table.c.id == alert.id).get(alert.id, {}))


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


def summaries(
    database: sa.Engine,
    by: Literal["source", "organisation"] | None,
    since: datetime,
    wanted: Wanted = Wanted(),
) -> list[Summary]:
    """Every step of the alerts that were made since a time and are wanted, for each source or organisation, or of all
    together. What a person accepted from a hunt was not late, nor what history told: they are left out."""
    columns = alert_table.c
    hunted = sa.select(proposal_table.c.alert).where(proposal_table.c.alert.is_not(None))
    told = sa.select(entry_table.c.alert)
    late = (columns.tier == "certain", columns.id.not_in(hunted), columns.id.not_in(told))
    counted = sa.and_(columns.created_at >= since, *late, *wanted.conditions())
    fields = (
        columns.id,
        columns[by].label("name") if by else sa.literal("").label("name"),
        columns.posted_at,
        columns.precision,
        columns.first_seen_at,
    )
    query = sa.select(*fields, columns.stored_at, columns.created_at, columns.acknowledged_at).where(counted)
    taken: dict[tuple[str, Step], list[float]] = defaultdict(list)
    with reading(database) as connection:
        delivered = _delivered(connection, counted)
        for row in connection.execute(query):
            for step, seconds in steps(_times(row, delivered.get(row.id, {}))).items():
                taken[row.name, step].append(seconds)
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


def _times(row: Any, delivered: Mapping[str, datetime]) -> Times:
    return Times(
        row.posted_at if row.precision in _EXACT else None,
        row.first_seen_at,
        row.stored_at,
        row.created_at,
        delivered,
        row.acknowledged_at,
    )


def _delivered(connection: sa.Connection, which: sa.ColumnElement[bool]) -> dict[str, dict[str, datetime]]:
    """When each channel first had each of these alerts, by itself or in a digest."""
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    one, part, alerts = delivery_table.c, digest_table.c, sa.select(alert_table.c.id).where(which)
    alone = sa.select(one.alert, one.channel, one.sent_at).where(one.event == "new", one.alert.in_(alerts))
    collected = (
        sa.select(part.alert, part.channel, one.sent_at)
        .join(delivery_table, one.key == part.digest)
        .where(part.alert.in_(alerts))
    )
    for query in (alone, collected):
        for alert, channel, sent in connection.execute(query.where(one.sent_at.is_not(None))):
            found[alert][channel] = min(sent, found[alert].get(channel, sent))
    return found
