"""Sources: how each stands, and what an operator can do about it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from console.copies import known_copies
from console.web.guard import Here, Operator, Someone, own_form, write_down
from console.web.rendering import page
from console.wiring import ailing, late
from crawler.leases import Leases
from crawler.state import CrawlState, standings
from crawler.tor.control import close_circuits

router = APIRouter(include_in_schema=False)


@router.get("/sources")
def sources(request: Request, here: Here, who: Someone) -> Response:
    """Every source with its newest crawl."""
    inputs = here.inputs
    known = standings(here.engine)
    sick = ailing(inputs.sources, here.engine)
    found = known_copies(inputs.sources, here.engine)
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
            }
        )
    rows.sort(key=lambda row: (not row["sick"], row["source"].id))
    return page(request, here, who, "sources.html", rows=rows, copies=found)


@router.post("/sources/{name}", dependencies=[Depends(own_form)])
def act(
    here: Here, who: Operator, name: str, act: Annotated[str, Form(pattern="^(circuits|now)$")]
) -> Response:
    """New circuits for a source, or its next crawl at once."""
    if name not in here.inputs.sources:
        raise HTTPException(404, f"there is no source {name[:64]!r}")
    if act == "circuits":
        CrawlState(here.engine, name).new_circuits()
        close_circuits(here.settings.tor, name)
    else:
        Leases(here.engine, here.settings.crawl.lease).wake([name])
    write_down(here, who, {"circuits": "new circuits", "now": "crawl now"}[act], name)
    return RedirectResponse("/sources", 303)
