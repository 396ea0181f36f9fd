"""A lent session goes to its source only and its end is told; a denied area is never asked for."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pysequoia import SignatureMode, Tsk, sign
from socks_server import CONNECTED, Connection, SocksServer, Target

from config.database import open_database

if TYPE_CHECKING:
    from conftest import Workspace

PAGES = Path(__file__).parents[1] / "adapters" / "mybb"
BOARD = (PAGES / "board.html").read_text(encoding="utf-8")
LOGIN = "<title>Login</title><h1>You must log in</h1><form><input name=u><input type=password name=p></form>"
SECRET = "s3cret0f0perat0r"


class Seen:
    """Serves one page and remembers what was asked."""

    def __init__(self, page: str, mirrors: str = "", more: str = "") -> None:
        self.page, self.mirrors, self.more = page, mirrors, more
        self.heads: list[str] = []

    def __call__(self, connection: Connection, _target: Target) -> None:
        connection.wfile.write(CONNECTED)
        self.heads.append(connection.read_head())
        plain = "/mirrors.txt" in self.heads[-1]
        body = (self.mirrors if plain else self.page).encode()
        kind = "plain" if plain else "html"
        head = f"Content-Type: text/{kind}; charset=utf-8{self.more}\r\nContent-Length: {len(body)}"
        connection.wfile.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n{head}\r\n\r\n".encode() + body)

    @property
    def paths(self) -> list[str]:
        return [head.split()[1] for head in self.heads]


def crawl(workspace: Workspace, seen: Seen, status: int, *more: str) -> dict[str, object]:
    with SocksServer(seen) as server:
        workspace.write(
            "duskwatch.toml",
            f'data_dir = "var"\n[tor]\nsocks = "{server.address}"\nwait = 1\n[log]\nlevel = "debug"\n',
        )
        workspace.source("board", "mybb", "http://board.example", {"a": "/forumdisplay.php?fid=9"}, *more)
        done = workspace.run("crawler.run", "board", status=status)
        assert SECRET not in done.stderr + done.stdout
        return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_session_is_sent_and_its_end_is_told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOARD_COOKIE", f"mybbuser={SECRET}")
    monkeypatch.setenv("BOARD_TOKEN", f"Bearer {SECRET}")
    lent = "session: {cookie_env: BOARD_COOKIE, header: Authorization, header_env: BOARD_TOKEN}"
    seen = Seen(LOGIN)
    summary = crawl(workspace, seen, 75, lent)
    assert f"Cookie: mybbuser={SECRET}" in seen.heads[0]
    assert f"Authorization: Bearer {SECRET}" in seen.heads[0]
    assert summary["state"] == "gated"
    assert "the session that was supplied has ended" in str(summary["detail"])
    for file in (workspace.folder / "var").rglob("*"):
        if file.is_file() and file.parent.name != "cookies":
            assert SECRET.encode() not in file.read_bytes(), file
    kept = next((workspace.folder / "var/cookies").glob("*.json"))
    assert kept.stat().st_mode & 0o077 == 0
    again = Seen(LOGIN)
    crawl(workspace, again, 75)  # the operator took the session back
    assert "Cookie:" not in again.heads[0]


def test_a_secret_that_is_not_there_stops_the_crawl(workspace: Workspace) -> None:
    seen = Seen(BOARD)
    with SocksServer(seen) as server:
        workspace.write("duskwatch.toml", f'[tor]\nsocks = "{server.address}"\nwait = 1\n')
        workspace.source(
            "board", "mybb", "http://board.example", {"a": "/x"}, "session: {cookie_env: NOT_SET_ANYWHERE}"
        )
        refused = workspace.run("crawler.run", "board", status=78)
    assert "$NOT_SET_ANYWHERE is not set" in refused.stderr
    assert seen.heads == []


def test_a_denied_thread_is_never_asked_for(workspace: Workspace) -> None:
    seen = Seen(BOARD.replace("虚构物流公司 31GB", "child porn collection"))
    crawl(workspace, seen, 0)
    assert not [path for path in seen.paths if "tid=502" in path]
    assert [path for path in seen.paths if "tid=501" in path]
    (covered,) = workspace.duskwatch("source", "coverage", "board")
    assert covered["missed"]["deny list"] == 1
    kept = [path for path in (workspace.folder / "var").rglob("*.db*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"child porn" in path.read_bytes()]


def test_an_hour_s_pages_are_limited(workspace: Workspace) -> None:
    seen = Seen(BOARD)
    limit = "politeness: {delay: 0, pages_an_hour: 2, timeout: 30}"
    with SocksServer(seen) as server:
        workspace.write("duskwatch.toml", f'data_dir = "var"\n[tor]\nsocks = "{server.address}"\nwait = 1\n')
        source = workspace.folder / "config/sources/board.yaml"
        workspace.source("board", "mybb", "http://board.example", {"a": "/forumdisplay.php?fid=9"})
        text = source.read_text()
        source.write_text(text[: text.index("politeness:")] + limit)
        first = workspace.crawl("board")
        assert (first["state"], len(seen.heads)) == ("partial", 2)
        workspace.crawl("board", status=75)
    assert len(seen.heads) == 2


def test_other_addresses_are_proposed_and_never_followed(workspace: Workspace) -> None:
    onions = [onion(b"a"), onion(b"b")]
    key = Tsk.generate("Invented Board <board@invented.example>")
    said = bytes(sign(key.signer(), f"http://{onions[0]}\n".encode(), mode=SignatureMode.CLEAR)).decode()
    workspace.write("board.asc", str(key.extract_certificate()))
    signed = f"pgp_key: {workspace.folder}/board.asc\nmirrors_path: /mirrors.txt"
    seen = Seen(BOARD, said, f"\r\nOnion-Location: http://{onions[-1]}/")
    crawl(workspace, seen, 0, signed)
    listed = workspace.duskwatch("source", "addresses", "board")
    assert listed[0]["address"] == "http://board.example"
    assert {each["address"] for each in listed[1:]} == {f"http://{each}" for each in onions}
    assert all(each not in head for head in seen.heads for each in onions)
    assert sum("/mirrors.txt" in path for path in seen.paths) == 1

    forged = Seen(BOARD, said.replace(onions[0][:8], "aaaaaaaa"))
    engine = open_database(f"sqlite:///{workspace.folder}/var/state.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE crawl_run SET started_at = '2026-01-01 00:00:00.000000'")
    engine.dispose()
    crawl(workspace, forged, 0, signed)
    (covered,) = workspace.duskwatch("source", "coverage", "board")
    assert covered["missed"]["mirror list with a wrong signature"] == 1


def onion(seed: bytes) -> str:
    """A valid version 3 address of no service."""
    key = seed * 32
    checksum = hashlib.sha3_256(b".onion checksum" + key + b"\x03").digest()[:2]
    return base64.b32encode(key + checksum + b"\x03").decode().lower() + ".onion"
