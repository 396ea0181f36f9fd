"""Other addresses that a board names: by its Onion-Location, or in a list that its PGP key signed. They are proposed to
an operator, and nothing ever follows them by itself: whoever takes a board over can write such a list as well."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pysequoia import Cert, verify

from config.errors import PageUnreadable, SkipError, StopError
from crawler.markup import parse
from crawler.source import Source
from crawler.tor.onion import check_host

_SIGNED = re.compile(
    r"-----BEGIN PGP SIGNED MESSAGE-----.*?-----BEGIN PGP SIGNATURE-----.*?-----END PGP SIGNATURE-----",
    re.DOTALL,
)
_ONION = re.compile(r"(?:(https?)://)?\b([a-z2-7]{56})\.onion\b(:\d{1,5})?", re.I)
_MOST = 50


class KeyUnreadable(StopError):
    """The PGP key of a source cannot be read."""


class SignatureWrong(SkipError):
    """A signed list of addresses was not signed by the source's key, or was changed."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """An address that a board names as its own, and how."""

    address: str
    how: str


def announced(source: Source, headers: Mapping[bytes, object], text: str) -> list[Proposed]:
    """What a page's Onion-Location says, as a header or in the page; no address that the source has, none that can be
    no address."""
    named = []
    header = {name.lower(): value for name, value in headers.items()}.get(b"onion-location")
    if isinstance(header, list) and header:
        named.append(header[0].decode("latin-1"))
    if "onion-location" in text.lower():
        try:
            named += [
                node.attributes.get("content") or ""
                for node in parse(text).css("meta[http-equiv='onion-location' i]")[:3]
            ]
        except PageUnreadable:
            named = named[:1]
    return _new(source, [(each, "Onion-Location") for each in named])


def signed(source: Source, text: str, key: Cert) -> list[Proposed]:
    """The onion addresses of the signed messages on a page. Raises ``SignatureWrong`` when there is none that the key
    signed."""
    # a page writes < as &lt;, and a signature holds for what was signed
    plain = text if text.lstrip().startswith("-----BEGIN") else _shown(text)
    found: list[tuple[str, str]] = []
    verified = False
    for block in _SIGNED.findall(plain):
        try:
            said = verify(block.encode(), lambda _ids: [key])
        except RuntimeError:  # the library has no class of its own for any fault
            continue
        verified = True
        words = bytes(said.bytes or b"").decode("utf-8", "replace")
        found += [(match[0], "signed list") for match in _ONION.finditer(words)]
    if not verified:
        raise SignatureWrong
    return _new(source, found)


def _shown(text: str) -> str:
    try:
        tree = parse(text)
    except PageUnreadable:
        return ""
    return tree.body.text() if tree.body else ""


def read_key(source: Source) -> Cert | None:
    """The PGP key that an operator trusts for a source. Raises ``KeyUnreadable``."""
    path: Path | None = source.pgp_key
    if path is None:
        return None
    try:
        return Cert.from_bytes(path.read_bytes())
    except OSError as error:
        raise KeyUnreadable(f"{source.id}: {path}: {error.strerror}", cure="check pgp_key") from None
    except RuntimeError:
        raise KeyUnreadable(
            f"{source.id}: {path} is no public key", cure="export it with gpg --armor"
        ) from None


def _new(source: Source, named: list[tuple[str, str]]) -> list[Proposed]:
    made: dict[str, Proposed] = {}
    for url, how in named[: 4 * _MOST]:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host = (parts.hostname or "").lower()
        try:
            check_host(host)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            continue
        address = f"{parts.scheme}://{host}{port}"
        if host.endswith(".onion") and address not in source.addresses and len(made) < _MOST:
            made.setdefault(address, Proposed(address, how))
    return list(made.values())
