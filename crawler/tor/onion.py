"""Onion addresses: what makes one valid, and what is no address for a crawl at all."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Iterable
from itertools import chain

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


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
        raise ValueError(
            f"{name} has {len(label)} characters before .onion; a version 3 address has 56{_meant(label)}"
        )
    if set(label) - set(_ALPHABET):
        raise ValueError(f"{name} has characters outside a-z and 2-7{_meant(label)}")
    if not label.endswith("d"):
        raise ValueError(
            f"{name} does not end in the version mark of a version 3 address: it is cut or mistyped{_meant(label)}"
        )
    if not _stands(label):
        raise ValueError(f"{name} has a wrong checksum: at least one character is mistyped{_meant(label)}")


def _stands(label: str) -> bool:
    """Whether 56 characters are an address: version 3, and the checksum is the key's."""
    raw = base64.b32decode(label.upper())
    key, checksum, version = raw[:32], raw[32:34], raw[34:]
    return (
        version == b"\x03" and hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2] == checksum
    )


def near_misses(label: str) -> list[str]:
    """The addresses that one slip of the hand would have turned into ``label``: a wrong, a missing or an additional
    character, two that changed places, a digit that looks like a letter. In one of about forty cases chance makes one
    that was not meant, so an address is only ever proposed."""
    cut = range(len(label))
    tries: Iterable[str] = ()
    if len(label) == 55:
        tries = (label[:at] + char + label[at:] for at in range(56) for char in _ALPHABET)
    elif len(label) == 57:
        tries = (label[:at] + label[at + 1 :] for at in cut)
    elif len(label) == 56:
        changed = (label[:at] + char + label[at + 1 :] for at in cut for char in _ALPHABET)
        swapped = (label[:at] + label[at + 1] + label[at] + label[at + 2 :] for at in cut[:-1])
        alike = (label.replace("0", "o").replace("8", "b").replace("1", each) for each in "li")
        tries = chain(changed, swapped, alike)
    return sorted(
        {each for each in tries if each != label and not set(each) - set(_ALPHABET) and _stands(each)}
    )


def _meant(label: str) -> str:
    near = near_misses(label)
    return f"; did you mean {' or '.join(near)}.onion?" if 1 <= len(near) <= 3 else ""
