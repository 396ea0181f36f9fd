"""``duskwatch user``: who may use the console and the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, get_args

import typer

from alerts.channel import Tlp
from config.settings import load_settings
from console import accounts
from console.accounts import Role
from console.cli.output import options, show, table
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
    show(context, asdict(user), f"{user.name} is {user.role.value}")


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
    show(
        context, {"user": name, "disabled": not again}, f"{name} is {'let in again' if again else 'kept out'}"
    )


@app.command()
def token(
    context: typer.Context,
    name: _Name,
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="it runs out after so many days")] = 90,
    role: Annotated[Role, typer.Option(help="what it may do, never more than its user")] = Role.VIEWER,
    note: Annotated[str, typer.Option(help="what it is for")] = "",
) -> None:
    """Make a token for the API; it is shown once."""
    with database(load_settings(options(context).config)) as engine:
        if name not in {user.name for user in accounts.list_users(engine)}:
            raise accounts.AccountRefused(f"there is no user {name!r}")
        made = accounts.grant(
            engine, name, "token", note, role, at=datetime.now(UTC), lasts=timedelta(days=days)
        )
    show(context, {"token": made, "role": role.value, "days": days}, made)
