"""Syslog over TLS: RFC 5424 messages framed by RFC 5425, whose text is CEF (ArcSight's Common Event Format) or JSON.

Syslog has no answer, so a delivery counts once the operating system has sent it and the peer has not closed the
connection; each delivery has a connection of its own, whose orderly end is waited for.
"""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from alerts.channel import ChannelConfig, Delivery
from alerts.wording import SEVERITIES, claim, headline, marking
from config.errors import ChannelBusy, ChannelRefused

_FACILITY = 13  # log audit
_LEVELS = dict(zip(SEVERITIES, (6, 5, 4, 3, 2), strict=True))  # syslog's: informational to critical
_CEF_LEVELS = dict(zip(SEVERITIES, (1, 3, 5, 8, 10), strict=True))
_NEWLINES = re.compile(r"\r\n|[\r\n]")


class Config(ChannelConfig):
    """The server, and the form of the messages."""

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]+$", description="the syslog server")]
    port: Annotated[int, Field(ge=1, le=65535, description="its port")] = 6514
    form: Annotated[Literal["cef", "json"], Field(description="`cef` or `json`")] = "cef"
    ca_file: Annotated[Path | None, Field(description="certificates to trust in place of the system's")] = (
        None
    )
    certificate: Annotated[
        Path | None, Field(description="PEM file with certificate and key, where the server asks for one")
    ] = None
    timeout: Annotated[float, Field(gt=0, le=30, description="seconds for one step")] = 15.0


class Syslog:
    """Sends one message a delivery."""

    def __init__(self, name: str, config: Config, trust: ssl.SSLContext) -> None:
        self.name = name
        self._config = config
        self._trust = trust

    def send(self, delivery: Delivery) -> None:
        form = cef if self._config.form == "cef" else _json
        self._send(message(delivery, form(delivery)))

    def check(self) -> str:
        test = Delivery(
            "test", self.name, 1, datetime.now(UTC), {"event": "test", "title": "no alert was raised"}
        )
        self.send(test)
        return f"{self.redacted()} took a test message"

    def redacted(self) -> str:
        return f"{self._config.host}:{self._config.port}"

    def close(self) -> None:
        """Nothing is held."""

    def _send(self, built: bytes) -> None:
        at = (self._config.host, self._config.port)
        try:
            with (
                socket.create_connection(at, timeout=self._config.timeout) as plain,
                self._trust.wrap_socket(plain, server_hostname=self._config.host) as secured,
            ):
                secured.sendall(b"%d %s" % (len(built), built))
                _end(secured)
        except ssl.SSLCertVerificationError as error:
            raise ChannelBusy(f"{self.redacted()}: its certificate: {error.verify_message}") from error
        except OSError as error:
            raise ChannelBusy(f"{self.redacted()}: {error or type(error).__name__}") from error


def _end(secured: ssl.SSLSocket) -> None:
    """Say goodbye and wait for the peer's: it has then read all that was sent."""
    try:
        with suppress(ssl.SSLEOFError):  # it closed without a goodbye, after it had read ours
            secured.unwrap()
    except (ssl.SSLError, ConnectionError) as error:
        raise ConnectionError(f"broke off: {type(error).__name__}") from error


def message(delivery: Delivery, text: str) -> bytes:
    """The RFC 5424 message, with the idempotency key as its MSGID."""
    level = _LEVELS.get(str(delivery.payload.get("severity")), 5)
    at = delivery.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    host = re.sub(r"[^!-~]", "", socket.gethostname())[:255] or "-"
    head = f"<{_FACILITY * 8 + level}>1 {at} {host} duskwatch {os.getpid()} {delivery.key[:32]} -"
    return f"{head} \ufeff{text}".encode("utf-8", "backslashreplace")


def cef(delivery: Delivery) -> str:
    """``CEF:0|Duskwatch|Duskwatch|version|event|headline|level|extension``; both parts escaped as the form asks."""
    payload = delivery.payload
    fields: dict[str, Any] = {
        "externalId": payload.get("alert"),
        "rt": int(delivery.created_at.timestamp() * 1000),
        "cat": payload.get("kind"),
        "cs1Label": "organisation",
        "cs1": payload.get("organisation"),
        "cs2Label": "TLP",
        "cs2": marking(payload),
        "cs3Label": "source",
        "cs3": payload.get("source"),
        "cs4Label": "claims",
        "cs4": payload.get("claims"),
        "cs5Label": "delivery",
        "cs5": delivery.key,
        "suser": payload.get("author"),
        "request": payload.get("url"),
        "msg": claim(payload),
    }
    level = _CEF_LEVELS.get(str(payload.get("severity")), 3)
    head = (
        "CEF:0",
        "Duskwatch",
        "Duskwatch",
        version("duskwatch"),
        str(payload.get("event")),
        headline(payload),
        str(level),
    )
    first = "|".join([head[0], *(part.replace("\\", "\\\\").replace("|", "\\|") for part in head[1:])])
    return f"{first}|{' '.join(f'{name}={_value(value)}' for name, value in fields.items() if value not in (None, ''))}"


def _value(value: object) -> str:
    return _NEWLINES.sub(r"\\n", str(value).replace("\\", "\\\\").replace("=", "\\="))


def _json(delivery: Delivery) -> str:
    return json.dumps({"key": delivery.key, **delivery.payload})


def open_channel(name: str, config: Config) -> Syslog:
    """The channel of that name. ``ChannelRefused`` when a certificate cannot be read."""
    try:
        trust = ssl.create_default_context(cafile=config.ca_file)
        if config.certificate:
            trust.load_cert_chain(config.certificate)
    except (OSError, ValueError) as error:
        raise ChannelRefused(f"channel {name}: a certificate cannot be read: {error}") from error
    return Syslog(name, config, trust)
