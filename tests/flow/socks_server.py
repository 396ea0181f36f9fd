"""A SOCKS5 server that stands in for Tor where a fault is wanted that a sound Tor does not make."""

from __future__ import annotations

import contextlib
import socketserver
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Target = tuple[str, int]
CONNECTED = b"\x05\x00\x00\x01" + bytes(6)


class Connection(socketserver.StreamRequestHandler):
    """One connection to the server: after the handshake its behaviour speaks."""

    server: SocksServer
    user: str

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # a crawl that hangs up is what many tests want
            self._exact(self._exact(2)[1])
            self.wfile.write(b"\x05\x02")
            self._exact(1)
            self.user = user = self._text()
            self._text()
            self.wfile.write(b"\x01\x00")
            self._exact(4)
            target = self._text(), struct.unpack("!H", self._exact(2))[0]
            self.server.asked.append((user, target))
            self.server.behave(self, target)

    def refuse(self, code: int) -> None:
        """Send a SOCKS reply that is an error."""
        self.wfile.write(bytes([5, code, 0, 1]) + bytes(6))

    def read_head(self) -> str:
        """Read one HTTP request's head."""
        lines = []
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            lines.append(line.decode())
        return "".join(lines)

    def _text(self) -> str:
        return self._exact(self._exact(1)[0]).decode()

    def _exact(self, count: int) -> bytes:
        taken = self.rfile.read(count)
        if len(taken) < count:
            raise ConnectionAbortedError
        return taken


class SocksServer(socketserver.ThreadingTCPServer):
    """A context manager. ``asked`` has user name and target of every connection that got so far."""

    daemon_threads = True

    allow_reuse_address = True

    def __init__(self, behave: Callable[[Connection, Target], None], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Connection)
        self.behave = behave
        self.asked: list[tuple[str, Target]] = []
        self.address = f"127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()
