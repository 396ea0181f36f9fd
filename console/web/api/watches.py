"""Who is watched, for programs: organisations, what a text gives away, what a watchlist would find, hunts."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from pydantic import Field

from alerts.foresight import Preview, preview
from alerts.loading import load_watchlist
from alerts.matching import build_matcher
from alerts.matching.port import Match
from alerts.retro import Hunt, Proposed, accept, dismiss, find_proposal, list_hunts, list_proposals
from alerts.watchlist import Organisation
from config.database import reading
from config.errors import InputError
from config.inputs import yaml_files
from console.web.api.answers import SAME, Body, IfNoneMatch, Limit, Model, answer
from console.web.api.callers import ReadsWatches, TunesWatches
from console.web.context import Context
from console.web.guard import Asker, Everything, Here, write_down
from console.wiring import intake

router = APIRouter(tags=["watches"])
_MOST_PREVIEW = 31  # days


class Organisations(Model):
    """Who is watched, by id."""

    organisations: list[Organisation]


class Tried(Body):
    """A text as somebody may post it."""

    title: Annotated[str, Field(max_length=1000)] = ""
    text: Annotated[str, Field(max_length=100_000)]


class Matches(Model):
    """What was found, the strongest first; spans are characters of title and text."""

    matches: list[Match]


class Draft(Body):
    """A watchlist as its file would be, and how far to look back."""

    yaml: Annotated[str, Field(min_length=1, max_length=500_000)]
    days: Annotated[int, Field(ge=1, le=_MOST_PREVIEW)] = 7
    examples: Annotated[int, Field(ge=0, le=20)] = 5


class Foreseen(Model):
    """What one organisation's watch would have found, and how many alerts a week are to be expected."""

    organisation: str
    hits: dict[str, int]
    alerts: int
    days: float
    alerts_a_week: float
    examples: list[dict[str, Any]]


class Previews(Model):
    """What each organisation's watch would have found."""

    organisations: list[Foreseen]


class Hunts(Model):
    """Readings of all history, the newest first."""

    hunts: list[Hunt]


class Proposals(Model):
    """Alerts that hunts propose, the strongest first."""

    proposals: list[Proposed]


class Accepted(Model):
    """The alert that a proposal became or joined; null where its post no longer names the organisation."""

    alert: str | None


class Dismissed(Model):
    """A proposal that was set aside."""

    proposal: Proposed


@router.get("/organisations", summary="Who is watched", response_model=Organisations, responses=SAME)
def organisations(
    request: Request, here: Here, who: ReadsWatches, if_none_match: IfNoneMatch = None
) -> Response:
    """Every organisation that the token's user may see."""
    return answer(request, Organisations(organisations=_theirs(here, who)))


@router.get("/organisations/{name}", summary="One organisation", response_model=Organisation, responses=SAME)
def organisation(
    request: Request, here: Here, who: ReadsWatches, name: str, if_none_match: IfNoneMatch = None
) -> Response:
    """One organisation with everything that gives it away."""
    found = next((each for each in _theirs(here, who) if each.id == name), None)
    if found is None:
        raise HTTPException(404, f"there is no organisation {name[:63]!r}")
    return answer(request, found)


@router.post("/watch/test", summary="Try a text", response_model=Matches)
def test(request: Request, here: Here, who: ReadsWatches, body: Tried) -> Response:
    """What the watchlists in force find in a text, and why. Nothing is kept of it."""
    mine = {each.id for each in _theirs(here, who)}
    found = [match for match in here.matcher.match(body.title, body.text) if match.organisation in mine]
    return answer(request, Matches(matches=found))


@router.post("/watch/preview", summary="Try a watchlist", response_model=Previews)
def foresee(request: Request, here: Here, who: TunesWatches, body: Draft) -> Response:
    """What a watchlist would have found lately. Nothing is saved; 400 names each fault with its line. A reading of many
    posts takes its time."""
    drafted = _drafted(here, body.yaml)
    write_down(here, who, "previewed a watchlist", ", ".join(each.id for each in drafted))
    now = here.now()
    found = preview(
        here.store,
        drafted,
        build_matcher(drafted),
        since=now - timedelta(days=body.days),
        now=now,
        examples=body.examples,
    )
    return answer(request, Previews(organisations=[_foreseen(one) for one in found]))


@router.get("/hunts", summary="Hunts", response_model=Hunts, responses=SAME)
def hunts(request: Request, here: Here, who: ReadsWatches, if_none_match: IfNoneMatch = None) -> Response:
    """The hunts for organisations that the token's user may see."""
    mine = who.user.organisations
    found = [hunt for hunt in list_hunts(here.engine) if not mine or set(hunt.organisations) <= set(mine)]
    return answer(request, Hunts(hunts=found))


@router.get("/proposals", summary="What hunts propose", response_model=Proposals, responses=SAME)
def proposals(
    request: Request,
    here: Here,
    who: ReadsWatches,
    state: Literal["proposed", "accepted", "dismissed", "copy"] = "proposed",
    hunt: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="only of this hunt")] = None,
    limit: Limit = 50,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Alerts that hunts propose, of organisations and sources that the token's user may see."""
    found = [
        one
        for one in list_proposals(here.engine, state=state, hunt=hunt, limit=10_000)
        if _sees(here, who, one)
    ]
    return answer(request, Proposals(proposals=found[:limit]))


_Proposal = Annotated[str, InPath(max_length=63)]


@router.post("/proposals/{name}/accept", summary="Make it an alert", response_model=Accepted)
def take(
    request: Request, here: Here, everything: Everything, who: TunesWatches, name: _Proposal
) -> Response:
    """Make a proposal an alert, which is then delivered; 400 when it was decided upon."""
    proposed = _proposal(here, who, name)
    names = tuple(path.stem for path in yaml_files(here.settings.channels_dir))
    takes = intake(everything.inputs, names)
    at = here.now()
    made = accept(here.engine, here.store, takes, everything.matcher, proposed.id, by=who.actor, at=at)
    return answer(request, Accepted(alert=made))


@router.post("/proposals/{name}/dismiss", summary="Set it aside", response_model=Dismissed)
def drop(request: Request, here: Here, who: TunesWatches, name: _Proposal) -> Response:
    """Set a proposal aside for good; 400 when it was decided upon."""
    proposed = _proposal(here, who, name)
    done = dismiss(here.engine, proposed.id, by=who.actor, at=here.now())
    write_down(here, who, "dismissed a proposal", proposed.id)
    return answer(request, Dismissed(proposal=done))


def _drafted(here: Context, text: str) -> tuple[Organisation, ...]:
    """The organisations of a file that is not there yet; it may name the rules that are."""
    with tempfile.TemporaryDirectory(prefix="duskwatch-") as folder:
        rules = here.settings.watchlists_dir / "rules"
        if rules.is_dir():
            (Path(folder) / "rules").symlink_to(rules, target_is_directory=True)
        path = Path(folder) / "yaml"
        path.write_text(text, encoding="utf-8", errors="replace")
        try:
            return load_watchlist(path)
        except InputError as error:
            raise InputError([replace(each, file="yaml") for each in error.problems]) from None


def _theirs(here: Context, who: Asker) -> list[Organisation]:
    mine = who.user.organisations
    found = [each for each in here.inputs.organisations if not mine or each.id in mine]
    return sorted(found, key=lambda each: each.id)


def _sees(here: Context, who: Asker, proposed: Proposed) -> bool:
    mine = who.user.organisations
    known = not mine or proposed.organisation in mine
    return known and here.sees(proposed.source)


def _proposal(here: Context, who: Asker, name: str) -> Proposed:
    with reading(here.engine) as connection:
        found = find_proposal(connection, name)
    if not _sees(here, who, found):
        raise HTTPException(404, f"no proposal begins with {name[:63]!r}")
    return found


def _foreseen(one: Preview) -> Foreseen:
    return Foreseen(
        organisation=one.organisation,
        hits=one.hits,
        alerts=one.alerts,
        days=one.days,
        alerts_a_week=one.alerts_a_week,
        examples=[{name: getattr(each, name) for name in each.__slots__} for each in one.examples],
    )
