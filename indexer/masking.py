"""Masks personal data before a post is stored: the last digits stay, and a keyed hash finds it again.

The hash is HMAC-SHA256 under a key of this installation, written as fourteen letters (``xq`` and twelve consonants,
which no word has): whoever has the store but not the key learns nothing from it, and whoever knows a value and has
the key can search for it. The same value gives the same letters in every post.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

import re2

from config.errors import InputError, Problem
from config.settings import PrivacySettings
from indexer.personal import Place, personal
from indexer.reading import folded, plain

_LETTERS = "bcdfghjklmnpqrstvwxz"
#: What is masked may show what stands beside it, as the cells of a row show that it is one.
_ROUNDS = 4
_KEY_FILE = "masking.key"
_TAIL = {"phone": 4, "number": 4, "text": 3}
_PHONE_DIGITS = 9  # the same with and without the country's number
_QUIET = re2.Options()
_QUIET.log_errors = False


class Masking:
    """Masks texts under one key. ``keep``: regular expressions (RE2) of what is never masked, such as the account
    numbers that a watchlist looks for. Immutable, safe in threads."""

    def __init__(self, key: bytes, keep: Sequence[str] = ()) -> None:
        self._key = key
        self._keep = tuple(re2.compile(pattern, _QUIET) for pattern in keep)

    def mask(self, text: str) -> str:
        """The text with every personal datum masked; what is masked already stays as it is."""
        for _ in range(_ROUNDS):
            masked = self._once(text)
            if masked == text:
                break
            text = masked
        return text

    def _once(self, text: str) -> str:
        written, _, origin = folded(text)
        places = personal(written)
        if not places:
            return text
        kept = [found.span() for pattern in self._keep for found in pattern.finditer(text)]
        pieces, behind = [], 0
        for place in places:
            start, end = place.start, place.end
            if origin is not None:
                start, end = int(origin[start]), int(origin[end - 1]) + 1
            if start < behind or any(start < last and first < end for first, last in kept):
                continue
            pieces += [text[behind:start], self._masked(place, text[start:end])]
            behind = end
        return "".join((*pieces, text[behind:]))

    def _masked(self, place: Place, value: str) -> str:
        if place.kind == "birth":
            return re.sub(r"[^\W_]", "*", value)
        token = self._token(place.kind, value)
        if place.kind == "mail":
            return token
        tail = _TAIL.get(place.kind, 0)
        letters = "".join(filter(str.isalnum, plain(value)))
        return f"{token}*{letters[-tail:] if tail else ''}"

    def tokens(self, value: str) -> tuple[str, ...]:
        """The letters that stand for a value in stored texts, as whatever it may have been taken for. A mail
        address stands there with its domain; here are the letters before the sign."""
        bare = value.strip()
        kinds = ["secret"]
        digits = sum(map(str.isdigit, bare))
        if "@" in bare:
            kinds, bare = ["mail"], bare.rpartition("@")[0]
        elif digits >= 6:
            kinds += ["phone", "number", "text"]
        return tuple(dict.fromkeys(self._token(kind, bare) for kind in kinds))

    def _token(self, kind: str, value: str) -> str:
        digest = hmac.digest(
            self._key, f"{kind}\0{_normal(kind, value)}".encode("utf-8", "replace"), hashlib.sha256
        )
        number, letters = int.from_bytes(digest[:8], "big"), ""
        for _ in range(12):
            number, letter = divmod(number, len(_LETTERS))
            letters += _LETTERS[letter]
        return "xq" + letters


def _normal(kind: str, value: str) -> str:
    """A value as it is hashed: the same however it was written."""
    if kind == "secret":
        return value
    written = plain(value)
    if kind == "mail":
        return written
    letters = "".join(char for char in written if char.isalnum())
    return letters[-_PHONE_DIGITS:] if kind == "phone" else letters


def open_masking(privacy: PrivacySettings, data_dir: Path) -> Masking | None:
    """The masking that the settings ask for; None: none. Raises as ``masking_key``."""
    if not privacy.mask:
        return None
    own = privacy.key
    key = bytes.fromhex(own.get_secret_value()) if own else masking_key(data_dir / _KEY_FILE)
    return Masking(key, privacy.keep)


def masking_key(file: Path) -> bytes:
    """The key of this installation, made at first use and readable for its owner only. Two processes that make it at
    once get the same. Raises ``InputError`` where it cannot be read or made, or is no key."""
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=file.parent)  # mode 0600
            with os.fdopen(handle, "w", encoding="ascii") as made:
                made.write(secrets.token_hex(32) + "\n")
            try:
                os.link(name, file)  # whole or not at all; another's stays
            except FileExistsError:
                pass
            finally:
                os.unlink(name)
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        cure = "make it readable for the user of Duskwatch, or set DUSKWATCH_PRIVACY__KEY"
        raise InputError([Problem(str(file), None, "masking key", str(error), cure)]) from None
    if len(key) < 16:
        raise InputError(
            [Problem(str(file), None, "masking key", "is too short", "restore it from your backup")]
        )
    return key
