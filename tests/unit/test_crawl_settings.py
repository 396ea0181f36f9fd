"""What every crawl's process must not do, whatever Scrapy does by default."""

from __future__ import annotations

from scrapy.settings import Settings


def test_nobody_can_send_a_crawl_code_to_run() -> None:
    settings = Settings()
    served = ("TELNETCONSOLE_ENABLED", "REMOTE_CONTROL_ENABLED")
    assert all(settings.getbool(name) for name in served), "Scrapy calls them otherwise now"
    settings.setmodule("crawler.settings", priority="project")
    assert not any(settings.getbool(name) for name in served)
