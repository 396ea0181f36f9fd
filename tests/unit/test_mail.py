"""Mail, against a genuine server with TLS on loopback."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_server import Box, self_signed, server

from alerts.channel import Delivery
from alerts.channels import open_channels
from alerts.channels.mail import Config, Mail, compose, open_channel
from alerts.message import defang, one_line, unlinked
from config.errors import ChannelBusy, ChannelRefused, InputError

# the test's server speaks so of TLS from the first byte
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
SAID = {
    "alert": "a1",
    "organisation": "Invented Bank",
    "severity": "high",
    "tlp": "amber",
    "title": "offer",
    "claim": "see https://leak.example/a <b>now</b>",
    "claims": "",
    "author": "seller",
    "source": "forum",
    "board": "sale",
    "posted_at": None,
    "url": "hxxp://board[.]invalid/1",
    "matches": [{"term": "Invented Bank", "kind": "name"}],
}


def delivery(**changes: Any) -> Delivery:
    return Delivery("key-1", "soc", 1, NOON, SAID | changes)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls"))


def channel(port: int, certificate: Path | None, password: str = "s3cret", **changes: Any) -> Mail:
    secret = (certificate or Path("/nowhere")).parent / f"password-{port}"
    secret.write_text(password + "\n")
    options = {
        "host": "localhost",
        "port": port,
        "ca_file": certificate,
        "username": "duskwatch",
        "password_file": secret,
        "sender": "duskwatch@soc.example",
        "recipients": ("a@soc.example", "b@soc.example"),
        "timeout": 5,
    }
    return open_channel("soc", Config.model_validate(options | changes))


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_arrives_by_tls_as_text_and_html_without_a_live_link(certificate: Path, security: str) -> None:
    box = Box()
    with server(box, certificate, security) as port:
        mail = channel(port, certificate, security=security)
        assert "s3cret" not in mail.check() + mail.redacted()
        mail.send(delivery())
    ((to, got),) = box.taken
    assert to == ["a@soc.example", "b@soc.example"]
    assert got["Subject"] == "[TLP:AMBER] HIGH Invented Bank: offer"
    text, html = (got.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "hxxps[://]leak[.]example/a <b>now</b>" in text
    assert "hxxps[://]leak[.]example/a &lt;b&gt;now&lt;/b&gt;" in html
    assert "key-1" in text


def test_the_messages_of_one_alert_stand_in_one_thread() -> None:
    first = compose(delivery(), "d@soc.example", ("a@soc.example",))
    again = compose(delivery(), "d@soc.example", ("a@soc.example",))
    other = compose(delivery(alert="a2"), "d@soc.example", ("a@soc.example",))
    assert first["Message-ID"] == again["Message-ID"] == "<key-1@soc.example>"
    assert first["References"] == again["References"] != other["References"]


def test_one_refused_recipient_does_not_keep_the_rest(
    certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = Box()
    box.answers["a@soc.example"] = "550 nobody here"
    with server(box, certificate) as port:
        channel(port, certificate).send(delivery())
    assert [to for to, _ in box.taken] == [["b@soc.example"]]
    told = capsys.readouterr()
    assert "a@soc.example" in told.out + told.err


def test_a_recipient_asked_to_try_later_is_tried_alone(certificate: Path) -> None:
    box = Box()
    box.answers["b@soc.example"] = "450 grey"
    with server(box, certificate) as port:
        mail = channel(port, certificate)
        with pytest.raises(ChannelBusy, match=r"b@soc\.example"):
            mail.send(delivery())
        box.answers.clear()
        mail.send(delivery())
    assert [to for to, _ in box.taken] == [["a@soc.example"], ["b@soc.example"]]


@pytest.mark.parametrize(("answer", "wanted"), [("451 later", ChannelBusy), ("554 never", ChannelRefused)])
def test_the_servers_answer_decides_whether_it_is_tried_again(
    certificate: Path, answer: str, wanted: type[Exception]
) -> None:
    box = Box()
    box.data = answer
    with server(box, certificate) as port:
        with pytest.raises(wanted, match=answer[:3]):
            channel(port, certificate).send(delivery())
        box.answers = dict.fromkeys(("a@soc.example", "b@soc.example"), answer)
        with pytest.raises(wanted):
            channel(port, certificate).send(delivery())


def test_a_wrong_password_waits_and_is_not_shown(certificate: Path) -> None:
    with server(Box(), certificate) as port, pytest.raises(ChannelBusy, match="535") as told:
        channel(port, certificate, password="wr0ng", timeout=20).send(delivery())
    assert "wr0ng" not in str(told.value)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("changes", [{"ca_file": None}, {"host": "127.0.0.1"}])
def test_a_certificate_of_another_gets_nothing(
    certificate: Path, security: str, changes: dict[str, Any]
) -> None:
    box = Box()
    with server(box, certificate, security) as port, pytest.raises(ChannelBusy, match="certificate"):
        channel(port, certificate, security=security, **changes).send(delivery())
    assert box.taken == []


def test_a_silent_server_is_given_up(certificate: Path) -> None:
    ended = threading.Event()

    def accept(listening: socket.socket) -> None:
        client, _ = listening.accept()
        with client:
            ended.wait(30)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=accept, args=(listening,))
        thread.start()
        try:
            with pytest.raises(ChannelBusy, match="timed out"):
                channel(listening.getsockname()[1], certificate, timeout=0.2).send(delivery())
        finally:
            ended.set()
            thread.join()


@settings(deadline=None)
@given(st.text(), st.text())
def test_no_text_of_a_board_makes_a_header_or_breaks_a_message(title: str, author: str) -> None:
    hostile = delivery(title=f"x\r\nBcc: evil@x.example\r\n\r\n{title}", author=author, organisation=title)
    sent = compose(hostile, "d@soc.example", ("a@soc.example",)).as_bytes()
    read = message_from_bytes(sent, policy=default)
    assert read["Bcc"] is None
    assert read["To"] == "a@soc.example"
    assert not {"\r", "\n"} & set(read["Subject"])
    assert read.get_body(("plain",)) is not None


HOSTS = st.from_regex(r"[a-z]{1,9}(\.[a-z]{2,6}){1,3}", fullmatch=True)


@given(HOSTS, st.sampled_from(["http://", "HTTPS://", "ftp://", "", "u@", "mailto:u@"]), st.text(max_size=9))
def test_no_link_lives(host: str, before: str, after: str) -> None:
    for shown in (unlinked(f"{before}{host} {after}"), one_line(f"{before}{host}\n{after}")):
        assert host not in shown
        assert before not in shown or before in ("", "u@")
        assert unlinked(shown) == shown
    address = defang(f"http://{host}/{after}")
    assert f"{host}/" not in address or "." not in host
    assert defang(address) == address
    assert "[[" not in defang(one_line(f"http://{host}/"))


@given(
    st.sampled_from(["clear", "green", "amber", "amber+strict", "red"]),
    st.one_of(st.sampled_from(["clear", "green", "amber", "amber+strict", "red", None]), st.text()),
)
def test_nothing_above_a_channels_ceiling_leaves(
    tmp_path_factory: pytest.TempPathFactory, ceiling: str, marked: str | None
) -> None:
    folder = tmp_path_factory.mktemp("ceiling")
    (folder / "a.yaml").write_text(f"type: jsonl\npath: {folder / 'out'}\ntlp_ceiling: {ceiling}\n")
    order = ["clear", "green", "amber", "amber+strict", "red"]
    allowed = ceiling == "red" or (marked in order and order.index(marked) <= order.index(ceiling))
    try:
        open_channels(folder)["a"].send(Delivery("k", "a", 1, NOON, {"tlp": marked}))
    except ChannelRefused:
        assert not allowed
    assert (folder / "out").exists() == allowed


def test_a_password_without_tls_is_a_fault_of_the_file(tmp_path: Path) -> None:
    text = "type: mail\nhost: h\nsecurity: none\nusername: u\npassword_env: P\nsender: a@b.example\n"
    (tmp_path / "a.yaml").write_text(text + "recipients: [c@b.example]\n")
    with pytest.raises(InputError, match="never leaves without TLS"):
        open_channels(tmp_path)
