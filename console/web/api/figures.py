"""Figures for programs: the detection clock, the clocks of laws, how many alerts there are, and how the system does."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from alerts.cases import Wanted, count_alerts
from alerts.clock import Summary, summaries
from alerts.clocks import Clock, running
from console.accounts import Role
from console.web.api.answers import SAME, IfNoneMatch, Model, answer
from console.web.api.callers import ReadsFigures
from console.web.guard import Here
from console.web.health import Part, system
from console.web.scope import seen_clocks

router = APIRouter(tags=["figures"])


class Detection(Model):
    """Seconds of each step from a listing's posting to its acknowledgement."""

    days: int
    summaries: list[Summary]


class Clocks(Model):
    """Legal deadlines that run, the next to end first."""

    clocks: list[Clock]


class Counts(Model):
    """How many alerts there are of each."""

    counts: dict[str, int]


class System(Model):
    """Each part, whether it is well; what it says is for operators."""

    well: bool
    parts: list[Part]


@router.get("/detection", summary="The detection clock", response_model=Detection, responses=SAME)
def detection(
    request: Request,
    here: Here,
    who: ReadsFigures,
    by: Literal["source", "organisation"] = "source",
    days: Annotated[int, Query(ge=1, le=366)] = 30,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """How long it took, of the alerts of the last days that the token's user may see."""
    since = here.now() - timedelta(days=days)
    wanted = Wanted(organisations=who.user.organisations, tlps=who.user.tlps)
    found = here.lately((by, days, wanted), 30, lambda: summaries(here.engine, by, since, wanted))
    if by == "source":
        found = [one for one in found if here.sees(one.name)]
    return answer(request, Detection(days=days, summaries=found))


@router.get("/clocks", summary="Legal deadlines", response_model=Clocks, responses=SAME)
def clocks(request: Request, here: Here, who: ReadsFigures, if_none_match: IfNoneMatch = None) -> Response:
    """The clocks that run, of alerts that the token's user may see."""
    return answer(request, Clocks(clocks=seen_clocks(here.engine, who.user, running(here.engine))))


@router.get("/counts", summary="How many alerts", response_model=Counts, responses=SAME)
def counts(
    request: Request,
    here: Here,
    who: ReadsFigures,
    by: Literal["state", "organisation", "source", "severity", "assignee"] = "state",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """How many alerts there are of each, of those that the token's user may see."""
    wanted = Wanted(organisations=who.user.organisations, tlps=who.user.tlps)
    return answer(request, Counts(counts=count_alerts(here.engine, by, wanted)))


@router.get("/system", summary="How the system does", response_model=System, responses=SAME)
def parts(request: Request, here: Here, who: ReadsFigures, if_none_match: IfNoneMatch = None) -> Response:
    """Database, store, feed, spool and outbox."""
    found = system(here)
    if not who.user.role.may(Role.OPERATOR):
        found = [Part(part.name, part.well, "") for part in found]
    return answer(request, System(well=all(part.well for part in found), parts=found))
