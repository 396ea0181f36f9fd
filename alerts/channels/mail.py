"""Mail: an alert as text and HTML by SMTP, over verified TLS; the messages of one alert stand in one thread.

A recipient that the server refuses for good is logged and the rest get the mail. One that it asks to try later keeps
the delivery waiting; those that have it are not sent it again while the process lives, and after that under the same
``Message-ID``.

With ``encryption``, recipients with a key get a mail that they alone can read, and nobody else gets one in clear but
whom the file names in ``in_clear``. A key that cannot be used keeps its recipient's mail waiting until it is mended.
"""

from __future__ import annotations

import hashlib
import os
import smtplib
import ssl
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import structlog
from pydantic import Field, model_validator

from alerts.channel import ChannelConfig, Delivery
from alerts.message import one_line, unlinked
from alerts.sealing import NEUTRAL, KeyUnusable, Sealer, keys_told, sealed, signed
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
    encryption: Annotated[
        Literal["none", "pgp", "smime"],
        Field(description="to the recipients: `pgp` (RFC 3156), `smime` (RFC 8551), or `none`"),
    ] = "none"
    keys: Annotated[
        dict[Address, Path],
        Field(
            default_factory=dict,
            description="for each recipient the file of its public key or RSA certificate",
        ),
    ]
    in_clear: Annotated[
        tuple[Address, ...], Field(description="recipients without a key that get the mail in clear")
    ] = ()
    subject: Annotated[
        Literal["neutral", "full"],
        Field(description=f"outside of an encrypted mail: `neutral` says {NEUTRAL!r}; its own stands inside"),
    ] = "neutral"
    signing_key: Annotated[
        Path | None,
        Field(description="file of the secret key that signs; for `smime` with its certificates, as PEM"),
    ] = None
    signing_password_env: Annotated[
        str | None,
        Field(pattern=r"^[A-Z][A-Z0-9_]*$", description="environment variable with that key's password"),
    ] = None

    @model_validator(mode="after")
    def _everybody_is_sealed_to_or_named(self) -> Self:
        if self.encryption == "none":
            if self.keys or self.in_clear or self.signing_key:
                raise ValueError("keys, in_clear and signing_key need encryption: pgp or smime")
            return self
        if self.signing_password_env and not self.signing_key:
            raise ValueError("signing_password_env needs signing_key")
        for address in self.recipients:
            if (address in self.keys) == (address in self.in_clear):
                both = "has a key and stands in in_clear" if address in self.keys else "has no key"
                raise ValueError(
                    f"{address} {both}: name its file in keys, or the address in in_clear, not both"
                )
        if unknown := sorted({*self.keys, *self.in_clear} - set(self.recipients)):
            raise ValueError(f"{', '.join(unknown)} is no recipient")
        return self

    @model_validator(mode="after")
    def _log_in_is_whole(self) -> Self:
        secrets = (self.password_env, self.password_file)
        if sum(map(bool, secrets)) != (1 if self.username else 0):
            raise ValueError("give username with one of password_env and password_file, or none of them")
        if self.username and self.security == "none":
            raise ValueError("a password never leaves without TLS: set security to starttls or tls")
        return self


class Mail:
    """Sends a delivery's message, one to those who read it in clear and one to those with keys; each over a connection
    of its own."""

    def __init__(
        self, name: str, config: Config, password: str, trust: ssl.SSLContext, sealer: Sealer | None = None
    ) -> None:
        self.name = name
        self._config = config
        self._password = password
        self._trust = trust
        self._sealer = sealer
        self._settled: OrderedDict[str, tuple[set[str], int]] = OrderedDict()

    def send(self, delivery: Delivery) -> None:
        settled, taken = self._settled.get(delivery.key, (set(), 0))
        later: dict[str, str] = {}
        fault: ChannelBusy | ChannelRefused | None = None
        due = [address for address in self._config.recipients if address not in settled]
        for content, addresses in self._contents(delivery, due, later):
            try:
                refused = self._mail(content, addresses)
            except (ChannelBusy, ChannelRefused) as error:
                fault = error
                continue
            settled = settled | set(addresses)
            taken += len(addresses) - len(refused)
            for address, (code, _) in refused.items():
                if code < 500:
                    settled.discard(address)
                    later[address] = "asked to try later"
                else:
                    _log.warning("a recipient was refused", channel=self.name, recipient=address, code=code)
        if later or fault:
            self._settled[delivery.key] = settled, taken
            while len(self._settled) > _REMEMBERED:
                self._settled.popitem(last=False)
            if fault:
                raise fault
            said = "; ".join(f"{address}: {why}" for address, why in sorted(later.items()))
            raise ChannelBusy(f"{self.redacted()}: {said}")
        self._settled.pop(delivery.key, None)
        if not taken:
            raise ChannelRefused(f"{self.redacted()} refused every recipient")

    def check(self) -> str:
        said = keys_told(self._sealer, self._config.keys, datetime.now(UTC)) if self._sealer else []
        self._mail(None, [])
        does = "took the log-in" if self._config.username else "answers"
        return "; ".join([f"{self.redacted()} {does}", *said])

    def redacted(self) -> str:
        return f"{self._config.host}:{self._config.port}"

    def close(self) -> None:
        """Nothing is held."""

    def _contents(
        self, delivery: Delivery, due: list[str], later: dict[str, str]
    ) -> Iterator[tuple[bytes, list[str]]]:
        """What is sent to whom. Who cannot be sent to now is put into ``later`` with the reason."""
        now = datetime.now(UTC)
        built = compose(delivery, self._config.sender, self._config.recipients)
        if self._sealer is None:
            yield built.as_bytes(policy=SMTP), due
            return
        usable = []
        for address in due:
            try:
                self._sealer.own_key(now)
                if address not in self._config.in_clear:
                    self._sealer.key(address, now)
                usable.append(address)
            except KeyUnusable as error:
                later[address] = str(error)
        if open_to := [address for address in usable if address in self._config.in_clear]:
            yield signed(built, self._sealer, now), open_to
        if closed_to := [address for address in usable if address not in self._config.in_clear]:
            subject = NEUTRAL if self._config.subject == "neutral" else str(built["Subject"])
            yield sealed(built, self._sealer, closed_to, now, subject=subject), closed_to

    def _mail(self, content: bytes | None, due: list[str]) -> dict[str, tuple[int, bytes]]:
        """Send to those that are due, or only log in; those that the server refused, with its answers."""
        try:
            with self._connect() as server:
                if content is None:
                    server.noop()
                    return {}
                return server.sendmail(self._config.sender, due, content)
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
    """The channel of that name. ``ChannelRefused`` when a password, certificate or key of ours cannot be read. A
    recipient's key that cannot be used is logged; the others get their mail."""
    try:
        password = _password(config.password_env, config.password_file)
        trust = ssl.create_default_context(cafile=config.ca_file)
    except (OSError, ValueError) as error:
        raise ChannelRefused(f"channel {name}: a file of it cannot be read: {error}") from error
    if config.username and not password:
        raise ChannelRefused(
            f"channel {name}: {config.password_env or config.password_file} holds no password"
        )
    sealer = _sealer(name, config)
    if sealer is not None:
        now = datetime.now(UTC)
        try:
            sealer.own_key(now)
        except KeyUnusable as error:
            raise ChannelRefused(f"channel {name}: signing_key: {error}") from None
        for address in config.keys:
            try:
                sealer.key(address, now)
            except KeyUnusable as error:
                _log.warning("a recipient's mail waits", channel=name, recipient=address, reason=str(error))
    return Mail(name, config, password, trust, sealer)


def _password(variable: str | None, file: Path | None) -> str:
    return file.read_text("utf-8").strip() if file else os.environ.get(variable or "", "")


def _sealer(name: str, config: Config) -> Sealer | None:
    if config.encryption == "none":
        return None
    password = os.environ.get(config.signing_password_env or "")
    if config.signing_password_env and not password:
        raise ChannelRefused(f"channel {name}: the environment has no {config.signing_password_env}")
    # heavy, and needed by few channels
    if config.encryption == "pgp":
        from alerts.openpgp import OpenPgp

        return OpenPgp(config.keys, config.signing_key, password)
    from alerts.smime import Smime

    return Smime(config.keys, config.signing_key, password)
