"""Watchlists: who is watched, by which words, their versions; import and export as YAML."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import yaml
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from alerts.foresight import report
from alerts.watchlist import Organisation
from config.errors import InputError, Problem
from console.accounts import Role
from console.blind import blind_spots, sight
from console.editing import look, there
from console.importing import Imported, import_watches, read_import
from console.versions import WATCH, ReasonWanted, Version, retired, versions
from console.web.context import Context
from console.web.guard import Asker, Here, Operator, Someone, own_form, write_down
from console.web.pages.watch_edit import LISTS
from console.web.rendering import page
from console.web.shown import lines_changed
from console.wiring import term_hygiene

router = APIRouter(include_in_schema=False)
_REPORTED = 90  # days


@router.get("/watchlists")
def watchlists(request: Request, here: Here, who: Someone) -> Response:
    """Every organisation that the user may see, those first that want looking at."""
    mine = _mine(here, who)
    now = here.now()
    rows = report(here.engine, mine, since=now - timedelta(days=_REPORTED), now=now)
    known = {each.id: each for each in mine}
    gone = retired(here.engine, WATCH) if who.user.role.may(Role.OPERATOR) else []
    mine_too = who.user.organisations
    return page(
        request,
        here,
        who,
        "watchlists.html",
        rows=[(known[row.organisation], row) for row in rows],
        days=_REPORTED,
        gone=[name for name in gone if name not in known and (not mine_too or name in mine_too)],
    )


@router.get("/watch/export")
def export(here: Here, who: Someone) -> Response:
    """The entries of everybody that the user may see, as one YAML file, with their comments."""
    found = [there(here.settings, WATCH, each.id).text for each in _mine(here, who)]
    return _yaml("watchlists.yaml", found)


@router.get("/watchlists/{name}/yaml")
def one(here: Here, who: Someone, name: str) -> Response:
    """The entry of one organisation as a YAML file."""
    _theirs(here, who, name)
    return _yaml(f"{name}.yaml", [there(here.settings, WATCH, name).text])


@router.get("/watch/import")
def import_page(request: Request, here: Here, who: Operator) -> Response:
    """Where YAML is put in."""
    return _import(request, here, who, "", None)


@router.post("/watch/import", dependencies=[Depends(own_form)])
def import_(
    request: Request,
    here: Here,
    who: Operator,
    text: Annotated[str, Form(max_length=900_000)],
    why: Annotated[str, Form(max_length=2000)] = "",
    act: Annotated[str, Form(pattern="^(look|save)$")] = "look",
) -> Response:
    """What an import would do; with ``save`` it is done."""
    text = text.replace("\r\n", "\n")
    try:
        read = read_import(here.settings, text)
        if any(who.user.organisations and each.name not in who.user.organisations for each in read):
            raise HTTPException(403, "this import holds organisations that are not yours")
        if act == "save":
            import_watches(here.settings, here.engine, read, by=who.actor, why=why, at=here.now())
            here.look_again()
            done = [each for each in read if each.what != "same"]
            write_down(here, who, "watchlists imported", f"{', '.join(each.name for each in done)}: {why}")
            return RedirectResponse("/watchlists", 303)
    except InputError as error:
        return _import(request, here, who, text, None, list(error.problems), why)
    except ReasonWanted as missing:
        fault = Problem("import", None, "why", missing.message, missing.cure or "")
        return _import(request, here, who, text, read, [fault], why)
    return _import(request, here, who, text, read, why=why)


@router.get("/watchlists/{name}/versions")
def history(
    request: Request, here: Here, who: Someone, name: str, shown: Annotated[int, Query(ge=1, le=200)] = 50
) -> Response:
    """Every version of an organisation's entry, also of one that is retired."""
    if who.user.organisations and name not in who.user.organisations:
        raise HTTPException(404, f"there is no organisation {name[:64]!r}")
    look(here.settings, here.engine, WATCH, name, here.now())
    found = versions(here.engine, WATCH, name, shown)
    if not found:
        raise HTTPException(404, f"there is no organisation {name[:64]!r}")
    back = f"/watchlists/{name}/edit" if who.user.role.may(Role.OPERATOR) else ""
    return page(
        request, here, who, "versions.html", name=name, rows=compared(found), edit=back, up="/watchlists"
    )


@router.get("/watchlists/{name}")
def organisation(request: Request, here: Here, who: Someone, name: str) -> Response:
    """One organisation with everything that gives it away."""
    found = _theirs(here, who, name)
    against = ("exclusions", "negatives")
    terms = {field: getattr(found, field) for field in (*LISTS, "patterns") if field not in against}
    sources = here.inputs.sources
    return page(
        request,
        here,
        who,
        "organisation.html",
        organisation=found,
        terms=terms,
        against={field: getattr(found, field) for field in against},
        rows=versions(here.engine, WATCH, name, 3),
        hygiene=term_hygiene([found], here.engine, here.now()),
        seen=sight(found, sources, blind_spots(sources, here.engine, here.now())),
    )


def compared(found: list[Version]) -> list[dict[str, object]]:
    """Versions, newest first, each with what it changed."""
    return [
        {"version": each, "changed": lines_changed(before.text if before else "", each.text)}
        for each, before in zip(found, [*found[1:], None], strict=True)
    ]


def _mine(here: Context, who: Asker) -> list[Organisation]:
    theirs = who.user.organisations
    return [each for each in here.inputs.organisations if not theirs or each.id in theirs]


def _theirs(here: Context, who: Asker, name: str) -> Organisation:
    found = next((each for each in _mine(here, who) if each.id == name), None)
    if found is None:
        raise HTTPException(404, f"there is no organisation {name[:64]!r}")
    return found


def _yaml(name: str, entries: list[str]) -> Response:
    text = "organisations:\n" + "".join(
        "  - " + "\n    ".join(entry.strip("\n").split("\n")) + "\n" for entry in entries
    )
    yaml.safe_load(text)  # never hand out what cannot be read back
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="application/yaml; charset=utf-8", headers=named)


def _import(
    request: Request,
    here: Context,
    who: Asker,
    text: str,
    read: list[Imported] | None,
    problems: list[Problem] | None = None,
    why: str = "",
) -> Response:
    rows = [(each, lines_changed(each.before, each.text)) for each in read or ()]
    status = 422 if problems else 200
    return page(
        request,
        here,
        who,
        "watch_import.html",
        status,
        text=text,
        rows=rows,
        problems=problems or [],
        why=why,
    )
