"""The other ends of the channels: a webhook receiver and a mail server that write down what they get before they say
that they have it."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from fault_checker import Arrived
from fault_ledger import Ledger, lines
from mail_server import free_port

from console.demo.receiver import Received, Receiver


class Peers:
    """Both servers while a run goes on; ``arrived.jsonl`` is what they got. A context manager."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "arrived.jsonl"
        self._lock = threading.Lock()
        self._before_answer: Callable[[], None] | None = None
        self.url = ""
        self.mail_port = free_port()

    @property
    def ports(self) -> tuple[int, int]:
        """Where they listen."""
        return int(urlsplit(self.url).port or 0), self.mail_port

    def next_time(self, act: Callable[[], None] | None) -> None:
        """Do this when the next message has come and its sender has no answer yet; None: no more."""
        with self._lock:
            self._before_answer = act

    def arrived(self) -> list[Arrived]:
        """All messages so far."""
        return [Arrived(line["channel"], line["key"], line["alert"]) for line in lines(self._path)]

    def take(self, channel: str, key: str, alert: str) -> None:
        """Write a message down; from then on it has arrived."""
        with self._lock:
            self._ledger.write(channel=channel, key=key, alert=alert)
            act, self._before_answer = self._before_answer, None
        if act:
            act()

    def __enter__(self) -> Peers:
        self._ledger = Ledger(self._path)
        self._servers = _both(self)
        self._servers.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._servers.__exit__(None, None, None)
        self._ledger.close()


@contextmanager
def _both(peers: Peers) -> Iterator[None]:
    class Hook(Receiver):
        def take(self, received: Received) -> int:
            peers.take("hook", received.headers["Idempotency-Key"], str(received.payload.get("alert", "")))
            return 204

    class Box:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
            mail = message_from_bytes(envelope.content, policy=default)
            found = re.fullmatch(r"<([0-9a-f]+)@.*>", str(mail["Message-ID"]).strip())
            assert found
            await asyncio.to_thread(peers.take, "mail", found[1], "")
            return "250 taken"

    post = Controller(Box(), hostname="127.0.0.1", port=peers.mail_port)
    with Hook() as web:
        peers.url = web.url
        post.start()
        try:
            yield
        finally:
            post.stop()
