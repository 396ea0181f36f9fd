"""One alert: what is claimed, why it matched, where it stands, what was done, and what can be done."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.background import BackgroundTask

from alerts.brief import html, markdown
from alerts.cases import Alert, changes_of, get_alert, listings_of
from alerts.clock import steps, times_of
from alerts.clocks import clocks_of, confirm, met
from alerts.copies.groups import verdicts
from alerts.dispatch import last_payload
from alerts.handling import add_note, assign, set_due, set_state
from alerts.holds import hold, hold_of, posts_of, release
from alerts.message import read_out
from alerts.outbox import delivery_table
from config.errors import DuskwatchError
from console.briefing import brief_of, laws_of, organisation_of
from console.copies import known_copies
from console.evidence import export_alert
from console.personal import mark_read
from console.pivots import KINDS
from console.possible import judge_possible
from console.web.context import Context
from console.web.guard import Analyst, Asker, Here, Someone, own_form, write_down
from console.web.pages.inbox import ACTS, JUDGED, Chosen, filtered
from console.web.pages.post import Step, of_revisions
from console.web.rendering import page
from console.web.shown import marked
from indexer.fact import facts
from indexer.post import PostKey, Stored

router = APIRouter(include_in_schema=False)
_Word = Annotated[str, Form(max_length=4000)]


def of_asker(here: Context, who: Asker, name: str) -> Alert:
    """An alert that the asker may see; 404 else, as if it were not there."""
    alert, _ = get_alert(here.engine, name)
    if not who.user.sees(alert.organisation, alert.tlp):
        raise HTTPException(404, f"no alert begins with {name[:64]!r}")
    return alert


@router.get("/alerts/{name}")
def alert_page(
    request: Request,
    here: Here,
    who: Someone,
    name: str,
    view: Annotated[str, Query(pattern="^(|print)$")] = "",
) -> Response:
    """The page of an alert, which the user has then read. ``view``: print has nothing to act with, and all unfolded."""
    alert = of_asker(here, who, name)
    _, events = get_alert(here.engine, alert.id)
    with here.engine.connect() as connection:
        listings, changes = listings_of(connection, alert.id), changes_of(connection, alert.id)
        clock = steps(times_of(connection, alert))
        deliveries = _deliveries(connection, alert.id)
        parts = last_payload(connection, alert).get("severity_parts", [])
    revisions, away = _revisions(here, alert)
    first = next((one for one in revisions if one.post.id == alert.post), revisions[0] if revisions else None)
    claimed = facts(first.post.title, first.post.text) if first else ()
    organisation = organisation_of(here.inputs, alert.organisation)
    mark_read(here.engine, who.user, [alert.id], here.now())
    tier: Literal["certain", "possible"] = "possible" if alert.tier == "possible" else "certain"
    following = filtered(here, who.user, Chosen(unread=True, tier=tier), limit=1)
    return page(
        request,
        here,
        who,
        "alert.html",
        alert=alert,
        organisation=organisation,
        claims=[
            part for part in read_out(claimed).split("; ") if part and part.partition(":")[0] not in KINDS
        ],
        named=[fact for fact in claimed if fact.kind in KINDS][:60],
        claimed=claimed[:200],
        first=first,
        severity_parts=parts,
        title=_marked(alert, first, "title"),
        text=_marked(alert, first, "text"),
        listings=listings,
        copies=verdicts(known_copies(here.inputs.sources, here.engine, here.sees).groups)
        if len(listings) > 1
        else {},
        changes=changes,
        history=_history(revisions),
        pages=list(dict.fromkeys(one.post.evidence for one in revisions if one.post.evidence)),
        clock=clock,
        clocks=clocks_of(here.engine, alert.id),
        laws=laws_of(here.inputs, organisation),
        deliveries=deliveries,
        notes=[event for event in events if event.what == "note"],
        events=events,
        hold=hold_of(here.engine, alert.id),
        away=away,
        printed=view == "print",
        following=following[0].id if following else "",
    )


@router.post("/alerts/{name}", dependencies=[Depends(own_form)])
def act(
    here: Here,
    who: Analyst,
    name: str,
    act: Annotated[str, Form(pattern="^[a-z-]{1,20}$")],
    why: _Word = "",
    to: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Act on an alert."""
    alert = of_asker(here, who, name)
    by: dict[str, Any] = {"by": who.actor, "at": here.now()}
    if act in JUDGED:
        judge_possible(here.inputs, here.engine, alert.id, ours=act == "ours", why=why, **by)
    elif act in ACTS:
        set_state(here.engine, alert.id, ACTS[act], why=why, **by)
    elif act == "assign":
        assign(here.engine, alert.id, to or who.user.name, why=why, **by)
    elif act == "note" and why.strip():
        add_note(here.engine, alert.id, why, **by)
    elif act == "due":
        set_due(here.engine, alert.id, _moment(to), why=why, **by)
    elif act == "confirm":
        laws = laws_of(here.inputs, organisation_of(here.inputs, alert.organisation))
        confirm(here.engine, alert.id, laws, why=why, **by)
    elif act == "met":
        law, _, duty = to.partition("/")
        met(here.engine, alert.id, law, duty, why=why, **by)
    elif act == "hold":
        hold(here.engine, alert.id, why=why or "held in the console", **by)
    elif act == "release":
        release(here.engine, alert.id, why=why, **by)
    else:
        raise HTTPException(422, f"nothing is done for {act!r}")
    mark_read(here.engine, who.user, [alert.id], here.now())
    return RedirectResponse(f"/alerts/{alert.id}", 303)


@router.get("/alerts/{name}/brief")
def brief_page(
    here: Here,
    who: Someone,
    name: str,
    lang: Annotated[str, Query(pattern="^(en|id)$")] = "en",
    form: Annotated[str, Query(alias="format", pattern="^(html|md)$")] = "html",
) -> Response:
    """The brief of an alert."""
    alert = of_asker(here, who, name)
    made = brief_of(here.inputs, here.engine, here.store, alert.id, "id" if lang == "id" else "en")
    if form == "md":
        return Response(markdown(made), media_type="text/markdown; charset=utf-8")
    # its style is its own, and nothing in it runs or is loaded
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    return HTMLResponse(html(made), headers={"Content-Security-Policy": policy})


@router.post("/alerts/{name}/evidence", dependencies=[Depends(own_form)])
def evidence(here: Here, who: Analyst, name: str) -> Response:
    """The signed package of an alert's evidence, to be kept."""
    alert = of_asker(here, who, name)
    folder = tempfile.TemporaryDirectory(prefix="duskwatch-")
    target = Path(folder.name) / f"evidence-{alert.id}.zip"
    path, _ = export_alert(here.settings, here.engine, here.store, alert.id, target, pictures=True)
    write_down(here, who, "exported evidence", alert.id)
    return FileResponse(
        path, filename=path.name, media_type="application/zip", background=BackgroundTask(folder.cleanup)
    )


def _revisions(here: Context, alert: Alert) -> tuple[list[Stored], str]:
    """Every revision of the alert's posts, and why there are none where the store is away."""
    found: list[Stored] = []
    try:
        for post in posts_of(here.engine, alert.id)[:100]:
            found += here.store.revisions(PostKey.parse(post))
    except DuskwatchError as error:
        return found, str(error)
    return found, ""


def _marked(alert: Alert, stored: Stored | None, field: str) -> Any:
    if stored is None:
        return marked(alert.title, ()) if field == "title" else ""
    text = stored.post.title if field == "title" else stored.post.text
    spans = [
        (start, end) for match in alert.matches for where, start, end in match["spans"] if where == field
    ]
    return marked(text[:20_000], spans)


def _history(revisions: list[Stored]) -> list[Step]:
    """What happened to the alert's posts, the newest first."""
    steps: list[Step] = []
    by_post: dict[str, list[Stored]] = {}
    for one in revisions:
        by_post.setdefault(one.post.id, []).append(one)
    for of_post in by_post.values():
        steps += of_revisions(of_post, of_post[-1])
    return sorted(steps, key=lambda step: (step.at, step.stored.revision), reverse=True)


def _deliveries(connection: sa.Connection, alert: str) -> list[Any]:
    columns = delivery_table.c
    shown = (
        columns.channel,
        columns.event,
        columns.state,
        columns.attempts,
        columns.created_at,
        columns.sent_at,
    )
    query = sa.select(*shown, columns.last_error).where(columns.alert == alert).order_by(columns.id)
    return list(connection.execute(query))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise HTTPException(422, f"{text[:40]!r} is no time such as 2026-01-31T12:00") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
