"""Who comes in by an identity provider: what its claims give a user, and the user that is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import sqlalchemy as sa

from alerts.channel import Tlp
from config.errors import StopError
from config.settings import OidcSettings
from console.accounts import Role, User, session_table, user_table


class SignInRefused(StopError):
    """The identity provider does not vouch for anybody whom this console knows."""


@dataclass(frozen=True, slots=True)
class Entitled:
    """What claims give a user."""

    subject: str
    name: str
    role: Role
    organisations: tuple[str, ...]
    tlp: Tlp


def entitled(settings: OidcSettings, claims: Mapping[str, Any]) -> Entitled:
    """What the claims give by the settings: the highest role and marking of all groups, and the organisations of each.
    Raises ``SignInRefused`` for whoever gets nothing."""
    groups = _groups(claims, settings.groups_claim)
    roles = [Role(settings.roles[group]) for group in groups if group in settings.roles]
    if settings.default_role:
        roles.append(Role(settings.default_role))
    if not roles:
        raise SignInRefused(
            "no group of yours has a role here", cure="an admin of the provider or of oidc.roles"
        )
    organisations = {each for group in groups for each in settings.organisations.get(group, ())}
    if settings.organisations and not organisations:
        raise SignInRefused(
            "no group of yours sees an organisation here", cure="an admin of oidc.organisations"
        )
    order = get_args(Tlp)
    markings = [settings.tlp[group] for group in groups if group in settings.tlp]
    marking = max([settings.default_tlp, *markings], key=order.index)
    name = str(claims.get(settings.name_claim) or "")
    if not name or len(name) > 64 or not all(char.isalnum() or char in "._@-" for char in name):
        raise SignInRefused(
            f"the claim {settings.name_claim} gives no usable name", cure="set oidc.name_claim"
        )
    seen = () if "*" in organisations else tuple(sorted(organisations))
    subject = f"{settings.issuer} {claims['sub']}"
    return Entitled(subject, name, max(roles, key=list(Role).index), seen, marking)


def admit(database: sa.Engine, who: Entitled, at: datetime) -> User:
    """The user whom a provider vouches for, made or changed to what the claims give by now; sessions with another role
    end. Raises ``SignInRefused`` for who is kept out, and for a name that somebody else has."""
    columns = user_table.c
    given = {"role": who.role.value, "organisations": list(who.organisations), "tlp": who.tlp}
    with database.begin() as connection:
        row = connection.execute(
            sa.select(user_table).where(columns.subject == who.subject).with_for_update()
        ).first()
        if row is None:
            if connection.scalar(sa.select(columns.name).where(columns.name == who.name)) is not None:
                raise SignInRefused(
                    f"{who.name!r} is somebody else's name here", cure="an admin must rename one"
                )
            none = {"password": "", "totp": "", "totp_used": 0, "failed": 0, "disabled": False}
            made = {"name": who.name, "subject": who.subject, "created_at": at}
            connection.execute(sa.insert(user_table).values(given | none | made))
            return User(who.name, who.role, who.organisations, who.tlp, subject=who.subject)
        if row.disabled:
            raise SignInRefused(f"{row.name} is kept out", cure="an admin: duskwatch user disable --again")
        if (row.role, list(row.organisations), row.tlp) != (
            given["role"],
            given["organisations"],
            given["tlp"],
        ):
            connection.execute(sa.update(user_table).where(columns.name == row.name).values(given))
            theirs = (session_table.c.user == row.name, session_table.c.kind == "session")
            connection.execute(sa.delete(session_table).where(*theirs))
        return User(row.name, who.role, who.organisations, who.tlp, subject=who.subject)


def _groups(claims: Mapping[str, Any], name: str) -> Sequence[str]:
    """A claim of groups, also one within others: ``realm_access.roles``."""
    value: Any = claims.get(name)
    if value is None and "." in name:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return [value]
    return [str(each) for each in value] if isinstance(value, list | tuple) else []
