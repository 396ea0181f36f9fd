"""Scrapy's settings for every crawl. A source's own pace, its size and time limits and the address of Tor are
set by the spider from ``duskwatch.toml`` and the source's file."""

from config.settings import load_settings

_duskwatch = load_settings()

BOT_NAME = "duskwatch"
USER_AGENT = _duskwatch.crawl.user_agent
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"

# The only way out. Every other scheme is switched off: none of them goes through Tor.
TOR_SOCKS = _duskwatch.tor.socks
TOR_WAIT = _duskwatch.tor.wait
DUSKWATCH_DATA_DIR = str(_duskwatch.data_dir.resolve())
DOWNLOAD_HANDLERS = {
    "http": "crawler.tor.handler.TorDownloadHandler",
    "https": "crawler.tor.handler.TorDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOAD_MAXSIZE = _duskwatch.crawl.max_page_bytes
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_DELAY_JITTER = 0.5
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DNSCACHE_ENABLED = False

DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": None,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": None,
    "crawler.middlewares.NextFirst": 5,
    "crawler.middlewares.Circuits": 10,
    "crawler.middlewares.OwnAddresses": 20,
    "crawler.middlewares.ContentTypes": 30,
    "crawler.middlewares.StableHeaders": 400,
    "crawler.middlewares.LentHeader": 410,
    "crawler.middlewares.Queues": 585,  # before a page's own refresh is followed, and before a retry
    "crawler.middlewares.Charsets": 587,  # of unpacked pages, before anybody reads them
    "crawler.middlewares.SourceCookies": 700,
}
ITEM_PIPELINES = {"crawler.pipelines.StorePipeline": 100}
# robots.txt is not asked for: a monitor that announces itself there tells the board that it is watched.
ROBOTSTXT_OBEY = False
HTTPERROR_ALLOW_ALL = True  # the spider tells a gate from a fault by status and page
REDIRECT_MAX_TIMES = 5
RETRY_TIMES = 3
RETRY_EXCEPTIONS = [
    "config.errors.OnionDescriptorMissing",
    "config.errors.OnionUnreachable",
    "scrapy.exceptions.CannotResolveHostError",
    "scrapy.exceptions.DownloadConnectionRefusedError",
    "scrapy.exceptions.DownloadFailedError",
    "scrapy.exceptions.DownloadTimeoutError",
    "scrapy.exceptions.ResponseDataLossError",
    OSError,
]

TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # it listens on loopback and runs what it is sent
COOKIES_ENABLED = True
LOG_LEVEL = "WARNING"
LOGSTATS_INTERVAL = 0
