"""What history says: the baseline reports, and one of them."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response

from alerts.baseline_report import summary
from console.histories import digests
from console.web.guard import Here, Someone
from console.web.rendering import page

router = APIRouter(include_in_schema=False)
_SHOWN = 200  # listings of an organisation


@router.get("/baseline")
def reports(request: Request, here: Here, who: Someone) -> Response:
    """Every report of which the user may see something, newest first, and what waits for the next."""
    return page(request, here, who, "baselines.html", digests=digests(here.engine, who.user, here.sees))


@router.get("/baseline/{name}")
def report(request: Request, here: Here, who: Someone, name: str) -> Response:
    """One report: what history says about each organisation."""
    found = digests(here.engine, who.user, here.sees, report=name)
    if not found:
        raise HTTPException(404, f"there is no baseline report {name[:64]!r}")
    (digest,) = found
    rows = [
        {
            "organisation": organisation,
            "said": summary([each.entry for each in its]),
            "listings": its[:_SHOWN],
            "more": max(len(its) - _SHOWN, 0),
        }
        for organisation, its in digest.by_organisation()
    ]
    return page(request, here, who, "baseline.html", digest=digest, report=digest.report, rows=rows)
