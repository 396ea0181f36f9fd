"""Watchlists: who is watched, by which words, and what lint says of them."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response

from console.blind import blind_spots, sight
from console.web.guard import Here, Someone
from console.web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/watchlists")
def watchlists(request: Request, here: Here, who: Someone) -> Response:
    """Every organisation that the user may see."""
    mine = [
        each
        for each in here.inputs.organisations
        if not who.user.organisations or each.id in who.user.organisations
    ]
    return page(request, here, who, "watchlists.html", organisations=sorted(mine, key=lambda each: each.id))


@router.get("/watchlists/{name}")
def organisation(request: Request, here: Here, who: Someone, name: str) -> Response:
    """One organisation with everything that gives it away."""
    found = next((each for each in here.inputs.organisations if each.id == name), None)
    if found is None or (who.user.organisations and name not in who.user.organisations):
        raise HTTPException(404, f"there is no organisation {name[:64]!r}")
    terms = {
        field: getattr(found, field)
        for field in ("aliases", "brands", "acronyms", "domains", "mail_domains", "patterns", "context")
    }
    against = {field: getattr(found, field) for field in ("exclusions", "negatives")}
    sources = here.inputs.sources
    seen = sight(found, sources, blind_spots(sources, here.engine, here.now()))
    return page(
        request,
        here,
        who,
        "organisation.html",
        organisation=found,
        terms=terms,
        against=against,
        seen=seen,
    )
