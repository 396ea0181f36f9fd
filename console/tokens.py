"""Tokens for programs: what each is for, whose it is, and until when. Each is shown once and stored as its digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from config.database import reading
from console.accounts import NAMED, Role, User, grant, session_table
from console.audit import audited
from console.passwords import AccountRefused

_MOST = 50  # tokens of one user


class Scope(StrEnum):
    """What a token is for. Its role must allow it as well."""

    ALERTS_READ = "alerts:read"
    ALERTS_WRITE = "alerts:write"
    EVIDENCE = "evidence:read"
    POSTS = "posts:read"
    WATCHES = "watches:read"
    WATCHES_WRITE = "watches:write"
    SOURCES = "sources:read"
    SOURCES_WRITE = "sources:write"
    FIGURES = "figures:read"
    AUDIT = "audit:read"
    TOKENS = "tokens:write"


#: The role without which a scope is worth nothing.
NEEDS = {
    Scope.ALERTS_WRITE: Role.ANALYST,
    Scope.EVIDENCE: Role.ANALYST,
    Scope.WATCHES_WRITE: Role.OPERATOR,
    Scope.SOURCES_WRITE: Role.OPERATOR,
    Scope.AUDIT: Role.ADMIN,
}


@dataclass(frozen=True, slots=True)
class Token:
    """A token as everybody may know it. ``id``: its public name; ``scopes``: none means all that its role may."""

    id: str
    user: str
    note: str
    role: Role
    scopes: tuple[Scope, ...]
    created_at: datetime
    used_at: datetime
    expires_at: datetime


def make_token(
    database: sa.Engine,
    user: User,
    *,
    note: str,
    role: Role,
    scopes: Sequence[Scope],
    lasts: timedelta,
    at: datetime,
    origin: str,
) -> str:
    """Give a user a token with at most their own role; what its holder keeps, which is stored nowhere. Raises
    ``AccountRefused`` for more than the user may, and for too many tokens."""
    if not user.role.may(role):
        raise AccountRefused(
            f"{user.name} has the role {user.role.value}, and no token has more than its user"
        )
    for scope in scopes:
        if not role.may(NEEDS.get(scope, Role.VIEWER)):
            raise AccountRefused(
                f"{scope.value} needs the role {NEEDS[scope].value}", cure="give the token that role"
            )
    if len(tokens_of(database, user.name, at)) >= _MOST:
        raise AccountRefused(f"{user.name} has {_MOST} tokens", cure="revoke one")
    named = [scope.value for scope in scopes]
    secret = grant(database, user.name, "token", note[:200], role, at=at, lasts=lasts, scopes=named)
    said = f"{role.value}; {', '.join(named) or 'all that the role may'}; {lasts / timedelta(days=1):g} days"
    audited(database, at, user.name, "token made", f"{said}; {note[:200]}", origin)
    return secret


def tokens_of(database: sa.Engine, user: str, at: datetime) -> list[Token]:
    """A user's tokens that have not run out, the newest first."""
    columns = session_table.c
    mine = (columns.user == user, columns.kind == "token", columns.expires_at > at)
    query = sa.select(session_table).where(*mine).order_by(columns.created_at.desc(), columns.hash)
    with reading(database) as connection:
        return [
            Token(
                row.hash[:NAMED],
                row.user,
                row.name,
                Role(row.role),
                tuple(Scope(one) for one in row.scopes),
                row.created_at,
                row.seen_at,
                row.expires_at,
            )
            for row in connection.execute(query)
        ]


def revoke(database: sa.Engine, user: str, token: str, *, by: str, at: datetime, origin: str) -> bool:
    """End a user's token by its public name; False where there is none."""
    if len(token) != NAMED:
        return False
    columns = session_table.c
    mine = (columns.user == user, columns.kind == "token", columns.hash.startswith(token, autoescape=True))
    with database.begin() as connection:
        done = connection.execute(sa.delete(session_table).where(*mine)).rowcount
    if done:
        audited(database, at, by, "token revoked", f"{user}: {token}", origin)
    return bool(done)
