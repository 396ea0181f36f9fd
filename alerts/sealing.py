"""Mail that only its recipients can read: the law of sealers, and the MIME around what they make.

The whole message, its subject included, is encrypted (RFC 9788 header protection over RFC 3156 or RFC 8551); what is
left outside is what a mail server needs, and a subject that says nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol

from config.errors import ChannelRefused, SkipError

_SOON = timedelta(days=30)  # before its end a key's expiry is told as near
NEUTRAL = "Duskwatch alert"  #: the subject of a mail whose own is hidden


class KeyUnusable(SkipError):
    """A key or certificate for mail cannot be used: unreadable, expired, revoked, or not for this."""


@dataclass(frozen=True, slots=True)
class KeyState:
    """A key that can be used now: how a person tells it from others, and until when it is good."""

    fingerprint: str
    expires: datetime | None


class Sealer(Protocol):
    """Encrypts to recipients and signs, in one of the two forms that mail programs know.

    Files are read at each use, so that a renewed key counts at once."""

    def key(self, address: str, now: datetime) -> KeyState:
        """The recipient's key. Raises ``KeyUnusable``."""

    def own_key(self, now: datetime) -> KeyState | None:
        """The key that signs, None where nothing is signed. Raises ``KeyUnusable``."""

    def encrypted(self, entity: bytes, addresses: Sequence[str], now: datetime) -> bytes:
        """A MIME entity that holds another, signed where there is a key for it, so that these recipients alone can
        read it. Raises ``KeyUnusable``, for any of them."""

    def signed(self, entity: bytes, now: datetime) -> bytes:
        """A MIME entity that shows another and its signature; the same where nothing is signed. Raises
        ``KeyUnusable``."""


def sealed(
    message: EmailMessage, sealer: Sealer, addresses: Sequence[str], now: datetime, *, subject: str = NEUTRAL
) -> bytes:
    """The message for these recipients alone, under another subject; its own stands inside. Raises ``KeyUnusable``."""
    outside = _outside(message, subject)
    inside = _payload(message, "cipher")
    for name, value in outside.items():
        inside["HP-Outer"] = f"{name}: {value}"
    return _whole(outside, sealer.encrypted(inside.as_bytes(policy=SMTP), addresses, now))


def signed(message: EmailMessage, sealer: Sealer, now: datetime) -> bytes:
    """The message for everybody, with a signature over its head and body. Raises ``KeyUnusable``."""
    if sealer.own_key(now) is None:
        return message.as_bytes(policy=SMTP)
    inside = _payload(message, "clear").as_bytes(policy=SMTP)
    return _whole(_outside(message, str(message["Subject"])), sealer.signed(inside, now))


def keys_told(sealer: Sealer, addresses: Iterable[str], now: datetime) -> list[str]:
    """Our key and those of the recipients with their ends, for people. Raises ``ChannelRefused`` with every one that
    cannot be used."""
    told, faults = [], []
    for address in (None, *addresses):
        try:
            state = sealer.key(address, now) if address else sealer.own_key(now)
            if state is not None:
                told.append(f"{address or 'signed by'} {_told(state, now)}")
        except KeyUnusable as error:
            faults.append(f"{address or 'signing_key'}: {error}")
    if faults:
        raise ChannelRefused("; ".join(faults))
    return told


def _told(state: KeyState, now: datetime) -> str:
    if state.expires is None:
        return f"{state.fingerprint} (does not expire)"
    soon = ", SOON" if state.expires - now < _SOON else ""
    return f"{state.fingerprint} (until {state.expires:%Y-%m-%d}{soon})"


def read_key(path: Path) -> bytes:
    """A key's file. Raises ``KeyUnusable``."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyUnusable(f"{path}: {error.strerror}", cure="check path and permissions") from None


def multipart(kind: str, parameters: str, parts: Sequence[bytes]) -> bytes:
    """A multipart entity of finished entities, none of which is changed by a byte."""
    boundary = f"=_{secrets.token_hex(16)}"  # "=_" stands in no base64 and no quoted-printable
    head = f'Content-Type: multipart/{kind}; {parameters};\r\n boundary="{boundary}"\r\n\r\n'
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    return head.encode() + body + b"--%s--\r\n" % boundary.encode()


def _payload(message: EmailMessage, protection: str) -> EmailMessage:
    inside = deepcopy(message)
    inside.set_param("hp", protection)
    inside.set_param("protected-headers", "v1")  # what mail programs read before RFC 9788
    return inside


def _outside(message: EmailMessage, subject: str) -> EmailMessage:
    outside = EmailMessage(policy=SMTP)
    for name, value in message.items():
        if not name.lower().startswith(("content-", "mime-")):
            outside[name] = subject if name.lower() == "subject" else value
    return outside


def _whole(outside: EmailMessage, entity: bytes) -> bytes:
    head = outside.as_bytes(policy=SMTP).rpartition(b"\r\n")[0]
    return head + b"MIME-Version: 1.0\r\n" + entity
