from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from channel_kit import hook

from alerts.channel import Delivery
from config.log import configure
from config.settings import LogSettings
from console.demo.receiver import Receiver


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged; the loggers are as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    names = ("httpx", "httpcore", "scrapy.core", "stem", "apscheduler.scheduler")
    levels = {name: logging.getLogger(name).level for name in names}
    yield io.StringIO()
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.mark.parametrize("kind", ["json", "text"])
def test_secrets_are_black_however_deep(stream: io.StringIO, kind: str) -> None:
    configure(LogSettings(format=kind), stream=stream)
    structlog.get_logger().info(
        "said",
        headers={"Cookie": "sid=HIDDEN", "Accept": "SEEN"},
        tries=[{"token": "HIDDEN"}, ("http://ann:HIDDEN@x.example/",)],
        url="https://x.example/?a=SEEN&access_token=HIDDEN&b=1",
    )
    assert "HIDDEN" not in stream.getvalue()
    assert stream.getvalue().count("SEEN") == 2


def test_what_holds_itself_is_cut_off(stream: io.StringIO) -> None:
    configure(LogSettings(format="json"), stream=stream)
    endless: dict[str, object] = {}
    endless["again"] = endless
    structlog.get_logger().info("said", endless=endless)
    assert json.loads(stream.getvalue())["event"] == "said"


@pytest.mark.parametrize("level", ["debug", "info"])
def test_the_address_of_a_webhook_is_not_logged(stream: io.StringIO, level: str) -> None:
    configure(LogSettings(level=level, format="json"), stream=stream)
    with Receiver() as receiver:
        webhook = hook(f"{receiver.url}/HIDDEN")
        webhook.send(Delivery("k", "hook", 1, datetime(2026, 1, 6, tzinfo=UTC), {}))
        webhook.close()
    assert "HIDDEN" not in stream.getvalue()


def test_libraries_speak_through_it(stream: io.StringIO) -> None:
    configure(LogSettings(level="warning", format="json"), stream=stream)
    logging.getLogger("some.library").warning("http://ann:HIDDEN@x.example/ is slow")
    logging.getLogger("some.library").info("not said")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["event"] == "http://***@x.example/ is slow"


def test_the_level_holds_for_loggers_with_a_level_of_their_own() -> None:
    stream = io.StringIO()
    configure(LogSettings(level="warning", format="json"), stream=stream)
    logger = logging.getLogger("duskwatch.test.own")
    logger.setLevel(logging.INFO)
    logger.info("quiet")
    logger.warning("loud")
    structlog.reset_defaults()
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


@pytest.mark.parametrize(
    ("level", "said"), [("info", ["a fault", "ours"]), ("debug", ["tells", "a fault", "ours"])]
)
def test_what_libraries_say_of_every_crawl_is_left_out(
    stream: io.StringIO, level: str, said: list[str]
) -> None:
    configure(LogSettings(level=level, format="json"), stream=stream)
    logging.getLogger("scrapy.core").setLevel(logging.DEBUG)  # as Scrapy does when a crawl begins
    logging.getLogger("scrapy.core").info("tells")
    logging.getLogger("stem").warning("a fault")
    late = 'Execution of job "%s" skipped: maximum number of running instances reached (%d)'
    logging.getLogger("apscheduler.scheduler").warning(late, "crawl", 1)
    logging.getLogger("alerts").info("ours")
    found = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert [event for event in found if not event.startswith("Execution")] == said
    assert (len(found) > len(said)) is (level == "debug")
