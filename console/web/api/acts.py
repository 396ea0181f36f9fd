"""What programs do with alerts: each act is one transaction, in which the alert is still as its caller saw it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, Field

from alerts.cases import Alert, AlertState, find_alert
from alerts.clocks import confirm, met
from alerts.handling import add_note, assign, set_due, set_state
from console.briefing import laws_of, organisation_of
from console.possible import judge_possible
from console.web.api.alerts import AlertDetail, detail, seen, theirs
from console.web.api.answers import CHANGED_MEANWHILE, Body, IfMatch, answer, still
from console.web.api.callers import WorksOnAlerts
from console.web.context import Context
from console.web.guard import Asker, Here

router = APIRouter(prefix="/alerts", tags=["alerts"])
_Text = Annotated[str, Field(max_length=4000)]


class StateChange(Body):
    """What an alert's state becomes, and why."""

    state: AlertState
    why: _Text = ""


class Assignment(Body):
    """To whom an alert is given; nobody with an empty name."""

    assignee: Annotated[str, Field(max_length=64)]
    why: _Text = ""


class Deadline(Body):
    """By when an alert should be closed; null: no such time."""

    due_at: AwareDatetime | None
    why: _Text = ""


class Note(Body):
    """A note."""

    text: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"\S")]


class Confirmation(Body):
    """That data were breached, and how that is known."""

    why: _Text = ""


class Judgement(Body):
    """Whether the data of a possible alert are the organisation's, and how that is known."""

    ours: bool
    why: _Text = ""


class Duty(Body):
    """A duty of a law that was met."""

    law: Annotated[str, Field(max_length=100)]
    duty: Annotated[str, Field(max_length=200)]
    why: _Text = ""


@router.post(
    "/{name}/state", summary="Change its state", response_model=AlertDetail, responses=CHANGED_MEANWHILE
)
def change(
    request: Request,
    here: Here,
    who: WorksOnAlerts,
    name: str,
    body: StateChange,
    if_match: IfMatch = None,
) -> Response:
    """Acknowledge, escalate, resolve or reopen an alert, or call it a false positive."""
    with _acting(request, here, who, name) as (connection, found):
        by, at = who.actor, here.now()
        set_state(connection, found.id, body.state, by=by, at=at, why=body.why)
        return answer(request, detail(connection, found.id))


@router.put(
    "/{name}/assignee", summary="Give it to somebody", response_model=AlertDetail, responses=CHANGED_MEANWHILE
)
def give(
    request: Request,
    here: Here,
    who: WorksOnAlerts,
    name: str,
    body: Assignment,
    if_match: IfMatch = None,
) -> Response:
    """Say who works on an alert."""
    with _acting(request, here, who, name) as (connection, found):
        assign(connection, found.id, body.assignee, by=who.actor, at=here.now(), why=body.why)
        return answer(request, detail(connection, found.id))


@router.put("/{name}/due", summary="Say by when", response_model=AlertDetail, responses=CHANGED_MEANWHILE)
def due(
    request: Request,
    here: Here,
    who: WorksOnAlerts,
    name: str,
    body: Deadline,
    if_match: IfMatch = None,
) -> Response:
    """Say by when an alert should be closed."""
    with _acting(request, here, who, name) as (connection, found):
        at = body.due_at.astimezone(UTC) if body.due_at else None
        set_due(connection, found.id, at, by=who.actor, at=here.now(), why=body.why)
        return answer(request, detail(connection, found.id))


@router.post("/{name}/notes", summary="Add a note", response_model=AlertDetail, responses=CHANGED_MEANWHILE)
def note(
    request: Request,
    here: Here,
    who: WorksOnAlerts,
    name: str,
    body: Note,
    if_match: IfMatch = None,
) -> Response:
    """Write a line into an alert's audit."""
    with _acting(request, here, who, name) as (connection, found):
        add_note(connection, found.id, body.text, by=who.actor, at=here.now())
        return answer(request, detail(connection, found.id))


@router.post(
    "/{name}/breach", summary="Confirm a breach", response_model=AlertDetail, responses=CHANGED_MEANWHILE
)
def breach(
    request: Request,
    here: Here,
    who: WorksOnAlerts,
    name: str,
    body: Confirmation,
    if_match: IfMatch = None,
) -> Response:
    """Confirm that data were breached: the clocks of the organisation's laws begin, and the alert is escalated."""
    laws = laws_of(here.inputs, organisation_of(here.inputs, seen(here, who, name).organisation))
    with _acting(request, here, who, name) as (connection, found):
        confirm(connection, found.id, laws, by=who.actor, at=here.now(), why=body.why)
        return answer(request, detail(connection, found.id))


@router.post(
    "/{name}/possible",
    summary="Say whose the data are",
    response_model=AlertDetail,
    responses=CHANGED_MEANWHILE,
)
def possible(
    request: Request,
    here: Here,
    who: WorksOnAlerts,
    name: str,
    body: Judgement,
    if_match: IfMatch = None,
) -> Response:
    """Make a possible alert a certain one, told by the routes of those, or close it as a false positive; 400 where the
    alert is not a possible one."""
    with _acting(request, here, who, name) as (connection, found):
        judge_possible(
            here.inputs, connection, found.id, ours=body.ours, by=who.actor, at=here.now(), why=body.why
        )
        return answer(request, detail(connection, found.id))


@router.post(
    "/{name}/duties", summary="A duty was met", response_model=AlertDetail, responses=CHANGED_MEANWHILE
)
def duty(
    request: Request,
    here: Here,
    who: WorksOnAlerts,
    name: str,
    body: Duty,
    if_match: IfMatch = None,
) -> Response:
    """Stop the clock of a law's duty; 400 where no such clock runs."""
    with _acting(request, here, who, name) as (connection, found):
        met(connection, found.id, body.law, body.duty, by=who.actor, at=here.now(), why=body.why)
        return answer(request, detail(connection, found.id))


@contextmanager
def _acting(request: Request, here: Context, who: Asker, name: str) -> Iterator[tuple[sa.Connection, Alert]]:
    """A transaction in which the caller changes an alert that is still as they saw it."""
    with here.engine.begin() as connection:
        found = theirs(who, find_alert(connection, name, lock=True), name)
        still(request, detail(connection, found.id))
        yield connection, found
