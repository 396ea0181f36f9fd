"""Waiting for Tor: whether its SOCKS port answers at all."""

from __future__ import annotations

import socket
import time

from config.errors import TorUnavailable


def answers(address: str, timeout: float = 3.0) -> bool:
    """Whether a SOCKS5 server that takes user names answers at ``host:port``, within seconds."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout) as connection:
            connection.sendall(b"\x05\x01\x02")
            return connection.recv(2) == b"\x05\x02"
    except OSError:
        return False


def wait_for_tor(address: str, *, timeout: float, pause: float = 0.5) -> None:
    """Return as soon as Tor answers; ``TorUnavailable`` after ``timeout`` seconds without an answer."""
    end = time.monotonic() + timeout
    while not answers(address):
        if time.monotonic() + pause > end:
            raise TorUnavailable(
                f"no Tor answers at {address}", cure="start tor, or set tor.socks to where it listens"
            )
        time.sleep(pause)
