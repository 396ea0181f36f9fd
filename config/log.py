"""Logging: structlog, text on a terminal and JSON elsewhere, and never a secret in it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.settings import LogSettings

_SECRET = re.compile(
    r"pass(word|phrase)|secret|token|cookie|authori[sz]ation|api_?key|credential", re.IGNORECASE
)
_USER_IN_URL = re.compile(r"(\w+://)[^/@\s]+@")
_IN_QUERY = re.compile(rf"([?&][\w.-]*(?:{_SECRET.pattern})[\w.-]*=)[^&\s\"']+", re.IGNORECASE)
_MOST_DEPTH = 8
# They log whole addresses at "info", and the address of a webhook is often its only secret.
_TELLTALES = ("httpx", "httpcore")
_ALARMISTS = (
    "elastic_transport",
)  # a traceback at "warning" for every retry, though the last error is raised
#: Several lines at "info" for every run of every job, every crawl, every look at Tor.
_CHATTERS = ("apscheduler", "alembic", "scrapy", "stem")


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Black out values under secret-sounding keys, however deep; and user, password and tokens in URLs."""
    for key, value in event.items():
        event[key] = _redacted(key, value, _MOST_DEPTH)
    return event


def _redacted(key: object, value: Any, depth: int) -> Any:
    if _SECRET.search(str(key)):
        return "***"
    if isinstance(value, str):
        return _IN_QUERY.sub(r"\1***", _USER_IN_URL.sub(r"\1***@", value))
    if isinstance(value, (Mapping, list, tuple)):
        if not depth:
            return "..."
        if isinstance(value, Mapping):
            return {name: _redacted(name, inner, depth - 1) for name, inner in value.items()}
        return [_redacted("", inner, depth - 1) for inner in value]
    return value


class _NoChatter(logging.Filter):
    """Has libraries say no more than warnings. It stands at the handler, as Scrapy gives its loggers levels of their
    own when a crawl begins; a scheduler's word that a job is still under way is no warning either."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in _CHATTERS:
            return True
        late = record.name.startswith("apscheduler") and "maximum number of running" in str(record.msg)
        return record.levelno >= logging.WARNING and not late


def configure(settings: LogSettings, *, stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's loggers to ``stream`` (default: standard error)."""
    out = stream or sys.stderr
    text = settings.format == "text" or (settings.format == "auto" and out.isatty())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setLevel(level)  # Scrapy and stem give their own loggers levels of their own
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    if level >= logging.INFO:
        handler.addFilter(_NoChatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TELLTALES:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in _ALARMISTS:
        logging.getLogger(name).setLevel(level if level < logging.INFO else max(level, logging.ERROR))
