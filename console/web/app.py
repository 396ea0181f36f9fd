"""The console: pages for people, an API for programs, figures for monitoring; everything served by itself."""

from __future__ import annotations

import secrets
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from starlette.exceptions import HTTPException as StarletteHTTPException

from config.errors import DuskwatchError
from console.accounts import is_empty
from console.oidc import Provider
from console.probing import Probes
from console.web import api, health
from console.web.api.answers import document, problem
from console.web.context import Context
from console.web.guard import Guard, LogInFirst, Tries, to_log_in
from console.web.limits import Limiter
from console.web.pages import (
    account,
    alert,
    baseline,
    copies,
    coverage,
    export,
    inbox,
    overview,
    own,
    pivot,
    post,
    routes,
    search,
    seller,
    source_add,
    sources,
    sso,
    watch_edit,
    watchlists,
)
from console.web.rendering import page

_FOLDER = Path(__file__).parent
_STATUS = {"retry": 503, "skip": 422, "stop": 400}


def create_app(config: Path | None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> FastAPI:
    """The application. Raises as ``read_inputs``."""
    context = Context(config, clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        warming = threading.Thread(target=context.warm, name="warm", daemon=True)
        warming.start()
        yield
        app.state.probes.close()
        warming.join(10)
        context.close()

    app = FastAPI(
        title="Duskwatch",
        version="1",
        description="Alerts, posts and sources of one Duskwatch.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=lifespan,
    )
    app.state.context = context
    app.state.tries = Tries()
    app.state.probes = Probes(config, context.settings, context.engine, clock)
    app.state.known = search.Known()
    #: The word that makes the first admin, until there is one.
    app.state.setup = secrets.token_urlsafe(24) if is_empty(context.engine) else ""
    #: Whoever vouches for users beside the local ones.
    app.state.provider = Provider(context.settings.oidc) if context.settings.oidc.issuer else None
    app.state.limiter = Limiter(context.settings.web.rate)
    app.add_middleware(Guard, broken=_broken)
    for module in (
        health,
        api,
        account,
        own,
        sso,
        inbox,
        export,
        alert,
        routes,
        search,
        post,
        pivot,
        seller,
        source_add,
        sources,
        baseline,
        copies,
        coverage,
        watch_edit,
        watchlists,
        overview,
    ):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=_FOLDER / "static"), name="static")
    _handle_errors(app)
    document(app)
    return app


def _broken(request: Request) -> Response:
    number = request.state.request_id
    return _told(request, 500, f"something broke; the log tells what, under {number}")


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(LogInFirst)
    def _log_in(request: Request, _error: LogInFirst) -> Response:
        return to_log_in(request)

    @app.exception_handler(DuskwatchError)
    def _known(request: Request, error: DuskwatchError) -> Response:
        status = 404 if type(error).__name__.endswith(("Unknown", "Missing")) else _STATUS[error.action]
        later = {"Retry-After": "5"} if status == 503 else None
        return _told(request, status, str(error), later)

    @app.exception_handler(SQLAlchemyError)
    def _database(request: Request, error: SQLAlchemyError) -> Response:
        if not isinstance(error, OperationalError):
            raise error
        return _told(request, 503, "the state database does not answer", {"Retry-After": "5"})

    @app.exception_handler(StarletteHTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        return _told(request, error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        faults = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors())
        return _told(request, 422, faults)


def _told(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error as a page, or as problem+json (RFC 9457) under ``/api/``."""
    if request.url.path.startswith("/api/"):
        return problem(request, status, detail, headers)
    told = page(request, request.app.state.context, None, "error.html", status, number=status, detail=detail)
    told.headers.update(headers or {})
    return told
