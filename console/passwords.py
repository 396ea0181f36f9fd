"""Passwords, kept as argon2id, and codes of a second factor (TOTP, RFC 6238)."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from config.errors import StopError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST_PASSWORD = 12


class AccountRefused(StopError):
    """A user, password or token is not accepted."""

    exit_code = 2


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # argon2id by its defaults, RFC 9106

    return PasswordHasher()


def hashed_password(password: str) -> str:
    """What is kept of a password. Raises ``AccountRefused`` for a short one."""
    if len(password) < LEAST_PASSWORD:
        raise AccountRefused(f"the password is shorter than {LEAST_PASSWORD} characters")
    return _hasher().hash(password[:1000])


@cache
def never_right() -> str:
    """The hash of a password that nobody has: to check against it takes as long as against a user's."""
    return _hasher().hash(secrets.token_hex(16))


def is_password(hashed: str, password: str) -> bool:
    """Whether it is the one that was hashed."""
    from argon2.exceptions import VerificationError

    try:
        return _hasher().verify(hashed, password[:1000])
    except VerificationError:
        return False


def totp_step(secret: str, code: str, at: datetime) -> int | None:
    """The half minute whose code it is, one before and after included; None when it is of none."""
    import pyotp

    totp, now = pyotp.TOTP(secret), int(at.timestamp()) // 30
    digits = code.replace(" ", "")
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(totp.generate_otp(step), digits):
            return step
    return None
