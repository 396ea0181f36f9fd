"""Hashes that a post quotes, and torrents: what names one very file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from indexer.fact import Fact
from indexer.reading import Hit, Reading

WORDS: Mapping[str, str] = {
    "key": "pgp|gpg|fingerprint|отпечаток|session|session id|tox|tox id|public key|指纹",
}
_KINDS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_HEX = re.compile(r"[0-9a-f]+")
_MAGNET = re.compile(r"magnet:\?xt=urn:btih:(?P<hash>[0-9a-f]{40}|[a-z2-7]{32})(?!\w)")
_NEAR = 40
_MOST = 100


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Runs of hex digits of a hash's length, by the name of the algorithm of that length. Behind a word for a
    key they are none, nor is an address of a wallet."""
    if not reading.long:
        return
    torrents = list(islice(_MAGNET.finditer(reading.plain), _MOST)) if "magnet:" in reading.plain else []
    for found in torrents:
        yield reading.fact("magnet", found["hash"], found.span())
    for start, end in reading.long[:_MOST]:
        kind = _KINDS.get(end - start)
        if kind is None:
            continue
        written = reading.plain[start:end]
        if any(found.start() <= start < found.end() for found in torrents):
            continue
        if not _HEX.fullmatch(written) or written.isdigit():
            continue
        named = any(
            0 <= start - hit.end <= _NEAR and "\n\n" not in reading.plain[hit.end : start] for hit in hits
        )
        if not named:
            yield reading.fact(kind, written, (start, end))
