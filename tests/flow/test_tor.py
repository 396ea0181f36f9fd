"""What may never happen: a byte outside Tor. And what must: one source's circuits apart from another's."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from console.demo.tor_network import PrivateTor, free_ports
from crawler.tor.control import ControlRefused, bootstrap
from crawler.tor.wait import answers

if TYPE_CHECKING:
    from conftest import Workspace

pytestmark = pytest.mark.tor

_ROW = (
    '<div class="row"><a class="topic-name-link" href="/forum/a-1/topic/{name}-{number}/">{name}</a>'
    '<div class="topic-created">By: ann on Jan. 6, 2022, 9 a.m.</div><div class="topic-count">0</div></div>'
)
_POST = (
    '<h1>{name}</h1><div id="{number}" class="card post"><small class="text-muted">By: ann on Jan. 6, 2022,'
    ' noon</small><div class="post-content">plain text {number}</div></div>'
)
_ELSEWHERE = {
    10: "http://board.example/forum/a-1/topic/x-10/",
    11: "http://127.0.0.1:1/forum/a-1/topic/x-11/",
    12: "http://10.0.0.7/forum/a-1/topic/x-12/",
    13: "file:///etc/passwd",
    14: "https://169.254.169.254/latest",
}


class Hostile(BaseHTTPRequestHandler):
    """A board that sets cookies, redirects everywhere, and serves what must not be read."""

    protocol_version = "HTTP/1.1"
    asked: list[str]
    cookies: list[str]

    def do_GET(self) -> None:
        Hostile.asked.append(self.path)
        Hostile.cookies.append(self.headers.get("Cookie") or "")
        number = int(self.path.rstrip("/").rpartition("-")[2] or 0) if "-" in self.path else 0
        if number in _ELSEWHERE:
            self.answer(302, b"", Location=_ELSEWHERE[number])
        elif number == 20:
            self.answer(200, b"\x89PNG" * 100_000, type_="image/png")
        elif number == 21:
            self.answer(200, b"<p>" + b"x" * 3_000_000)
        elif number == 22:
            self.answer(
                200, b"<div>" * 1_900 + _POST.format(name="deep", number=22).encode() + b"\xff\xfe\x00"
            )
        elif "/topic/" in self.path:
            self.answer(200, _POST.format(name="fine", number=number).encode())
        else:
            rows = "".join(_ROW.format(name="x", number=n) for n in (*_ELSEWHERE, 20, 21, 22, 30))
            page = f'<div class="topiclist"><div class="card-body">{rows}</div></div>'
            self.answer(200, page.encode())

    def answer(self, status: int, body: bytes, type_: str = "text/html", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", type_)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "session=abc; Path=/")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the crawl stopped reading, as it should

    def log_message(self, *_words: object) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_words: object) -> None:
        """A crawl that hangs up on a page that is too long is what the test wants."""


@pytest.fixture
def hostile() -> Iterator[int]:
    Hostile.asked, Hostile.cookies = [], []
    server = Server(("127.0.0.1", 0), Hostile)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_nothing_leaves_but_through_tor(private_tor: PrivateTor, workspace: Workspace, hostile: int) -> None:
    onion = private_tor.add_onion(hostile)
    # without its control port: then Tor's SOCKS port is the one address that the guard lets through
    workspace.onion(private_tor, "[crawl]", "max_page_bytes = 100000", control=False)
    workspace.source("hostile", "machina", f"http://{onion}", {"a": "/forum/a-1/"})
    log = workspace.folder / "attempts"
    for _ in range(2):
        done = subprocess.run(
            [
                sys.executable,
                str(Path(__file__).with_name("guarded.py")),
                str(private_tor.socks_port),
                str(log),
                "crawler.run",
                "hostile",
            ],
            env=workspace.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert not log.exists(), log.read_text()
    stored = workspace.duskwatch("search", "plain")
    assert sorted(hit["stored"]["post"]["key"]["post"] for hit in stored["hits"]) == ["22", "30"]
    assert summary["state"] == "partial"
    assert "session=abc" in Hostile.cookies[-1]
    jar = workspace.folder / "var/cookies/hostile.json"
    assert jar.stat().st_mode & 0o077 == 0
    assert "session=abc" in Hostile.cookies[len(Hostile.cookies) // 2 :][0], "cookies are kept across runs"


def test_what_tor_says_becomes_what_to_do(private_tor: PrivateTor, workspace: Workspace) -> None:
    unknown = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"
    workspace.onion(private_tor)
    assert bootstrap(f"127.0.0.1:{private_tor.control_port}", private_tor.control_password) == 100
    with pytest.raises(ControlRefused):
        bootstrap(f"127.0.0.1:{private_tor.control_port}", "wrong")
    workspace.source("nobody", "machina", f"http://{unknown}", {"a": "/"})
    summary = workspace.crawl("nobody", status=75)
    assert summary["state"] == "down"
    assert "OnionDescriptorMissing" in summary["detail"]


def test_two_sources_use_different_circuits(
    private_tor: PrivateTor, workspace: Workspace, hostile: int
) -> None:
    onion = private_tor.add_onion(hostile)
    workspace.onion(private_tor)
    for name in ("one", "two"):
        workspace.source(name, "machina", f"http://{onion}", {"a": "/forum/a-1/"})
    used: dict[str, set[str]] = {"one": set(), "two": set()}
    controller = private_tor.controller()

    def heard(event: Any) -> None:
        user = (getattr(event, "keyword_args", {}) or {}).get("SOCKS_USERNAME", "").strip('"')
        if user in used and event.circ_id and event.circ_id != "0":
            used[user].add(event.circ_id)

    controller.add_event_listener(heard, "STREAM")
    for name in used:
        workspace.crawl(name)
    controller.remove_event_listener(heard)
    assert used["one"]
    assert used["two"]
    assert not used["one"] & used["two"]

    def standing(name: str) -> set[str]:
        found = {each.id for each in controller.get_circuits([]) if each.socks_username == name}
        return found & used[name]

    assert standing("one")
    kept = standing("two")
    done = workspace.duskwatch("source", "new-circuits", "one")
    assert done["closed"] >= 1
    assert not standing("one")
    assert standing("two") == kept != set(), "another source's circuits stay"
    before, used["one"] = used["one"], set()
    controller.add_event_listener(heard, "STREAM")
    workspace.crawl("one")
    controller.remove_event_listener(heard)
    assert used["one"]
    assert not used["one"] & (before | used["two"])


def test_a_tor_of_its_own_is_launched_and_ended(
    private_tor: PrivateTor, workspace: Workspace, hostile: int
) -> None:
    onion = private_tor.add_onion(hostile)
    socks, control = free_ports(2)
    torrc = workspace.write("bridges", private_tor.directories)
    workspace.write(
        "duskwatch.toml",
        f'data_dir = "var"\n[tor]\nlaunch = true\nsocks = "127.0.0.1:{socks}"\n'
        f'control = "127.0.0.1:{control}"\ntorrc = "{torrc.name}"\nwait = 120\n[log]\nformat = "text"\n',
    )
    workspace.source("board", "machina", f"http://{onion}", {"a": "/forum/a-1/"})
    done = workspace.run("console.cli.main", "--json", "crawl")
    assert json.loads(done.stdout)[0]["state"] == "partial", done.stderr
    assert "tor is started" in done.stderr
    assert not answers(f"127.0.0.1:{socks}"), "it ends with the command"
    torrc.write_text("NoSuchOption 1\n")
    refused = workspace.run("console.cli.main", "crawl", status=75)
    assert "tor does not start" in refused.stderr
