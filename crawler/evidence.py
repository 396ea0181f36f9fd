"""Keeps pages as they were fetched, request and response, in WARC files below the evidence folder, and enters each into
the chain of custody."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from config.errors import SkipError
from crawler.adapter import UTC_ZONE, Page
from indexer.custody import Custody, Entry, signing_key

if TYPE_CHECKING:
    from scrapy.http import Headers


_MOST_BYTES = 100_000_000  # of a page, as crawl.max_page_bytes at its most
#: What reading a record may raise that is cut off, damaged, or none.
_FAULTS = (ArchiveLoadFailed, EOFError, zlib.error, ValueError, TypeError, AttributeError)


class EvidenceMissing(SkipError):
    """A page that was kept is not there any more."""


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


def text_headers(headers: Headers) -> dict[str, str]:
    """A response's headers as text; never its cookies, which are secrets of a session."""
    return {
        name.decode("latin-1"): b", ".join(values).decode("latin-1")
        for name, values in headers.items()
        if name.lower() != b"set-cookie"
    }


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it was kept; ``at`` is when it was fetched."""

    reference: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    at: datetime


def read_kept(folder: Path, reference: str) -> Kept:
    """The page of a reference. Raises ``EvidenceMissing``."""
    name, _, offset = reference.partition("#")
    path = (folder / name.replace("\0", "")).resolve()
    if not path.is_relative_to(folder.resolve()) or not re.fullmatch(r"[0-9]{1,15}", offset):
        raise EvidenceMissing(f"{reference} is no reference to evidence")
    try:
        with path.open("rb") as file:
            file.seek(int(offset))
            record = next(iter(ArchiveIterator(file)))
            return _kept(reference, record)
    except (OSError, StopIteration, *_FAULTS) as error:
        raise EvidenceMissing(f"{reference} cannot be read: {error}") from error


def kept_since(folder: Path, source: str, since: datetime) -> Iterator[Kept]:
    """Every page of a source that was kept since then, oldest first. A file that is cut off is read to where it is."""
    begin = since.astimezone(UTC)
    for path in sorted((folder / source).glob("*/*.warc.gz")):
        if path.parent.name < f"{begin:%Y-%m-%d}":
            continue
        with path.open("rb") as file:
            records = ArchiveIterator(file)
            try:
                for record in records:
                    if record.rec_type != "response":
                        continue
                    kept = _kept("", record)  # before the offset is asked for: that skips the record's rest
                    reference = f"{path.relative_to(folder)}#{records.get_record_offset()}"
                    if len(kept.body) != int(kept.headers.get("Content-Length", len(kept.body))):
                        break
                    if kept.at >= begin.replace(microsecond=0):
                        yield replace(kept, reference=reference)
            except _FAULTS:
                continue  # the crawl that wrote it was killed: what stands before the cut was given


def _kept(reference: str, record: Any) -> Kept:
    at = datetime.strptime(record.rec_headers.get_header("WARC-Date"), "%Y-%m-%dT%H:%M:%SZ")
    body = record.content_stream().read(_MOST_BYTES + 1)
    if len(body) > _MOST_BYTES:
        raise ValueError(f"a page of more than {_MOST_BYTES:,} bytes")
    return Kept(
        reference,
        record.rec_headers.get_header("WARC-Target-URI"),
        int(record.http_headers.get_statuscode()),
        dict(record.http_headers.headers),
        body,
        at.replace(tzinfo=UTC),
    )


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


def page_of(kept: Kept, zone: ZoneInfo = UTC_ZONE) -> Page:
    """A kept page as an adapter reads it: as of when it was fetched."""
    from scrapy.http import HtmlResponse  # a quarter of a second that most commands need not wait

    from crawler.charsets import in_its_charset

    response = in_its_charset(HtmlResponse(kept.url, kept.status, dict(kept.headers), kept.body))
    return Page(kept.url, response.text, kept.at, zone, kept.status)
