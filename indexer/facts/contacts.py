"""How a seller can be reached, and the onion addresses and vulnerabilities that a post names."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

from indexer.fact import Fact

_PATTERNS = {
    "telegram": r"(?:(?<!\w)t\.me/|\b(?:telegram|tg|телеграм|电报)"
    r"[^\S\n]?[:：\-]?[^\S\n]?@)(?P<telegram>[A-Za-z]\w{4,31})(?!\w)",
    "mail": r"(?<![\w.+-])(?P<mail>[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})(?![\w-])",
    "onion": r"(?<![A-Za-z0-9])(?P<onion>[a-z2-7]{56})\.onion(?!\w)",
    "cve": r"(?<!\w)(?P<cve>CVE-(?:19|20)\d\d-[0-9]{4,7})(?!\w)",
}
_ANY = re.compile("|".join(_PATTERNS.values()), re.IGNORECASE)


def worth(text: str) -> bool:
    """One of the signs that every such address has."""
    folded = text.casefold()
    return any(sign in folded for sign in ("@", "t.me/", ".onion", "cve-"))


def read(text: str) -> Iterator[Fact]:
    """Each address, an onion only when its checksum holds (version 3 of the onion service specification)."""
    for found in _ANY.finditer(text):
        kind = found.lastgroup or ""
        value = found[kind].casefold() if kind != "cve" else found[kind].upper()
        if kind == "onion" and not _is_onion(value):
            continue
        yield Fact(kind, value, (found.span(),), found[0])


def _is_onion(name: str) -> bool:
    raw = base64.b32decode(name.upper())
    key, checksum, version = raw[:32], raw[32:34], raw[34:]
    return (
        version == b"\x03" and hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2] == checksum
    )
