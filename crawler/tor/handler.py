"""Scrapy's download handler for http and https: HTTP/1.1 through Tor's SOCKS port, and no other way.

A request without an isolation name is refused; so is one that names a proxy of its own. Connections are kept
alive in one pool for each isolation name, so that two sources never share a connection or a circuit.

Certificates: an onion address proves itself by its key, so https on it is accepted with any certificate, as
Tor Browser does; every other host must show a valid one.

Leans on private parts of Scrapy 2.19 (``_ScrapyAgent``) and of Twisted's HTTP client: Scrapy's version is
pinned and the behaviour tested.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers import http11
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError, NotConfigured
from scrapy.http import Response
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import wrapClientTLS
from twisted.internet.ssl import optionsForClientTLS
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from config.errors import DuskwatchError, RequestRefused, TorUnavailable
from crawler.tor.socks import Isolation, Socks5Endpoint
from crawler.tor.wait import answers

#: The order of Firefox, and so of Tor Browser.
_ORDER = (
    b"Host",
    b"User-Agent",
    b"Accept",
    b"Accept-Language",
    b"Accept-Encoding",
    b"Referer",
    b"Connection",
    b"Cookie",
    b"Upgrade-Insecure-Requests",
    b"Sec-Fetch-Dest",
    b"Sec-Fetch-Mode",
    b"Sec-Fetch-Site",
    b"Sec-Fetch-User",
    b"Priority",
)
#: Pools kept open at once; a crawl needs one, a shell a few.
MOST_POOLS = 16
#: Signals, sent without arguments: requests begin to wait for Tor; none waits any more.
tor_gone, tor_back = object(), object()
_PAUSE, _PROBE = 1.0, 2.0  # seconds between two looks for Tor, and for one look
#: Bytes of one response's status and headers; its body has a limit of its own (``DOWNLOAD_MAXSIZE``).
MOST_HEADER_BYTES = 256 * 1024


def _later(seconds: float) -> Deferred[None]:
    from twisted.internet import reactor

    waited: Deferred[None] = Deferred()
    reactor.callLater(seconds, waited.callback, None)
    return waited


def _as_a_browser(headers: Headers) -> Headers:
    """Headers in the order of ``_ORDER``; others follow."""
    headers.setRawHeaders("Connection", ["keep-alive"])
    given = dict(headers.getAllRawHeaders())
    ordered = Headers()
    for name in (
        *(name for name in _ORDER if name in given),
        *(name for name in given if name not in _ORDER),
    ):
        ordered.setRawHeaders(name, given[name])
    return ordered


class _BoundedProtocol(http11._LenientHTTP11ClientProtocol):
    """Sends headers in a browser's order, and hangs up on headers that never end: Twisted limits a header line, but
    not how many there are."""

    _head = 0

    def request(self, request: Any) -> Any:
        self._head = 0
        request.headers = _as_a_browser(request.headers)
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:
        if self._parser is not None and self._parser.state in (STATUS, HEADER):
            self._head += len(data)  # may count the body's first bytes, at most one socket read
            if self._head > MOST_HEADER_BYTES:
                self._giveUp(Failure(RequestRefused(f"headers of more than {MOST_HEADER_BYTES} bytes")))
                return
        super().dataReceived(data)


class _BoundedFactory(http11._LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> Any:  # noqa: ARG002
        return _BoundedProtocol(self._quiescentCallback)


@implementer(IAgentEndpointFactory)
class _Endpoints:
    def __init__(
        self, reactor: Any, proxy: tuple[str, int], isolation: Isolation, onion_context: Any, timeout: float
    ):
        self._reactor, self._proxy, self._isolation = reactor, proxy, isolation
        self._onion_context, self._timeout = onion_context, timeout

    def endpointForURI(self, uri: Any) -> Any:
        endpoint = Socks5Endpoint(
            self._reactor, self._proxy, uri.host, uri.port, self._isolation, self._timeout
        )
        if uri.scheme != b"https":
            return endpoint
        if uri.host.endswith(b".onion"):
            return wrapClientTLS(self._onion_context.creatorForNetloc(uri.host, uri.port), endpoint)
        return wrapClientTLS(optionsForClientTLS(uri.host.decode("ascii")), endpoint)


class _TorAgent(http11._ScrapyAgent):
    def __init__(self, *, proxy: tuple[str, int], isolation: Isolation, **more: Any) -> None:
        super().__init__(**more)
        self._tor = proxy, isolation

    def _get_agent(self, request: Request, timeout: float) -> Any:  # noqa: ARG002
        from twisted.internet import reactor

        proxy, isolation = self._tor
        factory = _Endpoints(reactor, proxy, isolation, self._contextFactory, timeout)
        return Agent.usingEndpointFactory(reactor, factory, self._pool)


class TorDownloadHandler(http11.HTTP11DownloadHandler):
    """Needs the setting ``TOR_SOCKS`` (host:port) and, on every request, an ``Isolation`` as
    ``meta["tor_isolation"]``. While Tor does not answer, requests wait, for ``TOR_WAIT`` seconds at most, and the
    signals ``tor_gone`` and ``tor_back`` tell so."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        parts = urlsplit(f"socks://{crawler.settings.get('TOR_SOCKS') or ''}")
        if not parts.hostname or not parts.port:
            raise NotConfigured("TOR_SOCKS=host:port is required: there is no way but Tor")
        self._proxy = (parts.hostname, parts.port)
        self._address = f"{parts.hostname}:{parts.port}"
        self._wait = crawler.settings.getfloat("TOR_WAIT")
        self._waiting = 0  # requests that wait for Tor
        self._pools: OrderedDict[Isolation, HTTPConnectionPool] = OrderedDict()
        self._per_host = crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")

    async def download_request(self, request: Request) -> Response:
        isolation = request.meta.get("tor_isolation")
        if not isinstance(isolation, Isolation):
            raise DownloadFailedError("refused: the request has no isolation name")
        if request.meta.get("proxy"):
            raise DownloadFailedError("refused: the request names a proxy of its own")
        while True:
            try:
                return await self._fetch(request, isolation)
            except TorUnavailable:
                if not await self._back():
                    raise

    async def _back(self) -> bool:
        """Wait until Tor's SOCKS port answers again; whether it did."""
        self._waiting += 1
        if self._waiting == 1:
            self._crawler.signals.send_catch_log(tor_gone)
        try:
            end = time.monotonic() + self._wait
            while self._crawler.engine and self._crawler.engine.running:
                if await maybe_deferred_to_future(deferToThread(answers, self._address, _PROBE)):
                    return True
                if time.monotonic() + _PAUSE > end:
                    self._wait = 0.0  # waited for once; the next crawl does what this one leaves
                    return False
                await maybe_deferred_to_future(_later(_PAUSE))
            return False
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._crawler.signals.send_catch_log(tor_back)

    async def _fetch(self, request: Request, isolation: Isolation) -> Response:
        agent = _TorAgent(
            proxy=self._proxy,
            isolation=isolation,
            contextFactory=self._contextFactory,
            bindAddress=None,
            pool=self._pool_for(isolation),
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
            tls_verbose_logging=self._tls_verbose_logging,
        )
        try:
            with wrap_twisted_exceptions():
                return await maybe_deferred_to_future(agent.download_request(request))
        except DuskwatchError:
            raise
        except Exception as error:
            # Twisted wraps what ended a connection in a list of reasons, and Scrapy wraps that once more
            for reason in getattr(error.__cause__ or error, "reasons", ()):
                if isinstance(reason.value, DuskwatchError):
                    raise reason.value from error
            raise

    def _pool_for(self, isolation: Isolation) -> HTTPConnectionPool:
        from twisted.internet import reactor

        if isolation not in self._pools:
            pool = HTTPConnectionPool(reactor, persistent=True)
            pool.maxPersistentPerHost = self._per_host
            pool._factory = _BoundedFactory
            self._pools[isolation] = pool
            while len(self._pools) > MOST_POOLS:
                self._pools.popitem(last=False)[1].closeCachedConnections()
        self._pools.move_to_end(isolation)
        return self._pools[isolation]

    async def close(self) -> None:
        for pool in self._pools.values():
            pool.closeCachedConnections()
        await super().close()
