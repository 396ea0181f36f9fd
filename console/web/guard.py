"""Who may ask what: sessions, tokens, forms of our own, roles, and the headers of every answer."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from alerts.handling import Actor
from console.accounts import Role, User, audited, csrf_of, who_holds
from console.web.context import Context

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


class LogInFirst(Exception):
    """The page wants a user."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the user, the secret of their session, and from where."""

    user: User
    secret: str
    origin: str

    @property
    def csrf(self) -> str:
        """The word of this session's forms."""
        return csrf_of(self.secret)

    @property
    def actor(self) -> Actor:
        """As alerts write them down."""
        return Actor(self.user.name, self.origin)


def context(request: Request) -> Context:
    """The console's context."""
    found: Context = request.app.state.context
    return found


Here = Annotated[Context, Depends(context)]


def origin(request: Request) -> str:
    """From where a request comes."""
    return f"console, {request.client.host if request.client else 'unknown'}"


def asker(request: Request, here: Here) -> Asker:
    """The user of the session. Raises ``LogInFirst``."""
    secret = request.cookies.get(COOKIE, "")
    user = who_holds(here.engine, secret, "session", here.now()) if secret else None
    if user is None:
        raise LogInFirst
    return Asker(user, secret, origin(request))


Someone = Annotated[Asker, Depends(asker)]


def needs(role: Role) -> Callable[..., Asker]:
    """A dependency: the asker, who has at least this role; 403 else."""

    def check(who: Someone) -> Asker:
        if not who.user.role.may(role):
            raise HTTPException(403, f"this needs the role {role.value}")
        return who

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


async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Middleware: every answer carries the headers that keep a browser to this console alone."""
    response = await answer(request)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if not request.url.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def to_log_in(request: Request) -> RedirectResponse:
    """To the log-in, and back afterwards."""
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = f"/login?next={quote(back)}" if request.method == "GET" and back != "/" else "/login"
    return RedirectResponse(to, 303)


def write_down(here: Context, who: Asker, what: str, detail: str = "") -> None:
    """A line of the console's audit."""
    audited(here.engine, here.now(), who.user.name, what, detail, who.origin)
