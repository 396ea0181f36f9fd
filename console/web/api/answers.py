"""What the API answers: JSON under a tag, problems by RFC 9457, marks of pages, and how the document tells of them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field

PREFIX = "/api/v1"
_TITLES = {401: "Not logged in", 403: "Not allowed", 422: "Not understood", 500: "Something broke"}
_MOST_MARK = 4000  # characters

Limit = Annotated[int, Query(ge=1, le=500, description="how many at most")]
After = Annotated[
    str | None,
    Query(max_length=_MOST_MARK, description="`next` of the page before, with everything else the same"),
]
IfNoneMatch = Annotated[
    str | None, Header(max_length=1000, description="tags that the caller has; 304 when it is one of them")
]
IfMatch = Annotated[
    str | None,
    Header(max_length=1000, description="the tag of what is to be changed; 412 when it is another by now"),
]


class Model(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Body(BaseModel):
    """What is sent. What is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Model):
    """Why a request was refused (RFC 9457). `request_id` is its name in the log."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no alert begins with 'zzz'"])
    instance: str = Field(examples=["/api/v1/alerts/zzz"])
    request_id: str = Field(examples=["5f2b8e4c0a1d9f37"])


def problem(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error as a problem."""
    told = Problem(
        type="about:blank",
        title=_TITLES.get(status) or HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        request_id=request.state.request_id,
    )
    more = {"WWW-Authenticate": 'Bearer realm="duskwatch"'} if status == 401 else {}
    body = json.dumps(told.model_dump()).encode()
    return Response(body, status, {**more, **(headers or {})}, "application/problem+json")


def told_as(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How the document tells of problems with these statuses."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


#: What every request may be answered with, and what one that changes something may be besides.
ALWAYS = told_as(400, 401, 403, 404, 422, 429, 500, 503)
SAME: dict[int | str, dict[str, Any]] = {304: {"description": "It is as the caller has it"}}
CHANGED_MEANWHILE = told_as(412)


def tag_of(body: bytes) -> str:
    """The strong tag of an answer."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def written(value: BaseModel) -> bytes:
    """The JSON of an answer; a lone surrogate that a board sent is written as its escape."""
    return json.dumps(value.model_dump(mode="json"), separators=(",", ":")).encode()


def answer(request: Request, value: BaseModel, status: int = 200) -> Response:
    """JSON under a tag; 304 where the caller has it already."""
    body = written(value)
    tag = tag_of(body)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}  # kept, and asked about each time
    if request.method == "GET" and _names(request.headers.get("If-None-Match"), tag, weakly=True):
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, "application/json")


def still(request: Request, value: BaseModel) -> None:
    """412 where the caller wants to change what is another by now."""
    asked = request.headers.get("If-Match")
    if asked is not None and not _names(asked, tag_of(written(value)), weakly=False):
        raise HTTPException(412, "it was changed meanwhile; get it again and look at what changed")


def _names(header: str | None, tag: str, *, weakly: bool) -> bool:
    """Whether a header names a tag, or any."""
    for one in (header or "").split(","):
        named = one.strip()
        if named == "*" or (named.removeprefix("W/") if weakly else named) == tag:
            return True
    return False


def mark(request: Request, *values: str | int | None) -> str:
    """Where a page of this very list ended, as text that the next request brings back."""
    return base64.urlsafe_b64encode(json.dumps([_list(request), *values]).encode()).decode().rstrip("=")


def marked(request: Request, after: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """Read ``mark`` back; None for the first page. 422 for anything that is no mark of this list."""
    if after is None:
        return None
    try:
        name, *values = json.loads(base64.b64decode(after + "=" * (-len(after) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):  # ValueError: also no JSON, no UTF-8
        name, values = "", []
    right = [type(value) for value in values] == list(kinds)
    if name != _list(request) or not right:
        raise HTTPException(
            422, "after: it is not where a page of this list ended; begin with the first page"
        )
    return tuple(values)


def _list(request: Request) -> str:
    """The name of a list: its path and everything that narrows or orders it."""
    asked = sorted(
        (key, value) for key, value in request.query_params.multi_items() if key not in ("after", "limit")
    )
    return hashlib.sha256(json.dumps([request.url.path, asked]).encode()).hexdigest()[:16]


def document(app: FastAPI) -> None:
    """Have the app's OpenAPI document know problems."""

    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(
                title=app.title,
                version=app.version,
                openapi_version="3.1.0",
                description=app.description,
                routes=app.routes,
                license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
            )
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = Problem.model_json_schema()
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = made  # type: ignore[method-assign]
