"""Logging: structlog, text on a terminal and JSON elsewhere, and never a secret in it."""

from __future__ import annotations

import logging
import re
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.settings import LogSettings

_SECRET = re.compile(
    r"pass(word|phrase)|secret|token|cookie|authori[sz]ation|api_?key|credential", re.IGNORECASE
)
_USER_IN_URL = re.compile(r"(\w+://)[^/@\s]+@")


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Black out values under secret-sounding keys, and user and password in URLs."""
    for key, value in event.items():
        if _SECRET.search(key):
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = _USER_IN_URL.sub(r"\1***@", value)
    return event


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
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[redact, _plain, renderer])
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def _plain(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event
