"""Logging in by an identity provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from config.errors import DuskwatchError
from console.accounts import end_session, grant
from console.admission import SignInRefused, admit, entitled
from console.audit import audited
from console.oidc import Provider, ProviderAway
from console.web.guard import COOKIE, Here, count_try, origin, own_path, set_session
from console.web.rendering import page

router = APIRouter(prefix="/oidc", include_in_schema=False)
_COOKIE = "duskwatch_sign_in"  # what tells the browser that a log-in was begun in
_Word = Annotated[str, Query(max_length=4000)]


@router.get("/start")
def start(request: Request, here: Here, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """To the provider's log-in."""
    provider = _provider(request)
    count_try(request)
    try:
        begun = provider.begin(here.engine, own_path(next), here.now())
    except (ProviderAway, SignInRefused) as error:
        return _refused(request, here, "", error)
    response = RedirectResponse(begun.url, 303)
    secure = request.url.scheme == "https" or here.settings.web.https
    # lax: the provider's answer comes from another site, and must find it
    response.set_cookie(
        _COOKIE, begun.browser, 600, path="/oidc", httponly=True, samesite="lax", secure=secure
    )
    return response


@router.get("/callback")
def callback(
    request: Request,
    here: Here,
    state: _Word = "",
    code: _Word = "",
    iss: _Word | None = None,
    error: _Word = "",
    error_description: _Word = "",
) -> Response:
    """Back from the provider: a new session for whomever it vouches for."""
    provider = _provider(request)
    count_try(request)
    browser = request.cookies.get(_COOKIE, "")
    name = ""
    try:
        if error or not code:
            said = f"{error} {error_description}".strip()[:300] or "no code"
            raise SignInRefused(f"the provider says: {said}")
        vouched = provider.end(
            here.engine, state=state, code=code, browser=browser, issuer=iss, at=here.now()
        )
        name = str(vouched.claims.get(here.settings.oidc.name_claim, ""))[:64]
        user = admit(here.engine, entitled(here.settings.oidc, vouched.claims), here.now())
    except (ProviderAway, SignInRefused) as refused:
        return _refused(request, here, name, refused)
    if before := request.cookies.get(COOKIE):
        end_session(here.engine, before)
    lasts = timedelta(hours=here.settings.web.session_hours)
    secret = grant(
        here.engine,
        user.name,
        "session",
        "",
        user.role,
        at=here.now(),
        lasts=lasts,
        id_token=vouched.id_token,
    )
    audited(
        here.engine, here.now(), user.name, "logged in", f"by {here.settings.oidc.issuer}", origin(request)
    )
    # a redirect would still belong to the other site's navigation, and the browser would keep the session's cookie back
    response = page(request, here, None, "onward.html", title=user.name, to=own_path(vouched.next))
    set_session(request, here.settings.web.https, response, secret, lasts)
    response.delete_cookie(_COOKIE, path="/oidc")
    return response


def _provider(request: Request) -> Provider:
    found: Provider | None = request.app.state.provider
    if found is None:
        raise HTTPException(404, "no identity provider is set")
    return found


def _refused(request: Request, here: Here, name: str, error: DuskwatchError) -> Response:
    audited(here.engine, here.now(), name, "log-in refused", str(error), origin(request))
    status = 503 if isinstance(error, ProviderAway) else 403
    answer = page(request, here, None, "login.html", status, next="/", fault=str(error), sso=label(here))
    answer.delete_cookie(_COOKIE, path="/oidc")
    return answer


def label(here: Here) -> str:
    """What the button of the log-in says; "" where no provider is set."""
    return here.settings.oidc.label if here.settings.oidc.issuer else ""
