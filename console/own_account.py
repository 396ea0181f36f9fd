"""What users do to their own account: another password, a second factor, the end of other sessions."""

from __future__ import annotations

import re
from datetime import datetime

import sqlalchemy as sa

from config.database import reading
from console.accounts import count_failure, digest, session_table, set_second_factor, user_table
from console.passwords import AccountRefused, hashed_password, is_password, totp_step


def change_password(database: sa.Engine, name: str, old: str, new: str, *, keep: str, at: datetime) -> None:
    """A user changes their own password, which they must know; all their sessions and tokens end but ``keep``. Raises
    ``AccountRefused``; wrong ones count as failed log-ins."""
    _prove(database, name, old, at)
    hashed = hashed_password(new)
    columns = session_table.c
    with database.begin() as connection:
        here = user_table.c.name == name
        connection.execute(sa.update(user_table).where(here).values(password=hashed))
        others = (columns.user == name, columns.hash != digest(keep))
        connection.execute(sa.delete(session_table).where(*others))


def new_second_factor(name: str) -> tuple[str, str]:
    """A secret for a user's authenticator, and the address by which it takes it."""
    import pyotp

    secret = pyotp.random_base32()
    return secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Duskwatch")


def confirm_second_factor(
    database: sa.Engine, name: str, password: str, secret: str, code: str, *, at: datetime
) -> None:
    """A user sets their second factor, having shown that their authenticator has it. Raises ``AccountRefused``."""
    if not re.fullmatch("[A-Z2-7]{16,64}", secret):
        raise AccountRefused("this is no secret of an authenticator")
    _prove(database, name, password, at)
    if totp_step(secret, code, at) is None:
        raise AccountRefused("the code is not right", cure="check the clock of the device that made it")
    set_second_factor(database, name, secret)


def end_other_sessions(database: sa.Engine, name: str, *, keep: str) -> int:
    """End a user's sessions but this one; how many. Tokens stay."""
    columns = session_table.c
    others = (columns.user == name, columns.kind == "session", columns.hash != digest(keep))
    with database.begin() as connection:
        return int(connection.execute(sa.delete(session_table).where(*others)).rowcount)


def _prove(database: sa.Engine, name: str, password: str, at: datetime) -> None:
    """That it is the user who asks: a password that is wrong counts as a failed log-in. Raises ``AccountRefused``."""
    here = user_table.c.name == name
    with reading(database) as connection:
        row = connection.execute(sa.select(user_table).where(here)).first()
    refused = AccountRefused("the password is not right, or the user is locked for 15 minutes")
    if row is None or not row.password or (row.locked_until and row.locked_until > at):
        raise refused
    if not is_password(row.password, password):
        count_failure(database, row, at)
        raise refused
