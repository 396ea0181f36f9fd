from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from channel_kit import hook

from alerts import cases
from alerts.channel import Delivery
from alerts.channels import open_channels
from alerts.channels.jsonl import JsonLines
from alerts.deliverer import Deliverer, DeliverRun
from alerts.outbox import delivery_table, enqueue, list_deliveries, retry_parked
from config.errors import ChannelBusy, ChannelRefused, InputError
from config.settings import DeliverSettings
from console.demo.receiver import Receiver

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


class Flaky:
    """Fails as told, then takes everything."""

    name = "flaky"

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.taken: list[str] = []

    def send(self, delivery: Delivery) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.taken.append(delivery.key)

    def check(self) -> str:
        return "in order"

    def redacted(self) -> str:
        return "flaky"

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def database(database: sa.Engine) -> sa.Engine:
    values = dict.fromkeys(
        ("organisation", "source", "thread", "title", "url", "severity", "state", "tlp"), "x"
    )
    times = dict.fromkeys(("created_at", "updated_at", "first_seen_at", "stored_at"), NOON)
    with database.begin() as connection:
        cases.insert_alert(connection, {"id": "a1", **values, **times, "posted_at": None, "matches": []})
    return database


def put(database: sa.Engine, event: str = "new") -> bool:
    with database.begin() as connection:
        return enqueue(connection, "a1", event, "flaky", {"schema": "test"}, NOON)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def deliverer(database: sa.Engine, channel: Flaky, clock: Clock, attempts: int = 3) -> Deliverer:
    settings = DeliverSettings(attempts=attempts, backoff=10, backoff_limit=60)
    return Deliverer(database, {"flaky": channel}, settings, clock, chance=lambda: 1.0)


def test_a_message_is_queued_once(database: sa.Engine) -> None:
    assert put(database)
    assert not put(database)
    assert put(database, "other")


def test_backoff_then_sent_once(database: sa.Engine) -> None:
    put(database)
    channel, clock = Flaky(ChannelBusy("no"), ChannelBusy("no", retry_after=40)), Clock()
    sender = deliverer(database, channel, clock)
    assert sender.run_once() == DeliverRun(0, 1, 0)
    clock.now += timedelta(seconds=9)
    assert sender.run_once() == DeliverRun(0, 0, 0)
    clock.now += timedelta(seconds=2)
    assert sender.run_once() == DeliverRun(0, 1, 0)
    clock.now += timedelta(seconds=39)
    assert sender.run_once() == DeliverRun(0, 0, 0)
    clock.now += timedelta(seconds=2)
    assert sender.run_once() == DeliverRun(1, 0, 0)
    assert sender.run_once() == DeliverRun(0, 0, 0)
    assert len(channel.taken) == 1


def test_parked_after_the_limit_with_its_reason_and_tried_again_by_command(database: sa.Engine) -> None:
    put(database)
    channel, clock = Flaky(ChannelBusy("down"), ChannelBusy("down")), Clock()
    sender = deliverer(database, channel, clock, attempts=2)
    sender.run_once()
    clock.now += timedelta(minutes=2)
    assert sender.run_once() == DeliverRun(0, 0, 1)
    (row,) = list_deliveries(database, "parked")
    assert "gave up after 2 attempts: down" in row["last_error"]
    assert retry_parked(database, clock.now) == 1
    assert sender.run_once() == DeliverRun(1, 0, 0)
    assert channel.taken == [row["key"]]


@pytest.mark.parametrize("fault", [ChannelRefused("never"), ZeroDivisionError("a bug")])
def test_one_bad_delivery_does_not_keep_the_rest(database: sa.Engine, fault: Exception) -> None:
    put(database)
    put(database, "other")
    channel = Flaky(fault)
    assert deliverer(database, channel, Clock()).run_once() == DeliverRun(1, 0, 1)


def test_a_lease_is_taken_by_one_and_runs_out(database: sa.Engine) -> None:
    put(database)
    clock = Clock()
    first, second = deliverer(database, Flaky(), clock), deliverer(database, Flaky(), clock)
    assert first._lease() is not None
    assert second._lease() is None
    clock.now += timedelta(minutes=3)
    assert second._lease() is not None


def test_a_busy_channel_rests_and_keeps_nobody_waiting(database: sa.Engine) -> None:
    for event in "abc":
        put(database, event)
    with database.begin() as connection:
        enqueue(connection, "a1", "new", "other", {"schema": "test"}, NOON)
    down, good = Flaky(*[ChannelBusy("down", retry_after=1e30)] * 3), Flaky()
    sender = Deliverer(database, {"flaky": down, "other": good}, DeliverSettings(), Clock())
    assert sender.run_once() == DeliverRun(1, 1, 0)
    assert len(good.taken) == 1
    waits = max(row["next_at"] for row in list_deliveries(database, "waiting")) - NOON
    assert waits <= timedelta(days=1)


@pytest.mark.parametrize("fault", [ChannelBusy("late"), ChannelRefused("late")])
def test_a_lost_lease_undoes_nothing(database: sa.Engine, fault: Exception) -> None:
    put(database)
    clock = Clock()
    quick = deliverer(database, Flaky(), clock)

    class Slow(Flaky):
        def send(self, delivery: Delivery) -> None:
            clock.now += timedelta(minutes=3)
            assert quick.run_once() == DeliverRun(1, 0, 0)
            super().send(delivery)

    deliverer(database, Slow(fault), clock).run_once()
    (row,) = list_deliveries(database)
    assert (row["state"], row["last_error"]) == ("sent", "")


class Gate(Flaky):
    """Sends when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.entered = threading.Event(), threading.Event()

    def send(self, delivery: Delivery) -> None:
        self.entered.set()
        assert self.open.wait(30)
        super().send(delivery)


def test_a_slow_channel_keeps_its_lease_and_nobody_waiting(database: sa.Engine) -> None:
    put(database)
    slow, quick, other = Gate(), Flaky(), Flaky()
    settings = DeliverSettings()
    clock = Clock()
    sender = Deliverer(database, {"flaky": slow, "quick": quick}, settings, clock, renewed=0.05)
    done: list[DeliverRun] = []
    thread = threading.Thread(target=lambda: done.append(sender.run_once()))
    thread.start()
    try:
        assert slow.entered.wait(30)
        with database.begin() as connection:  # what becomes due meanwhile leaves
            enqueue(connection, "a1", "new", "quick", {"schema": "test"}, NOON)
        wait_for(lambda: bool(quick.taken))
        before = leased_until(database)
        clock.now += timedelta(minutes=1, seconds=59)
        wait_for(lambda: leased_until(database) > before)
        clock.now += timedelta(minutes=1)
        assert Deliverer(database, {"flaky": other}, settings, clock).run_once() == DeliverRun(0, 0, 0)
    finally:
        slow.open.set()
        thread.join()
    assert done == [DeliverRun(2, 0, 0)]
    assert (len(slow.taken), other.taken) == (1, [])


def test_a_channel_that_never_returns_is_given_up(database: sa.Engine) -> None:
    put(database)
    stuck = Gate()
    sender = Deliverer(database, {"flaky": stuck}, DeliverSettings(), Clock(), longest_sent=0.2)
    assert sender.run_once() == DeliverRun(0, 0, 0)
    stuck.open.set()
    wait_for(lambda: list_deliveries(database)[0]["state"] == "sent")  # it did return, later


def leased_until(database: sa.Engine) -> datetime:
    with database.connect() as connection:
        query = sa.select(delivery_table.c.leased_until).where(delivery_table.c.channel == "flaky")
        return connection.scalars(query).one() or NOON


def wait_for(holds: Callable[[], bool]) -> None:
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < 30
        time.sleep(0.02)


def test_a_retraction_does_not_overtake_its_alert(database: sa.Engine) -> None:
    put(database)
    channel, clock = Flaky(ChannelBusy("down")), Clock()
    sender = deliverer(database, channel, clock)
    assert sender.run_once() == DeliverRun(0, 1, 0)
    put(database, "retracted:1")
    assert sender.run_once() == DeliverRun(0, 0, 0)
    clock.now += timedelta(minutes=1)
    assert sender.run_once() == DeliverRun(2, 0, 0)
    keys = [row["key"] for row in sorted(list_deliveries(database), key=lambda row: row["id"])]
    assert channel.taken == keys


def test_a_clock_that_is_set_back_holds_nothing(database: sa.Engine) -> None:
    clock = Clock()
    clock.now = NOON + timedelta(days=400)  # it ran ahead
    channel = Flaky(ChannelBusy("down"))
    sender = deliverer(database, channel, clock)
    with database.begin() as connection:
        enqueue(connection, "a1", "new", "flaky", {"schema": "test"}, clock.now)
        enqueue(connection, "a1", "held", "flaky", {}, clock.now, clock.now + timedelta(hours=9))
    assert sender.run_once() == DeliverRun(0, 1, 0)
    leased = sender._lease()
    assert leased is None
    clock.now = NOON
    assert sender.run_once() == DeliverRun(1, 0, 0)
    assert [row["state"] for row in list_deliveries(database)] == ["waiting", "sent"]


def test_what_was_written_by_a_clock_that_ran_ahead_leaves_at_once(database: sa.Engine) -> None:
    """The watcher's time is not the deliverer's: it may write after the clock was set right, and nobody notices."""
    clock, channel = Clock(), Flaky()
    sender = deliverer(database, channel, clock)
    assert sender.run_once() == DeliverRun(0, 0, 0)
    ahead = NOON + timedelta(hours=20)
    with database.begin() as connection:
        enqueue(connection, "a1", "new", "flaky", {"schema": "test"}, ahead)
        enqueue(connection, "a1", "held", "flaky", {}, ahead, ahead + timedelta(hours=1))
        enqueue(connection, "a1", "removed", "flaky", {"schema": "test"}, NOON)
    assert sender.run_once() == DeliverRun(2, 0, 0)
    rows = {row["event"]: row for row in list_deliveries(database)}
    assert channel.taken == [rows["new"]["key"], rows["removed"]["key"]], "and in their order"
    assert rows["held"]["state"] == "waiting"


def test_a_clock_that_jumps_while_a_run_goes_on_holds_nothing(database: sa.Engine) -> None:
    put(database)
    put(database, "second")
    clock = Clock()

    class Jumping(Flaky):
        def send(self, delivery: Delivery) -> None:
            clock.now = NOON + timedelta(hours=20)
            super().send(delivery)

    channel = Jumping(ChannelBusy("down"))
    sender = deliverer(database, channel, clock)
    assert sender.run_once() == DeliverRun(0, 1, 0)
    clock.now = NOON + timedelta(hours=20)
    sender._lease("flaky")  # and its holder is killed
    clock.now = NOON + timedelta(seconds=1)
    assert deliverer(database, channel, clock).run_once() == DeliverRun(2, 0, 0)


def test_two_deliverers_at_once_send_each_once(database: sa.Engine) -> None:
    for number in range(60):
        put(database, f"event {number}")
    channels = [Flaky(), Flaky()]
    runs: list[DeliverRun] = []

    def work(channel: Flaky) -> None:
        runs.append(Deliverer(database, {"flaky": channel}, DeliverSettings()).run_once())

    threads = [threading.Thread(target=work, args=(channel,)) for channel in channels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [key for channel in channels for key in channel.taken]
    assert len(taken) == len(set(taken)) == 60
    assert sum(run.sent for run in runs) == 60


def delivery(key: str = "k1") -> Delivery:
    return Delivery(key, "c", 1, NOON, {"schema": "test", "text": "señal"})


def test_json_lines_are_not_written_twice_nor_cut(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.jsonl"
    channel = JsonLines("lines", path)
    channel.send(delivery())
    channel.send(delivery())
    with path.open("a") as file:
        file.write('{"key": "cut')
    channel.send(delivery("k2"))
    lines = path.read_text().splitlines()
    assert [line[:14] for line in lines] == ['{"key": "k1", ', '{"key": "cut', '{"key": "k2", ']


def test_webhook_outcomes_and_signature() -> None:
    import hashlib
    import hmac

    with Receiver(statuses=(204, 500, 429, 404, 302)) as receiver:
        channel = hook(receiver.url, b"secret")
        channel.send(delivery())
        for status, wanted in (
            (500, ChannelBusy),
            (429, ChannelBusy),
            (404, ChannelRefused),
            (302, ChannelRefused),
        ):
            with pytest.raises(wanted) as caught:
                channel.send(delivery())
            assert "/alerts" not in str(caught.value)
            if status == 429:
                assert caught.value.retry_after == 7
        channel.close()
    first = receiver.requests[0]
    assert first.headers["Idempotency-Key"] == "k1"
    signed = first.headers["X-Duskwatch-Timestamp"].encode() + b"." + first.body
    digest = hmac.new(b"secret", signed, hashlib.sha256).hexdigest()
    assert first.headers["X-Duskwatch-Signature"] == f"sha256={digest}"


def test_webhook_to_nobody_is_busy() -> None:
    channel = hook("http://127.0.0.1:9/")
    with pytest.raises(ChannelBusy):
        channel.send(delivery())
    channel.close()


def test_faulty_channel_files_are_named_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("type: webhok\n")
    (tmp_path / "b.yaml").write_text("type: jsonl\npth: x\n")
    with pytest.raises(InputError) as caught:
        open_channels(tmp_path)
    text = str(caught.value)
    assert "did you mean 'webhook'?" in text
    assert "b.yaml:2: pth: is not known; did you mean 'path'?" in text
