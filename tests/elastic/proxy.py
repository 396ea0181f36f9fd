"""An HTTP server between a store and Elasticsearch that fails as networks and servers do, or plays a server."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

#: Method, path and body of a request -> (status, answer), or a word: "pass" it on, "lose" the request,
#: pass it on and lose the "answer".
Behaviour = Callable[[str, str, bytes], tuple[int, Any] | str]
PRODUCT = {"X-Elastic-Product": "Elasticsearch"}


class Proxy:
    """Listens on 127.0.0.1 until it is left."""

    def __init__(
        self,
        behaviour: Behaviour,
        server: str = "",
        product: dict[str, str] = PRODUCT,
        secure: ssl.SSLContext | None = None,
    ) -> None:
        self.authorisations: set[str] = set()
        authorisations = self.authorisations
        self._scheme = "https" if secure else "http"
        behind = urlsplit(server)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                authorisations.add(self.headers.get("Authorization", ""))
                wanted = behaviour(self.command, self.path, body)
                if wanted == "lose":
                    self.close_connection = True
                    return
                if isinstance(wanted, tuple):
                    self._answer(wanted[0], json.dumps(wanted[1]).encode(), "application/json")
                    return
                connection = http.client.HTTPConnection(behind.hostname or "", behind.port, timeout=60)
                headers = {
                    name: self.headers[name] for name in ("Content-Type", "Accept") if self.headers[name]
                }
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                if wanted == "answer":
                    self.close_connection = True
                    return
                self._answer(answer.status, content, answer.headers.get("Content-Type", "application/json"))

            def _answer(self, status: int, content: bytes, kind: str) -> None:
                self.send_response(status)
                for name, value in {
                    "Content-Type": kind,
                    "Content-Length": str(len(content)),
                    **product,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _any

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if secure:
            self._server.socket = secure.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
