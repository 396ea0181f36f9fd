"""Overview: the detection clock, what is covered, what came over time, and how the system does."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from alerts.cases import CLOSED, Alert, Wanted, count_alerts, list_alerts
from alerts.clock import summaries
from alerts.clocks import Clock, running
from alerts.tables import alert_table
from config.errors import DuskwatchError
from console.accounts import Role, User
from console.audit import audit
from console.figures import Chart, alerts_by_day, posts_by_day, sources_by_day
from console.personal import count_unread
from console.web.context import Context
from console.web.guard import Here, Someone
from console.web.health import system
from console.web.rendering import page
from console.wiring import ailing

router = APIRouter(include_in_schema=False)
_DAYS = 30
_MOST_CLOCKS = 20
_KEPT = 30.0  # seconds for which figures of many alerts hold


@router.get("/overview")
def overview(request: Request, here: Here, who: Someone) -> Response:
    """Figures of the last thirty days, of what the user may see, and what is not well now."""
    now = here.now()
    since = now - timedelta(days=_DAYS)
    inputs = here.inputs
    enabled = sum(source.schedule.enabled for source in inputs.sources.values())
    mine = Wanted(organisations=who.user.organisations, tlps=who.user.tlps)
    open_ones = Wanted(
        organisations=who.user.organisations, tlps=who.user.tlps, also=[alert_table.c.state.not_in(CLOSED)]
    )
    return page(
        request,
        here,
        who,
        "overview.html",
        days=_DAYS,
        whole=here.lately(("whole", mine), _KEPT, lambda: summaries(here.engine, None, since, mine)),
        by_source=here.lately(
            ("by source", mine), _KEPT, lambda: summaries(here.engine, "source", since, mine)
        ),
        by_organisation=here.lately(
            ("by organisation", mine), _KEPT, lambda: summaries(here.engine, "organisation", since, mine)
        ),
        open_counts=here.lately(
            ("open", mine), _KEPT, lambda: count_alerts(here.engine, "severity", open_ones)
        ),
        unread=count_unread(here.engine, who.user),
        ailing=ailing(inputs.sources, here.engine),
        covered=enabled,
        system=system(here),
        alerts=here.lately(("alerts", mine), _KEPT, lambda: alerts_by_day(here.engine, mine, now, _DAYS)),
        posts=here.lately("posts by day", _KEPT, lambda: _posts(here)),
        sources=here.lately(
            "sources by day", _KEPT, lambda: sources_by_day(here.engine, enabled, now, _DAYS)
        ),
        clocks=_clocks(here, who.user),
        lines=audit(here.engine, 50) if who.user.role.may(Role.ADMIN) else [],
    )


def _posts(here: Context) -> Chart | None:
    """None where the store does not answer, which the system's list tells."""
    try:
        return posts_by_day(here.store, here.now(), _DAYS)
    except DuskwatchError:
        return None


def _clocks(here: Context, user: User) -> list[tuple[Clock, Alert]]:
    """The legal deadlines of alerts that the user may see, the next to end first."""
    clocks = running(here.engine)
    also = [alert_table.c.id.in_({clock.alert for clock in clocks})]
    wanted = Wanted(organisations=user.organisations, tlps=user.tlps, also=also)
    alerts = {alert.id: alert for alert in list_alerts(here.engine, wanted, limit=1000)} if clocks else {}
    return [(clock, alerts[clock.alert]) for clock in clocks if clock.alert in alerts][:_MOST_CLOCKS]
