"""Scrapy's downloader middlewares: what keeps a crawl on its source, through Tor, and to text."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
from datetime import UTC, datetime
from http.cookiejar import Cookie
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
from scrapy.exceptions import IgnoreRequest, NotConfigured, StopDownload
from scrapy.http import Headers, Response, TextResponse

from crawler.adapter import Adapter, Gate, GateKind, Page
from crawler.adapters import adapter_of
from crawler.charsets import in_its_charset
from crawler.deny import denied_url
from crawler.gates import find_gate, may_be_queue
from crawler.sessions import lent_cookies, lent_header
from crawler.source import Source, host_port
from crawler.tor.onion import check_host
from crawler.tor.socks import Isolation

_log = logging.getLogger(__name__)

READ_TYPES = frozenset(
    {
        "text/html",
        "application/xhtml+xml",
        "application/json",
        "application/feed+json",
        "application/vnd.api+json",
        "application/rss+xml",
        "application/atom+xml",
        "application/xml",
        "text/xml",
    }
)
_SHELL = "shell"
_A_MOMENT = 0.001  # seconds: a few turns of the loop
_LONGEST_QUEUE = 50_000  # bytes: longer pages are a board's own


class Circuits:
    """Sets the names by which Tor keeps a source's circuits apart from every other's."""

    def __init__(self, isolation: Isolation) -> None:
        self._isolation = isolation

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Circuits:
        return cls(getattr(crawler.spider, "isolation", Isolation(_SHELL)))

    def process_request(self, request: Request) -> None:
        request.meta["tor_isolation"] = self._isolation


class OwnAddresses:
    """Refuses every address that is not the source's own; for ``scrapy shell``, which has no source, every
    loopback, private or malformed one. Redirects pass here too."""

    def __init__(self, source: Source | None) -> None:
        self._source = source

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> OwnAddresses:
        return cls(_source(crawler.spider))

    def process_request(self, request: Request) -> None:
        reason = self._refusal(request.url)
        if reason:
            _log.warning("refused %s: %s", request.url, reason)
            raise IgnoreRequest(f"refused: {reason}")

    def _refusal(self, url: str) -> str | None:
        if denied_url(url):
            return "it is on the deny list"
        target = host_port(url)
        if self._source:
            return None if target in self._source.hosts else f"{target} is not an address of the source"
        try:
            check_host(target.rpartition(":")[0])
        except ValueError as error:
            return str(error)
        return None


class NextFirst:
    """Lets the next request go out before a page is read: reading it keeps the loop busy, and the network would
    idle meanwhile."""

    async def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002
        await asyncio.sleep(_A_MOMENT)
        return response


class ContentTypes:
    """Stops a download at its headers unless it is a page or a feed; plain text is read where a source's signed list of
    addresses is."""

    def __init__(self, plain: str | None = None) -> None:
        self._plain = plain

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ContentTypes:
        source = _source(crawler.spider)
        middleware = cls(source.mirrors_path if source else None)
        crawler.signals.connect(middleware.headers_received, signals.headers_received)
        return middleware

    def headers_received(self, headers: Headers, request: Request) -> None:
        if not self._readable(headers, request):
            _log.warning("not read: %s is %s", request.url, _type(headers) or "of no stated type")
            raise StopDownload(fail=False)

    def process_response(self, request: Request, response: Response) -> Response:
        if response.status < 300 and not self._readable(response.headers, request):
            raise IgnoreRequest(f"refused: {_type(response.headers) or 'no type'} is not read")
        return response

    def _readable(self, headers: Headers, request: Request) -> bool:
        if self._plain and _type(headers) == "text/plain":
            return urlsplit(request.url).path == urlsplit(self._plain).path
        return _type(headers) in READ_TYPES


class Charsets:
    """Has every page read in a charset that browsers know: Python has others, and some of them raise."""

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002
        return in_its_charset(response) if isinstance(response, TextResponse) else response


class Queues:
    """Stands in a board's queue: waits for the time that its page names, a while that doubles when it names none,
    and asks again with the cookies that the queue gave. After ten minutes the spider gets the queue's page."""

    def __init__(self, adapter: Adapter, first: float = 10.0, longest: float = 600.0) -> None:
        self._adapter, self._first, self._longest = adapter, first, longest

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Queues:
        source = _source(crawler.spider)
        if source is None:
            raise NotConfigured  # scrapy shell shows what it gets
        return cls(adapter_of(source))

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        waited, times = request.meta.get("queued", (0.0, 0))
        gate = self._queue(response)
        if gate is None:
            return response
        pause = max(gate.wait if gate.wait is not None else self._first * 2**times, 1.0)
        if waited + pause > self._longest:
            return response
        _log.info("in the queue of %s for %.0f s: %s", request.url, pause, gate.says)
        await asyncio.sleep(pause)
        again = request.replace(dont_filter=True)
        again.meta["queued"] = waited + pause, times + 1
        return again

    def _queue(self, response: Response) -> Gate | None:
        if len(response.body) > _LONGEST_QUEUE or not isinstance(response, TextResponse):
            return None
        page = Page(response.url, response.text, datetime.now(UTC), status=response.status)
        gate = find_gate(page, self._adapter) if may_be_queue(page) else None
        return gate if gate and gate.kind is GateKind.WAIT else None


class StableHeaders:
    """Sends the headers that Tor Browser sends, at every request; the download handler puts them in its order."""

    def __init__(self, user_agent: str) -> None:
        self._headers = {
            "User-Agent": user_agent,
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "en-US,en;q=0.5",
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "Upgrade-Insecure-Requests": "1",
            "Sec-Fetch-Dest": "document",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-User": "?1",
            "Priority": "u=0, i",
        }

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StableHeaders:
        return cls(crawler.settings["USER_AGENT"])

    def process_request(self, request: Request) -> None:
        for name, value in self._headers.items():
            request.headers.setdefault(name, value)
        request.headers.setdefault(
            "Sec-Fetch-Site", "same-origin" if "Referer" in request.headers else "none"
        )


class SourceCookies(CookiesMiddleware):
    """Scrapy's cookies, kept across runs: one file a source, readable for its owner only."""

    def __init__(self, path: Path | None, **more: Any) -> None:
        super().__init__(**more)
        self._path = path

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SourceCookies:
        source = _source(crawler.spider)
        folder = crawler.settings.get("DUSKWATCH_DATA_DIR")
        path = Path(folder) / "cookies" / f"{source.id}.json" if source and folder else None
        middleware = cls(path)
        middleware.crawler = crawler
        middleware._load()
        if source and path:
            middleware._lend(source, path)
        crawler.signals.connect(middleware._save, signals.spider_closed)
        return middleware

    def _load(self) -> None:
        if not self._path or not self._path.exists():
            return
        try:
            saved = json.loads(self._path.read_text(encoding="utf-8"))
            for values in saved:
                self.jars[None].set_cookie(Cookie(**values))
        except (ValueError, TypeError) as error:
            _log.warning("cookies of %s cannot be read and are made anew: %s", self._path.stem, error)

    def _lend(self, source: Source, path: Path) -> None:
        """Put an operator's cookies into the jar. Once: what the board makes of them afterwards is newer."""
        lent = lent_cookies(source)
        mark = path.with_suffix(".lent")
        told = hashlib.sha256(repr(sorted(lent.items())).encode()).hexdigest() if lent else ""
        if told == (mark.read_text(encoding="utf-8") if mark.exists() else ""):
            return
        if told:
            for address in source.addresses:
                for name, value in lent.items():
                    self.jars[None].set_cookie(_cookie(urlsplit(address), name, value))
            mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            mark.write_text(told, encoding="utf-8")
        else:
            mark.unlink()  # what was lent is taken back, with all that came of it
            self.jars[None].clear()

    def _save(self) -> None:
        cookies = [vars(cookie) for cookie in self.jars[None]]
        if not self._path:
            return
        if not cookies:  # the board took them back: the next crawl must not send them again
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._path.with_suffix(".new")
        with open(
            os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            json.dump([{"rest": each.pop("_rest", {}), **each} for each in map(dict, cookies)], file)
        fresh.replace(self._path)


class LentHeader:
    """Sends the header of an operator's session with each request; ``OwnAddresses`` has refused every other address."""

    def __init__(self, header: tuple[str, str]) -> None:
        self._header = header

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LentHeader:
        source = _source(crawler.spider)
        header = lent_header(source) if source else None
        if header is None:
            raise NotConfigured
        return cls(header)

    def process_request(self, request: Request) -> None:
        request.headers[self._header[0]] = self._header[1]


def _cookie(address: SplitResult, name: str, value: str) -> Cookie:
    host = (address.hostname or "").lower()
    return Cookie(
        0, name, value, None, False, host, False, False, "/", True, False, None, True, None, None, {}
    )


def _source(spider: Spider | None) -> Source | None:
    source = getattr(spider, "source", None)
    return source if isinstance(source, Source) else None


def _type(headers: Headers) -> str:
    value = headers.get("Content-Type") or b""
    return value.decode("latin-1").partition(";")[0].strip().lower()
