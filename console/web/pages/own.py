"""The own account: password, second factor, tokens for programs, other sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from console.accounts import Role
from console.own_account import (
    change_password,
    confirm_second_factor,
    end_other_sessions,
    new_second_factor,
)
from console.passwords import AccountRefused
from console.tokens import NEEDS, Scope, make_token, revoke, tokens_of
from console.web.context import Context
from console.web.guard import Asker, Here, Someone, own_form, write_down
from console.web.rendering import page

router = APIRouter(prefix="/account", include_in_schema=False)
_Word = Annotated[str, Form(max_length=1000)]
_FORM = [Depends(own_form)]


@router.get("")
def account(request: Request, here: Here, who: Someone) -> Response:
    """Who one is here, and one's tokens."""
    return _shown(request, here, who)


@router.post("/password", dependencies=_FORM)
def password(request: Request, here: Here, who: Someone, old: _Word, new: _Word) -> Response:
    """Another password; other sessions and tokens end."""
    try:
        change_password(here.engine, who.user.name, old, new, keep=who.secret, at=here.now())
    except AccountRefused as refused:
        write_down(here, who, "password not changed")
        return _shown(request, here, who, str(refused), 400)
    write_down(here, who, "password changed")
    return _shown(request, here, who, "The password was changed; other sessions and tokens ended.")


@router.post("/code", dependencies=_FORM)
def code(request: Request, here: Here, who: Someone, secret: _Word, code: _Word, password: _Word) -> Response:
    """Ask for a code at each log-in from now on, once one was given."""
    try:
        confirm_second_factor(here.engine, who.user.name, password, secret, code, at=here.now())
    except AccountRefused as refused:
        return _shown(request, here, who, str(refused), 400)
    write_down(here, who, "second factor set")
    return RedirectResponse("/account", 303)


@router.post("/sessions", dependencies=_FORM)
def sessions(request: Request, here: Here, who: Someone) -> Response:
    """End every other session."""
    count = end_other_sessions(here.engine, who.user.name, keep=who.secret)
    write_down(here, who, "other sessions ended", str(count))
    return _shown(request, here, who, "Other sessions ended.")


@router.post("/tokens", dependencies=_FORM)
def token(
    request: Request,
    here: Here,
    who: Someone,
    note: Annotated[str, Form(max_length=200)] = "",
    role: Annotated[Role, Form()] = Role.VIEWER,
    days: Annotated[int, Form(ge=1, le=366)] = 90,
    scope: Annotated[list[Scope], Form(max_length=20)] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """A token, shown this once."""
    try:
        secret = make_token(
            here.engine,
            who.user,
            note=note,
            role=role,
            scopes=scope,
            lasts=timedelta(days=days),
            at=here.now(),
            origin=who.origin,
        )
    except AccountRefused as refused:
        return _shown(request, here, who, str(refused), 400)
    return _shown(request, here, who, made=secret)


@router.post("/tokens/{token}", dependencies=_FORM)
def end(here: Here, who: Someone, token: str) -> Response:
    """Revoke a token of one's own."""
    name = who.user.name
    if not revoke(here.engine, name, token, by=name, at=here.now(), origin=who.origin):
        raise HTTPException(404, f"you have no token {token[:20]!r}")
    return RedirectResponse("/account", 303)


def _shown(
    request: Request, here: Context, who: Asker, said: str = "", status: int = 200, made: str = ""
) -> Response:
    secret, uri = ("", "") if who.user.subject or who.user.second_factor else new_second_factor(who.user.name)
    return page(
        request,
        here,
        who,
        "account.html",
        status,
        said=said,
        bad=status >= 400,
        made=made,
        tokens=tokens_of(here.engine, who.user.name, here.now()),
        scopes=[(scope, NEEDS.get(scope, Role.VIEWER)) for scope in Scope],
        roles=[role for role in Role if who.user.role.may(role)],
        secret=secret,
        uri=uri,
    )
