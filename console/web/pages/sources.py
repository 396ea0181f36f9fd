"""Sources: how each stands, and what an operator can do about it."""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from alerts.copies.overrides import history
from config.errors import DuskwatchError
from console.accounts import Role
from console.copies import WORDS, known_copies
from console.editing import look
from console.steering import (
    lend_cookies,
    name_cookies,
    new_circuits,
    run_now,
    set_enabled,
    take_session_back,
)
from console.versions import SOURCE, versions
from console.web.context import Context
from console.web.guard import Here, Operator, Someone, own_form, write_down
from console.web.pages.watchlists import compared
from console.web.rendering import page
from console.wiring import ailing, dating_of, late, pauses
from crawler.leases import Leases
from crawler.sessions import SecretMissing
from crawler.source import Source
from crawler.state import coverage_of, standings
from indexer.store import Filters

router = APIRouter(include_in_schema=False)
_LOOKED_AT = 50  # newest posts, of which the lag is told
_Word = Annotated[str, Form(max_length=2000)]


@router.get("/sources")
def sources(request: Request, here: Here, who: Someone) -> Response:
    """Every source with its newest crawl."""
    inputs = here.inputs
    known = standings(here.engine)
    sick = ailing(inputs.sources, here.engine)
    found = known_copies(inputs.sources, here.engine, here.sees)
    following = _following(here)
    rows: list[dict[str, Any]] = []
    for name, source in inputs.sources.items():
        standing = known.get(name)
        rows.append(
            {
                "source": source,
                "standing": standing,
                "late": bool(standing and late(source, standing)),
                "sick": sick.get(name, ""),
                "same": found.said(name),
                **following[name],
            }
        )
    rows.sort(key=lambda row: (not row["sick"], row["source"].id))
    operator = who.user.role.may(Role.OPERATOR)
    return page(
        request,
        here,
        who,
        "sources.html",
        rows=rows,
        copies=found,
        decisions=[one for one in history(here.engine) if here.sees(one.source) and here.sees(one.original)][
            :20
        ],
        verdicts=WORDS,
        probes=request.app.state.probes.recent() if operator else [],
    )


@router.get("/sources/{name}")
def source_page(request: Request, here: Here, who: Someone, name: str) -> Response:
    """One source: its crawls, what of it is missed, when it is next, and its file's versions. No secret is shown, and
    no address to whoever does not operate it."""
    source = _known(here, name)
    operator = who.user.role.may(Role.OPERATOR)
    look(here.settings, here.engine, SOURCE, name, here.now())
    standing = standings(here.engine).get(name)
    return page(
        request,
        here,
        who,
        "source.html",
        source=source,
        standing=standing,
        late=bool(standing and late(source, standing)),
        sick=ailing({name: source}, here.engine).get(name, ""),
        coverage=coverage_of(here.engine, name, [board.key for board in source.boards], here.now()),
        dating=dating_of(here.engine, here.now(), name).get(name),
        rows=compared(versions(here.engine, SOURCE, name, 20)) if operator else [],
        **_following(here)[name],
        **_stored(here, name),
    )


@router.post("/sources/{name}", dependencies=[Depends(own_form)])
def act(
    here: Here,
    who: Operator,
    name: str,
    act: Annotated[str, Form(pattern="^(circuits|now|pause|resume|lend|name|end)$")],
    why: _Word = "",
    cookies: Annotated[str, Form(max_length=100_000)] = "",
    variable: _Word = "",
) -> Response:
    """What an operator does with a source; what it is lent is shown to nobody any more."""
    _known(here, name)
    settings, engine = here.settings, here.engine
    by: dict[str, Any] = {"by": who.actor, "why": why, "at": here.now()}
    if act == "circuits":
        new_circuits(settings, engine, name)
    elif act == "now":
        run_now(settings, engine, name)
    elif act in ("pause", "resume"):
        set_enabled(settings, engine, name, act == "resume", **by)
    elif act == "lend":
        try:
            lend_cookies(settings, engine, name, cookies, **by)
        except SecretMissing as error:
            raise HTTPException(422, str(error)) from None
    elif act == "name":
        name_cookies(settings, engine, name, variable.strip(), **by)
    else:
        take_session_back(settings, engine, name, **by)
    here.look_again()
    write_down(here, who, _DONE[act], f"{name}{f': {why}' if why else ''}")
    return RedirectResponse(f"/sources/{name}", 303)


_DONE = {
    "circuits": "new circuits",
    "now": "crawl now",
    "pause": "source paused",
    "resume": "source resumed",
    "lend": "session lent",
    "name": "session named",
    "end": "session taken back",
}


def _known(here: Context, name: str) -> Source:
    source = here.inputs.sources.get(name)
    if source is None:
        raise HTTPException(404, f"there is no source {name[:64]!r}")
    return source


def _following(here: Context) -> dict[str, dict[str, Any]]:
    """When each source is crawled next, and whether it is now."""
    inputs, now = here.inputs, here.now()
    stands = Leases(here.engine, inputs.settings.crawl.lease).stands(list(inputs.sources))
    every = pauses(inputs.sources, here.engine)
    found: dict[str, dict[str, Any]] = {}
    for name, source in inputs.sources.items():
        stand = stands.get(name)
        paused = not source.schedule.enabled
        due = None if paused else stand.next_run(every[name], now) if stand else now
        found[name] = {"crawled": bool(stand and stand.crawled), "next_run": due, "pause": every[name]}
    return found


def _stored(here: Context, name: str) -> dict[str, Any]:
    """How many posts the store has of a source, and how long after posting the newest were seen, as a median."""
    try:
        found = here.store.search("", filters=Filters(sources=(name,)), limit=_LOOKED_AT)
    except DuskwatchError as error:
        return {"posts": None, "lag": None, "away": str(error)}
    lags = [
        (hit.stored.first_seen_at - hit.stored.post.posted_at) / timedelta(seconds=1)
        for hit in found.hits
        if hit.stored.post.posted_at
    ]
    return {"posts": found.total, "lag": median(lags) if lags else None, "away": ""}
