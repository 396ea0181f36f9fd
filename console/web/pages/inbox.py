"""The inbox: alerts by severity and age, filtered by the address, acted on one by one or together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from alerts.cases import Alert, AlertState, Wanted, count_alerts, list_alerts
from alerts.clocks import running
from alerts.handling import assign, set_state
from alerts.severity import Severity
from console.accounts import User
from console.web.context import Context
from console.web.guard import Analyst, Here, Someone, own_form
from console.web.rendering import page

router = APIRouter(include_in_schema=False)
OPEN = (AlertState.NEW, AlertState.ACKNOWLEDGED, AlertState.ESCALATED)
ACTS = {
    "ack": AlertState.ACKNOWLEDGED,
    "escalate": AlertState.ESCALATED,
    "resolve": AlertState.RESOLVED,
    "false": AlertState.FALSE_POSITIVE,
}
_Filter = Annotated[str, Query(max_length=200)]
_LOOK = 5.0  # seconds between two looks for what is new


def visible(
    here: Context,
    user: User,
    *,
    state: str = "",
    severity: str = "",
    organisation: str = "",
    source: str = "",
    assignee: str = "",
    limit: int = 200,
) -> list[Alert]:
    """The alerts that a user may see, the gravest first and of these the oldest; ``state`` may be "open"; what is
    empty limits nothing."""
    states = tuple(each.value for each in OPEN) if state == "open" else (state,) if state else ()
    wanted = Wanted(
        states=states,
        severity=severity or None,
        organisation=organisation or None,
        source=source or None,
        assignee=assignee or None,
        organisations=user.organisations,
        tlps=user.tlps,
    )
    return list_alerts(here.engine, wanted, gravest_first=True, limit=limit)


@router.get("/")
def inbox(
    request: Request,
    here: Here,
    who: Someone,
    state: _Filter = "open",
    severity: _Filter = "",
    organisation: _Filter = "",
    source: _Filter = "",
    assignee: _Filter = "",
) -> Response:
    """The inbox."""
    chosen = {"severity": severity, "organisation": organisation, "source": source, "assignee": assignee}
    alerts = visible(
        here,
        who.user,
        state=state,
        severity=severity,
        organisation=organisation,
        source=source,
        assignee=assignee,
    )
    due: dict[str, datetime] = {}
    for clock in running(here.engine):
        due.setdefault(clock.alert, clock.due_at)
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
        due=due,
        chosen={"state": state, **chosen},
        states=["open", *AlertState],
        severities=[each.value for each in reversed(Severity)],
        organisations=sorted(organisations),
        sources=sorted(here.inputs.sources),
    )


@router.post("/alerts/act", dependencies=[Depends(own_form)])
def act(
    here: Here,
    who: Analyst,
    act: Annotated[str, Form(pattern="^(ack|escalate|resolve|false|assign)$")],
    alert: Annotated[list[str], Form(max_length=500)],
    why: Annotated[str, Form(max_length=2000)] = "",
    assignee: Annotated[str, Form(max_length=64)] = "",
    back: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Act on alerts together; those that the user may not see are passed over."""
    seen = {each.id for each in visible(here, who.user, limit=10_000)}
    for name in alert:
        if name not in seen:
            continue
        if act == "assign":
            assign(here.engine, name, assignee or who.user.name, by=who.actor, at=here.now(), why=why)
        else:
            set_state(here.engine, name, ACTS[act], by=who.actor, at=here.now(), why=why)
    return RedirectResponse(back if back.startswith("/") and not back.startswith("//") else "/", 303)


@router.get("/events")
async def events(request: Request, here: Here, who: Someone) -> StreamingResponse:
    """Server-sent events: how many alerts are new, whenever that changes."""

    def count() -> int:
        new = AlertState.NEW.value
        wanted = Wanted(state=new, organisations=who.user.organisations, tlps=who.user.tlps)
        return count_alerts(here.engine, "state", wanted).get(new, 0)

    async def stream() -> AsyncIterator[str]:
        last = -1
        yield "retry: 5000\n\n"
        while not await request.is_disconnected():
            now = await run_in_threadpool(count)
            if now != last:
                last = now
                yield f"event: new\ndata: {now}\n\n"
            await asyncio.sleep(_LOOK)

    return StreamingResponse(stream(), media_type="text/event-stream")
