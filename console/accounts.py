"""Who may use the console and the API: users, their sessions and tokens, and what they may see.

Passwords are kept as ``console/passwords.py`` has them, sessions and tokens as SHA-256 of what the browser or program
holds.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, get_args

import sqlalchemy as sa

from alerts.channel import Tlp
from config.database import UtcDateTime, metadata, reading
from console.passwords import AccountRefused, hashed_password, is_password, never_right, totp_step

user_table = sa.Table(
    "console_user",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("password", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("organisations", sa.JSON, nullable=False),
    sa.Column("tlp", sa.Text, nullable=False),
    sa.Column("totp", sa.Text, nullable=False),
    sa.Column("totp_used", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("locked_until", UtcDateTime),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),  # at an identity provider; "": local
)
session_table = sa.Table(
    "console_session",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, sa.ForeignKey("console_user.name"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # session, token, setup
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column(
        "scopes", sa.JSON, nullable=False, server_default="[]"
    ),  # of a token; none: all that its role may
    sa.Column(
        "id_token", sa.Text, nullable=False, server_default=""
    ),  # of a session that a provider vouched for
)
_FAILURES, _LOCKED = 5, timedelta(minutes=15)
_SEEN = timedelta(minutes=5)  # how exactly it is kept when a session or token was last used
NAMED = 12  # hex digits of a secret's digest that name it in public


class Role(StrEnum):
    """What a user may do, each also what those before it may."""

    VIEWER = "viewer"  # read alerts and search
    ANALYST = "analyst"  # work on alerts, export evidence
    OPERATOR = "operator"  # tune sources and watchlists
    ADMIN = "admin"  # users

    def may(self, needed: Role) -> bool:
        """Whether this role includes another."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class User:
    """Who is asking, and what they may see: alerts of ``organisations`` (none named: all) up to ``tlp``.
    ``subject``: who they are at the identity provider that vouches for them, "" for a local user."""

    name: str
    role: Role
    organisations: tuple[str, ...]
    tlp: Tlp
    second_factor: bool = False
    subject: str = ""

    def sees(self, organisation: str, tlp: str) -> bool:
        """Whether an alert of an organisation with a marking is theirs to see."""
        order = get_args(Tlp)
        low = tlp in order and order.index(tlp) <= order.index(self.tlp)
        return low and (not self.organisations or organisation in self.organisations)

    @property
    def tlps(self) -> tuple[str, ...]:
        """The markings that they may see."""
        order = get_args(Tlp)
        return tuple(order[: order.index(self.tlp) + 1])


@dataclass(frozen=True, slots=True)
class Held:
    """What a session or token gives: the user with the role that it has, its public name, what it is for (empty: all
    that the role may), and the token of the identity provider that vouched for the session."""

    user: User
    name: str
    scopes: tuple[str, ...]
    id_token: str


def add_user(
    database: sa.Engine,
    name: str,
    password: str,
    role: Role,
    *,
    at: datetime,
    organisations: Sequence[str] = (),
    tlp: Tlp = "red",
) -> User:
    """Make a user. Raises ``AccountRefused`` for a name that is there or odd, and for a short password."""
    if not name or len(name) > 64 or not all(char.isalnum() or char in "._@-" for char in name):
        raise AccountRefused(f"{name[:64]!r} is no user name", cure="letters, digits and . _ @ - only")
    values = {
        "name": name,
        "password": hashed_password(password),
        "role": role.value,
        "organisations": list(organisations),
    }
    rest = {"tlp": tlp, "totp": "", "totp_used": 0, "failed": 0, "disabled": False, "created_at": at}
    try:
        with database.begin() as connection:
            connection.execute(sa.insert(user_table).values(values | rest))
    except sa.exc.IntegrityError:
        raise AccountRefused(f"there is a user {name!r} already") from None
    return User(name, role, tuple(organisations), tlp)


def set_password(database: sa.Engine, name: str, password: str) -> None:
    """Give a user another password and end their sessions. Raises ``AccountRefused``."""
    hashed = hashed_password(password)
    with database.begin() as connection:
        query = sa.update(user_table).where(user_table.c.name == name)
        done = connection.execute(query.values(password=hashed, failed=0, locked_until=None))
        if not done.rowcount:
            raise AccountRefused(f"there is no user {name!r}")
        connection.execute(sa.delete(session_table).where(session_table.c.user == name))


def count_failure(database: sa.Engine, row: Any, at: datetime) -> None:
    """A password or code of this row's user was wrong; five of them lock the user for a quarter of an hour."""
    failed = row.failed + 1
    lock = at + _LOCKED if failed >= _FAILURES else None
    with database.begin() as connection:
        here = sa.update(user_table).where(user_table.c.name == row.name)
        connection.execute(here.values(failed=0 if lock else failed, locked_until=lock))


def set_second_factor(database: sa.Engine, name: str, secret: str) -> None:
    """Have a user give a TOTP code of this base32 secret at each log-in; "" asks for none."""
    with database.begin() as connection:
        done = connection.execute(
            sa.update(user_table).where(user_table.c.name == name).values(totp=secret, totp_used=0)
        )
        if not done.rowcount:
            raise AccountRefused(f"there is no user {name!r}")


def change_user(
    database: sa.Engine,
    name: str,
    *,
    role: Role | None = None,
    organisations: Sequence[str] | None = None,
    tlp: Tlp | None = None,
) -> User:
    """Change what a user may do and see, and end their sessions: the next log-in begins with it. None changes nothing.
    Raises ``AccountRefused``."""
    asked = {"role": role.value if role else None, "tlp": tlp}
    values: dict[str, Any] = {column: value for column, value in asked.items() if value is not None}
    if organisations is not None:
        values["organisations"] = list(organisations)
    if not values:
        raise AccountRefused("nothing is to be changed", cure="give a role, organisations or a marking")
    here = user_table.c.name == name
    with database.begin() as connection:
        if not connection.execute(sa.update(user_table).where(here).values(values)).rowcount:
            raise AccountRefused(f"there is no user {name!r}")
        columns = session_table.c
        connection.execute(sa.delete(session_table).where(columns.user == name, columns.kind == "session"))
        return _user(connection.execute(sa.select(user_table).where(here)).one())


def disable_user(database: sa.Engine, name: str, disabled: bool = True) -> None:
    """Keep a user out, with all their sessions and tokens; or let them in again."""
    with database.begin() as connection:
        query = sa.update(user_table).where(user_table.c.name == name).values(disabled=disabled)
        if not connection.execute(query).rowcount:
            raise AccountRefused(f"there is no user {name!r}")
        connection.execute(sa.delete(session_table).where(session_table.c.user == name))


def list_users(database: sa.Engine) -> list[User]:
    """All users by name, those that are kept out left out."""
    query = sa.select(user_table).where(user_table.c.disabled.is_(False)).order_by(user_table.c.name)
    with reading(database) as connection:
        return [_user(row) for row in connection.execute(query)]


def log_in(
    database: sa.Engine, name: str, password: str, code: str, *, at: datetime, lasts: timedelta
) -> tuple[User, str]:
    """Check who it is; the user, and what their browser keeps. Raises ``AccountRefused`` with the same words whatever
    was wrong, after the same work; five failures lock the user for a quarter of an hour."""
    refused = AccountRefused("user, password or code is not right, or the user is locked for 15 minutes")
    with database.begin() as connection:
        row = connection.execute(
            sa.select(user_table).where(user_table.c.name == name).with_for_update()
        ).first()
    right = is_password(row.password if row and row.password else never_right(), password)
    if row is None or row.disabled or row.subject or (row.locked_until and row.locked_until > at):
        raise refused
    step = totp_step(row.totp, code, at) if row.totp else None
    if not right or (row.totp and (step is None or step <= row.totp_used)):
        count_failure(database, row, at)
        raise refused
    with database.begin() as connection:
        here = sa.update(user_table).where(user_table.c.name == name)
        used = {"totp_used": step} if step is not None else {}
        connection.execute(here.values(failed=0, locked_until=None, **used))
    user = _user(row)
    return user, grant(database, user.name, "session", "", user.role, at=at, lasts=lasts)


def grant(
    database: sa.Engine,
    user: str,
    kind: str,
    name: str,
    role: Role,
    *,
    at: datetime,
    lasts: timedelta,
    scopes: Sequence[str] = (),
    id_token: str = "",
) -> str:
    """Give out a session or token of a user that runs out; what its holder keeps, which is stored nowhere. ``scopes``:
    what a token is for (``console/tokens.py``), none: all that its role may."""
    secret = secrets.token_urlsafe(32)
    values: dict[str, Any] = {
        "hash": digest(secret),
        "user": user,
        "kind": kind,
        "name": name,
        "role": role.value,
    }
    values |= {"scopes": list(scopes), "id_token": id_token}
    times = {"created_at": at, "seen_at": at, "expires_at": at + lasts}
    with database.begin() as connection:
        connection.execute(sa.insert(session_table).values(values | times))
    return secret


def who_holds(database: sa.Engine, secret: str, kind: str, at: datetime) -> User | None:
    """The user of a session or token that has not run out; a token may have less than its user's role."""
    found = held(database, secret, kind, at)
    return found.user if found else None


def held(database: sa.Engine, secret: str, kind: str, at: datetime) -> Held | None:
    """What the holder of a session or token that has not run out may do; writes down about when it was last used."""
    columns = session_table.c
    query = (
        sa.select(
            user_table,
            columns.role.label("granted"),
            columns.hash,
            columns.scopes,
            columns.seen_at,
            columns.id_token,
        )
        .join(session_table, columns.user == user_table.c.name)
        .where(
            columns.hash == digest(secret),
            columns.kind == kind,
            columns.expires_at > at,
            user_table.c.disabled.is_(False),
        )
    )
    with reading(database) as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    if at - row.seen_at > _SEEN:
        with database.begin() as connection:
            here = columns.hash == row.hash
            connection.execute(sa.update(session_table).where(here).values(seen_at=at))
    granted, own = Role(row.granted), Role(row.role)
    user = _user(row, granted if own.may(granted) else own)
    return Held(user, row.hash[:NAMED], tuple(row.scopes), row.id_token)


def end_session(database: sa.Engine, secret: str) -> None:
    """End a session or token."""
    with database.begin() as connection:
        connection.execute(sa.delete(session_table).where(session_table.c.hash == digest(secret)))


def csrf_of(secret: str) -> str:
    """The word that every form of a session carries: another site cannot know it."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def is_empty(database: sa.Engine) -> bool:
    """Whether there is no user yet."""
    with reading(database) as connection:
        return connection.scalar(sa.select(user_table.c.name).limit(1)) is None


def digest(secret: str) -> str:
    """What is stored in place of a secret of a session or token."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _user(row: Any, role: Role | None = None) -> User:
    return User(
        row.name, role or Role(row.role), tuple(row.organisations), row.tlp, bool(row.totp), row.subject
    )
