"""``python -m crawler.run SOURCE``: one crawl of one source in a process of its own.

The last line on standard output is JSON: source, state, pages, new, changed, removed, spooled, failed,
pause, detail.
The exit status is 0 when the source was read at least in part, 75 when it may be read later (another process crawls
it already, too), 78 when a person must mend something first. ``--now`` reads relative times as of another
instant, for replayed captures.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from config.database import database_faults
from config.errors import DuskwatchError, TorUnavailable
from config.log import configure
from config.settings import load_settings
from crawler.health import LATER, Figures, State, state_of
from crawler.leases import LeaseHeld
from crawler.sessions import client_key
from crawler.source import load_source
from crawler.tor.control import add_client_key, connection
from crawler.tor.wait import wait_for_tor


def crawl(source: str, now: str | None = None, lease: str | None = None) -> int:
    """Crawl and report; the exit status."""
    from scrapy.crawler import CrawlerProcess
    from scrapy.settings import Settings as ScrapySettings

    from crawler.spiders.board import BoardSpider

    settings = load_settings()
    configure(settings.log, stream=sys.stderr)
    loaded = load_source(settings.sources_dir, source)  # its faults are told before anything is waited for
    figures = Figures()
    try:
        wait_for_tor(settings.tor.socks, timeout=settings.tor.wait, connected=connection(settings.tor))
    except TorUnavailable as error:
        figures.tor_gone, figures.detail = True, str(error)
        return _report(source, figures)
    key = client_key(loaded)
    if key:
        add_client_key(settings.tor, loaded.addresses, key)
    scrapy_settings = ScrapySettings()
    scrapy_settings.setmodule("crawler.settings", priority="project")
    scrapy_settings.set("LOG_INSTALL_ROOT_HANDLER", False)
    process = CrawlerProcess(scrapy_settings)
    crawler = process.create_crawler(BoardSpider)
    failures: list[BaseException] = []
    process.crawl(crawler, source=loaded, now=now, lease=lease).addErrback(
        lambda failure: failures.append(failure.value)
    )
    process.start()
    for failure in failures:
        if isinstance(failure, LeaseHeld):
            figures.detail = str(failure)
            return _report(source, figures, State.BUSY)
        raise failure
    assert isinstance(crawler.spider, BoardSpider)
    return _report(source, crawler.spider.figures)


def _report(source: str, figures: Figures, state: State | None = None) -> int:
    state = state or state_of(figures)
    shown = asdict(figures)
    keys = ("pages", "new", "changed", "removed", "spooled", "failed", "pause", "detail")
    summary = {"source": source, "state": state.value} | {key: shown[key] for key in keys}
    summary["failed"] += figures.unreadable
    sys.stdout.write(json.dumps(summary) + "\n")
    sys.stdout.flush()
    return 75 if state in LATER else 0


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m crawler.run", description="One crawl of one source.")
    parser.add_argument("source", help="the source's id")
    parser.add_argument("--now", help="read relative times as of this instant (ISO 8601)")
    parser.add_argument("--lease", help="token of the lease that was taken for this crawl")
    words = parser.parse_args()
    try:
        with database_faults():
            sys.exit(crawl(words.source, words.now, words.lease))
    except DuskwatchError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
