"""The chain of custody: what evidence was kept, and that nothing of it was changed or taken away since.

One file of JSON lines, ``custody.jsonl`` in the evidence folder. Every line holds the hash of the line before it, so a
line that is changed, taken out or put in between shows. A seal is a line whose signature covers all before it. What
was removed on purpose is a line too. Cutting off the end shows against any head that stands elsewhere: every seal is
logged, and every exported package holds one. Who has the disk and the key can write a chain anew; heads elsewhere tell.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from config.errors import StopError

FILE = "custody.jsonl"
_BEGIN = "0" * 64
_TAIL = 16_384  # bytes; a line is shorter


class CustodyBroken(StopError):
    """The chain of custody does not hold."""


class KeyUnusable(StopError):
    """The key that signs evidence cannot be used."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``what``: kept, removed or sealed; ``fields``: what it says, JSON-ready; ``hash`` covers the line and
    all before it."""

    number: int
    at: str
    what: str
    fields: Mapping[str, Any]
    previous: str
    hash: str

    def line(self) -> bytes:
        """The line as it stands in the file."""
        return _canonical({**self._body(), "hash": self.hash}) + b"\n"

    def _body(self) -> dict[str, Any]:
        own = {"number": self.number, "at": self.at, "what": self.what, "previous": self.previous}
        return {**self.fields, **own}

    def holds(self) -> bool:
        """Whether the hash is that of the line."""
        return self.hash == hashlib.sha256(_canonical(self._body())).hexdigest()

    @classmethod
    def after(cls, last: Entry | None, what: str, fields: Mapping[str, Any], at: datetime) -> Entry:
        """The entry that follows ``last``."""
        number, previous = (last.number + 1, last.hash) if last else (1, _BEGIN)
        bare = cls(number, at.astimezone(UTC).isoformat(), what, dict(fields), previous, "")
        return cls(
            number, bare.at, what, bare.fields, previous, hashlib.sha256(_canonical(bare._body())).hexdigest()
        )

    @classmethod
    def of(cls, line: bytes) -> Entry:
        """Read a line; ``ValueError`` when it is none."""
        read = json.loads(line)
        if not isinstance(read, dict):
            raise ValueError("no object")
        try:
            own = {name: read.pop(name) for name in ("number", "at", "what", "previous", "hash")}
        except KeyError as error:
            raise ValueError(f"no {error}") from None
        texts = (own[name] for name in ("at", "what", "previous", "hash"))
        if type(own["number"]) is not int or not all(isinstance(each, str) for each in texts):
            raise ValueError("its own fields are of other kinds")
        return cls(own["number"], own["at"], own["what"], read, own["previous"], own["hash"])


class Custody:
    """The chain of one evidence folder. Several processes may write at once."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def add(self, what: str, fields: Mapping[str, Any], at: datetime) -> Entry:
        """Append an entry."""
        with self._locked() as file:
            return _append(file, what, fields, at)

    def seal(self, key: Ed25519PrivateKey, at: datetime) -> Entry | None:
        """Sign everything so far. The seal that is there where nothing came after it; None for an empty chain."""
        with self._locked() as file:
            last = _last(file)
            if last is None or last.what == "sealed":
                return last
            signature = base64.b64encode(key.sign(last.hash.encode())).decode()
            return _append(file, "sealed", {"signature": signature, "key": fingerprint(key.public_key())}, at)

    def entries(self) -> Iterator[Entry]:
        """Every entry from the first; each was checked against the one before it. Raises ``CustodyBroken`` at the
        first line that does not fit. A last line without its end is one that was never acknowledged."""
        if not self._path.exists():
            return
        before: Entry | None = None
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                before = _checked(line, number, before)
                yield before

    def _locked(self) -> _Locked:
        return _Locked(self._path)


class _Locked:
    """The open file, nobody else writing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> BinaryIO:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = open(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self._file

    def __exit__(self, *_error: object) -> None:
        self._file.close()


def _append(file: BinaryIO, what: str, fields: Mapping[str, Any], at: datetime) -> Entry:
    entry = Entry.after(_last(file), what, fields, at)
    file.write(entry.line())
    file.flush()
    return entry


def _last(file: BinaryIO) -> Entry | None:
    """The last whole entry; the file stands behind it. What a killed writer left of a line is cut off."""
    size = file.seek(0, os.SEEK_END)
    begin = max(size - _TAIL, 0)
    file.seek(begin)
    whole, _, cut = file.read().rpartition(b"\n")
    file.seek(size - len(cut))
    file.truncate()
    if not whole:
        if size > len(cut):
            raise CustodyBroken("custody.jsonl holds a line that is none")
        return None
    try:
        return Entry.of(whole.rpartition(b"\n")[2])
    except ValueError as error:
        raise CustodyBroken(f"the last line of custody.jsonl cannot be read: {error}") from error


def _checked(line: bytes, number: int, before: Entry | None) -> Entry:
    try:
        entry = Entry.of(line)
    except ValueError as error:
        raise CustodyBroken(f"custody.jsonl:{number}: it is no entry: {error}") from error
    expected = (before.number + 1, before.hash) if before else (1, _BEGIN)
    if not entry.holds():
        raise CustodyBroken(f"custody.jsonl:{number}: it was changed")
    if (entry.number, entry.previous) != expected:
        raise CustodyBroken(f"custody.jsonl:{number}: what stood before it was taken out or changed")
    return entry


def sealed_by(entry: Entry, key: Ed25519PublicKey) -> bool:
    """Whether a seal's signature is that of the key."""
    try:
        key.verify(base64.b64decode(str(entry.fields.get("signature"))), entry.previous.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The key that signs evidence, ``evidence.key`` in ``folder``; made where there is none. Raises ``KeyUnusable``
    for a file that others may read or that holds no such key."""
    path = folder / "evidence.key"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            fresh = path.with_suffix(f".{os.getpid()}.new")
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(Ed25519PrivateKey.generate().private_bytes(*form))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # of two that begin at once, one key stays
                os.link(fresh, path)
            fresh.unlink()
        if path.stat().st_mode & 0o077:
            raise KeyUnusable(f"{path} may be read by others", cure=f"chmod 600 {path}")
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise KeyUnusable(
            f"{path}: {error}", cure="put the key back from a backup, or move the file away"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} holds no Ed25519 key", cure="put the key back from a backup")
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    """The key as others read it."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 of the raw public key, hexadecimal."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
