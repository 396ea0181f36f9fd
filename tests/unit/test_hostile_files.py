"""Files of another machine: packages of evidence, backups, WARC files. Each is read or refused, and nothing else
happens: no file is written, nothing is unpacked out of proportion, no fault but the one that is documented."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import stat
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.evidence import EvidenceBroken, check_package, html_of
from console.backup import MANIFEST, BackupBroken, read_backup
from crawler.evidence import Evidence, EvidenceMissing, kept_since, page_of, read_kept
from indexer.custody import Entry, public_pem

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("a\0b") | st.just(10**400),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
#: Names that must not leave a package, however its maker signed it.
CLIMBING = (
    *(
        "../out",
        "a/../../out",
        "/etc/x",
        "C:\\x",
        "a\\..\\x",
        "./a",
        "a//b",
        "a/",
        "",
        "x\x1b[2J",
        "x\u202ey",
    ),
    *("con:x", "a\nb"),
)


def signed(files: dict[str, bytes], **manifest: Any) -> dict[str, bytes]:
    """Files with a manifest that their maker signed with a key of their own: anybody can."""
    files = {
        "public-key.pem": public_pem(KEY.public_key()),
        "pages.warc.gz": b"",
        "custody.json": b"[]",
    } | files
    told = {name: {"sha256": hashlib.sha256(body).hexdigest()} for name, body in files.items()}
    written = json.dumps({"form": "duskwatch.evidence/1", "files": told, "head": None} | manifest).encode()
    return files | {"manifest.json": written, "manifest.sig": base64.b64encode(KEY.sign(written))}


def packed(
    path: Path, files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None
) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, body in files.items():
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, zipfile.ZIP_DEFLATED
            if change:
                change(info)
            package.writestr(info, body)
    return path


def test_what_its_maker_signed_holds(tmp_path: Path) -> None:
    assert check_package(packed(tmp_path / "a.zip", signed({"a/b.txt": b"x"}))).pages == 0


@pytest.mark.parametrize("name", CLIMBING)
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(EvidenceBroken, match="is no name of a file") as told:
        check_package(packed(tmp_path / "a.zip", signed({name: b"x"})))
    assert str(told.value).isprintable()


def test_links_pipes_and_two_of_one_name_are_refused(tmp_path: Path) -> None:
    for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR):

        def change(info: zipfile.ZipInfo, kind: int = kind) -> None:
            info.external_attr = (kind | 0o777) << 16

        with pytest.raises(EvidenceBroken, match="is no plain file"):
            check_package(packed(tmp_path / "a.zip", signed({"link": b"/etc/passwd"}), change))
    twice = packed(tmp_path / "b.zip", signed({"a.txt": b"x"}))
    with zipfile.ZipFile(twice, "a") as package, pytest.warns(UserWarning, match="Duplicate"):
        package.writestr("a.txt", "other")
    with pytest.raises(EvidenceBroken, match="two files of one name"):
        check_package(twice)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.packed._SMALL", 1_000_000)
    bomb = tmp_path / "a.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("bomb.bin", bytes(5_000_000))
    monkeypatch.setattr("zipfile.ZipFile.open", None)  # whatever would be read
    with pytest.raises(EvidenceBroken, match="would unpack to 5,000,000"):
        check_package(bomb)


def test_a_head_that_steers_a_terminal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceBroken, match="not in the chain"):
        check_package(packed(tmp_path / "a.zip", signed({}, head={"hash": "\x1b]0;owned\x07"})))


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(["manifest.json", "custody.json", "public-key.pem", "manifest.sig"]), ANYTHING, st.data()
)
@example("manifest.json", "[" * 100_000, None)
@example("custody.json", '[{"number": ' + "9" * 5_000 + "}]", None)
def test_a_package_of_anything_is_read_or_refused(name: str, value: Any, data: Any) -> None:
    body = value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()
    files = signed({name: body} if name != "manifest.json" else {})
    if name == "manifest.json":
        files |= {name: body, "manifest.sig": base64.b64encode(KEY.sign(body))}
    if data is not None and name == "custody.json":  # an entry that holds, of fields of any kind
        fields = data.draw(st.fixed_dictionaries({"length": ANYTHING, "sha256": ANYTHING, "file": ANYTHING}))
        files = signed({name: b"[" + Entry.after(None, "kept", fields, NOON).line() + b"]"})
    with TemporaryDirectory() as folder:
        path = packed(Path(folder) / "a.zip", files)
        with suppress(EvidenceBroken):
            check_package(path)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=6))
def test_a_zip_of_any_bytes_is_read_or_refused(changes: list[tuple[float, bytes]]) -> None:
    with TemporaryDirectory() as folder:
        path = packed(Path(folder) / "a.zip", signed({"a.txt": b"x" * 100}))
        raw = bytearray(path.read_bytes())
        for share, new in changes:
            at = int(share * len(raw))
            raw[at : at + len(new)] = new
        path.write_bytes(raw)
        with suppress(EvidenceBroken):
            check_package(path)


@settings(deadline=None)
@given(
    st.sampled_from(["format", "version", "parts", "elsewhere", "posts", "path", "bytes", "sha256", "all"]),
    ANYTHING,
)
@example("all", "[" * 100_000)
@example("all", "9" * 5_000)
def test_a_backup_s_manifest_of_anything_is_read_or_refused(name: str, value: Any) -> None:
    part: dict[str, Any] = {"path": "data/a", "bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()}
    told: dict[str, Any] = {
        "format": 1,
        "version": "0.1.0",
        "made_at": "",
        "posts": 1,
        "alerts": 1,
        "elsewhere": [],
    }
    told["parts"] = [part]
    (part if name in part else told)[name] = value
    with TemporaryDirectory() as folder:
        (Path(folder) / "data").mkdir()
        (Path(folder) / "data" / "a").write_bytes(b"x")
        raw = value if name == "all" and isinstance(value, str) else json.dumps(told)
        (Path(folder) / MANIFEST).write_bytes(raw.encode("utf-8", "replace"))
        with suppress(BackupBroken):
            read_backup(Path(folder))


def kept(folder: Path, body: bytes = b"<p>x", kind: str = "text/html") -> str:
    evidence = Evidence(folder, "forum", NOON)
    reference = evidence.keep("http://board.invalid/", 200, {"Content-Type": kind}, body, NOON)
    evidence.close()
    return reference


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(["record", "packed"]),
    st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=6)),
        min_size=1,
        max_size=4,
    ),
)
def test_a_warc_of_any_bytes_is_read_or_missing(where: str, changes: list[tuple[float, bytes]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        reference = kept(folder)
        path = folder / reference.partition("#")[0]
        raw = bytearray(gzip.decompress(path.read_bytes()) if where == "record" else path.read_bytes())
        for share, new in changes:
            at = int(share * len(raw))
            raw[at : at + len(new)] = new
        path.write_bytes(gzip.compress(raw) if where == "record" else raw)
        with suppress(EvidenceMissing):
            page_of(read_kept(folder, reference))
        list(kept_since(folder, "forum", datetime(2020, 1, 1, tzinfo=UTC)))


def test_a_record_that_unpacks_without_end_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.evidence._MOST_BYTES", 1_000_000)
    reference = kept(tmp_path, bytes(2_000_000))
    with pytest.raises(EvidenceMissing, match="more than 1,000,000 bytes"):
        read_kept(tmp_path, reference)
    assert list(kept_since(tmp_path, "forum", datetime(2020, 1, 1, tzinfo=UTC))) == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd#0", "/etc/passwd#0", "forum/x#-1", "forum/x#9e9", "", "#", "a\0b#0"]
)
def test_a_reference_that_is_none_leads_nowhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(EvidenceMissing):
        read_kept(tmp_path, name)


#: Charsets that are none of the web: Python has codecs of these names that raise, unpack, or run escapes.
LIES = (
    "hex",
    "base64",
    "zip",
    "bz2",
    "rot13",
    "uu",
    "idna",
    "undefined",
    "punycode",
    "utf-7",
    "unicode_escape",
)


@pytest.mark.parametrize("charset", [*LIES, "raw_unicode_escape", "x-none-such", "a\0b", "x" * 5_000, ""])
def test_a_charset_that_is_none_of_the_web_is_not_believed(tmp_path: Path, charset: str) -> None:
    body = "<p>Grüße \\ud800 +2AA-</p>"
    for kind in (f"text/html; charset={charset}", "text/html"):
        head = f"<meta charset='{charset}'>" if kind == "text/html" else ""
        reference = kept(tmp_path / str(len(kind)), (head + body).encode(), kind)
        assert page_of(read_kept(tmp_path / str(len(kind)), reference)).text == head + body
        (path,) = (tmp_path / str(len(kind))).rglob("*.warc.gz")
        assert html_of(path.read_bytes()) == head + body
