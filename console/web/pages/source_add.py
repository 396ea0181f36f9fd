"""A source from an address: it is looked at through Tor, what was read is shown, and a person accepts it or points."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from alerts.handling import Actor
from config.errors import DuskwatchError, InputError
from config.inputs import problems_of
from console.adding import (
    BOARD_FIELDS,
    THREAD_FIELDS,
    Proposal,
    as_yaml,
    columns,
    corrected,
    figures,
    free,
)
from console.editing import change
from console.probing import Probed, Probes, ProbeState
from console.versions import SOURCE
from console.web.context import Context
from console.web.guard import Asker, Here, Operator, own_form, write_down
from console.web.pages.watch_edit import Sent
from console.web.rendering import page
from crawler.adapters import adapter_names
from crawler.source import Source

router = APIRouter(include_in_schema=False)
_ROWS = 8
_Word = Annotated[str, Form(max_length=500)]


def probes(request: Request) -> Probes:
    """The addresses that this console looks at."""
    found: Probes = request.app.state.probes
    return found


Looking = Annotated[Probes, Depends(probes)]


@router.get("/source/add")
def ask(
    request: Request, here: Here, who: Operator, url: Annotated[str, Query(max_length=500)] = ""
) -> Response:
    """Where an address is put in."""
    return page(
        request, here, who, "source_add.html", url=url, name="", adapter="", engines=_engines(), fault=""
    )


@router.post("/source/add", dependencies=[Depends(own_form)])
def begin(
    request: Request,
    here: Here,
    who: Operator,
    looking: Looking,
    url: _Word,
    name: _Word = "",
    adapter: _Word = "",
) -> Response:
    """Begin to look at an address; what is wrong with it is told at once."""
    try:
        if name:
            free(name, here.settings)
        key = looking.begin(url.strip(), name.strip(), adapter, who.user.name)
    except DuskwatchError as error:
        given = {"url": url, "name": name, "adapter": adapter, "engines": _engines(), "fault": str(error)}
        return page(request, here, who, "source_add.html", 422, **given)
    write_down(here, who, "address looked at", url)
    return RedirectResponse(f"/source/add/{key}", 303)


@router.get("/source/add/{key}")
def job(request: Request, here: Here, who: Operator, looking: Looking, key: str) -> Response:
    """How far it is, and what was read: this page may be left and opened again."""
    found = looking.get(key)
    proposal = looking.proposal(found) if found.state is ProbeState.READ else None
    return _shown(request, here, who, found, proposal, {})


@router.post("/source/add/{key}", dependencies=[Depends(own_form)])
def act(request: Request, here: Here, who: Operator, looking: Looking, key: str, given: Sent) -> Response:
    """Accept what was read, point at other columns, look again, or drop it."""
    found = looking.get(key)
    asked = given.get("act", "")
    if asked == "again":
        return RedirectResponse(
            f"/source/add/{looking.begin(found.url, found.name, found.adapter, who.user.name)}", 303
        )
    if asked == "drop":
        looking.settle(key, ProbeState.DROPPED)
        write_down(here, who, "address dropped", found.url)
        return RedirectResponse("/sources", 303)
    if found.state is not ProbeState.READ:
        return RedirectResponse(f"/source/add/{key}", 303)
    proposal = looking.proposal(found)
    pointed = {
        name: int(given[name])
        for name in (*BOARD_FIELDS, *THREAD_FIELDS)
        if given.get(name, "").isdecimal() and given[name]
    }
    try:
        if pointed:
            proposal = corrected(proposal, pointed)
        proposal = _named(proposal, given)
        if asked == "write":
            free(proposal.source.id, here.settings)
            _write(here, who.actor, proposal, given.get("why", "") or f"added from {found.url}")
            looking.settle(key, ProbeState.WRITTEN)
            write_down(here, who, "source added", f"{proposal.source.id}: {found.url}")
            here.look_again()
            return RedirectResponse(f"/sources/{proposal.source.id}", 303)
    except DuskwatchError as error:
        return _shown(request, here, who, found, proposal, pointed, str(error), 422)
    return _shown(request, here, who, found, proposal, pointed)


def _write(here: Context, by: Actor, proposal: Proposal, why: str) -> None:
    """The file as ``source add`` writes it, and its first version."""
    source = proposal.source
    change(
        here.settings,
        here.engine,
        SOURCE,
        source.id,
        base="",
        text=as_yaml(source),
        by=by,
        why=why,
        at=here.now(),
    )


def _named(proposal: Proposal, given: dict[str, str]) -> Proposal:
    """With id and name as the form has them. Raises ``InputError``."""
    said = {"id": given.get("id", "").strip(), "name": given.get("name", "").strip()}
    values = proposal.source.model_dump() | {name: value for name, value in said.items() if value}
    try:
        return replace(proposal, source=Source.model_validate(values))
    except ValidationError as error:
        raise InputError(problems_of(error, Source, "source")) from None


def _shown(
    request: Request,
    here: Context,
    who: Asker,
    found: Probed,
    proposal: Proposal | None,
    pointed: dict[str, int],
    fault: str = "",
    status: int = 200,
) -> Response:
    values: dict[str, Any] = {"proposal": proposal, "pointed": pointed, "fault": fault}
    if proposal:
        read = proposal.read()
        values |= {
            "threads": (read.board.threads if read.board else ())[:_ROWS],
            "posts": (read.thread.posts if read.thread else ())[:_ROWS],
            "figures": figures(read),
            "columns": columns(proposal),
            "written": as_yaml(proposal.source),
        }
    fields = {"board": BOARD_FIELDS, "thread": THREAD_FIELDS}
    return page(request, here, who, "source_probe.html", status, job=found, fields=fields, **values)


def _engines() -> list[str]:
    return [name for name in adapter_names() if name != "profile"]
