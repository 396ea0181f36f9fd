"""A webhook receiver on loopback that keeps what it is sent."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Received:
    """One request; ``body`` as it came, ``payload`` as JSON, None where it is none."""

    headers: Message
    body: bytes
    payload: Any
    path: str = ""


class Receiver:
    """Answers every POST with ``statuses`` in turn, then with 204; a context manager."""

    def __init__(self, statuses: tuple[int, ...] = ()) -> None:
        self.requests: list[Received] = []
        self._statuses = list(statuses)
        self._changed = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if len(body) < length:  # its sender is gone: no request came
                    self.close_connection = True
                    return
                status = outer.take(Received(self.headers, body, _json(body), self.path))
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", "7")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                """Kept quiet: the demo's screen is not a server's log."""

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    self.close_connection = True  # its sender was killed

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/alerts"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, count: int, timeout: float) -> None:
        """Return when so many requests have come; ``TimeoutError`` after ``timeout`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"{len(self.requests)} of {count} requests came in {timeout:.0f} s")

    def take(self, received: Received) -> int:
        """Keep a request; the status to answer with."""
        with self._changed:
            self.requests.append(received)
            self._changed.notify_all()
            return self._statuses.pop(0) if self._statuses else 204


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
