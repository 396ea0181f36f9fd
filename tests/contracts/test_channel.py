"""What every channel must do, run on each of them."""

from __future__ import annotations

import io
import json
import resource
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from channel_kit import hook
from mail_server import Box, self_signed, server
from peers import Asked, recorded, syslog_server, taxii_objects, taxii_server, wait_until

from alerts.channel import Channel, Delivery
from alerts.channels import channel_types, open_channels
from alerts.channels.jsonl import JsonLines
from alerts.channels.mail import Config as MailConfig
from alerts.channels.mail import Mail
from alerts.channels.stix import StixFiles
from alerts.channels.syslog import Config as SyslogConfig
from alerts.channels.syslog import Syslog
from alerts.channels.terminal import Terminal
from alerts.matching import build_matcher
from alerts.message import message
from alerts.watchlist import Organisation
from config.errors import ChannelBusy
from console.demo.receiver import Receiver
from indexer.fact import facts
from indexer.post import Kind, Post, PostKey, Stored

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
TEXT = "Invented Bank \u202eevil\x1b[2J 印尼 " + "x" * 2000


def payload(text: str = TEXT) -> dict[str, Any]:
    post = Post(
        key=PostKey("forum", "1", "1"),
        board="sale",
        position=1,
        title="offer",
        author="seller",
        text=text,
        url="http://board.invalid/1",
        seen_at=NOON,
        kind=Kind.LISTING,
    )
    matches = build_matcher([Organisation(id="bank", name="Invented Bank")]).match(post.title, post.text)
    return message(
        "a1",
        "bank",
        Stored(post, 1, NOON),
        matches,
        facts(post.title, post.text),
        "high",
        "amber",
        NOON,
        NOON,
    )


@dataclass
class Way:
    """A channel, what has arrived through it, and the word in its target that nobody may see."""

    channel: Channel
    arrived: Callable[[], str]
    secret: str


class Shelf:
    """Answers as MISP and TheHive do where nothing is there yet, and keeps what was put."""

    def __init__(self) -> None:
        self.there: set[str] = set()

    def __call__(self, asked: Asked) -> tuple[int, Any]:
        if asked.path.startswith("/events/view/"):
            return (200, {}) if asked.path[13:] in self.there else (404, {"message": "Invalid event"})
        if asked.path == "/events/add":
            self.there.add(asked.value["uuid"])
        if asked.path == "/servers/getVersion":
            return 200, {"version": "2.5.34"}
        if asked.path == "/api/v1/alert" and asked.value["sourceRef"] in self.there:
            return 400, {"type": "CreateError", "message": "Alert already exists"}
        if asked.path == "/api/v1/alert":
            self.there.add(asked.value["sourceRef"])
            return 201, {"_id": "~4104"}
        if asked.path == "/api/v1/query":
            return 200, [{"_id": "~4104"}] if asked.value["query"][0]["_name"] == "listAlert" else []
        if asked.path.endswith("/user/current"):
            return 200, {"login": "duskwatch@soc.example"}
        return 200, {"title": "Listings", "can_write": True}


@pytest.fixture(params=channel_types())
def way(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    if request.param in ("apprise", "slack", "teams", "mattermost", "misp", "thehive", "opencti"):
        with recorded(Shelf()) as peer:
            room = peer.url.replace("//", "//user:t0ken@") + "/t0ken"
            monkeypatch.setenv("T0KEN", room.replace("http", "json") if request.param == "apprise" else room)
            options = {
                "misp": f"url: {peer.url}\nkey_env: T0KEN\nprivate: true\n",
                "thehive": f"url: {peer.url}\nkey_env: T0KEN\nprivate: true\n",
                "opencti": f"url: {peer.url}/taxii2/root/collections/1/\ntoken_env: T0KEN\nprivate: true\n",
                "apprise": "url_env: T0KEN\n",
            }
            text = options.get(request.param, "url_env: T0KEN\nprivate: true\n")
            (tmp_path / "c.yaml").write_text(f"type: {request.param}\n{text}")
            channel = open_channels(tmp_path)["c"]
            yield Way(
                channel,
                lambda: "".join(json.dumps(asked.value, ensure_ascii=False) for asked in peer.asked),
                "t0ken",
            )
            channel.close()
    elif request.param == "taxii":
        monkeypatch.setenv("T0KEN", "t0ken")
        with taxii_server(tmp_path) as collection:
            (tmp_path / "channels").mkdir()
            text = f"type: taxii\nurl: {collection}\nusername: duskwatch\nsecret_env: T0KEN\nprivate: true\n"
            (tmp_path / "channels/c.yaml").write_text(text)
            channel = open_channels(tmp_path / "channels")["c"]
            yield Way(channel, lambda: json.dumps(taxii_objects(collection), ensure_ascii=False), "t0ken")
            channel.close()
    elif request.param == "stix":
        folder = tmp_path / "stix"
        yield Way(
            StixFiles("s", folder), lambda: "".join(each.read_text() for each in folder.iterdir()), "t0ken"
        )
    elif request.param == "syslog":
        certificate = self_signed(tmp_path)
        with syslog_server(tmp_path, certificate) as (port, written):
            options = {"host": "localhost", "port": port, "ca_file": certificate}
            trust = ssl.create_default_context(cafile=certificate)

            def logged() -> str:
                wait_until(lambda: written.exists() and "key-1" in written.read_text("utf-8"))
                return written.read_text("utf-8")

            yield Way(Syslog("s", SyslogConfig.model_validate(options), trust), logged, "t0ken")
    elif request.param == "terminal":
        stream = io.StringIO()
        yield Way(Terminal("t", stream), stream.getvalue, "t0ken")
    elif request.param == "jsonl":
        path = tmp_path / "a.jsonl"
        yield Way(JsonLines("j", path), lambda: path.read_text("utf-8"), "t0ken")
    elif request.param == "webhook":
        with Receiver() as receiver:
            channel = hook(receiver.url.replace("//", "//user:t0ken@") + "/t0ken", b"t0ken")
            yield Way(
                channel,
                lambda: "".join(f"{got.headers}{got.body.decode()}" for got in receiver.requests),
                "t0ken",
            )
            channel.close()
    elif request.param == "mail":
        certificate, box = self_signed(tmp_path), Box()
        with server(box, certificate) as port:
            options = {"host": "localhost", "port": port, "ca_file": certificate, "username": "duskwatch"}
            people = {"sender": "d@soc.example", "recipients": ("a@soc.example",), "password_env": "T0KEN"}
            config = MailConfig.model_validate(options | people)
            mail = Mail("m", config, "s3cret", ssl.create_default_context(cafile=certificate))

            def arrived() -> str:
                return "".join(
                    f"{got.items()}{part.get_content()}" for _, got in box.taken for part in got.iter_parts()
                )

            yield Way(mail, arrived, "s3cret")
    else:
        pytest.fail(f"channel {request.param} is not put to this test")


def test_a_delivery_arrives_with_its_key(way: Way) -> None:
    assert way.channel.send(Delivery("key-1", "c", 1, NOON, payload())) is None
    arrived = way.arrived()
    assert "key-1" in arrived
    assert "Invented Bank" in arrived
    way.channel.close()


def test_nothing_of_the_board_commands_a_screen(way: Way) -> None:
    way.channel.send(Delivery("key-1", "c", 1, NOON, payload()))
    assert not {"\x1b", "\u202e"} & set(way.arrived())


def test_it_may_be_sent_again(way: Way) -> None:
    for attempt in (1, 2):
        way.channel.send(Delivery("key-1", "c", attempt, NOON, payload()))
    assert "key-1" in way.arrived()


def test_check_says_something_and_no_secret_is_shown(way: Way) -> None:
    for said in (way.channel.check(), way.channel.redacted()):
        assert said
        assert way.secret not in said


def test_a_line_that_a_full_disk_cut_does_not_count_as_sent(tmp_path: Path) -> None:
    channel = JsonLines("j", tmp_path / "a.jsonl")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))
        with pytest.raises(ChannelBusy):
            channel.send(Delivery("key-1", "c", 1, NOON, payload()))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    for attempt in (2, 3):
        channel.send(Delivery("key-1", "c", attempt, NOON, payload()))
    cut, whole = (tmp_path / "a.jsonl").read_text("utf-8").splitlines()
    assert len(cut) == 200
    assert json.loads(whole)["key"] == "key-1"


def test_a_terminal_that_lacks_the_letters_still_shows_the_alert() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "latin-1", write_through=True)
    Terminal("t", stream).send(Delivery("key-1", "t", 1, NOON, payload()))
    assert b"Invented Bank" in raw.getvalue()
    assert rb"\u5370" in raw.getvalue()


def test_a_webhook_does_not_wait_for_an_endless_body() -> None:
    ended = threading.Event()

    def answer(server: socket.socket) -> None:
        client, _ = server.accept()
        with client:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            ended.wait(30)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        try:
            with closing(hook(f"http://127.0.0.1:{server.getsockname()[1]}/")) as channel:
                channel.send(Delivery("key-1", "w", 1, NOON, {"schema": "test"}))
        finally:
            ended.set()
            thread.join()


def test_a_channel_without_its_secret_waits_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_OF_TEST", raising=False)
    (tmp_path / "a.yaml").write_text("type: terminal\n")
    hook = "type: webhook\nurl: http://127.0.0.1:9/\nsecret_env: SECRET_OF_TEST\n"
    (tmp_path / "b.yaml").write_text(hook)
    channels = open_channels(tmp_path)
    assert sorted(channels) == ["a", "b"]
    with pytest.raises(ChannelBusy, match="SECRET_OF_TEST"):
        channels["b"].send(Delivery("key-1", "b", 1, NOON, {}))
