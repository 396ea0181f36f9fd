"""The watcher of the proofs sees what it is there to see."""

from __future__ import annotations

import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from isolation.namespace import Namespace, NotPermitted
from isolation.packets import NotAPacketFile, read_packets

_PLANTED = {
    "a connection": ("t = socket.socket(); t.setblocking(False); t.connect_ex(('198.51.100.7', 443))", 1),
    "one by IPv6": (
        "t = socket.socket(socket.AF_INET6); t.setblocking(False); t.connect_ex(('2001:db8::7', 443))",
        1,
    ),
    "a port of loopback that is not named": ("socket.socket().connect_ex(('127.0.0.1', 9))", 2),
    "a look-up": (
        "\ntry: socket.getaddrinfo('publicsuffix.example', 443)\nexcept socket.gaierror: pass",
        2,
    ),
    "mDNS": ("socket.socket(type=socket.SOCK_DGRAM).sendto(bytes(12), ('224.0.0.251', 5353))", 1),
    "the stub of systemd's resolver": (
        "socket.socket(type=socket.SOCK_DGRAM).sendto(bytes(12), ('127.0.0.53', 53))",
        2,
    ),
}


@pytest.fixture
def peer() -> Iterator[int]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_words: object) -> None:
            """Kept quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_is_planted_is_seen(peer: int, tmp_path: Path) -> None:
    fetch = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{peer}/').read()"
    try:
        with Namespace({"the peer": peer}) as place:
            assert place.run([sys.executable, "-c", fetch]).returncode == 0
            traffic = place.traffic()
            assert traffic.tight
            assert traffic.allowed["the peer"] == traffic.packets >= 8
            for what, (code, packets) in _PLANTED.items():
                before = len(place.traffic().others)
                done = place.run([sys.executable, "-c", f"import socket; {code}"])
                assert done.returncode == 0, f"{what}: {done.stderr}"
                others = place.traffic().others
                assert len(others) - before >= packets, what
                if what == "a look-up":
                    assert "publicsuffix.example" in {each.name_asked for each in others}
            assert not place.traffic().tight
    except NotPermitted as reason:
        pytest.skip(f"no network namespaces: {reason}")


def test_what_is_no_record_is_told() -> None:
    with pytest.raises(NotAPacketFile):
        list(read_packets(b"\x0a\x0d\x0d\x0a" * 10, {}))
    assert list(read_packets(b"", {})) == []
