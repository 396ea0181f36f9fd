"""Onion addresses: what makes one valid, and what is no address for a crawl at all."""

from __future__ import annotations

import base64
import hashlib
import ipaddress


def check_host(host: str) -> None:
    """Raise ``ValueError`` with the reason when a crawl must never contact ``host``.

    Source of the v3 form: Tor's rend-spec-v3, section 6 (public key, two bytes of checksum, version 3).
    """
    name = host.lower().rstrip(".")
    if name.endswith(".onion"):
        _check_onion(name)
        return
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        raise ValueError(
            f"{host} is this machine or its own network; a source is an onion service or a public host"
        )
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        if "." not in name:
            raise ValueError(f"{host} has no dot: a source is an onion service or a public host") from None
        return
    if not address.is_global:
        raise ValueError(
            f"{host} is a loopback, private or reserved address; a source is an onion service or public host"
        )


def _check_onion(name: str) -> None:
    label = name.removesuffix(".onion").rsplit(".", 1)[-1]
    if len(label) == 16:
        raise ValueError(
            f"{name} is a version 2 onion address; Tor dropped those in 2021: ask for the 56-character one"
        )
    if len(label) != 56:
        raise ValueError(f"{name} has {len(label)} characters before .onion; a version 3 address has 56")
    try:
        raw = base64.b32decode(label.upper())
    except ValueError:
        raise ValueError(f"{name} has characters outside a-z and 2-7") from None
    key, checksum, version = raw[:32], raw[32:34], raw[34:]
    if version != b"\x03":
        raise ValueError(
            f"{name} does not end in the version mark of a version 3 address: it is cut or mistyped"
        )
    if hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2] != checksum:
        raise ValueError(f"{name} has a wrong checksum: at least one character is mistyped")
