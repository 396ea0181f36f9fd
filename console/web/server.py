"""Serves the console: in the foreground, or as a thread of the service."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from config.errors import StopError
from console.web.app import create_app


class PortTaken(StopError):
    """The console cannot listen at its address."""


class Server:
    """The console at its address. Raises ``PortTaken``, and as ``create_app``."""

    def __init__(self, config: Path | None, host: str | None = None, port: int | None = None) -> None:
        self._app = create_app(config)
        web = self._app.state.context.settings.web
        self._host = host or web.host
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # named as TCP: only then does asyncio send small answers at once, not 40 ms later
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wanted = web.port if port is None else port
        try:
            self._socket.bind((self._host, wanted))
        except OSError as error:
            self._socket.close()
            raise PortTaken(
                f"{self._host}:{wanted}: {error.strerror}", cure="set web.host and web.port"
            ) from error
        self.port = int(self._socket.getsockname()[1])
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=3,
                timeout_keep_alive=15,
                limit_concurrency=500,
                h11_max_incomplete_event_size=65_536,
            )
        )
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        name = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{name}:{self.port}"

    def said(self) -> Iterator[str]:
        """What a person at the terminal must know."""
        yield f"console at {self.url}"
        if word := self._app.state.setup:
            yield f"no user yet: make the first admin at {self.url}/setup?word={word}"
        if not _loopback(self._host):
            yield "it listens beyond this machine: put a proxy with TLS before it and set web.https"

    def run(self) -> None:
        """Serve until SIGTERM or Ctrl-C."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Serve in a thread, until ``stop``."""
        self._thread = threading.Thread(target=self.run, name="console", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End the thread; requests under way have a moment."""
        self._server.should_exit = True
        if self._thread:
            self._thread.join(timeout)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
