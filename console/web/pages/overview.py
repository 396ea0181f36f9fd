"""Overview: the detection clock, what is covered, and how the system does."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from alerts.clock import summaries
from alerts.clocks import running
from console.accounts import Role, audit
from console.web.guard import Here, Someone
from console.web.health import system
from console.web.rendering import page
from console.wiring import ailing

router = APIRouter(include_in_schema=False)
_DAYS = 30


@router.get("/overview")
def overview(request: Request, here: Here, who: Someone) -> Response:
    """Figures of the last thirty days, and what is not well now."""
    since = here.now() - timedelta(days=_DAYS)
    inputs = here.inputs
    return page(
        request,
        here,
        who,
        "overview.html",
        days=_DAYS,
        by_source=summaries(here.engine, "source", since),
        by_organisation=summaries(here.engine, "organisation", since),
        ailing=ailing(inputs.sources, here.engine),
        covered=len(inputs.sources),
        system=system(here),
        clocks=running(here.engine)[:20],
        lines=audit(here.engine, 50) if who.user.role.may(Role.ADMIN) else [],
    )
