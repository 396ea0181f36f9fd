"""Serves a capture of a board as it was served when it was taken."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self


class Replay:
    """A server on loopback; ``serve`` switches to a capture. A context manager."""

    def __init__(self) -> None:
        self._pages: dict[str, bytes] = {}
        self.captured_at = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = outer._pages.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_words: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port

    def serve(self, folder: Path, base: str) -> None:
        index = json.loads((folder / "index.json").read_text())
        self.captured_at = datetime.fromtimestamp(index["captured_at"], UTC).isoformat()
        self._pages = {
            page["path"]: (folder / page["file"]).read_text().replace("http://__BASE__", base).encode()
            for page in index["pages"]
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
