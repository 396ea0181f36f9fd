"""Logging in and out, the first admin, the own password and second factor."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from console.accounts import Role, add_user, end_session, is_empty, log_in
from console.audit import audited
from console.oidc import Provider
from console.passwords import AccountRefused
from console.web.guard import (
    COOKIE,
    Here,
    Someone,
    count_try,
    origin,
    own_form,
    own_path,
    set_session,
    write_down,
)
from console.web.pages.sso import label
from console.web.rendering import page
from console.web.words import LANGUAGES

router = APIRouter(include_in_schema=False)
_Word = Annotated[str, Form(max_length=1000)]


@router.get("/login")
def login_page(request: Request, here: Here, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """The form to log in."""
    return page(request, here, None, "login.html", next=own_path(next), fault="", sso=label(here))


@router.post("/login")
def login(
    request: Request,
    here: Here,
    user: _Word,
    password: _Word,
    code: _Word = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Log in: a new session, whatever the browser held before."""
    count_try(request)
    lasts = timedelta(hours=here.settings.web.session_hours)
    try:
        found, secret = log_in(here.engine, user, password, code, at=here.now(), lasts=lasts)
    except AccountRefused as refused:
        audited(here.engine, here.now(), user[:64], "log-in refused", "", origin(request))
        return page(
            request, here, None, "login.html", 401, next=own_path(next), fault=str(refused), sso=label(here)
        )
    if before := request.cookies.get(COOKIE):
        end_session(here.engine, before)
    audited(here.engine, here.now(), found.name, "logged in", "", origin(request))
    response = RedirectResponse(own_path(next), 303)
    set_session(request, here.settings.web.https, response, secret, lasts)
    return response


@router.post("/logout", dependencies=[Depends(own_form)])
def logout(request: Request, here: Here, who: Someone) -> Response:
    """End the session, and the one at the identity provider that vouched for it."""
    end_session(here.engine, who.secret)
    write_down(here, who, "logged out")
    provider: Provider | None = request.app.state.provider
    there = provider.end_session_url(who.id_token) if provider and who.id_token else ""
    # a form may lead to this console only: the page that it leads to goes on by itself
    onward = page(request, here, None, "onward.html", title=who.user.name, to=there) if there else None
    response: Response = onward or RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/setup")
def setup_page(request: Request, here: Here, word: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The form that makes the first admin, for whoever has the word from the terminal."""
    _check_word(request, here, word)
    return page(request, here, None, "setup.html", word=word, fault="")


@router.post("/setup")
def setup(request: Request, here: Here, word: _Word, user: _Word, password: _Word) -> Response:
    """Make the first admin; the word is then worth nothing."""
    _check_word(request, here, word)
    try:
        add_user(here.engine, user, password, Role.ADMIN, at=here.now())
    except AccountRefused as refused:
        return page(request, here, None, "setup.html", 400, word=word, fault=str(refused))
    request.app.state.setup = ""
    audited(here.engine, here.now(), user, "first admin made", "", origin(request))
    return RedirectResponse("/login", 303)


@router.post("/language")
def language(to: _Word, back: _Word = "/") -> Response:
    """Choose the language of the console."""
    response = RedirectResponse(own_path(back), 303)
    if to in LANGUAGES:
        response.set_cookie("duskwatch_language", to, 365 * 86_400, httponly=True, samesite="strict")
    return response


def _check_word(request: Request, here: Here, word: str) -> None:
    wanted = request.app.state.setup
    if not wanted or not is_empty(here.engine) or not hmac.compare_digest(word.encode(), wanted.encode()):
        raise HTTPException(404, "there is no such page")
