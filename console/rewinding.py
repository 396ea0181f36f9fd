"""Jobs wait for a time of day. Where the clock is set back, they would all stand still until that time comes again."""

from __future__ import annotations

from datetime import datetime, timedelta

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.interval import IntervalTrigger

_ROUNDING = timedelta(seconds=1)


def rewind(scheduler: BaseScheduler, now: datetime) -> list[str]:
    """Have every job run within its own pause from ``now`` on; the names of those that would have waited for longer.
    Only a clock that was set back makes any."""
    moved = []
    for job in scheduler.get_jobs():
        at, trigger = job.next_run_time, job.trigger
        if at is None or not isinstance(trigger, IntervalTrigger):
            continue
        if at > now + trigger.interval + _ROUNDING:
            try:
                job.modify(next_run_time=now + trigger.interval)
            except JobLookupError:  # the service is ending
                continue
            moved.append(job.id)
    return moved
