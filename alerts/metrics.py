"""Alerts and their detection clock as Prometheus metrics, read from the state database when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from alerts.clock import summaries
from alerts.outbox import delivery_table
from alerts.tables import alert_table, proposal_table

_WINDOW = timedelta(days=30)


def registry(
    database: sa.Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> CollectorRegistry:
    """A registry that reads the state database at every scrape. Nothing is counted in memory, so that every process
    of a set tells the same."""
    made = CollectorRegistry(auto_describe=False)
    made.register(_Alerts(database, clock))
    return made


class _Alerts(Collector):
    def __init__(self, database: sa.Engine, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def describe(self) -> Iterator[Metric]:
        """Nothing is read when it is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        now = self._clock()
        for by in ("source", "organisation"):
            seconds = GaugeMetricFamily(
                f"duskwatch_detection_by_{by}_seconds",
                "Seconds of each step from a listing's posting to its acknowledgement, of alerts of the last 30 days",
                labels=("step", by, "quantile"),
            )
            counts = GaugeMetricFamily(
                f"duskwatch_detection_by_{by}_alerts",
                "Alerts that the seconds are taken from",
                labels=("step", by),
            )
            for each in summaries(self._database, by, now - _WINDOW):
                step = each.step.replace(" ", "_")
                seconds.add_metric((step, each.name, "0.5"), each.p50)
                seconds.add_metric((step, each.name, "0.95"), each.p95)
                counts.add_metric((step, each.name), each.count)
            yield seconds
            yield counts
        yield from self._counted(now)

    def _counted(self, now: datetime) -> Iterator[Metric]:
        alerts = GaugeMetricFamily("duskwatch_alerts", "Alerts", labels=("state", "severity"))
        possible = GaugeMetricFamily(
            "duskwatch_possible_alerts", "Alerts of listings that name nobody", labels=("state",)
        )
        deliveries = GaugeMetricFamily("duskwatch_deliveries", "Deliveries", labels=("channel", "state"))
        oldest = GaugeMetricFamily(
            "duskwatch_delivery_oldest_waiting_seconds",
            "Age of the oldest delivery that should have left by now",
            labels=("channel",),
        )
        proposals = GaugeMetricFamily("duskwatch_proposals", "Alerts that a hunt proposes", labels=("state",))
        a, d, p = alert_table.c, delivery_table.c, proposal_table.c
        count = sa.func.count()
        with self._database.connect() as connection:
            certain = sa.select(a.state, a.severity, count).where(a.tier == "certain")
            for state, severity, number in connection.execute(certain.group_by(a.state, a.severity)):
                alerts.add_metric((state, severity), number)
            unnamed = sa.select(a.state, count).where(a.tier == "possible").group_by(a.state)
            for state, number in connection.execute(unnamed):
                possible.add_metric((state,), number)
            for channel, state, number in connection.execute(
                sa.select(d.channel, d.state, count).group_by(d.channel, d.state)
            ):
                deliveries.add_metric((channel, state), number)
            late = sa.select(d.channel, sa.func.min(d.created_at, type_=d.created_at.type))
            for channel, created in connection.execute(
                late.where(d.state == "waiting", sa.or_(d.next_at <= now, d.attempts > 0)).group_by(d.channel)
            ):
                oldest.add_metric((channel,), max((now - created).total_seconds(), 0.0))
            for state, number in connection.execute(sa.select(p.state, count).group_by(p.state)):
                proposals.add_metric((state,), number)
        yield from (alerts, possible, deliveries, oldest, proposals)
