"""The editor of watchlists: a form and the YAML text, a preview on history, lint, the difference, and the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from alerts.foresight import Glance, glance, judged
from alerts.lint import Advice, lint
from alerts.matching import build_matcher
from alerts.watchlist import Organisation
from config.errors import InputError, Problem
from console.editing import Conflict, Piece, change, checked, filled, look, watch_of
from console.from_query import drafted
from console.versions import WATCH, ReasonWanted, version
from console.web.context import Context
from console.web.guard import Asker, Here, Operator, own_form, write_down
from console.web.rendering import page
from console.web.shown import lines_changed

router = APIRouter(include_in_schema=False)

#: Fields of the form: of one line, of several, and of one item a line. All others are edited in the YAML text.
LINES = ("name", "owner", "reason", "review")
TEXTS = ("note",)
LISTS = (
    "aliases",
    "brands",
    "acronyms",
    "domains",
    "mail_domains",
    "context",
    "exclusions",
    "negatives",
)
LIVE, THOROUGH = 2.0, 20.0  # seconds that a preview may read
DAYS = (7, 30, 90, 365)


@dataclass
class Draft:
    """What an editor holds: ``base`` is the text that was read, ``text`` what it is to be. ``fields``: of the form."""

    found: Piece
    base: str
    text: str
    form: bool
    days: int = 30
    why: str = ""
    problems: list[Problem] = field(default_factory=list)
    lost: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    conflict: Conflict | None = None
    seen: dict[str, Any] | None = None
    changes: dict[str, Any] | None = None

    @property
    def fields(self) -> dict[str, str]:
        """The form's fields, of a text that is YAML at least."""
        try:
            value = yaml.safe_load(self.text) or {}
        except yaml.YAMLError:
            value = {}
        value = value if isinstance(value, dict) else {}
        shown = {name: str(value.get(name) or "") for name in ("id", *LINES, *TEXTS)}
        for name in LISTS:
            items = value.get(name)
            shown[name] = "\n".join(map(str, items)) if isinstance(items, list) else ""
        return shown


async def sent(request: Request) -> dict[str, str]:
    """A dependency: the fields of the form that was sent, which ``own_form`` has read."""
    form = await request.form()
    return {name: str(value) for name, value in form.items()}


Sent = Annotated[dict[str, str], Depends(sent)]


def may_edit(who: Asker, name: str) -> None:
    """404 for an organisation that is not this operator's."""
    if who.user.organisations and name not in who.user.organisations:
        raise HTTPException(404, f"there is no organisation {name[:64]!r}")


@router.get("/watch/new")
def new(
    request: Request,
    here: Here,
    who: Operator,
    q: Annotated[str, Query(max_length=4000)] = "",
    as_: Annotated[str, Query(alias="as", pattern="^(form|yaml)$")] = "form",
) -> Response:
    """A new organisation; ``q``: with the terms of a search. Raises ``QueryError``."""
    text, notes = "id: ''\nname: ''\n", tuple[str, ...]()
    if q:
        made = drafted(q)
        text, notes = made.text, made.notes
    found = Piece(WATCH, "", here.settings.watchlists_dir / "new.yaml", "", "", 2)
    return _shown(request, here, who, Draft(found, "", text, as_ == "form", notes=notes))


@router.post("/watch/new", dependencies=[Depends(own_form)])
def make(request: Request, here: Here, who: Operator, given: Sent) -> Response:
    """Look at a new organisation, or save it."""
    return _act(request, here, who, "", given)


@router.get("/watchlists/{name}/edit")
def edit(
    request: Request,
    here: Here,
    who: Operator,
    name: str,
    as_: Annotated[str, Query(alias="as", pattern="^(form|yaml)$")] = "form",
    restore: Annotated[int | None, Query(alias="version")] = None,
) -> Response:
    """The editor; ``version``: with the text of that version. Raises ``VersionUnknown``."""
    may_edit(who, name)
    found = look(here.settings, here.engine, WATCH, name, here.now())
    if not found.text and restore is None:
        raise HTTPException(404, f"there is no organisation {name[:64]!r}")
    text = version(here.engine, WATCH, name, restore).text if restore is not None else found.text
    return _shown(request, here, who, Draft(found, found.text, text, as_ == "form"))


@router.post("/watchlists/{name}/edit", dependencies=[Depends(own_form)])
def act(request: Request, here: Here, who: Operator, name: str, given: Sent) -> Response:
    """Look at a change, or save it."""
    may_edit(who, name)
    return _act(request, here, who, name, given)


@router.post("/watch/preview", dependencies=[Depends(own_form)])
def preview(request: Request, here: Here, who: Operator, given: Sent) -> Response:
    """The preview alone, for an editor that shows it while somebody types."""
    name = given.get("name_was", "")
    if name:
        may_edit(who, name)
    draft = _draft(here, name, given)
    _look_at_history(here, who, draft, LIVE)
    return page(request, here, who, "watch_preview.html", draft=draft)


def _act(request: Request, here: Context, who: Asker, name: str, given: Mapping[str, str]) -> Response:
    draft = _draft(here, name, given)
    asked = given.get("act", "preview")
    if asked in ("form", "yaml"):
        draft.form = asked == "form"
    elif asked == "retire" and name:
        return _save(request, here, who, draft, "")
    elif asked == "save":
        return _save(request, here, who, draft, draft.text)
    elif asked == "changes":
        _compare(here, draft)
    else:
        _look_at_history(here, who, draft, THOROUGH)
    if not draft.problems and asked in ("form", "yaml"):
        _organisation(draft)
    return _shown(request, here, who, draft, 422 if draft.problems else 200)


def _draft(here: Context, name: str, given: Mapping[str, str]) -> Draft:
    form = given.get("mode") == "form"
    text, lost = given.get("text", ""), tuple[str, ...]()
    if form:
        values: dict[str, Any] = {
            key: given.get(key, "").strip().replace("\r\n", "\n") or None for key in (*LINES, *TEXTS)
        }
        for key in LISTS:
            values[key] = [line.strip() for line in given.get(key, "").splitlines() if line.strip()] or None
        if not name:
            values = {"id": given.get("id", "").strip(), **values}
        text, lost = filled(text, values)
    text = text.replace("\r\n", "\n").strip("\n")
    draft = Draft(
        Piece(WATCH, "", here.settings.watchlists_dir / "new.yaml", "", "", 2), "", text, form, lost=lost
    )
    fresh = name or draft.fields["id"]
    if fresh and "/" not in fresh:
        draft.found = look(here.settings, here.engine, WATCH, fresh, here.now())
    if not name and draft.found.text:
        place = draft.found
        cure = "choose another id, or edit that organisation"
        fault = Problem(str(place.path), place.line, "id", f"{fresh!r} is there already", cure)
        draft.found, draft.problems = Piece(WATCH, "", place.path, "", "", 2), [fault]
    draft.base = given.get("base", "").replace("\r\n", "\n").strip("\n") if name else ""
    draft.why = given.get("why", "")
    days = given.get("days", "")
    draft.days = int(days) if days.isdecimal() and 1 <= int(days) <= 3650 else 30
    return draft


def _organisation(draft: Draft) -> Organisation | None:
    """What the draft would be; None with the draft's problems set."""
    if draft.problems:
        return None
    try:
        return watch_of(draft.found, draft.text)
    except InputError as error:
        draft.problems = list(error.problems)
    return None


def _look_at_history(here: Context, who: Asker, draft: Draft, seconds: float) -> None:
    made = _organisation(draft)
    if made is None:
        return
    was = next((each for each in here.inputs.organisations if each.id == made.id), None)
    before = was.model_copy(update={"id": f"{made.id}--before"}) if was else None
    both = [made, *([before] if before else [])]
    found = glance(
        here.store,
        both,
        build_matcher(both, here.inputs.negative),
        since=here.now() - timedelta(days=draft.days),
        now=here.now(),
        seconds=seconds,
    )
    draft.seen = {
        "now": found.previews[0],
        "before": found.previews[1] if before else None,
        "examples": [each for each in found.previews[0].examples if _may_read(here, who, each.post)],
        "posts": found.posts,
        "whole": found.whole,
        "judged": judged(here.engine, made.id, found.previews[0].listings),
        "noise": _noise(found),
    }


def _may_read(here: Context, who: Asker, post: str) -> bool:
    """Whether a post's source is marked for this user's eyes; one that is not known any more counts as amber."""
    source = here.inputs.sources.get(post.partition("/")[0])
    return (source.tlp.value if source else "amber") in who.user.tlps


def _noise(found: Glance) -> list[tuple[str, int, int]]:
    """The terms that bring most: posts, and their share of all hits in percent."""
    terms = found.previews[0].terms
    total = sum(terms.values()) or 1
    return [(term, count, round(100 * count / total)) for term, count in list(terms.items())[:10]]


def _compare(here: Context, draft: Draft) -> None:
    made = _organisation(draft)
    if made is None:
        return
    try:
        whole = checked(here.settings, draft.found, draft.text)
    except InputError as error:
        draft.problems = list(error.problems)
        return
    draft.changes = {
        "lines": lines_changed(draft.found.whole, whole),
        "advice": _advice(here, made),
    }


def _advice(here: Context, made: Organisation) -> Sequence[Advice]:
    others = [each for each in here.inputs.organisations if each.id != made.id]
    return lint(
        [*others, made],
        here.now().date(),
        sources=here.inputs.sources,
        count=lambda phrase: here.store.search(f'"{phrase}"', limit=1).total,
        posts=here.store.stats().posts,
        only=made.id,
    )


def _save(request: Request, here: Context, who: Asker, draft: Draft, text: str) -> Response:
    made = _organisation(draft) if text else None
    if text and made is None:
        return _shown(request, here, who, draft, 422)
    name = made.id if made else draft.found.name
    may_edit(who, name)
    try:
        change(
            here.settings,
            here.engine,
            WATCH,
            name,
            base=draft.base,
            text=text,
            by=who.actor,
            why=draft.why,
            at=here.now(),
        )
    except InputError as error:
        draft.problems = list(error.problems)
        return _shown(request, here, who, draft, 422)
    except ReasonWanted as missing:
        _compare(here, draft)
        fault = Problem(str(draft.found.path), None, "why", missing.message, missing.cure or "")
        draft.problems = [fault]
        return _shown(request, here, who, draft, 422)
    except Conflict as conflict:
        draft.conflict = conflict
        merged = conflict.merged
        draft.base = conflict.theirs
        draft.text, draft.form = merged.text, draft.form and merged.clean
        return _shown(request, here, who, draft, 409)
    write_down(here, who, "watchlist changed" if text else "watchlist retired", f"{name}: {draft.why}")
    here.look_again()
    return RedirectResponse(f"/watchlists/{name}" if text else f"/watchlists/{name}/versions", 303)


def _shown(request: Request, here: Context, who: Asker, draft: Draft, status: int = 200) -> Response:
    first = draft.found.line
    lines = len(draft.text.splitlines())
    placed = [
        (each, each.line - first + 1 if each.line and first <= each.line < first + lines else None)
        for each in draft.problems
    ]
    named = {name for each in draft.problems for name in _named(each)}
    conflict = draft.conflict
    return page(
        request,
        here,
        who,
        "watch_edit.html",
        status,
        draft=draft,
        fields=draft.fields,
        placed=placed,
        named=named,
        lines=LINES,
        texts=TEXTS,
        lists=LISTS,
        days=DAYS,
        theirs=lines_changed(conflict.base, conflict.theirs) if conflict else "",
        mine=lines_changed(conflict.base, conflict.mine) if conflict else "",
    )


def _named(problem: Problem) -> set[str]:
    """The fields of the form that a fault is about: the model's own faults name them in their words."""
    return {problem.field.split(".")[0], problem.fault.split(":")[0]} & {"id", *LINES, *TEXTS, *LISTS}
