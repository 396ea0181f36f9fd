"""Looks at an address or a source without storing posts, for ``duskwatch source add`` and ``source test``.

``python -m crawler.probe`` reads one JSON object from its standard input, ``{"source": {...}, "start": path, "adapter":
name or null}`` to explore or ``{"source": {...}}`` to test, and prints, after a line for each page that it asks for,
one: what was found, with the references under
which the pages were kept. It fetches as a crawl does, by the same handler and middlewares: through Tor or not at all.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import scrapy
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response, TextResponse

from config.errors import DuskwatchError, PageUnreadable, TorUnavailable
from config.log import configure
from config.settings import Settings, load_settings
from crawler.adapter import Gate, Page, ThreadRow
from crawler.adapters import adapter_of
from crawler.evidence import Evidence, text_headers
from crawler.exploration import Found, Looked, explore
from crawler.gates import find_gate
from crawler.induction import Hint
from crawler.sessions import client_key
from crawler.source import Source
from crawler.tor.control import add_client_key, connection
from crawler.tor.socks import Isolation
from crawler.tor.wait import wait_for_tor

_MOST_PAGES = 40


@dataclass(slots=True)
class _Report:
    found: Found | None = None
    kept: dict[str, str] = field(default_factory=dict)  # reference by address
    failed: str = ""
    pages: int = 0


class ProbeSpider(scrapy.Spider):
    """Fetches one page after another, as whoever asks wants them."""

    name = "probe"

    def __init__(self, source: Source, asked: dict[str, Any], settings: Settings) -> None:
        super().__init__()
        self.source = source
        self.report = _Report()
        self.isolation = Isolation(f"{source.id}-probe")
        self._asked = asked
        self._evidence = Evidence(settings.data_dir / "evidence", source.id, datetime.now(UTC))

    @classmethod
    def from_crawler(cls, crawler: Crawler, *_args: Any, **kwargs: Any) -> Self:
        source: Source = kwargs["source"]
        polite = source.politeness
        for name, value in {"DOWNLOAD_TIMEOUT": polite.timeout, "DOWNLOAD_DELAY": polite.delay}.items():
            crawler.settings.set(name, value, priority="spider")
        spider = cls(source, kwargs["asked"], load_settings())
        spider._set_crawler(crawler)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        try:
            if "start" in self._asked:
                url = self.source.addresses[0] + self._asked["start"]
                self.report.found = await explore(url, self._page, self._asked.get("adapter"))
            else:
                self.report.found = await self._test()
        except (DuskwatchError, OSError) as error:
            self.report.failed = str(error)
        except Exception as error:  # noqa: BLE001 - Scrapy's own failures have no common class
            self.report.failed = f"{type(error).__name__}: {error}"
        finally:
            self._evidence.close()
        nothing: tuple[Request, ...] = ()
        for request in nothing:  # Scrapy wants an asynchronous generator
            yield request

    async def _page(self, url: str) -> Page:
        """One page. ``PageUnreadable`` for one that is none, or one too many."""
        if self.report.pages >= _MOST_PAGES:
            raise PageUnreadable(f"more than {_MOST_PAGES} pages were asked for")
        self.report.pages += 1
        assert self.crawler.engine is not None
        first = self.report.pages == 1
        sys.stdout.write(json.dumps({"pages": self.report.pages, "asks": url}) + "\n")
        sys.stdout.flush()
        try:
            response = await self.crawler.engine.download_async(Request(url, dont_filter=True))
        except Exception as error:
            if first or isinstance(error, TorUnavailable):
                raise
            raise PageUnreadable(f"{url}: {error}") from error
        at = datetime.now(UTC)
        self.report.kept[response.url] = self._keep(response, at)
        text = response.text if isinstance(response, TextResponse) else ""
        return Page(response.url, text, at, self.source.zone, response.status)

    def _keep(self, response: Response, at: datetime) -> str:
        return self._evidence.keep(
            response.url, response.status, text_headers(response.headers), response.body, at
        )

    async def _test(self) -> Found:
        """One board and one thread of a source, read by its own adapter."""
        adapter = adapter_of(self.source)
        looked: list[Looked] = []
        gate: Gate | None = None
        for board in self.source.boards:
            page = await self._page(self.source.addresses[0] + board.path)
            looked.append(Looked("board", page))
            gate = find_gate(page, adapter)
            rows: tuple[ThreadRow, ...] = ()
            with suppress(PageUnreadable):
                rows = adapter.board(page).threads if gate is None else ()
            for row in sorted(rows, key=lambda row: -(row.replies or 0))[:1]:
                looked.append(Looked("thread", await self._page(row.url), Hint(row.title, row.author)))
            if rows:
                break
        return Found(self.source.adapter, self.source.profile, (), tuple(looked), gate)


def probe(asked: dict[str, Any]) -> dict[str, Any]:
    """Look, and tell what was found."""
    from scrapy.crawler import CrawlerProcess
    from scrapy.settings import Settings as ScrapySettings

    settings = load_settings()
    configure(settings.log, stream=sys.stderr)
    logging.getLogger("scrapy").setLevel(logging.WARNING)
    source = Source.model_validate(asked["source"])
    wait_for_tor(settings.tor.socks, timeout=settings.tor.wait, connected=connection(settings.tor))
    key = client_key(source)
    if key:
        add_client_key(settings.tor, source.addresses, key)
    scrapy_settings = ScrapySettings()
    scrapy_settings.setmodule("crawler.settings", priority="project")
    scrapy_settings.set("LOG_INSTALL_ROOT_HANDLER", False)
    scrapy_settings.set("ITEM_PIPELINES", {})
    process = CrawlerProcess(scrapy_settings)
    crawler = process.create_crawler(ProbeSpider)
    process.crawl(crawler, source=source, asked=asked)
    process.start()
    assert isinstance(crawler.spider, ProbeSpider)
    return _told(crawler.spider.report)


def _told(report: _Report) -> dict[str, Any]:
    found = report.found or Found()
    return {
        "adapter": found.adapter,
        "profile": found.profile.model_dump(mode="json", exclude_defaults=True) if found.profile else None,
        "boards": [asdict(board) for board in found.boards],
        "looked": [
            {
                "what": each.what,
                "evidence": report.kept.get(each.page.url, ""),
                "title": each.hint.title,
                "author": each.hint.author,
            }
            for each in found.looked
        ],
        "gate": {"kind": found.gate.kind.value, "says": found.gate.says} if found.gate else None,
        "failed": report.failed,
        "pages": report.pages,
    }


def main() -> None:
    """Entry point."""
    try:
        sys.stdout.write(json.dumps(probe(json.load(sys.stdin))) + "\n")
    except DuskwatchError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
