"""The other ends of channels: genuine TAXII and syslog servers, and one that answers as recorded."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from mail_server import free_port

COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"


def wait_until(holds: Callable[[], bool], timeout: float = 20) -> None:
    """Return as soon as something holds; ``TimeoutError`` when it does not in time."""
    until = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.02)  # what is waited for is another program's: no event tells of it


@contextmanager
def taxii_server(folder: Path, writable: bool = True) -> Iterator[str]:
    """The address of a collection of OASIS' own TAXII 2.1 server; user ``duskwatch``, password ``t0ken``."""
    port = free_port()
    root = {
        "information": {
            "title": "root",
            "versions": ["application/taxii+json;version=2.1"],
            "max_content_length": 9765625,
        },
        "status": [],
        "collections": [
            {
                "id": COLLECTION,
                "title": "Listings",
                "can_read": True,
                "can_write": writable,
                "media_types": ["application/stix+json;version=2.1"],
                "objects": [],
                "manifest": [],
                "responses": [],
            }
        ],
    }
    data = {"/discovery": {"title": "t", "api_roots": [f"http://127.0.0.1:{port}/root/"]}, "root": root}
    (folder / "data.json").write_text(json.dumps(data))
    config = {
        "backend": {"module_class": "MemoryBackend", "filename": str(folder / "data.json")},
        "users": {"duskwatch": "t0ken"},
        "taxii": {"max_page_size": 100, "interop_requirements": False},
    }
    config["backend"]["module"] = "medallion.backends.memory_backend"  # type: ignore[index]
    (folder / "config.json").write_text(json.dumps(config))
    words = [sys.executable, "-m", "medallion.scripts.run", str(folder / "config.json"), "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            wait_until(lambda: _answers(f"http://127.0.0.1:{port}/taxii2/"))
            yield f"http://127.0.0.1:{port}/root/collections/{COLLECTION}/"
        finally:
            running.kill()


def taxii_objects(collection: str) -> list[dict[str, Any]]:
    """What a collection holds."""
    accept = {"Accept": "application/taxii+json;version=2.1"}
    got = httpx.get(
        f"{collection}objects/?limit=100", headers=accept, auth=("duskwatch", "t0ken"), trust_env=False
    )
    return list(got.json().get("objects", []))


def _answers(url: str) -> bool:
    try:
        httpx.get(url, trust_env=False)
    except httpx.HTTPError:
        return False
    return True


@contextmanager
def syslog_server(folder: Path, certificate: Path) -> Iterator[tuple[int, Path]]:
    """The port of an rsyslog that takes TLS, and the file that it writes to."""
    if not shutil.which("rsyslogd") or not list(Path("/usr/lib").glob("*/rsyslog/lmnsd_gtls.so")):
        pytest.skip("rsyslogd with TLS is not installed (Debian: rsyslog rsyslog-gnutls)")
    port, written = free_port(), folder / "taken.log"
    config = folder / "rsyslog.conf"
    config.write_text(
        f'''global(DefaultNetstreamDriver="gtls" DefaultNetstreamDriverCAFile="{certificate}"
  DefaultNetstreamDriverCertFile="{certificate}" DefaultNetstreamDriverKeyFile="{certificate}"
  workDirectory="{folder}" maxMessageSize="64k")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon" MaxSessions="20")
input(type="imtcp" port="{port}" address="127.0.0.1")
template(name="whole" type="string" string="%pri% %msgid% %msg%\\n")
action(type="omfile" file="{written}" template="whole")
'''
    )
    words = ["rsyslogd", "-n", "-f", str(config), "-i", str(folder / "pid")]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            wait_until(lambda: _open(port))
            yield port, written
        finally:
            running.kill()


def _open(port: int) -> bool:
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@dataclass
class Asked:
    """One request that a recorded server got."""

    method: str
    path: str
    headers: dict[str, str]
    value: Any


@dataclass
class Recorded:
    """A server that answers by ``answer(asked) -> (status, JSON)``, and what it was asked."""

    answer: Callable[[Asked], tuple[int, Any]]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""


@contextmanager
def recorded(answer: Callable[[Asked], tuple[int, Any]]) -> Iterator[Recorded]:
    """A server on loopback for services that cannot be had here: it answers as theirs is documented to."""
    server = Recorded(answer)

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            value = json.loads(body) if body.startswith((b"{", b"[")) else body.decode() or None
            asked = Asked(self.command, self.path, dict(self.headers), value)
            server.asked.append(asked)
            status, said = server.answer(asked)
            written = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        do_GET = do_POST = do_PATCH = do_PUT = _take

        def log_message(self, *_words: object) -> None:
            """Kept quiet."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{running.server_port}"
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        running.shutdown()
        running.server_close()
        thread.join()
