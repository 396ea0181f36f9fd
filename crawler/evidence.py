"""Keeps pages as they were fetched, request and response, in WARC files below the evidence folder, and enters each into
the chain of custody."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from indexer.custody import Custody, Entry, signing_key


class Evidence:
    """One WARC file for one crawl, opened at the first page kept."""

    def __init__(self, folder: Path, source: str, started_at: datetime) -> None:
        self._folder = folder
        day = started_at.astimezone(UTC)
        self._name = f"{source}/{day:%Y-%m-%d}/{day:%H%M%S%f}-{os.getpid()}.warc.gz"
        self._file: BinaryIO | None = None
        self._custody = Custody(folder)

    def keep(
        self,
        url: str,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        at: datetime,
        asked: Mapping[str, str] | None = None,
    ) -> str:
        """Append one response, the request that it answers where ``asked`` has that one's headers, and flush them; the
        response's reference ``<file>#<offset>`` below the folder.

        ``body`` is the decoded page, so encoding and length headers are written under other names. What lets a session
        in is left out of the request.
        """
        if self._file is None:
            path = self._folder / self._name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = path.open("ab")
        offset = self._file.tell()
        written = _records(url, status, headers, body, at, asked)
        self._file.write(written)
        self._file.flush()
        place = {"file": self._name, "offset": offset, "length": len(written), "url": _one_line(url)[:2000]}
        digests = {"sha256": sha256(written).hexdigest(), "body": sha256(body).hexdigest()}
        self._custody.add("kept", {**place, **digests}, at)
        return f"{self._name}#{offset}"

    def seal(self, keys: Path, at: datetime) -> Entry | None:
        """Sign what was kept so far; the seal, None where nothing was ever kept. Raises as ``signing_key``."""
        return self._custody.seal(signing_key(keys), at)

    def close(self) -> None:
        """Close the file, if a page was kept."""
        if self._file is not None:
            self._file.close()
            self._file = None


_REWRITTEN = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_SECRET = frozenset({"cookie", "authorization", "proxy-authorization"})


def _records(
    url: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    at: datetime,
    asked: Mapping[str, str] | None,
) -> bytes:
    """The WARC records of one page."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=True)
    http = [
        (f"X-Original-{name}" if name.lower() in _REWRITTEN else name, _one_line(value))
        for name, value in headers.items()
    ]
    http.append(("Content-Length", str(len(body))))
    when = {"WARC-Date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    response = writer.create_warc_record(
        _one_line(url),
        "response",
        payload=BytesIO(body),
        length=len(body),
        http_headers=StatusAndHeaders(f"{status} Fetched", http, protocol="HTTP/1.1"),
        warc_headers_dict=when,
    )
    if asked is None:
        writer.write_record(response)
        return out.getvalue()
    parts = urlsplit(url)
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    sent = [
        (name, "(left out)" if name.lower() in _SECRET else _one_line(value)) for name, value in asked.items()
    ]
    request = writer.create_warc_record(
        _one_line(url),
        "request",
        http_headers=StatusAndHeaders(
            f"GET {_one_line(target)} HTTP/1.1",
            [("Host", _one_line(parts.netloc.rpartition("@")[2])), *sent],
            is_http_request=True,
        ),
        warc_headers_dict=dict(when),
    )
    writer.write_request_response_pair(request, response)
    return out.getvalue()


def _one_line(text: str) -> str:
    return "".join(char if " " <= char <= "~" else "?" for char in text)
