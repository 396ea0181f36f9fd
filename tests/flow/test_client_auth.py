"""An onion service that shows itself only to clients with a key, through genuine Tor."""

from __future__ import annotations

import base64
import threading
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from config.settings import TorSettings
from console.demo.board import Forum
from console.demo.tor_network import PrivateTor
from crawler.tor.control import ClientKeyRefused, add_client_key, client_key_base64

if TYPE_CHECKING:
    from conftest import Workspace

KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
RAW = KEY.private_bytes_raw()
BASE32 = base64.b32encode(RAW).decode().rstrip("=")


@pytest.mark.parametrize(
    "written",
    [
        BASE32,
        BASE32.lower(),
        base64.b64encode(RAW).decode(),
        f"x25519:{base64.b64encode(RAW).decode()}",
        f"{'a' * 56}:descriptor:x25519:{BASE32}\n",
    ],
)
def test_a_key_is_read_in_every_usual_form(written: str) -> None:
    assert base64.b64decode(client_key_base64(written)) == RAW


@pytest.mark.parametrize("written", ["", "s3cret", BASE32[:-1], BASE32 + "AAAA", "ü" * 52])
def test_what_is_no_key_is_refused_without_being_shown(written: str) -> None:
    with pytest.raises(ClientKeyRefused) as caught:
        client_key_base64(written)
    assert not written or written not in str(caught.value)


def test_without_a_control_port_no_key_can_be_given() -> None:
    with pytest.raises(ClientKeyRefused, match=r"tor\.control"):
        add_client_key(TorSettings(), ["http://board.example"], BASE32)


def hidden_service(network: PrivateTor, port: int) -> str:
    """An onion service of which only the key's owner can read the descriptor."""
    public = base64.b32encode(KEY.public_key().public_bytes_raw()).decode().rstrip("=")
    controller: Any = network.controller("service")
    uploaded = threading.Semaphore(0)
    controller.add_event_listener(lambda event: event.action == "UPLOADED" and uploaded.release(), "HS_DESC")
    answer = controller.msg(
        f"ADD_ONION NEW:ED25519-V3 Flags=V3Auth Port=80,127.0.0.1:{port} ClientAuthV3={public}"
    )
    assert answer.is_ok(), answer
    for _ in range(2):
        assert uploaded.acquire(timeout=60)
    return dict(line.split("=", 1) for _, _, line in answer.content() if "=" in line)["ServiceID"] + ".onion"


@pytest.mark.tor
def test_a_source_is_read_with_its_key_and_not_without(
    private_tor: PrivateTor, forum: Forum, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    onion = hidden_service(private_tor, forum.port)
    workspace.onion(private_tor)
    workspace.source("forum", "machina", f"http://{onion}", {"sale": forum.boards["Marketplace"]})
    closed = workspace.crawl("forum", status=75)
    assert closed["state"] == "down"
    assert "authorisation" in closed["detail"]
    monkeypatch.setenv("FORUM_KEY", BASE32)
    workspace.source(
        "forum",
        "machina",
        f"http://{onion}",
        {"sale": forum.boards["Marketplace"]},
        "client_auth_env: FORUM_KEY",
    )
    read = workspace.crawl("forum")
    assert read["state"] == "ok"
    assert read["new"] == sum(post["board"] == "Marketplace" for post in forum.truth())
