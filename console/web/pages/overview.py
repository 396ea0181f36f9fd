"""Overview: the detection clock, what is covered, and how the system does."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from alerts.cases import Wanted
from alerts.clock import summaries
from alerts.clocks import running
from console.accounts import Role, audit
from console.web.guard import Here, Someone
from console.web.health import system
from console.web.rendering import page
from console.web.scope import seen_clocks
from console.wiring import ailing

router = APIRouter(include_in_schema=False)
_DAYS = 30


@router.get("/overview")
def overview(request: Request, here: Here, who: Someone) -> Response:
    """Figures of the last thirty days, and what is not well now."""
    since = here.now() - timedelta(days=_DAYS)
    inputs = here.inputs
    mine = Wanted(organisations=who.user.organisations, tlps=who.user.tlps)
    return page(
        request,
        here,
        who,
        "overview.html",
        days=_DAYS,
        by_source=summaries(here.engine, "source", since, mine),
        by_organisation=summaries(here.engine, "organisation", since, mine),
        ailing=ailing(inputs.sources, here.engine),
        covered=len(inputs.sources),
        system=system(here),
        clocks=seen_clocks(here.engine, who.user, running(here.engine))[:20],
        lines=audit(here.engine, 50) if who.user.role.may(Role.ADMIN) else [],
    )
