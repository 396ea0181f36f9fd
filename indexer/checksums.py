"""Whether an address, a key or a number is a genuine one, told by its own checksum."""

from __future__ import annotations

import base64
import hashlib

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUE = {char: value for value, char in enumerate(_BASE58)}
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_SUM = {1: "bech32", 0x2BC830A3: "bech32m"}  # BIP 173, BIP 350
_MONERO_BLOCK = {2: 1, 3: 2, 5: 3, 6: 4, 7: 5, 9: 6, 10: 7, 11: 8}  # characters: bytes, CryptoNote's base 58
_MASK = (1 << 64) - 1


def onion(name: str) -> bool:
    """Version 3 onion services: 56 characters without ``.onion`` (rend-spec-v3, section 6)."""
    try:
        raw = base64.b32decode(name.upper())
    except ValueError:
        return False
    if len(raw) != 35:
        return False
    key, checksum, version = raw[:32], raw[32:34], raw[34:]
    return (
        version == b"\x03" and hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2] == checksum
    )


def tox(key: str) -> bool:
    """A Tox ID: 38 bytes in hex, the last two the XOR of the pairs before them."""
    try:
        raw = bytes.fromhex(key)
    except ValueError:
        return False
    even = odd = 0
    for at in range(0, len(raw), 2):
        even ^= raw[at]
        odd ^= raw[at + 1] if at + 1 < len(raw) else 0
    return len(raw) == 38 and even == 0 and odd == 0


def base58check(address: str) -> bytes | None:
    """Version and payload of a Base58Check text, None when its checksum fails."""
    value = 0
    for char in address:
        if char not in _VALUE:
            return None
        value = value * 58 + _VALUE[char]
    zeros = len(address) - len(address.lstrip("1"))
    raw = bytes(zeros) + value.to_bytes((value.bit_length() + 7) // 8, "big")
    body, checksum = raw[:-4], raw[-4:]
    return body if hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4] == checksum and body else None


def bech32(address: str, prefix: str) -> bool:
    """A segregated-witness address of BIP 173 (version 0) or BIP 350 (later ones)."""
    lower = address.lower()
    if lower != address and address.upper() != address:
        return False
    human, _, data = lower.rpartition("1")
    if human != prefix or len(data) < 8 or any(char not in _BECH32 for char in data):
        return False
    values = [_BECH32.index(char) for char in data]
    expanded = [ord(char) >> 5 for char in human] + [0] + [ord(char) & 31 for char in human] + values
    sort = _BECH32_SUM.get(_polymod(expanded))
    program = _bytes_of(values[1:-6])
    if program is None or not 2 <= len(program) <= 40 or values[0] > 16:
        return False
    if values[0] == 0:
        return sort == "bech32" and len(program) in (20, 32)
    return sort == "bech32m"


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check


def _bytes_of(values: list[int]) -> bytes | None:
    """Groups of five bits as bytes; None when what remains is not padding."""
    gathered = bits = 0
    found = bytearray()
    for value in values:
        gathered = gathered << 5 | value
        bits += 5
        if bits >= 8:
            bits -= 8
            found.append(gathered >> bits & 0xFF)
    return None if bits >= 5 or gathered & ((1 << bits) - 1) else bytes(found)


def ethereum(address: str) -> bool:
    """``0x`` and 40 hex digits; in mixed case their cases must spell the checksum of EIP-55."""
    digits = address[2:]
    if digits in (digits.lower(), digits.upper()):
        return True
    told = keccak_256(digits.lower().encode()).hex()
    return all(
        not char.isalpha() or char.isupper() == (int(nibble, 16) >= 8)
        for char, nibble in zip(digits, told, strict=False)
    )


def monero(address: str) -> bool:
    """A Monero address: standard, integrated or of a subaddress, on the main network."""
    raw = bytearray()
    for at in range(0, len(address), 11):
        block = address[at : at + 11]
        size = _MONERO_BLOCK.get(len(block))
        if size is None or any(char not in _VALUE for char in block):
            return False
        value = 0
        for char in block:
            value = value * 58 + _VALUE[char]
        if value >> 8 * size:
            return False
        raw += value.to_bytes(size, "big")
    return raw[0] in (0x12, 0x13, 0x2A) and keccak_256(bytes(raw[:-4]))[:4] == raw[-4:]


def luhn(digits: str) -> bool:
    """Card numbers (ISO/IEC 7812)."""
    total = 0
    for at, char in enumerate(reversed(digits)):
        value = int(char) * (1 + at % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def iban(account: str) -> bool:
    """An IBAN without spaces (ISO 13616: 97 divides it but for one)."""
    moved = account[4:] + account[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def keccak_256(message: bytes) -> bytes:
    """Keccak-256 as Ethereum and Monero use it: SHA3-256 with the padding of before the standard."""
    rate = 136
    state = [0] * 25
    padded = message + b"\x01" + bytes(-(len(message) + 2) % rate) + b"\x80"
    if (len(message) + 1) % rate == 0:
        padded = message + b"\x81"
    for at in range(0, len(padded), rate):
        for lane in range(rate // 8):
            state[lane] ^= int.from_bytes(padded[at + 8 * lane : at + 8 * lane + 8], "little")
        _keccak(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _turned(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _MASK if bits else value


def _keccak(state: list[int]) -> None:
    """The permutation Keccak-f[1600], on 25 lanes, lane ``x + 5 * y``."""
    register = 1
    for _ in range(24):
        sums = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        for x in range(5):
            change = sums[(x + 4) % 5] ^ _turned(sums[(x + 1) % 5], 1)
            for y in range(0, 25, 5):
                state[x + y] ^= change
        x, y, lane = 1, 0, state[1]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            lane, state[x + 5 * y] = state[x + 5 * y], _turned(lane, (step + 1) * (step + 2) // 2 % 64)
        for y in range(0, 25, 5):
            row = state[y : y + 5]
            for x in range(5):
                state[x + y] = row[x] ^ (~row[(x + 1) % 5] & _MASK & row[(x + 2) % 5])
        for bit in range(7):
            if register & 1:
                state[0] ^= 1 << ((1 << bit) - 1)
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
