"""Evidence: the chain of custody, packages, pictures, holds."""

from __future__ import annotations

import base64
import hashlib
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Workspace
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alerts.evidence import EvidenceBroken, check_folder, check_package, export, html_of, removable, remove
from alerts.picture import chromium, pdf, picture
from config.errors import StopError
from crawler.evidence import Evidence
from indexer.custody import Custody, CustodyBroken, KeyUnusable, signing_key
from indexer.post import Kind, Post, PostKey, Stored

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
PAGE = "<html><body><h1>Offer</h1><p>all of Invented Bank</p></body></html>"


def kept(folder: Path, number: int = 1, body: str = PAGE, at: datetime = NOON) -> str:
    evidence = Evidence(folder, "forum", at)
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": "3"}
    asked = {"User-Agent": "x", "Cookie": "session=S3CRET", "Authorization": "Bearer S3CRET"}
    reference = evidence.keep(f"http://board.invalid/{number}?a=b", 200, headers, body.encode(), at, asked)
    evidence.close()
    return reference


def revision(reference: str | None, number: int = 1) -> Stored:
    post = Post(
        key=PostKey("forum", "1", str(number)),
        board="sale",
        position=number,
        title="offer",
        author="seller",
        text="all of Invented Bank",
        url="http://board.invalid/1",
        seen_at=NOON,
        kind=Kind.LISTING,
        evidence=reference,
    )
    return Stored(post, 1, NOON)


def package(folder: Path, references: list[str | None], key: Ed25519PrivateKey, name: str = "a.zip") -> Path:
    target = folder / name
    revisions = [revision(reference, number) for number, reference in enumerate(references, 1)]
    export(
        target,
        folder / "evidence",
        key,
        alert={"id": "a1"},
        revisions=revisions,
        at=NOON,
        facts=lambda _: [],
        picture=None,
    )
    return target


@pytest.fixture
def key(tmp_path: Path) -> Ed25519PrivateKey:
    return signing_key(tmp_path / "keys")


def test_a_folder_holds(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    folder = tmp_path / "evidence"
    for number in range(3):
        kept(folder, number)
    Custody(folder).seal(key, NOON)
    found = check_folder(folder, key.public_key())
    assert (found.pages, found.entries, found.seals) == (3, 4, 1)


def test_nothing_that_lets_a_session_in_is_kept(tmp_path: Path) -> None:
    import gzip

    kept(tmp_path)
    written = b"".join(gzip.decompress(path.read_bytes()) for path in tmp_path.rglob("*.warc.gz"))
    assert b"S3CRET" not in written
    assert b"GET /1?a=b HTTP/1.1" in written
    assert b"WARC-Concurrent-To" in written


@pytest.mark.parametrize("harm", ["line", "out", "page", "file", "seal", "cut"])
def test_every_change_shows(tmp_path: Path, key: Ed25519PrivateKey, harm: str) -> None:
    folder = tmp_path / "evidence"
    for number in range(3):
        kept(folder, number, at=NOON + timedelta(seconds=number))
    seal = Custody(folder).seal(key, NOON)
    assert seal
    chain = folder / "custody.jsonl"
    lines = chain.read_bytes().splitlines(keepends=True)
    files = sorted(folder.rglob("*.warc.gz"))
    if harm == "line":
        chain.write_bytes(b"".join([lines[0].replace(b"board.invalid/0", b"board.invalid/9"), *lines[1:]]))
    elif harm == "out":
        chain.write_bytes(b"".join([lines[0], *lines[2:]]))
    elif harm == "page":
        files[0].write_bytes(files[0].read_bytes()[:-1] + b"x")
    elif harm == "file":
        files[0].unlink()
    elif harm == "seal":
        key = signing_key(tmp_path / "other")
    elif harm == "cut":  # shows against a head that stands elsewhere
        chain.write_bytes(b"".join(lines[:-1]))
        assert check_folder(folder, key.public_key()).head != seal.hash
        return
    with pytest.raises((EvidenceBroken, CustodyBroken)):
        check_folder(folder, key.public_key())


def _many(folder: Path, number: int) -> None:
    for each in range(40):
        kept(folder, number * 100 + each)


def test_several_processes_write_one_chain(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_many, args=(tmp_path, number)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = check_folder(tmp_path, key.public_key())
    assert (found.pages, found.entries) == (120, 120)


def test_what_a_killed_writer_left_of_a_line_is_no_entry(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    kept(tmp_path)
    with (tmp_path / "custody.jsonl").open("ab") as file:
        file.write(b'{"number":2,"at"')
    assert check_folder(tmp_path, key.public_key()).entries == 1
    kept(tmp_path, 2)
    assert check_folder(tmp_path, key.public_key()).entries == 2


def test_a_package_is_checked_elsewhere_without_duskwatch(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    evidence = tmp_path / "evidence"
    path = package(tmp_path, [kept(evidence, 1), kept(evidence, 2), None], key)
    assert check_package(path, key.public_key()).pages == 2
    out = tmp_path / "out"
    with zipfile.ZipFile(path) as opened:
        opened.extractall(out)
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert manifest["missing"] == ["no page is kept of forum/1/3, revision 1"]
    for name, told in manifest["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == told["sha256"]
    (out / "sig.bin").write_bytes(base64.b64decode((out / "manifest.sig").read_bytes()))
    words = "openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json -sigfile sig.bin"
    assert (
        b"Verified Successfully"
        in subprocess.run(words.split(), cwd=out, capture_output=True, check=True).stdout
    )
    warcio = Path(sys.executable).with_name("warcio")
    subprocess.run([warcio, "check", "pages.warc.gz"], cwd=out, capture_output=True, check=True)


@pytest.mark.parametrize(
    "harm", ["posts.json", "pages.warc.gz", "manifest.json", "custody.json", "more", "less"]
)
def test_a_changed_package_does_not_hold(tmp_path: Path, key: Ed25519PrivateKey, harm: str) -> None:
    path = package(tmp_path, [kept(tmp_path / "evidence")], key)
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if harm == "less" and name == "facts.json":
                continue
            new.writestr(name, body[:-9] + bytes([body[-9] ^ 1]) + body[-8:] if name == harm else body)
        if harm == "more":
            new.writestr("more.txt", "x")
    with pytest.raises(EvidenceBroken):
        check_package(changed)


def test_another_key_is_not_trusted(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    path = package(tmp_path, [kept(tmp_path / "evidence")], key)
    with pytest.raises(EvidenceBroken, match="another key"):
        check_package(path, signing_key(tmp_path / "other").public_key())
    (tmp_path / "no.zip").write_bytes(b"PK nothing")
    with pytest.raises(EvidenceBroken, match="no whole package"):
        check_package(tmp_path / "no.zip")


def test_pages_of_open_alerts_stay(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    old = [kept(tmp_path, number, at=NOON + timedelta(seconds=number)) for number in range(3)]
    fresh = kept(tmp_path, 9, at=NOON + timedelta(days=9))
    names = removable(tmp_path, NOON + timedelta(days=5), [old[1]])
    assert names == sorted(reference.partition("#")[0] for reference in (old[0], old[2]))
    remove(tmp_path, names, "older than 5 days", NOON)
    assert removable(tmp_path, NOON + timedelta(days=5), [old[1]]) == []
    found = check_folder(tmp_path, key.public_key())
    assert (found.pages, found.entries) == (2, 6)
    assert fresh


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    signing_key(tmp_path)
    os.chmod(tmp_path / "evidence.key", 0o644)
    with pytest.raises(KeyUnusable, match="read by others"):
        signing_key(tmp_path)
    (tmp_path / "evidence.key").write_text("nothing")
    os.chmod(tmp_path / "evidence.key", 0o600)
    with pytest.raises(StopError):
        signing_key(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(chromium() is None, reason="chromium is not installed (Debian: chromium)")
def test_a_picture_touches_no_network_and_runs_no_script(tmp_path: Path) -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def listen() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    asked.append(peer.recv(1000))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        at = f"http://127.0.0.1:{port}"
        (tmp_path / "secret.txt").write_text("x")
        hostile = (
            f"<html><head><meta http-equiv=refresh content='0;url={at}/r'><link rel=stylesheet href={at}/c>"
            f"<link rel=preconnect href={at}><link rel=dns-prefetch href={at}><link rel=prefetch href={at}/p>"
            f"<script src={at}/s></script><script>fetch('{at}/f');document.title='x'</script>"
            f"<style>@import '{at}/i';body{{background:url({at}/b)}}@font-face{{font-family:a;src:url({at}/n)}}"
            f"h1{{font-family:a}}</style></head><body><h1>Offer of all: 印尼卫生部</h1><img src={at}/g>"
            f"<iframe src={at}/h></iframe><iframe src=file://{tmp_path}/secret.txt></iframe>"
            f"<video src={at}/v autoplay></video>"
            f"<object data={at}/o></object><embed src={at}/e><form action={at}/x><input autofocus></form></body></html>"
        )
        made = picture(hostile)
        printed = pdf(hostile)
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    assert asked == []
    assert made.startswith(b"\x89PNG")
    assert len(made) > 5000
    assert printed.startswith(b"%PDF")


def test_the_commands(workspace: Workspace) -> None:
    workspace.fill()
    workspace.duskwatch("watch", "run")
    (alert,) = workspace.duskwatch("alerts", "list")
    package = str(workspace.folder / "a.zip")
    done = workspace.duskwatch("evidence", "export", alert["id"], "--to", package, "--no-pictures")
    assert done["posts"] == 1
    assert done["missing"], "the post was stored without a page"
    found = workspace.duskwatch("evidence", "verify", package)
    assert found["signed_by"] == done["signed_by"] == workspace.duskwatch("evidence", "key")["fingerprint"]
    assert workspace.duskwatch("evidence", "verify")["entries"] == 0
    workspace.duskwatch("evidence", "hold", alert["id"], "--why", "a court asks")
    what = [event["what"] for event in workspace.duskwatch("alerts", "show", alert["id"])["events"]]
    assert "evidence held" in what
    assert workspace.duskwatch("evidence", "release", alert["id"])["released"] is True
    assert workspace.duskwatch("evidence", "purge", "--days", "0", "--dry-run")["files"] == []


def test_the_page_of_a_record_is_read_in_its_charset(tmp_path: Path) -> None:
    body = "<p>Министерство</p>".encode("cp1251")
    evidence = Evidence(tmp_path, "forum", NOON)
    evidence.keep(
        "http://board.invalid/1", 200, {"Content-Type": "text/html; charset=windows-1251"}, body, NOON
    )
    evidence.close()
    (path,) = tmp_path.rglob("*.warc.gz")
    assert html_of(path.read_bytes()) == "<p>Министерство</p>"
    assert shutil.which("openssl"), "the package's own instructions name it"
