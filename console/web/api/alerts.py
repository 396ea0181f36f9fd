"""Alerts for programs: lists, one with everything that is kept of it, and what people do with it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import AwareDatetime, Field
from starlette.background import BackgroundTask

from alerts.brief import as_json, html, markdown
from alerts.cases import (
    Alert,
    AlertState,
    Event,
    Listing,
    ToldChange,
    Wanted,
    changes_of,
    find_alert,
    get_alert,
    list_alerts,
    listings_of,
)
from alerts.clocks import Clock, clocks_of, confirm, met
from alerts.handling import add_note, assign, set_due, set_state
from alerts.holds import Hold, hold_of
from alerts.outbox import delivery_table
from alerts.severity import Severity
from config.database import reading
from console.briefing import brief_of, laws_of, organisation_of
from console.evidence import export_alert
from console.web.api.answers import (
    CHANGED_MEANWHILE,
    SAME,
    After,
    Body,
    IfMatch,
    IfNoneMatch,
    Limit,
    Model,
    answer,
    mark,
    marked,
    still,
)
from console.web.api.callers import ReadsAlerts, TakesEvidence, WorksOnAlerts
from console.web.context import Context
from console.web.guard import Asker, Here, write_down

router = APIRouter(prefix="/alerts", tags=["alerts"])
OPEN = (AlertState.NEW.value, AlertState.ACKNOWLEDGED.value, AlertState.ESCALATED.value)
_Id = Annotated[str, Field(max_length=63)]
_Text = Annotated[str, Field(max_length=4000)]
_Named = Annotated[str, Query(max_length=63)]


class AlertPage(Model):
    """Alerts, the newest first. `next` is null at the end."""

    alerts: list[Alert]
    next: str | None


class AlertDetail(Model):
    """An alert with its audit, its listings, its material changes, its legal clocks and the hold on its evidence."""

    alert: Alert
    events: list[Event]
    listings: list[Listing]
    changes: list[ToldChange]
    clocks: list[Clock]
    hold: Hold | None


class Delivery(Model):
    """One message about an alert to one channel. `state` is waiting, sent, parked or withdrawn."""

    id: int
    channel: str
    event: str
    state: str
    attempts: int
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None
    last_error: str


class Deliveries(Model):
    """The deliveries of an alert, the oldest first."""

    deliveries: list[Delivery]


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


class Duty(Body):
    """A duty of a law that was met."""

    law: Annotated[str, Field(max_length=100)]
    duty: Annotated[str, Field(max_length=200)]
    why: _Text = ""


@router.get("", summary="Alerts, newest first", response_model=AlertPage, responses=SAME)
def alerts(
    request: Request,
    here: Here,
    who: ReadsAlerts,
    state: Annotated[AlertState | Literal["open"] | None, Query(description="open: not closed yet")] = None,
    severity: Severity | None = None,
    organisation: _Named | None = None,
    source: _Named | None = None,
    assignee: Annotated[str | None, Query(max_length=64)] = None,
    overdue: Annotated[bool, Query(description="only those that should have been closed by now")] = False,
    limit: Limit = 50,
    after: After = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A page of the alerts that the token's user may see."""
    place = marked(request, after, str, str)
    wanted = Wanted(
        state=state.value if isinstance(state, AlertState) else None,
        states=OPEN if state == "open" else (),
        severity=severity.value if severity else None,
        organisation=organisation,
        source=source,
        assignee=assignee,
        overdue_at=here.now() if overdue else None,
        organisations=who.user.organisations,
        tlps=who.user.tlps,
        before=(_moment(place[0]), place[1]) if place else None,
    )
    found = list_alerts(here.engine, wanted, limit=limit + 1)
    shown = found[:limit]
    more = mark(request, shown[-1].created_at.isoformat(), shown[-1].id) if len(found) > limit else None
    return answer(request, AlertPage(alerts=shown, next=more))


@router.get("/{name}", summary="One alert", response_model=AlertDetail, responses=SAME)
def alert(
    request: Request,
    here: Here,
    who: ReadsAlerts,
    name: str,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """An alert by its id or the beginning of it, with everything that is kept of it."""
    found = _seen(here, who, name)
    with reading(here.engine) as connection:
        return answer(request, _detail(connection, found.id))


@router.get("/{name}/deliveries", summary="Who was told", response_model=Deliveries, responses=SAME)
def deliveries(
    request: Request,
    here: Here,
    who: ReadsAlerts,
    name: str,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The deliveries of an alert."""
    found = _seen(here, who, name)
    query = sa.select(*(delivery_table.c[field] for field in Delivery.model_fields))
    with reading(here.engine) as connection:
        rows = connection.execute(
            query.where(delivery_table.c.alert == found.id).order_by(delivery_table.c.id)
        ).all()
    return answer(request, Deliveries(deliveries=[Delivery(**row._mapping) for row in rows]))


_BRIEF: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The brief",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "text/html": {"schema": {"type": "string"}},
            "text/markdown": {"schema": {"type": "string"}},
        },
    }
}


@router.get("/{name}/brief", summary="The brief of an alert", response_class=Response, responses=_BRIEF)
def brief(
    here: Here,
    who: ReadsAlerts,
    name: str,
    lang: Annotated[Literal["en", "id"], Query(description="its language")] = "en",
    form: Annotated[Literal["json", "html", "md"], Query(alias="format", description="its form")] = "json",
) -> Response:
    """A page for those who decide, without personal data."""
    found = _seen(here, who, name)
    made = brief_of(here.inputs, here.engine, here.store, found.id, lang)
    if form == "json":
        return Response(json.dumps(as_json(made)), media_type="application/json")
    if form == "md":
        return Response(markdown(made), media_type="text/markdown; charset=utf-8")
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    return Response(
        html(made), headers={"Content-Security-Policy": policy}, media_type="text/html; charset=utf-8"
    )


_PACKAGE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A ZIP file",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "/{name}/evidence", summary="The signed package of evidence", response_class=Response, responses=_PACKAGE
)
def evidence(
    here: Here,
    who: TakesEvidence,
    name: str,
    pictures: Annotated[
        bool, Query(description="with a picture of each page; takes seconds for each")
    ] = False,
) -> Response:
    """What an alert rests on, to be checked on another machine with `duskwatch evidence verify`."""
    found = _seen(here, who, name)
    folder = tempfile.TemporaryDirectory(prefix="duskwatch-")
    target = Path(folder.name) / f"evidence-{found.id}.zip"
    try:
        path, _ = export_alert(here.settings, here.engine, here.store, found.id, target, pictures=pictures)
    except BaseException:
        folder.cleanup()
        raise
    write_down(here, who, "exported evidence", found.id)
    gone = BackgroundTask(folder.cleanup)
    return FileResponse(path, filename=path.name, media_type="application/zip", background=gone)


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
        return answer(request, _detail(connection, found.id))


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
        return answer(request, _detail(connection, found.id))


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
        return answer(request, _detail(connection, found.id))


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
        return answer(request, _detail(connection, found.id))


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
    laws = laws_of(here.inputs, organisation_of(here.inputs, _seen(here, who, name).organisation))
    with _acting(request, here, who, name) as (connection, found):
        confirm(connection, found.id, laws, by=who.actor, at=here.now(), why=body.why)
        return answer(request, _detail(connection, found.id))


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
        return answer(request, _detail(connection, found.id))


def _seen(here: Context, who: Asker, name: str) -> Alert:
    """An alert that the caller may see; 404 else, as if it were not there."""
    found, _ = get_alert(here.engine, name)
    return _theirs(who, found, name)


def _theirs(who: Asker, found: Alert, name: str) -> Alert:
    if not who.user.sees(found.organisation, found.tlp):
        raise HTTPException(404, f"no alert begins with {name[:64]!r}")
    return found


@contextmanager
def _acting(request: Request, here: Context, who: Asker, name: str) -> Iterator[tuple[sa.Connection, Alert]]:
    """A transaction in which the caller changes an alert that is still as they saw it."""
    with here.engine.begin() as connection:
        found = _theirs(who, find_alert(connection, name, lock=True), name)
        still(request, _detail(connection, found.id))
        yield connection, found


def _detail(connection: sa.Connection, name: str) -> AlertDetail:
    found, events = get_alert(connection, name)
    return AlertDetail(
        alert=found,
        events=events,
        listings=listings_of(connection, found.id),
        changes=changes_of(connection, found.id),
        clocks=clocks_of(connection, found.id),
        hold=hold_of(connection, found.id),
    )


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise HTTPException(
            422, "after: it is not where a page of this list ended; begin with the first page"
        )
    return at
