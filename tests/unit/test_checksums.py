"""Addresses that carry their own checksum: public test vectors, and each with one character changed."""

from __future__ import annotations

import hashlib

import pytest

from indexer import checksums
from indexer.fact import facts

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58check(version: int, payload: bytes) -> str:
    body = bytes([version]) + payload
    raw = body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    value, text = int.from_bytes(raw, "big"), ""
    while value:
        value, rest = divmod(value, 58)
        text = BASE58[rest] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


def tox_id() -> str:
    key = bytes(range(7, 43))
    sums = [0, 0]
    for at, byte in enumerate(key):
        sums[at % 2] ^= byte
    return (key + bytes(sums)).hex()


TOX = tox_id()
WALLETS = {
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa": "BTC",  # of the first block
    base58check(0x05, bytes(range(20))): "BTC",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4": "BTC",  # BIP 173
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0": "BTC",  # BIP 350
    base58check(0x30, bytes(range(20))): "LTC",
    base58check(0x41, bytes(range(20))): "TRX",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed": "ETH",  # EIP-55
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359": "ETH",
    "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A": "XMR",
}


@pytest.mark.parametrize(("address", "coin"), WALLETS.items())
def test_a_wallet_is_read_only_with_its_checksum(address: str, coin: str) -> None:
    found = [fact for fact in facts("", f"send to {address}.") if fact.kind == "wallet"]
    assert [(fact.value, fact.unit) for fact in found] == [(address, coin)]
    last = "E" if address[-3] == "e" else "D" if address[-3] == "E" else "q" if address[-3] != "q" else "p"
    changed = address[:-3] + last + address[-2:]
    assert [fact for fact in facts("", f"send to {changed}.") if fact.kind == "wallet"] == []


def test_keccak_is_the_one_before_the_standard() -> None:
    assert checksums.keccak_256(b"").hex() == (
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    )
    assert checksums.keccak_256(b"abc").hex() == (
        "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    )
    assert len({checksums.keccak_256(b"a" * size) for size in range(130, 140)}) == 10


def test_a_tox_id_is_read_only_with_its_checksum() -> None:
    assert [fact.value for fact in facts("", f"tox {TOX}") if fact.kind == "tox"] == [TOX.upper()]
    assert [fact for fact in facts("", f"tox {TOX[:-1]}f") if fact.kind == "tox"] == []


@pytest.mark.parametrize(
    ("number", "holds"), [("4111111111111111", True), ("4111111111111112", False), ("5500005555555559", True)]
)
def test_card_numbers(number: str, holds: bool) -> None:
    assert checksums.luhn(number) is holds


@pytest.mark.parametrize(
    ("account", "holds"),
    [("GB82WEST12345698765432", True), ("DE89370400440532013000", True), ("GB82WEST12345698765433", False)],
)
def test_ibans(account: str, holds: bool) -> None:
    assert checksums.iban(account) is holds
