"""Mail: an alert as text and HTML by SMTP, over verified TLS; the messages of one alert stand in one thread.

A recipient that the server refuses for good is logged and the rest get the mail. One that it asks to try later keeps
the delivery waiting; those that have it are not sent it again while the process lives, and after that under the same
``Message-ID``.
"""

from __future__ import annotations

import hashlib
import os
import smtplib
import ssl
from collections import OrderedDict
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import structlog
from pydantic import Field, model_validator

from alerts.channel import ChannelConfig, Delivery
from alerts.message import one_line, unlinked
from config.errors import ChannelBusy, ChannelRefused

Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$")]
_FIELDS = (
    *("organisation", "severity", "tlp", "title", "author", "source", "board", "posted_at"),
    *("claims", "claim", "url", "alert"),
)
_REMEMBERED = 1000  # deliveries of which some recipients have had the mail
_log = structlog.get_logger()


class Config(ChannelConfig):
    """The server, how to log in, and who gets the mail."""

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]+$", description="the mail server")]
    port: Annotated[int, Field(ge=1, le=65535, description="its port")] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Field(description="`starttls`, `tls` from the first byte, or `none`"),
    ] = "starttls"
    ca_file: Annotated[Path | None, Field(description="certificates to trust in place of the system's")] = (
        None
    )
    username: Annotated[str | None, Field(description="the account; no log-in without one")] = None
    password_env: Annotated[
        str | None,
        Field(pattern=r"^[A-Z][A-Z0-9_]*$", description="environment variable that holds the password"),
    ] = None
    password_file: Annotated[Path | None, Field(description="file that holds the password")] = None
    sender: Annotated[Address, Field(description="the address that it comes from")]
    recipients: Annotated[tuple[Address, ...], Field(min_length=1, max_length=100, description="who gets it")]
    timeout: Annotated[float, Field(gt=0, le=30, description="seconds for one answer of the server")] = 15.0

    @model_validator(mode="after")
    def _log_in_is_whole(self) -> Self:
        secrets = (self.password_env, self.password_file)
        if sum(map(bool, secrets)) != (1 if self.username else 0):
            raise ValueError("give username with one of password_env and password_file, or none of them")
        if self.username and self.security == "none":
            raise ValueError("a password never leaves without TLS: set security to starttls or tls")
        return self


class Mail:
    """Sends one message a delivery, over a connection of its own."""

    def __init__(self, name: str, config: Config, password: str, trust: ssl.SSLContext) -> None:
        self.name = name
        self._config = config
        self._password = password
        self._trust = trust
        self._settled: OrderedDict[str, tuple[set[str], int]] = OrderedDict()

    def send(self, delivery: Delivery) -> None:
        settled, taken = self._settled.get(delivery.key, (set(), 0))
        due = [address for address in self._config.recipients if address not in settled]
        built = compose(delivery, self._config.sender, self._config.recipients)
        refused = self._mail(built, due)
        taken += len(due) - len(refused)
        later = {address for address, (code, _) in refused.items() if code < 500}
        for address, (code, _) in refused.items():
            if address not in later:
                _log.warning("a recipient was refused", channel=self.name, recipient=address, code=code)
        if later:
            self._settled[delivery.key] = settled | (set(due) - later), taken
            while len(self._settled) > _REMEMBERED:
                self._settled.popitem(last=False)
            raise ChannelBusy(f"{self.redacted()} asks to try later: {', '.join(sorted(later))}")
        self._settled.pop(delivery.key, None)
        if not taken:
            raise ChannelRefused(f"{self.redacted()} refused every recipient")

    def check(self) -> str:
        self._mail(None, [])
        return f"{self.redacted()} took the log-in" if self._config.username else f"{self.redacted()} answers"

    def redacted(self) -> str:
        return f"{self._config.host}:{self._config.port}"

    def close(self) -> None:
        """Nothing is held."""

    def _mail(self, built: EmailMessage | None, due: list[str]) -> dict[str, tuple[int, bytes]]:
        """Send to those that are due, or only log in; those that the server refused, with its answers."""
        try:
            with self._connect() as server:
                if built is None:
                    server.noop()
                    return {}
                return server.send_message(built, self._config.sender, due)
        except smtplib.SMTPRecipientsRefused as error:
            return error.recipients
        except ssl.SSLCertVerificationError as error:
            raise ChannelBusy(f"{self.redacted()}: its certificate: {error.verify_message}") from error
        except smtplib.SMTPResponseException as error:
            said = f"{self.redacted()} answered {error.smtp_code}"
            # a wrong password is mended by a person; its deliveries wait meanwhile
            if error.smtp_code < 500 or isinstance(error, smtplib.SMTPAuthenticationError):
                raise ChannelBusy(said) from error
            raise ChannelRefused(said) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelBusy(f"{self.redacted()}: {error or type(error).__name__}") from error

    def _connect(self) -> smtplib.SMTP:
        at = self._config.host, self._config.port
        if self._config.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(*at, timeout=self._config.timeout, context=self._trust)
        else:
            server = smtplib.SMTP(*at, timeout=self._config.timeout)
        try:
            if self._config.security == "starttls":
                server.starttls(context=self._trust)
            if self._config.username:
                server.login(self._config.username, self._password)
        except BaseException:
            server.close()
            raise
        return server


def compose(delivery: Delivery, sender: str, recipients: tuple[str, ...]) -> EmailMessage:
    """The message of a delivery: the same for every attempt. Nothing in it can be clicked."""
    from jinja2 import Environment, PackageLoader, select_autoescape  # heavy: only where mail is sent

    payload = delivery.payload
    said = {name: unlinked(str(payload.get(name) or "")) for name in _FIELDS}
    said |= {name: one_line(said[name]) for name in _FIELDS if name != "claim"}
    said["terms"] = unlinked(_terms(payload))
    templates = Environment(
        loader=PackageLoader("alerts.channels", "."),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    domain = sender.rpartition("@")[2]
    thread = hashlib.sha256(str(payload.get("alert")).encode("utf-8", "backslashreplace")).hexdigest()[:32]
    built = EmailMessage(policy=SMTP)
    tlp, severity = said["tlp"].upper(), said["severity"].upper()
    built["Subject"] = one_line(f"[TLP:{tlp}] {severity} {said['organisation']}: {said['title']}")
    built["From"] = sender
    built["To"] = ", ".join(recipients)
    built["Date"] = delivery.created_at
    built["Message-ID"] = f"<{delivery.key}@{domain}>"
    built["In-Reply-To"] = built["References"] = f"<alert-{thread}@{domain}>"
    built["Auto-Submitted"] = "auto-generated"
    # base64: no line of a board can be read as a line of SMTP or of the message's head
    for subtype, name in (("plain", "mail.txt"), ("html", "mail.html")):
        text = templates.get_template(name).render(said=said, key=delivery.key)
        (built.set_content if subtype == "plain" else built.add_alternative)(
            text, subtype=subtype, cte="base64"
        )
    return built


def _terms(payload: dict[str, Any]) -> str:
    return ", ".join(f"{match['term']} ({match['kind']})" for match in payload.get("matches", ()))


def open_channel(name: str, config: Config) -> Mail:
    """The channel of that name. ``ChannelRefused`` when its password or certificates cannot be read."""
    password = os.environ.get(config.password_env, "") if config.password_env else ""
    try:
        if config.password_file:
            password = config.password_file.read_text("utf-8").strip()
        trust = ssl.create_default_context(cafile=config.ca_file)
    except (OSError, ValueError) as error:
        raise ChannelRefused(f"channel {name}: a file of it cannot be read: {error}") from error
    if config.username and not password:
        raise ChannelRefused(
            f"channel {name}: {config.password_env or config.password_file} holds no password"
        )
    return Mail(name, config, password, trust)
