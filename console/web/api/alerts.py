"""Alerts for programs: lists, one with everything that is kept of it, and what people do with it."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse
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
    get_alert,
    list_alerts,
    listings_of,
)
from alerts.clocks import Clock, clocks_of
from alerts.holds import Hold, hold_of
from alerts.outbox import delivery_table
from alerts.severity import Severity
from config.database import reading
from console.briefing import brief_of
from console.evidence import export_alert
from console.web.api.answers import (
    SAME,
    After,
    IfNoneMatch,
    Limit,
    Model,
    answer,
    mark,
    marked,
)
from console.web.api.callers import ReadsAlerts, TakesEvidence
from console.web.context import Context
from console.web.guard import Asker, Here, write_down

router = APIRouter(prefix="/alerts", tags=["alerts"])
OPEN = (AlertState.NEW.value, AlertState.ACKNOWLEDGED.value, AlertState.ESCALATED.value)
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
    tier: Annotated[
        Literal["certain", "possible"], Query(description="possible: of listings that name nobody")
    ] = "certain",
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
        tier=tier,
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
    found = seen(here, who, name)
    with reading(here.engine) as connection:
        return answer(request, detail(connection, found.id))


@router.get("/{name}/deliveries", summary="Who was told", response_model=Deliveries, responses=SAME)
def deliveries(
    request: Request,
    here: Here,
    who: ReadsAlerts,
    name: str,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The deliveries of an alert."""
    found = seen(here, who, name)
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
    found = seen(here, who, name)
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
    found = seen(here, who, name)
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


def seen(here: Context, who: Asker, name: str) -> Alert:
    """An alert that the caller may see; 404 else, as if it were not there."""
    found, _ = get_alert(here.engine, name)
    return theirs(who, found, name)


def theirs(who: Asker, found: Alert, name: str) -> Alert:
    """The alert, where the caller may see it; 404 else."""
    if not who.user.sees(found.organisation, found.tlp):
        raise HTTPException(404, f"no alert begins with {name[:64]!r}")
    return found


def detail(connection: sa.Connection, name: str) -> AlertDetail:
    """An alert with everything that is kept of it, at one moment."""
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
