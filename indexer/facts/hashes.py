"""Hashes that a post quotes: MD5, SHA-1, SHA-256, SHA-512."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from indexer.fact import Fact
from indexer.reading import Hit, Reading

WORDS: Mapping[str, str] = {
    "key": "pgp|gpg|fingerprint|отпечаток|session|session id|tox|tox id|public key|指纹",
}
_KINDS = {32: "MD5", 40: "SHA-1", 64: "SHA-256", 128: "SHA-512"}
_HEX = re.compile(r"[0-9a-f]+")
_NEAR = 40
_MOST = 100


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Runs of hex digits of a hash's length, with ``unit`` the algorithm of that length. Behind a word for a key
    they are none, nor is an address of a wallet."""
    for start, end in reading.long[:_MOST]:
        kind = _KINDS.get(end - start)
        written = reading.plain[start:end]
        if kind is None or not _HEX.fullmatch(written) or written.isdigit():
            continue
        named = any(
            0 <= start - hit.end <= _NEAR and "\n\n" not in reading.plain[hit.end : start] for hit in hits
        )
        if not named:
            yield reading.fact("file hash", written, (start, end), unit=kind)
