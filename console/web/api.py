"""The API for programs, version 1: the console's own functions behind tokens."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from alerts.cases import AlertState, Wanted, get_alert, list_alerts
from alerts.handling import Actor, set_state
from console.accounts import Role, User, who_holds
from console.web.guard import Here, origin
from console.wiring import ailing, stored_post
from crawler.state import standings
from indexer.store import FACETS, Sort

_Limit = Annotated[int, Query(ge=1, le=500)]
_Mark = Annotated[str | None, Query(max_length=4000, description="`next` of the page before")]


class StateChange(BaseModel):
    """What an alert's state becomes, and why."""

    model_config = ConfigDict(extra="forbid")
    state: AlertState
    why: Annotated[str, Field(max_length=4000)] = ""


def bearer(request: Request, here: Here) -> User:
    """The user of the token in ``Authorization: Bearer``; 401 else."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    user = who_holds(here.engine, token.strip(), "token", here.now()) if scheme.lower() == "bearer" else None
    if user is None:
        raise HTTPException(
            401, "send a token: Authorization: Bearer <token>; duskwatch user token makes one"
        )
    return user


Caller = Annotated[User, Depends(bearer)]
router = APIRouter(prefix="/api/v1", tags=["v1"], dependencies=[Depends(bearer)])


@router.get("/alerts", summary="Alerts, newest first")
def alerts(
    request: Request,
    here: Here,
    user: Caller,
    state: AlertState | None = None,
    organisation: Annotated[str | None, Query(max_length=63)] = None,
    source: Annotated[str | None, Query(max_length=63)] = None,
    limit: _Limit = 50,
    after: _Mark = None,
) -> Response:
    """A page of alerts; ``next`` is the mark of the page behind it, null at the end."""
    wanted = Wanted(
        state=state.value if state else None,
        organisation=organisation,
        source=source,
        organisations=user.organisations,
        tlps=user.tlps,
        before=_position(after),
    )
    found = list_alerts(here.engine, wanted, limit=limit)
    more = len(found) == limit
    mark = f"{found[-1].created_at.isoformat()}~{found[-1].id}" if more else None
    return _answer(request, {"alerts": [asdict(one) for one in found], "next": mark})


@router.get("/alerts/{name}", summary="One alert with its audit")
def alert(request: Request, here: Here, user: Caller, name: str) -> Response:
    """An alert by its id or the beginning of it."""
    found, events = get_alert(here.engine, name)
    if not user.sees(found.organisation, found.tlp):
        raise HTTPException(404, f"no alert begins with {name[:64]!r}")
    return _answer(request, {"alert": asdict(found), "events": [asdict(one) for one in events]})


@router.post("/alerts/{name}/state", summary="Change an alert's state")
def change(request: Request, here: Here, user: Caller, name: str, body: StateChange) -> Response:
    """Acknowledge, escalate, resolve or reopen an alert; needs the role analyst."""
    if not user.role.may(Role.ANALYST):
        raise HTTPException(403, "this needs the role analyst")
    found, _ = get_alert(here.engine, name)
    if not user.sees(found.organisation, found.tlp):
        raise HTTPException(404, f"no alert begins with {name[:64]!r}")
    by = Actor(user.name, origin(request).replace("console", "API"))
    changed = set_state(here.engine, found.id, body.state, by=by, at=here.now(), why=body.why)
    return _answer(request, {"alert": asdict(changed)})


@router.get("/posts", summary="Search posts")
def posts(
    request: Request,
    here: Here,
    q: Annotated[str, Query(min_length=1, max_length=4000)],
    sort: Sort = Sort.NEWEST,
    limit: _Limit = 50,
    after: _Mark = None,
    by_listing: bool = False,
) -> Response:
    """Hits of the query language with facets, and spans in characters of the original text."""
    found = here.store.search(q, sort=sort, limit=limit, after=after, facets=FACETS, by_listing=by_listing)
    hits = [{**asdict(hit), "id": hit.stored.post.id} for hit in found.hits]
    value = {"total": found.total, "hits": hits, "facets": found.facets, "next": found.after}
    return _answer(request, value)


@router.get("/posts/{name:path}", summary="One post with its revisions")
def post(request: Request, here: Here, name: str) -> Response:
    """A post by its id, ``source/thread/post``."""
    stored = stored_post(here.store, name)
    revisions = [asdict(one) for one in here.store.revisions(stored.post.key)]
    return _answer(request, {"post": asdict(stored), "revisions": revisions})


@router.get("/sources", summary="Sources and how they stand")
def sources(request: Request, here: Here) -> Response:
    """Every source, without addresses and secrets."""
    known, sick = standings(here.engine), ailing(here.inputs.sources, here.engine)
    rows = []
    for name, source in here.inputs.sources.items():
        standing = known.get(name)
        row: dict[str, Any] = {
            "id": name,
            "name": source.name,
            "adapter": source.adapter,
            "tlp": source.tlp.value,
        }
        row |= {"enabled": source.schedule.enabled, "ailing": sick.get(name)}
        rows.append(row | {"standing": asdict(standing) if standing else None})
    return _answer(request, {"sources": rows})


def _position(mark: str | None) -> tuple[datetime, str] | None:
    if mark is None:
        return None
    at, _, name = mark.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise HTTPException(422, "after: this is no mark of a page") from None
    if moment.tzinfo is None:
        raise HTTPException(422, "after: this is no mark of a page")
    return moment, name


def _answer(request: Request, value: Any) -> Response:
    """JSON under an ETag; 304 where the caller has it already."""
    body = json.dumps(value, ensure_ascii=True, default=str).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if request.method == "GET" and request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse(json.loads(body), headers={"ETag": tag})
