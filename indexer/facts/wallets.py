"""Wallets: addresses of coins whose checksum holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from indexer import checksums
from indexer.fact import Fact
from indexer.reading import Hit, Reading

WORDS: Mapping[str, str] = {"key": "pgp|gpg|fingerprint|pgp key|openpgp"}
_VERSIONS = {  # of Base58Check, by their first byte
    0x00: "BTC",
    0x05: "BTC",
    0x30: "LTC",
    0x32: "LTC",
    0x41: "TRX",
    0x1E: "DOGE",
}
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]+")
_MOST = 200
_NEAR = 20


def read(reading: Reading, hits: Sequence[Hit]) -> Iterator[Fact]:
    """Bitcoin, Litecoin, Dogecoin and Tron addresses by Base58Check, Bitcoin's and Litecoin's by Bech32 and Bech32m,
    Ethereum's by EIP-55 (one case tells nothing and is taken), Monero's by its own. ``unit`` is the coin."""
    for start, end in reading.long[:_MOST]:
        address = reading.original(start, end)
        coin = _coin(address)
        if coin and not any(0 <= start - hit.end <= _NEAR for hit in hits):  # else a fingerprint
            value = address.lower() if coin.endswith(" bech32") else address
            yield reading.fact("wallet", value, (start, end), unit=coin.partition(" ")[0])


def _coin(address: str) -> str:
    size = len(address)
    if size == 42 and re.fullmatch(r"0[xX][0-9a-fA-F]{40}", address):
        return "ETH" if checksums.ethereum(address) else ""
    low = address[:5].lower()
    for coin, prefix in (("BTC", "bc"), ("LTC", "ltc")):
        if low.startswith(f"{prefix}1") and size <= 90 and checksums.bech32(address, prefix):
            return f"{coin} bech32"
    if not _BASE58.fullmatch(address):
        return ""
    if size in (95, 106) and address[0] in "48":
        return "XMR" if checksums.monero(address) else ""
    if 26 <= size <= 35 and address[0] in "13LMTD":
        body = checksums.base58check(address)
        if body and len(body) == 21:
            return _VERSIONS.get(body[0], "")
    return ""
