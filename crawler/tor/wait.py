"""Waiting for Tor: whether its SOCKS port answers at all."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import structlog

from config.errors import TorUnavailable

_log = structlog.get_logger()


def answers(address: str, timeout: float = 3.0) -> bool:
    """Whether a SOCKS5 server that takes user names answers at ``host:port``, within seconds."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout) as connection:
            connection.sendall(b"\x05\x01\x02")
            return connection.recv(2) == b"\x05\x02"
    except OSError:
        return False


def wait_for_tor(
    address: str, *, timeout: float, pause: float = 0.5, connected: Callable[[], int] | None = None
) -> None:
    """Return as soon as Tor answers and, where ``connected`` tells it, is connected to 100 percent.

    ``TorUnavailable`` after ``timeout`` seconds, or at once from ``connected``. Tor's SOCKS port answers long
    before Tor is connected: a source that is asked for then only looks as if it were down.
    """
    end = time.monotonic() + timeout
    told = -1
    while True:
        if not answers(address):
            problem, cure = (
                f"no Tor answers at {address}",
                "start tor, set tor.launch, or set tor.socks to where it listens",
            )
        elif connected is None or (percent := connected()) >= 100:
            return
        else:
            problem, cure = f"Tor is connected to {percent} % only", "wait, or check its network"
            if percent != told:
                _log.info("tor connects", percent=percent)
                told = percent
        if time.monotonic() + pause > end:
            raise TorUnavailable(problem, cure=cure)
        time.sleep(pause)
