"""What a hostile board or an unwell Tor can do to a crawl. No Tor runs: a SOCKS server makes the faults."""

from __future__ import annotations

import contextlib
import gzip
import json
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from socks_server import CONNECTED, Connection, SocksServer, Target
from structlog.testing import capture_logs

from config.database import open_database
from config.errors import TorUnavailable
from crawler.state import run_table, thread_table
from crawler.tor.socks import error_of
from crawler.tor.wait import wait_for_tor

if TYPE_CHECKING:
    from conftest import Workspace

ONION = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"
LIMIT = 100_000  # bytes of one page
PATIENCE = 20_000_000  # bytes that a board offers before it gives up; a socket's buffers hold a few million


def crawl(
    workspace: Workspace, server: SocksServer, status: int = 75, address: str = f"http://{ONION}"
) -> dict[str, Any]:
    workspace.write(
        "duskwatch.toml",
        f'data_dir = "var"\n[tor]\nsocks = "{server.address}"\nwait = 1\n[crawl]\nmax_page_bytes = {LIMIT}\n',
    )
    workspace.source("board", "machina", address, {"a": "/forum/a-1/"})
    file = workspace.folder / "config/sources/board.yaml"
    file.write_text(file.read_text().replace("timeout: 30", "timeout: 2"))
    return workspace.crawl("board", status=status)


@pytest.mark.parametrize(
    ("code", "error", "tries"),
    [
        (0x01, "OnionUnreachable", 4),
        (0xF0, "OnionDescriptorMissing", 4),
        (0xF2, "OnionUnreachable", 4),
        (0xF4, "ClientAuthorisationMissing", 1),
        (0xF6, "BadOnionAddress", 1),
    ],
)
def test_what_cannot_succeed_is_not_tried_again(
    workspace: Workspace, code: int, error: str, tries: int
) -> None:
    with SocksServer(lambda connection, _target: connection.refuse(code)) as server:
        summary = crawl(workspace, server)
        assert summary["detail"].startswith(error)
        assert server.asked == [("board", (ONION, 80))] * tries


def test_every_reply_says_what_to_do() -> None:
    for code in range(1, 256):
        assert f"0x{code:02X}" in str(error_of(code, ONION))


def test_silence_ends_with_the_timeout(workspace: Workspace) -> None:
    with SocksServer(lambda connection, _target: print(connection.rfile.read(1))) as server:
        assert "OnionUnreachable: no connection through Tor within 2 s" in crawl(workspace, server)["detail"]


class Board:
    """A board with a thread for every trick; ``sent`` is how many bytes a trick got rid of."""

    def __init__(self) -> None:
        self.elsewhere = {
            "10": "http://board.example/forum/a-1/topic/x-10/",
            "11": "http://127.0.0.1:1/forum/a-1/topic/x-11/",
            "12": "http://10.0.0.7/forum/a-1/topic/x-12/",
            "13": f"http://{ONION}:8080/forum/a-1/topic/x-13/",
            "14": f"http://{ONION}:99999/",
        }
        self.tricks: tuple[str, ...] = ("20", "21", "22", "23")
        self.sent: dict[str, int] = {}
        self.asked_for_image = 0
        self.cookies: list[str | None] = []
        self.sets = "session=abc; Path=/"

    def __call__(self, connection: Connection, target: Target) -> None:
        if target != (ONION, 80):
            connection.refuse(0x02)
            return
        connection.wfile.write(CONNECTED)
        while request := connection.read_head():
            head = dict(line.split(": ", 1) for line in request.splitlines()[1:])
            self.cookies.append(head.get("Cookie"))
            self.serve(connection, request.split()[1].rstrip("/").rpartition("-")[2])

    def serve(self, connection: Connection, number: str) -> None:
        post = f'<h1>x</h1><div id="{number}" class="card post"><small class="text-muted">By: ann on Jan. 6, 2022, noon'
        post += f'</small><div class="post-content">plain text {number}</div></div>'
        if number in self.elsewhere:
            self.answer(connection, "302 Found", "", f"Location: {self.elsewhere[number]}")
        elif number == "20":  # a sound page under a type that is never read
            self.answer(connection, "200 OK", post, type_="image/png")
        elif number == "21":  # the body never comes: who waits for it is timed out, and asks again
            self.asked_for_image += 1
            connection.wfile.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 9000\r\n\r\n"
            )
            connection.rfile.read(1)
        elif number == "22":
            self.endless(
                connection, number, "Content-Type: text/html\r\nConnection: close\r\n\r\n", post + "x" * 65536
            )
        elif number == "23":
            self.endless(connection, number, "", "X-Filler: " + "y" * 8000 + "\r\n")
        elif number == "1":
            row = '<div class="row"><a class="topic-name-link" href="/forum/a-1/topic/x-{0}/">x</a>'
            row += '<div class="topic-created">By: ann on Jan. 6, 2022, 9 a.m.</div>'
            row += '<div class="topic-count">0</div></div>'
            rows = "".join(row.format(each) for each in (*self.elsewhere, *self.tricks, "30"))
            self.answer(
                connection, "200 OK", f'<div class="topiclist"><div class="card-body">{rows}</div></div>'
            )
        else:
            self.answer(connection, "200 OK", post)

    def answer(
        self, connection: Connection, status: str, body: str, *more: str, type_: str = "text/html"
    ) -> None:
        head = [f"HTTP/1.1 {status}", f"Content-Type: {type_}", f"Content-Length: {len(body)}", *more]
        head += [f"Set-Cookie: {self.sets}"] if self.sets else []
        connection.wfile.write("\r\n".join([*head, "", body]).encode())

    def endless(self, connection: Connection, number: str, head: str, piece: str) -> None:
        connection.wfile.write(f"HTTP/1.1 200 OK\r\n{head}".encode())
        self.sent[number] = 0
        while self.sent[number] < PATIENCE:
            self.sent[number] += len(piece)
            connection.wfile.write(piece.encode())
        connection.connection.close()


def test_a_hostile_board(workspace: Workspace) -> None:
    board = Board()
    with SocksServer(board) as server:
        summary = crawl(workspace, server, status=0)
        assert set(server.asked) == {("board", (ONION, 80))}, "nothing but the source's own address"
    assert (summary["state"], summary["new"]) == ("partial", 1), "only the honest thread is stored"
    assert set(board.sent) == {"22", "23"}
    assert max(board.sent.values()) < PATIENCE, "reading stops at the limit, in the body and in the headers"
    assert board.asked_for_image == 1, "a type that is not read ends the download at its headers"


def test_a_cookie_lives_until_the_board_takes_it_back(workspace: Workspace) -> None:
    board = Board()
    jar = workspace.folder / "var/cookies/board.json"
    first = []
    with SocksServer(board) as server:
        for sets in ("session=abc; Path=/", "session=; Path=/; Max-Age=0", ""):
            board.cookies, board.sets = [], sets
            crawl(workspace, server, status=0)
            first.append((board.cookies[0], jar.exists() and oct(jar.stat().st_mode & 0o777)))
    assert first == [(None, "0o600"), ("session=abc", False), (None, False)]


def test_certificates_of_public_hosts_are_checked_and_of_onions_not(
    workspace: Workspace, tmp_path: Path
) -> None:
    certificate = self_signed(tmp_path / "certificate.pem", "board.example")
    board = Board()

    def behave(connection: Connection, target: Target) -> None:
        connection.wfile.write(CONNECTED)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with (
            contextlib.suppress(ssl.SSLError),
            context.wrap_socket(connection.connection, server_side=True) as secured,
        ):
            connection.rfile, connection.wfile = secured.makefile("rb"), secured.makefile("wb", buffering=0)
            while request := connection.read_head():
                board.serve(connection, request.split()[1].rstrip("/").rpartition("-")[2])

    with SocksServer(behave) as server:
        refused = crawl(workspace, server, address="https://board.example")
        assert (refused["state"], refused["pages"]) == ("down", 0)
        assert "certificate verify failed" in refused["detail"]
        assert {target for _user, target in server.asked} == {("board.example", 443)}
    board.elsewhere, board.tricks = {}, ()
    with SocksServer(behave) as server:
        assert crawl(workspace, server, status=0, address=f"https://{ONION}")["state"] == "ok"


def self_signed(path: Path, host: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_tor_that_is_not_connected_is_waited_for() -> None:
    percents = iter([5, 80, 100])
    with SocksServer(lambda _connection, _target: None) as server:
        with capture_logs() as logged:
            wait_for_tor(server.address, timeout=5, pause=0, connected=lambda: next(percents))
        assert [each["percent"] for each in logged] == [5, 80]
        with pytest.raises(TorUnavailable, match="5 % only"):
            wait_for_tor(server.address, timeout=0, connected=lambda: 5)


def test_a_crawl_waits_for_a_tor_that_goes_away(workspace: Workspace) -> None:
    """Tor ends between two pages; the crawl says that it waits, and goes on when Tor is there again."""
    board = Board()
    board.elsewhere, board.tricks = {}, ("31", "32")
    once = threading.Event()

    def behave(connection: Connection, target: Target) -> None:
        connection.wfile.write(CONNECTED)
        request = connection.read_head()
        board.serve(connection, request.split()[1].rstrip("/").rpartition("-")[2])
        if not once.is_set():
            once.set()
            server.server_close()
        connection.connection.close()  # nothing is kept alive, so every page needs Tor

    database = f"sqlite:///{workspace.folder}/var/state.db"
    with SocksServer(behave) as server:
        port = server.server_address[1]
        workspace.write("duskwatch.toml", f'data_dir = "var"\n[tor]\nsocks = "{server.address}"\nwait = 60\n')
        workspace.source("board", "machina", f"http://{ONION}", {"a": "/forum/a-1/"})
        with subprocess.Popen(
            [sys.executable, "-m", "crawler.run", "board"],
            env=workspace.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr
            assert process.stdout
            assert any("requests wait" in line for line in process.stderr)
            assert states(database) == ["waiting for tor"]
            with SocksServer(behave, port):
                summary = json.loads(process.stdout.read().splitlines()[-1])
    assert (summary["state"], summary["new"], summary["failed"]) == ("ok", 3, 0)
    assert states(database) == ["ok"]


def states(url: str) -> list[str]:
    engine = open_database(url)
    with engine.connect() as connection:
        found = [row.state for row in connection.execute(run_table.select())]
    engine.dispose()
    return found


def test_a_mirror_answers_where_the_first_address_does_not(workspace: Workspace) -> None:
    board = Board()
    board.elsewhere, board.tricks = {}, ()
    mirror = "zldfinj3ds4ufhvbfshkq2ta4jervnayrzqonqhsennwzhmsy4gnmaqd.onion"

    def behave(connection: Connection, target: Target) -> None:
        if target == (ONION, 80):
            connection.refuse(0xF0)
        else:
            board(connection, (ONION, 80))

    with SocksServer(behave) as server:
        first = crawl(workspace, server, status=0, address=f"http://{ONION}, http://{mirror}")
        assert (first["state"], first["new"]) == ("ok", 1)
        tried = [host for _, (host, _) in server.asked]
        assert tried.count(ONION) == 4, "three more tries before the mirror"
        del server.asked[:]
        again = crawl(workspace, server, status=0, address=f"http://{ONION}, http://{mirror}")
        assert (again["state"], again["pages"]) == ("ok", 1)
        assert {host for _, (host, _) in server.asked} == {mirror}, "what answered last is asked first"


def test_a_thread_that_may_not_be_read_is_not_asked_for_at_every_crawl(workspace: Workspace) -> None:
    board = Board()
    board.elsewhere, board.tricks = {}, ("40",)
    asked: list[str] = []
    open_to_us: list[str] = []

    def serve(connection: Connection, number: str) -> None:
        asked.append(number)
        if number == "40" and not open_to_us:
            board.answer(connection, "403 Forbidden", "<p>no</p>")
        else:
            Board.serve(board, connection, number)

    board.serve = serve  # type: ignore[method-assign]
    with SocksServer(board) as server:
        crawl(workspace, server, status=0)
        assert sorted(asked) == ["1", "30", "40"]
        del asked[:]
        crawl(workspace, server, status=0)
        assert asked == ["1"]
        engine = open_database(f"sqlite:///{workspace.folder}/var/state.db")
        with engine.begin() as connection:
            connection.execute(thread_table.update().values(next_visit_at=datetime(2020, 1, 1, tzinfo=UTC)))
        engine.dispose()
        open_to_us.append("40")
        assert crawl(workspace, server, status=0)["new"] == 1, "looked at again by its age"


def test_pages_without_end_are_bounded(workspace: Workspace) -> None:
    board = Board()
    asked: list[str] = []

    def serve(connection: Connection, number: str) -> None:
        asked.append(number)
        here = len(asked)
        row = f'<div class="row"><a class="topic-name-link" href="/forum/a-1/topic/x-{here}/">x</a></div>'
        pager = f'<ul class="pagination"><li class="active">{here}</li>'
        pager += f'<li><a class="page-link">{here + 1}</a></li></ul>'
        board.answer(
            connection, "200 OK", f'<div class="topiclist"><div class="card-body">{row}</div></div>{pager}'
        )

    board.serve = serve  # type: ignore[method-assign]
    with SocksServer(board) as server:
        workspace.write("duskwatch.toml", f'data_dir = "var"\n[tor]\nsocks = "{server.address}"\nwait = 1\n')
        workspace.source("board", "machina", f"http://{ONION}", {"a": "/forum/a-1/"})
        file = workspace.folder / "config/sources/board.yaml"
        file.write_text(file.read_text().replace("timeout: 30", "timeout: 2, pages: 25"))
        summary = workspace.crawl("board")
    assert len(asked) == summary["pages"] == 25
    assert summary["state"] in ("partial", "unreadable")


def test_bombs_and_lies_about_the_charset(workspace: Workspace) -> None:
    """A page of 100 MB packed into 100 kB, one whose charset is a lie, one whose charset is none, and one full of
    characters that steer a terminal."""
    board = Board()
    board.elsewhere, board.tricks = {}, ("50", "51", "52", "53")
    bomb = gzip.compress(bytes(100_000_000))

    def serve(connection: Connection, number: str) -> None:
        post = f'<h1>x</h1><div id="{number}" class="card post"><small class="text-muted">By: ann on Jan. 6, 2022,'
        post += ' noon</small><div class="post-content">plain text {}</div></div>'
        body, type_, more = {
            "50": (bomb, "text/html", "Content-Encoding: gzip\r\n"),
            "51": (post.format("Grüße").encode("latin-1") + b"\xff\x00\xfe", "text/html; charset=utf-8", ""),
            "52": (post.format("привет").encode(), "text/html; charset=x-none-such", ""),
            "53": (
                post.format("a\u202eb\x1b[31m\u0000c\ud800".encode("utf-8", "replace").decode()).encode(),
                "text/html",
                "",
            ),
        }.get(number, (b"", "", ""))
        if not body:
            Board.serve(board, connection, number)
            return
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {type_}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
        connection.wfile.write(head.encode() + body)

    board.serve = serve  # type: ignore[method-assign]
    with SocksServer(board) as server:
        summary = crawl(workspace, server, status=0)
    assert (summary["state"], summary["failed"], summary["new"]) == ("partial", 1, 4)
    found = {
        hit["stored"]["post"]["key"]["post"]: hit["stored"]["post"]["text"]
        for hit in workspace.duskwatch("search", "plain")["hits"]
    }
    assert set(found) == {"30", "51", "52", "53"}
    assert "Gr" in found["51"]
    assert "привет" in found["52"]
    shown = workspace.run("console.cli.main", "search", "plain").stdout
    assert "\x1b[31m" not in shown
    assert "\u202e" not in shown


def test_pages_are_asked_for_as_a_browser_does(workspace: Workspace) -> None:
    board = Board()
    board.elsewhere, board.tricks = {}, ()
    heads: list[list[str]] = []

    def behave(connection: Connection, target: Target) -> None:
        connection.wfile.write(CONNECTED)
        while request := connection.read_head():
            heads.append(request.splitlines()[1:])
            board.serve(connection, request.split()[1].rstrip("/").rpartition("-")[2])

    with SocksServer(behave) as server:
        crawl(workspace, server, status=0)
    first, second = ([line.partition(": ")[0] for line in head] for head in heads)
    common = ["Host", "User-Agent", "Accept", "Accept-Language", "Accept-Encoding"]
    rest = [
        "Upgrade-Insecure-Requests",
        "Sec-Fetch-Dest",
        "Sec-Fetch-Mode",
        "Sec-Fetch-Site",
        "Sec-Fetch-User",
    ]
    assert first == [*common, "Connection", *rest, "Priority"]
    assert second == [*common, "Referer", "Connection", "Cookie", *rest, "Priority"]
    assert "Sec-Fetch-Site: none" in heads[0]
    assert "Sec-Fetch-Site: same-origin" in heads[1]


def test_scrapy_s_own_command_crawls_a_source(workspace: Workspace) -> None:
    board = Board()
    board.elsewhere, board.tricks = {}, ()
    with SocksServer(board) as server:
        workspace.write("duskwatch.toml", f'data_dir = "var"\n[tor]\nsocks = "{server.address}"\n')
        workspace.source("board", "machina", f"http://{ONION}", {"a": "/forum/a-1/"})
        workspace.run("scrapy.cmdline", "crawl", "board", "-a", "source=board")
        assert set(server.asked) == {("board", (ONION, 80))}
        shown = workspace.run(
            "scrapy.cmdline", "shell", f"http://{ONION}/forum/a-1/topic/x-30/", "-c", "response.status"
        )
        assert shown.stdout.split()[-1] == "200"
        assert server.asked[-1] == ("shell", (ONION, 80))
    assert workspace.duskwatch("search", "plain")["total"] == 1


def test_the_shell_starts_without_a_source(workspace: Workspace) -> None:
    assert workspace.run("scrapy.cmdline", "shell", "-c", "1 + 1").stdout.splitlines()[-1] == "2"


def test_a_state_database_that_is_away_is_told_in_a_line(workspace: Workspace) -> None:
    with SocksServer(lambda connection, _target: connection.refuse(0x01)) as server:
        workspace.source("board", "machina", f"http://{ONION}", {"a": "/forum/a-1/"})
        away = "postgresql+psycopg://dw@/dw?host=/nonexistent"
        workspace.write(
            "duskwatch.toml",
            f'data_dir = "var"\ndatabase_url = "{away}"\n[tor]\nsocks = "{server.address}"\nwait = 1\n',
        )
        done = workspace.run("crawler.run", "board", status=75)
    assert "the state database does not answer" in done.stderr
    assert "Traceback" not in done.stderr
