"""The inbox: alerts by severity and age, filtered by the address, acted on one by one or together."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from alerts.cases import CLOSED, Alert, AlertState, Wanted, count_alerts, list_alerts
from alerts.clocks import Clock, running
from alerts.handling import assign, set_state
from alerts.severity import Severity
from alerts.tables import alert_table
from console.accounts import User
from console.personal import count_unread, mark_read, mark_unread, only_unread, unread
from console.possible import judge_possible
from console.web.context import Context
from console.web.guard import Analyst, Here, Someone, own_form
from console.web.rendering import page
from console.web.shown import quiet

router = APIRouter(include_in_schema=False)
OPEN = (AlertState.NEW, AlertState.ACKNOWLEDGED, AlertState.ESCALATED)
ACTS = {
    "ack": AlertState.ACKNOWLEDGED,
    "escalate": AlertState.ESCALATED,
    "resolve": AlertState.RESOLVED,
    "false": AlertState.FALSE_POSITIVE,
    "reopen": AlertState.NEW,
}
JUDGED = ("ours", "not-ours")  #: what is made of possible alerts
SORTS = {"gravest": "Gravest first", "newest": "Newest first"}
_PAGE = 100
_LOOK = 5.0  # seconds between two looks for what is new
_Filter = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an inbox is narrowed to, as it stands in the address; ``state`` may be "open", "" is all. ``due``:
    "overdue" or "clock", a legal one that runs. ``text``: letters of the title. ``tier``: certain alerts and possible
    ones, whose listings name nobody, never stand in one list."""

    state: str = "open"
    severity: str = ""
    organisation: str = ""
    source: str = ""
    assignee: str = ""
    unread: bool = False
    due: str = ""
    text: str = ""
    sort: str = "gravest"
    tier: Literal["certain", "possible"] = "certain"

    def written(self, **more: object) -> str:
        """As the address has it; what is as it is anyway is left out."""
        values = {name: getattr(self, name) for name in Chosen.__slots__} | more
        kept = {name: value for name, value in values.items() if value != _PLAIN.get(name)}
        return urlencode({name: "true" if value is True else value for name, value in kept.items()})

    def to(self, **more: object) -> str:
        """The address of this inbox, changed."""
        written = self.written(**more)
        return f"/?{written}" if written else "/"


_PLAIN = {
    **dict.fromkeys(("severity", "organisation", "source", "assignee", "due", "text"), ""),
    "state": "open",
    "unread": False,
    "sort": "gravest",
    "tier": "certain",
    "page": 1,
}


def chosen(
    state: _Filter = "open",
    severity: _Filter = "",
    organisation: _Filter = "",
    source: _Filter = "",
    assignee: _Filter = "",
    unread: bool = False,
    due: Annotated[str, Query(pattern="^(|overdue|clock)$")] = "",
    text: _Filter = "",
    sort: Annotated[str, Query(pattern="^(gravest|newest)$")] = "gravest",
    tier: Literal["certain", "possible"] = "certain",
) -> Chosen:
    """A dependency: the filters of an address."""
    return Chosen(state, severity, organisation, source, assignee, unread, due, text.strip(), sort, tier)


Filtered = Annotated[Chosen, Depends(chosen)]


def wanted_by(here: Context, user: User, filters: Chosen) -> Wanted:
    """The alerts that a user may see and asks for."""
    also: list[sa.ColumnElement[bool]] = [only_unread(user)] if filters.unread else []
    if filters.text:
        also.append(alert_table.c.title.icontains(filters.text, autoescape=True))
    if filters.due == "clock":
        also.append(alert_table.c.id.in_({clock.alert for clock in running(here.engine)}))
    states = tuple(each.value for each in OPEN) if filters.state == "open" else (filters.state,)
    return Wanted(
        states=states if filters.state else (),
        severity=filters.severity or None,
        organisation=filters.organisation or None,
        source=filters.source or None,
        assignee=filters.assignee or None,
        overdue_at=here.now() if filters.due == "overdue" else None,
        organisations=user.organisations,
        tlps=user.tlps,
        also=also,
        tier=filters.tier,
    )


def filtered(
    here: Context, user: User, filters: Chosen, *, limit: int = _PAGE, offset: int = 0
) -> list[Alert]:
    """The alerts of an inbox in its order."""
    wanted, gravest = wanted_by(here, user, filters), filters.sort == "gravest"
    return list_alerts(here.engine, wanted, gravest_first=gravest, limit=limit, offset=offset)


@router.get("/")
def inbox(
    request: Request,
    here: Here,
    who: Someone,
    filters: Filtered,
    number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
) -> Response:
    """The inbox."""
    found = filtered(here, who.user, filters, limit=_PAGE + 1, offset=(number - 1) * _PAGE)
    alerts = found[:_PAGE]
    counts = count_alerts(here.engine, "severity", wanted_by(here, who.user, replace(filters, severity="")))
    organisations = [
        each.id
        for each in here.inputs.organisations
        if not who.user.organisations or each.id in who.user.organisations
    ]
    return page(
        request,
        here,
        who,
        "inbox.html",
        alerts=alerts,
        unread=unread(here.engine, who.user, alerts),
        clocks=_soonest(here),
        chosen=filters,
        number=number,
        more=len(found) > _PAGE,
        total=sum(counts.values()) if not filters.severity else counts.get(filters.severity, 0),
        counts=[(each.value, counts.get(each.value, 0)) for each in reversed(Severity)],
        states=["open", *AlertState],
        sorts=SORTS,
        tiers=_tiers(here, who.user, filters),
        organisations=sorted(organisations),
        sources=sorted(here.inputs.sources),
    )


def _tiers(here: Context, user: User, filters: Chosen) -> list[tuple[str, int]]:
    """Both tiers, each with how many alerts of it are open; none where possible ones are not looked for."""

    def count(tier: Literal["certain", "possible"]) -> int:
        wanted = wanted_by(here, user, Chosen(tier=tier))
        return sum(count_alerts(here.engine, "severity", wanted).values())

    possible = count("possible")
    looked_for = any(one.profile for one in here.inputs.organisations)
    if not (looked_for or possible or filters.tier == "possible"):
        return []
    return [("certain", count("certain")), ("possible", possible)]


def _soonest(here: Context) -> dict[str, Clock]:
    """Of each alert the legal deadline that ends first."""
    soonest: dict[str, Clock] = {}
    for clock in running(here.engine):
        soonest.setdefault(clock.alert, clock)
    return soonest


@router.post("/alerts/act", dependencies=[Depends(own_form)])
def act(
    here: Here,
    who: Analyst,
    act: Annotated[str, Form(pattern="^(ack|escalate|resolve|false|reopen|assign|ours|not-ours)$")],
    alert: Annotated[list[str], Form(max_length=500, default_factory=list)],
    why: Annotated[str, Form(max_length=2000)] = "",
    assignee: Annotated[str, Form(max_length=64)] = "",
    back: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Act on alerts together; those that the user may not see are passed over, and those that are certain where it is
    said whose data possible ones are. Whoever acts has read them."""
    names = _theirs(here, who.user, alert, "possible" if act in JUDGED else None)
    for name in names:
        if act in JUDGED:
            judge_possible(
                here.inputs, here.engine, name, ours=act == "ours", by=who.actor, at=here.now(), why=why
            )
        elif act == "assign":
            assign(here.engine, name, assignee or who.user.name, by=who.actor, at=here.now(), why=why)
        else:
            set_state(here.engine, name, ACTS[act], by=who.actor, at=here.now(), why=why)
    mark_read(here.engine, who.user, names, here.now())
    return RedirectResponse(own_path(back), 303)


@router.post("/alerts/read", dependencies=[Depends(own_form)])
def read(
    here: Here,
    who: Someone,
    mark: Annotated[str, Form(pattern="^(read|unread)$")],
    alert: Annotated[list[str], Form(max_length=500, default_factory=list)],
    back: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Mark alerts as read or unread, for oneself."""
    names = _theirs(here, who.user, alert)
    if mark == "read":
        mark_read(here.engine, who.user, names, here.now())
    else:
        mark_unread(here.engine, who.user, names)
    return RedirectResponse(own_path(back), 303)


def own_path(path: str) -> str:
    """A path of this console; the inbox for anything else."""
    odd = not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable()
    return "/" if odd else path


def _theirs(
    here: Context, user: User, names: list[str], tier: Literal["certain", "possible"] | None = None
) -> list[str]:
    also = [alert_table.c.id.in_(names)]
    wanted = Wanted(organisations=user.organisations, tlps=user.tlps, also=also, tier=tier)
    return [alert.id for alert in list_alerts(here.engine, wanted, limit=len(names))] if names else []


@router.get("/events")
async def events(request: Request, here: Here, who: Someone) -> StreamingResponse:
    """Server-sent events: ``unread`` with how many alerts are, whenever that changes; ``alert`` with each new one."""

    def look(since: datetime) -> tuple[int, list[Alert]]:
        also = [alert_table.c.created_at > since, alert_table.c.state.not_in(CLOSED)]
        wanted = Wanted(organisations=who.user.organisations, tlps=who.user.tlps, also=also)
        return count_unread(here.engine, who.user), list_alerts(here.engine, wanted, limit=20)

    async def stream() -> AsyncIterator[str]:
        last, since = -1, here.now()
        yield "retry: 5000\n\n"
        while not await request.is_disconnected():
            count, fresh = await run_in_threadpool(look, since)
            for alert in reversed(fresh):
                since = max(since, alert.created_at)
                yield f"event: alert\ndata: {json.dumps(_told(alert))}\n\n"
            if count != last:
                last = count
                yield f"event: unread\ndata: {count}\n\n"
            await asyncio.sleep(_LOOK)

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _told(alert: Alert) -> dict[str, str]:
    return {
        "id": alert.id,
        "severity": alert.severity,
        "organisation": alert.organisation,
        "title": quiet(alert.title)[:200],
    }
