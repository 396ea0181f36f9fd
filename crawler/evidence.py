"""Keeps pages as they were fetched, in WARC files below the evidence folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter


class Evidence:
    """One WARC file for one crawl, opened at the first page kept."""

    def __init__(self, folder: Path, source: str, started_at: datetime) -> None:
        self._folder = folder
        day = started_at.astimezone(UTC)
        self._name = f"{source}/{day:%Y-%m-%d}/{day:%H%M%S%f}-{os.getpid()}.warc.gz"
        self._file: BinaryIO | None = None

    def keep(self, url: str, status: int, headers: Mapping[str, str], body: bytes, at: datetime) -> str:
        """Append one response and flush it; its reference ``<file>#<offset>`` below the folder.

        ``body`` is the decoded page, so encoding and length headers are written under other names.
        """
        if self._file is None:
            path = self._folder / self._name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = path.open("ab")
        offset = self._file.tell()
        writer = WARCWriter(self._file, gzip=True)
        http = [
            (f"X-Original-{name}" if name.lower() in _REWRITTEN else name, _one_line(value))
            for name, value in headers.items()
        ]
        http.append(("Content-Length", str(len(body))))
        record = writer.create_warc_record(
            _one_line(url),
            "response",
            payload=BytesIO(body),
            length=len(body),
            http_headers=StatusAndHeaders(f"{status} Fetched", http, protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")},
        )
        writer.write_record(record)
        self._file.flush()
        return f"{self._name}#{offset}"

    def close(self) -> None:
        """Close the file, if a page was kept."""
        if self._file is not None:
            self._file.close()
            self._file = None


_REWRITTEN = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def _one_line(text: str) -> str:
    return "".join(char if " " <= char <= "~" else "?" for char in text)
