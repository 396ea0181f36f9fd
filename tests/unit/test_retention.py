"""Old posts are forgotten daily or when asked; those of listings with an alert, or not read yet, are not."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from conftest import Workspace

from console import service
from console.service import Service
from console.steady import SteadyClock
from indexer.opening import open_store
from indexer.post import Post, PostKey

OLD = datetime.now(UTC) - timedelta(days=90)


def old_posts(workspace: Workspace) -> None:
    """A listing that a watchlist knows, and an older one that none does."""
    workspace.fill()
    with closing(open_store(f"sqlite:///{workspace.folder}/var/posts.db")) as store:
        store.put(
            [
                Post(
                    key=PostKey("forum", "2", str(number)),
                    board="sale",
                    position=number,
                    title="dump of another one",
                    author="ann",
                    text="rows",
                    url="http://board.invalid/2",
                    seen_at=OLD,
                )
                for number in (1, 2)
            ]
        )


def test_old_posts_are_forgotten_when_they_were_read_and_have_no_alert(workspace: Workspace) -> None:
    old_posts(workspace)
    refused = workspace.run("console.cli.main", "store", "purge", status=78)
    assert "set retention.days, or say --days" in refused.stderr
    assert workspace.duskwatch("store", "purge", "--days", "30")["posts"] == 0  # the watcher has read nothing
    workspace.duskwatch("watch", "run")
    asked = ("store", "purge", "--days", "30")
    assert workspace.duskwatch(*asked, "--dry-run") == {"posts": 2, "dry_run": True}
    assert workspace.duskwatch("store", "stats")["posts"] == 3
    assert workspace.duskwatch(*asked) == {"posts": 2, "dry_run": False}
    assert workspace.duskwatch("search", "dump")["total"] == 1
    assert workspace.duskwatch("watch", "run")["changes"] == 0


def test_the_service_forgets_by_itself(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    old_posts(workspace)
    workspace.duskwatch("watch", "run")
    file = workspace.write("duskwatch.toml", 'data_dir = "var"\n[retention]\ndays = 30\n')
    monkeypatch.setattr(service, "_PURGE_AFTER", timedelta(0))
    made = Service(file)
    made._begin()
    try:
        job = made._scheduler.get_job("retention")
        assert job.trigger.interval == timedelta(days=1)
        deadline = time.monotonic() + 30
        with closing(open_store(f"sqlite:///{workspace.folder}/var/posts.db")) as store:
            while store.stats().posts > 1 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert store.stats().posts == 1
    finally:
        made._stop()


def test_a_clock_that_jumped_makes_nothing_old(workspace: Workspace) -> None:
    old_posts(workspace)
    workspace.duskwatch("watch", "run")
    made = Service(workspace.write("duskwatch.toml", 'data_dir = "var"\n[retention]\ndays = 30\n'))
    times = iter([OLD, OLD + timedelta(days=400), OLD + timedelta(days=401)])
    elapsed = iter([0.0, 60.0, 60.0 + 86_400])
    made._purge_clock = SteadyClock(lambda: next(times), lambda: next(elapsed))
    with closing(open_store(f"sqlite:///{workspace.folder}/var/posts.db")) as store:
        before = store.stats().posts
        made._purge()
        assert store.stats().posts == before > 1
        made._purge()  # a day later nobody has set it back
        assert store.stats().posts == 1
