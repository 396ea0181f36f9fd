"""``duskwatch user``: who may use the console and the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, get_args

import sqlalchemy as sa
import typer

from alerts.channel import Tlp
from config.settings import load_settings
from console import accounts
from console.accounts import Role, User
from console.audit import audited
from console.cli.output import options, show, table
from console.cli.people import me
from console.passwords import AccountRefused
from console.tokens import Scope, make_token, revoke, tokens_of
from console.wiring import database

app = typer.Typer(
    name="user",
    help="Users of the console, their passwords, second factors and tokens.",
    no_args_is_help=True,
)
_Name = Annotated[str, typer.Argument(help="the user's name")]
_Password = Annotated[
    str,
    typer.Option(
        prompt=True, confirmation_prompt=True, hide_input=True, help="asked for where it is not given"
    ),
]


@app.command()
def add(
    context: typer.Context,
    name: _Name,
    password: _Password,
    role: Annotated[Role, typer.Option(help="what they may do")] = Role.ANALYST,
    organisation: Annotated[
        list[str] | None, typer.Option(help="they see alerts of this one only; may be given again; none: all")
    ] = None,
    tlp: Annotated[str, typer.Option(help="the highest marking that they see")] = "red",
) -> None:
    """Make a user."""
    if tlp not in get_args(Tlp):
        raise typer.BadParameter(f"--tlp is one of {', '.join(get_args(Tlp))}")
    marking: Tlp = tlp  # type: ignore[assignment]
    with database(load_settings(options(context).config)) as engine:
        user = accounts.add_user(
            engine, name, password, role, at=datetime.now(UTC), organisations=organisation or (), tlp=marking
        )
        _write_down(engine, "user made", f"{name}: {_told(user)}")
    show(context, asdict(user), f"{user.name} is {_told(user)}")


@app.command("list")
def list_(context: typer.Context) -> None:
    """All users."""
    with database(load_settings(options(context).config)) as engine:
        rows = [asdict(user) for user in accounts.list_users(engine)]
    show(context, rows, table(rows, ("name", "role", "organisations", "tlp", "second_factor"), "no users"))


@app.command()
def password(context: typer.Context, name: _Name, password: _Password) -> None:
    """Give a user another password; their sessions and tokens end."""
    with database(load_settings(options(context).config)) as engine:
        accounts.set_password(engine, name, password)
        _write_down(engine, "password set", name)
    show(context, {"user": name}, f"{name} has another password")


@app.command()
def totp(
    context: typer.Context,
    name: _Name,
    off: Annotated[bool, typer.Option("--off", help="ask for no code")] = False,
) -> None:
    """Have a user give a code of an authenticator at each log-in; prints what to scan, once."""
    import pyotp

    secret = "" if off else pyotp.random_base32()
    with database(load_settings(options(context).config)) as engine:
        accounts.set_second_factor(engine, name, secret)
        _write_down(engine, "second factor set" if secret else "second factor taken away", name)
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Duskwatch") if secret else ""
    show(context, {"user": name, "uri": uri}, uri or f"{name} gives no code")


@app.command()
def disable(
    context: typer.Context,
    name: _Name,
    again: Annotated[bool, typer.Option("--again", help="let them in again")] = False,
) -> None:
    """Keep a user out at once."""
    with database(load_settings(options(context).config)) as engine:
        accounts.disable_user(engine, name, not again)
        _write_down(engine, "user let in again" if again else "user kept out", name)
    show(
        context, {"user": name, "disabled": not again}, f"{name} is {'let in again' if again else 'kept out'}"
    )


@app.command()
def change(
    context: typer.Context,
    name: _Name,
    role: Annotated[Role | None, typer.Option(help="what they may do from now on")] = None,
    organisation: Annotated[
        list[str] | None, typer.Option(help="they see alerts of these only; may be given again")
    ] = None,
    everything: Annotated[bool, typer.Option("--all-organisations", help="they see all")] = False,
    tlp: Annotated[str | None, typer.Option(help="the highest marking that they see")] = None,
) -> None:
    """Change what a user may do and see; their sessions end."""
    if tlp is not None and tlp not in get_args(Tlp):
        raise typer.BadParameter(f"--tlp is one of {', '.join(get_args(Tlp))}")
    marking: Tlp | None = tlp  # type: ignore[assignment]
    seen: list[str] | None = [] if everything else organisation
    with database(load_settings(options(context).config)) as engine:
        user = accounts.change_user(engine, name, role=role, organisations=seen, tlp=marking)
        _write_down(engine, "user changed", f"{name}: {_told(user)}")
    show(context, asdict(user), f"{user.name} is {_told(user)}")


@app.command()
def token(
    context: typer.Context,
    name: _Name,
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="it runs out after so many days")] = 90,
    role: Annotated[Role, typer.Option(help="what it may do, never more than its user")] = Role.VIEWER,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="what it is for; may be given again; none: all that its role may"),
    ] = None,
    note: Annotated[str, typer.Option(help="what it is for, in words")] = "",
) -> None:
    """Make a token for the API; it is shown once."""
    with database(load_settings(options(context).config)) as engine:
        user = _user(engine, name)
        made = make_token(
            engine,
            user,
            note=note,
            role=role,
            scopes=scope or (),
            lasts=timedelta(days=days),
            at=datetime.now(UTC),
            origin=me().origin,
        )
    value = {"token": made, "role": role.value, "scopes": [one.value for one in scope or ()], "days": days}
    show(context, value, made)


@app.command()
def tokens(context: typer.Context, name: _Name) -> None:
    """A user's tokens, without their secrets."""
    with database(load_settings(options(context).config)) as engine:
        found = tokens_of(engine, _user(engine, name).name, datetime.now(UTC))
    rows = [
        asdict(one) | {"scopes": ", ".join(scope.value for scope in one.scopes) or "all"} for one in found
    ]
    columns = ("id", "note", "role", "scopes", "used_at", "expires_at")
    show(context, found, table(rows, columns, "no tokens"))


@app.command("revoke")
def revoke_(
    context: typer.Context,
    name: _Name,
    token: Annotated[str, typer.Argument(help="its id, as `user tokens` shows it")],
) -> None:
    """End a user's token at once."""
    with database(load_settings(options(context).config)) as engine:
        by = me()
        if not revoke(engine, name, token, by=by.who, at=datetime.now(UTC), origin=by.origin):
            raise AccountRefused(f"{name} has no token {token!r}", cure=f"duskwatch user tokens {name}")
    show(context, {"revoked": token}, f"{token} is worth nothing any more")


def _user(engine: sa.Engine, name: str) -> User:
    found = next((user for user in accounts.list_users(engine) if user.name == name), None)
    if found is None:
        raise AccountRefused(f"there is no user {name!r}")
    return found


def _told(user: User) -> str:
    seen = ", ".join(user.organisations) or "all organisations"
    return f"{user.role.value}, sees {seen} up to TLP:{user.tlp.upper()}"


def _write_down(engine: sa.Engine, what: str, detail: str) -> None:
    by = me()
    audited(engine, datetime.now(UTC), by.who, what, detail, by.origin)
