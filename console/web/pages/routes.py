"""Routes: which alerts go where, edited as rules or as YAML; whom an alert would reach; channels and how they did."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

import yaml
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from alerts.channel import Tlp
from alerts.severity import Severity
from config.edits import added, find_entry, removed, replaced
from config.errors import DuskwatchError, InputError, Problem
from config.inputs import yaml_files
from console.accounts import Role
from console.editing import Conflict, Piece, change, checked, filled, look
from console.routing import channel_standings, reach, set_ceiling, try_channel
from console.versions import ROUTES, ReasonWanted, version, versions
from console.web.context import Context
from console.web.guard import Asker, Here, Operator, Someone, own_form, write_down
from console.web.pages.alert import of_asker
from console.web.pages.watchlists import compared
from console.web.rendering import page
from console.web.shown import lines_changed
from console.wiring import channels
from indexer.post import Kind

router = APIRouter(include_in_schema=False)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHOICES = {
    "severity": [each.value for each in Severity],
    "kinds": [each.value for each in Kind],
    "tlp": list(get_args(Tlp)),
}
_FREE = ("organisations", "sources")
Many = dict[str, list[str]]


async def sent(request: Request) -> Many:
    """A dependency: every field of the form that was sent, with all its values."""
    form = await request.form()
    found: Many = {}
    for name, value in form.multi_items():
        found.setdefault(name, []).append(str(value))
    return found


Sent = Annotated[Many, Depends(sent)]


@dataclass
class Draft:
    """What the editor of a file of routes holds. ``route``: the one in the form, "" for a new one, None for the
    text."""

    found: Piece
    base: str
    text: str
    route: str | None = None
    why: str = ""
    problems: list[Problem] = field(default_factory=list)
    lost: tuple[str, ...] = ()
    conflict: Conflict | None = None
    compared: bool = False

    @property
    def names(self) -> list[str]:
        """The routes of the text, in order."""
        return [str(each.get("name", "")) for each in _routes(self.text)]

    @property
    def values(self) -> dict[str, Any]:
        """The route in the form, as it is written."""
        return next((each for each in _routes(self.text) if each.get("name") == self.route), {})


@router.get("/routes")
def routes(
    request: Request,
    here: Here,
    who: Someone,
    alert: Annotated[str, Query(max_length=64)] = "",
    at: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Every route and channel; ``alert``: whom that alert would reach at ``at``, UTC."""
    return _routes_page(request, here, who, alert, at)


@router.post("/channels/{name}", dependencies=[Depends(own_form)])
def act(
    request: Request,
    here: Here,
    who: Operator,
    name: str,
    act: Annotated[str, Form(pattern="^(test|ceiling)$")],
    ceiling: Annotated[str, Form(max_length=40)] = "",
    why: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Send a test by a channel, or change its TLP ceiling."""
    if act == "test":
        with channels(here.settings) as opened:
            said = try_channel(opened, name)
        write_down(here, who, "channel tried", f"{name}: {'open' if said.open else 'shut'}")
        return _routes_page(request, here, who, "", "", tried=said)
    set_ceiling(here.settings, here.engine, name, ceiling, by=who.actor, why=why, at=here.now())
    here.look_again()
    write_down(here, who, "channel's ceiling changed", f"{name}: {ceiling}: {why}")
    return RedirectResponse("/routes", 303)


@router.get("/routes/{name}/versions")
def history(request: Request, here: Here, who: Operator, name: str) -> Response:
    """Every version of a file of routes."""
    look(here.settings, here.engine, ROUTES, name, here.now())
    found = versions(here.engine, ROUTES, name)
    if not found:
        raise HTTPException(404, f"there is no file of routes {name[:64]!r}")
    edit = f"/routes/{name}/edit"
    return page(request, here, who, "versions.html", name=name, rows=compared(found), edit=edit, up="/routes")


@router.get("/routes/{name}/edit")
def edit(
    request: Request,
    here: Here,
    who: Operator,
    name: str,
    route: Annotated[str | None, Query(max_length=63)] = None,
    restore: Annotated[int | None, Query(alias="version")] = None,
) -> Response:
    """The editor of a file, which may not be there yet; ``route``: with that route in the form, empty: a new one."""
    _file_name(name)
    found = look(here.settings, here.engine, ROUTES, name, here.now())
    text = version(here.engine, ROUTES, name, restore).text if restore is not None else found.text
    if not text and route is None:
        route = ""
    return _shown(request, here, who, Draft(found, found.text, text, route))


@router.post("/routes/{name}/edit", dependencies=[Depends(own_form)])
def save(request: Request, here: Here, who: Operator, name: str, given: Sent) -> Response:
    """Look at a change, or save it."""
    _file_name(name)
    one = {key: values[-1] for key, values in given.items()}
    found = look(here.settings, here.engine, ROUTES, name, here.now())
    draft = Draft(found, _lines(one.get("base", "")), _lines(one.get("text", "")), why=one.get("why", ""))
    asked = one.get("act", "changes")
    if "route" in one:
        draft.route = one["route"]
        _put_in(draft, given, one, gone=asked == "remove")
    if asked == "yaml":
        draft.route = None
        return _shown(request, here, who, draft)
    if asked.startswith("form:"):
        draft.route = asked.removeprefix("form:")
        return _shown(request, here, who, draft)
    try:
        if asked == "save":
            change(
                here.settings,
                here.engine,
                ROUTES,
                name,
                base=draft.base,
                text=draft.text,
                by=who.actor,
                why=draft.why,
                at=here.now(),
            )
            here.look_again()
            write_down(here, who, "routes changed", f"{name}: {draft.why}")
            return RedirectResponse("/routes", 303)
        checked(here.settings, draft.found, draft.text)
        draft.compared = True
    except InputError as error:
        draft.problems = list(error.problems)
    except ReasonWanted as missing:
        draft.compared = True
        draft.problems = [Problem(str(found.path), None, "why", missing.message, missing.cure or "")]
    except Conflict as conflict:
        draft.conflict, draft.base = conflict, conflict.theirs
        draft.text, draft.route = conflict.merged.text, None
        return _shown(request, here, who, draft, 409)
    return _shown(request, here, who, draft, 422 if draft.problems else 200)


def _put_in(draft: Draft, given: Many, one: dict[str, str], *, gone: bool) -> None:
    """The form's route in the text."""
    try:
        there = find_entry(draft.text, "routes", "name", draft.route or "")
        if gone:
            if there:
                draft.text = removed(draft.text, "routes", there) or draft.text
            draft.route = None
            return
        text = there.text if there else f"name: {one.get('name', '').strip() or 'new-route'}\n"
        made, draft.lost = filled(text, _values(given, one, draft.values))
        if there:
            draft.text = replaced(draft.text, there, made)
        else:
            draft.text = added(draft.text, "routes", made)
            draft.route = one.get("name", "").strip()
    except yaml.YAMLError:
        draft.route = None  # its faults are told with the text


def _values(given: Many, one: dict[str, str], before: dict[str, Any]) -> dict[str, Any]:
    """A route's fields from the form; None takes one out."""
    when: dict[str, Any] = {name: given.get(name) or None for name in _CHOICES}
    when |= {name: _words(one.get(name, "")) for name in _FREE}
    when["hours"] = _hours(given, one, "hours")
    escalate = {"after": one.get("after", "").strip() or None, "to": _words(one.get("escalate_to", ""))}
    values: dict[str, Any] = {
        "when": when if any(when.values()) else None,
        "to": _words(one.get("to", "")) or [],
        "digest": one.get("digest") or None,
        "digest_at": (one.get("digest_at", "").strip() or None) if one.get("digest") else None,
        "quiet": _hours(given, one, "quiet"),
        "escalate": escalate if any(escalate.values()) else None,
        "last": True if one.get("last") else None,
    }
    return {name: value for name, value in values.items() if value is not None or name in before}


def _hours(given: Many, one: dict[str, str], name: str) -> dict[str, Any] | None:
    begin, end = one.get(f"{name}_begin", "").strip(), one.get(f"{name}_end", "").strip()
    if not begin and not end:
        return None
    days = given.get(f"{name}_days") or list(_DAYS)
    some = None if len(days) == len(_DAYS) else days
    return {"days": some, "begin": begin or None, "end": end or None}


def _form(route: dict[str, Any]) -> dict[str, Any]:
    """A route with every field that the form shows; what is written oddly shows as nothing."""

    def part(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: value.get(name) if isinstance(value, dict) else None for name in names}

    shown = part(route, ("to", "digest", "digest_at", "last"))
    shown["when"] = part(route.get("when"), (*_CHOICES, *_FREE, "hours"))
    shown["escalate"] = part(route.get("escalate"), ("after", "to"))
    shown["quiet"] = _times(part(route.get("quiet"), ("days", "begin", "end")))
    shown["when"]["hours"] = _times(part(shown["when"]["hours"], ("days", "begin", "end")))
    return shown


def _times(hours: dict[str, Any]) -> dict[str, Any]:
    """YAML 1.1 reads 17:00 without quotes as the number 1020."""
    return {
        name: f"{value // 60:02}:{value % 60:02}" if isinstance(value, int) else value
        for name, value in hours.items()
    }


def _words(text: str) -> list[str] | None:
    return text.replace(",", " ").split() or None


def _routes(text: str) -> list[dict[str, Any]]:
    try:
        value = yaml.safe_load(text) if text.strip() else None
    except yaml.YAMLError:
        return []
    listed = value.get("routes") if isinstance(value, dict) else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n")


def _file_name(name: str) -> None:
    if not name.replace("-", "").replace("_", "").isalnum() or len(name) > 63:
        raise HTTPException(404, f"{name[:64]!r} is no name of a file of routes")


def _routes_page(
    request: Request, here: Context, who: Asker, alert: str, at: str, tried: object = None
) -> Response:
    inputs = here.inputs
    operator = who.user.role.may(Role.OPERATOR)
    test, fault = None, ""
    if alert:
        try:
            found = of_asker(here, who, alert)
            test = reach(inputs, here.engine, found.id, _moment(at) or here.now())
        except (DuskwatchError, HTTPException) as error:
            fault = str(getattr(error, "detail", error))
    try:
        with channels(here.settings) as opened:
            standings = channel_standings(here.settings, here.engine, opened)
    except InputError as error:
        standings, fault = [], str(error)
    return page(
        request,
        here,
        who,
        "routes.html",
        ways=inputs.ways,
        files=[path.stem for path in yaml_files(here.settings.routes_dir)],
        channels=standings if operator else [],
        ceilings=get_args(Tlp),
        alert=alert,
        at=at,
        test=test,
        fault=fault,
        tried=tried,
    )


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise HTTPException(422, f"{text[:40]!r} is no time such as 2026-01-31T12:00") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _shown(request: Request, here: Context, who: Asker, draft: Draft, status: int = 200) -> Response:
    conflict = draft.conflict
    lines = len(draft.text.splitlines())
    return page(
        request,
        here,
        who,
        "route_edit.html",
        status,
        draft=draft,
        placed=[(each, each.line if each.line and each.line <= lines else None) for each in draft.problems],
        one=_form(draft.values),
        choices=_CHOICES,
        days=_DAYS,
        changes=lines_changed(draft.found.text, draft.text) if draft.compared else "",
        theirs=lines_changed(conflict.base, conflict.theirs) if conflict else "",
        mine=lines_changed(conflict.base, conflict.mine) if conflict else "",
        reachable=sorted(path.stem for path in yaml_files(here.settings.channels_dir)),
    )
