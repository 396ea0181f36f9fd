from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from channel_kit import hook

from alerts import cases
from alerts.channel import Delivery
from alerts.channels import open_channels
from alerts.channels.jsonl import JsonLines
from alerts.outbox import Deliverer, DeliverRun, enqueue, list_deliveries, retry_parked
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
        for wanted in (ChannelBusy, ChannelBusy, ChannelRefused, ChannelRefused):
            with pytest.raises(wanted) as caught:
                channel.send(delivery())
            assert "/alerts" not in str(caught.value)
            if "429" in str(caught.value):
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
