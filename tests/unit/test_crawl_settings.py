"""What every crawl's process must not do, whatever Scrapy does by default."""

from __future__ import annotations

import pytest
from scrapy.exceptions import NotConfigured
from scrapy.extensions.remote_control import RemoteControl
from scrapy.extensions.telnet import TelnetConsole
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler


def test_nobody_can_send_a_crawl_code_to_run() -> None:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    crawler = get_crawler(settings_dict=dict(settings))
    for extension in (RemoteControl, TelnetConsole):
        with pytest.raises(NotConfigured):
            extension.from_crawler(crawler)
