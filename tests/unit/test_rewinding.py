"""A clock that is set back stops no job."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from console.rewinding import rewind


def test_jobs_that_wait_for_a_clock_that_was_set_back_run_within_their_pause() -> None:
    scheduler = BackgroundScheduler(timezone=UTC)
    ran = threading.Event()
    now = datetime.now(UTC)
    # as they stand when the clock ran a day ahead until just now
    scheduler.add_job(ran.set, "interval", seconds=0.1, id="often", next_run_time=now + timedelta(days=1))
    scheduler.add_job(print, "interval", hours=24, id="daily", next_run_time=now + timedelta(days=2))
    scheduler.add_job(print, "interval", hours=24, id="due", next_run_time=now + timedelta(hours=24))
    scheduler.add_job(print, "interval", hours=24, id="paused", next_run_time=None)
    scheduler.start()
    try:
        assert rewind(scheduler, now) == ["often", "daily"]
        assert ran.wait(10)
        assert scheduler.get_job("daily").next_run_time == now + timedelta(hours=24)
        assert rewind(scheduler, datetime.now(UTC)) == []
    finally:
        scheduler.shutdown(wait=False)
