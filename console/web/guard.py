"""Who may ask what: sessions, tokens, forms of our own, roles, and the headers of every answer."""

from __future__ import annotations

import hmac
import math
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts.handling import Actor
from console.accounts import Role, User, csrf_of, held
from console.audit import audited
from console.web.context import Context
from console.web.limits import Limiter
from console.web.scope import SeenContext

_log = structlog.get_logger()
COOKIE = "duskwatch_session"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}
_MOST_FORM = 1_000_000  # bytes
_TRIES, _WINDOW = 30, timedelta(minutes=5)  # log-ins from one address
_API = "/api/"
_NUMBER = re.compile(r"[A-Za-z0-9._-]{8,64}").fullmatch


class LogInFirst(Exception):
    """The page wants a user."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the user, the secret of their session or token, and from where. ``name`` is its public name, ``scopes``
    what a token is for (empty: all that its role may), ``id_token`` what an identity provider vouched with."""

    user: User
    secret: str = field(repr=False)
    origin: str
    name: str = ""
    scopes: tuple[str, ...] = ()
    id_token: str = field(default="", repr=False)

    @property
    def csrf(self) -> str:
        """The word of this session's forms."""
        return csrf_of(self.secret)

    @property
    def actor(self) -> Actor:
        """As alerts write them down."""
        return Actor(self.user.name, self.origin)


def whole(request: Request) -> Context:
    """The console's context, as nobody but the console itself sees it."""
    found: Context = request.app.state.context
    return found


Everything = Annotated[Context, Depends(whole)]


def origin(request: Request) -> str:
    """From where a request comes."""
    by = "API" if request.url.path.startswith(_API) else "console"
    return f"{by}, {address(request)}"


def address(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else "unknown"


def holder(request: Request, here: Everything) -> Asker | None:
    """Who holds the session of a page's request or the token of a program's; None where neither is good. Whoever asks
    too often is told to wait."""
    if request.url.path.startswith(_API):
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        kind, secret = "token", secret.strip() if scheme.lower() == "bearer" else ""
    else:
        kind, secret = "session", request.cookies.get(COOKIE, "")
    found = held(here.engine, secret, kind, here.now()) if secret else None
    limiter: Limiter = request.app.state.limiter
    wait = limiter.take(f"user {found.user.name}" if found else f"address {address(request)}")
    if wait:
        raise HTTPException(
            429, "too many requests; wait a moment", headers={"Retry-After": str(math.ceil(wait))}
        )
    if found is None:
        return None
    return Asker(found.user, secret, origin(request), found.name, found.scopes, found.id_token)


Holder = Annotated[Asker | None, Depends(holder)]


def context(here: Everything, who: Holder) -> Context:
    """The console's context as whoever asks sees it: what is not theirs to see is not in its store."""
    if who is None:
        return here

    def told(query: str) -> None:
        if here.settings.web.audit_searches:
            write_down(here, who, "searched", query)

    return SeenContext(here, who.user, told)


Here = Annotated[Context, Depends(context)]


def asker(who: Holder) -> Asker:
    """The user of the session. Raises ``LogInFirst``."""
    if who is None:
        raise LogInFirst
    return who


Someone = Annotated[Asker, Depends(asker)]


def needs(role: Role) -> Callable[..., Asker]:
    """A dependency: the asker, who has at least this role; 403 else."""

    def check(who: Someone) -> Asker:
        if not who.user.role.may(role):
            raise HTTPException(403, f"this needs the role {role.value}")
        return who

    check.role = role  # type: ignore[attr-defined]  # what the tests read off each route
    return check


Analyst = Annotated[Asker, Depends(needs(Role.ANALYST))]
Operator = Annotated[Asker, Depends(needs(Role.OPERATOR))]


async def own_form(request: Request) -> None:
    """A dependency of every form that is sent: it must be one of this session's own; 403 else."""
    form = await request.form(max_fields=2000, max_files=0, max_part_size=_MOST_FORM)
    secret = request.cookies.get(COOKIE, "")
    if not secret or not hmac.compare_digest(str(form.get("csrf", "")).encode(), csrf_of(secret).encode()):
        raise HTTPException(403, "this form is not of this session; load the page again")


class Tries:
    """How often an address tried to log in."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, list[float]] = OrderedDict()

    def allow(self, address: str, now: float) -> bool:
        """Count a try; False when there were too many."""
        recent = [at for at in self._seen.pop(address, []) if now - at < _WINDOW.total_seconds()]
        self._seen[address] = [*recent, now]
        while len(self._seen) > 10_000:
            self._seen.popitem(last=False)
        return len(recent) < _TRIES


def count_try(request: Request) -> None:
    """429 where too many log-ins came from this address."""
    tries: Tries = request.app.state.tries
    if not tries.allow(address(request), time.monotonic()):
        wait = {"Retry-After": str(int(_WINDOW.total_seconds()))}
        raise HTTPException(429, "too many log-ins from your address; wait five minutes", headers=wait)


class Guard:
    """Middleware: every answer carries the headers that keep a browser to this console alone, and the number by which
    the log names the request. What nobody foresaw is logged, and told without its details by ``broken``."""

    def __init__(self, app: ASGIApp, broken: Callable[[Request], Response]) -> None:
        self._app = app
        self._broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = _number(scope)
        scope.setdefault("state", {})["request_id"] = number
        quiet = not scope["path"].startswith("/static/")
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = number
                if quiet:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception:  # the last place where it can be told
            _log.exception("a request broke", request=number, path=scope["path"])
            if begun:
                raise
            await self._broken(Request(scope))(scope, receive, sent)


def _number(scope: Scope) -> str:
    """The caller's own number of the request where it is a plain one, else a new one."""
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if _NUMBER(given) else secrets.token_hex(8)


def to_log_in(request: Request) -> RedirectResponse:
    """To the log-in, and back afterwards."""
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = f"/login?next={quote(back)}" if request.method == "GET" and back != "/" else "/login"
    return RedirectResponse(to, 303)


def own_path(path: str) -> str:
    """A path of this console; the inbox for anything else."""
    odd = not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable()
    return "/" if odd else path


def set_session(
    request: Request, behind_tls: bool, response: Response, secret: str, lasts: timedelta
) -> None:
    """Have the browser keep a session. ``behind_tls``: a proxy before the console speaks TLS."""
    secure = request.url.scheme == "https" or behind_tls
    response.set_cookie(
        COOKIE, secret, int(lasts.total_seconds()), httponly=True, samesite="strict", secure=secure
    )


def write_down(here: Context, who: Asker, what: str, detail: str = "") -> None:
    """A line of the console's audit."""
    audited(here.engine, here.now(), who.user.name, what, detail, who.origin)
