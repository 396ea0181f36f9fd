"""What concerns the caller: who they are and their tokens; and the audit, for admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from console.accounts import Role
from console.audit import AuditLine, audit
from console.tokens import Scope, Token, revoke, tokens_of
from console.web.api.answers import SAME, After, IfNoneMatch, Limit, Model, answer, mark, marked
from console.web.api.callers import Anybody, KeepsTokens, ReadsAudit
from console.web.guard import Here

router = APIRouter(tags=["own"])


class Me(Model):
    """Whose token this is, and what it may: `organisations` empty means all, `scopes` empty all that the role may."""

    user: str
    role: Role
    organisations: tuple[str, ...]
    tlp: str
    token: str
    scopes: tuple[Scope, ...]


class Tokens(Model):
    """The caller's tokens that have not run out, the newest first."""

    tokens: list[Token]


class Audit(Model):
    """Lines of the console's audit, the newest first. `next` is null at the end."""

    lines: list[AuditLine]
    next: str | None


@router.get("/me", summary="Whose token this is", response_model=Me, responses=SAME)
def me(request: Request, who: Anybody, if_none_match: IfNoneMatch = None) -> Response:
    """The user of the token and what it may."""
    user, scopes = who.user, tuple(Scope(one) for one in who.scopes)
    told = Me(
        user=user.name,
        role=user.role,
        organisations=user.organisations,
        tlp=user.tlp,
        token=who.name,
        scopes=scopes,
    )
    return answer(request, told)


@router.get("/tokens", summary="Own tokens", response_model=Tokens, responses=SAME)
def tokens(request: Request, here: Here, who: KeepsTokens, if_none_match: IfNoneMatch = None) -> Response:
    """The tokens of the token's user. No token makes another: the command line and the account page do."""
    return answer(request, Tokens(tokens=tokens_of(here.engine, who.user.name, here.now())))


@router.delete("/tokens/{name}", summary="Revoke a token", status_code=204, response_class=Response)
def end(here: Here, who: KeepsTokens, name: Annotated[str, Path(max_length=63)]) -> Response:
    """End a token of the token's user, by its id."""
    user = who.user.name
    if not revoke(here.engine, user, name, by=user, at=here.now(), origin=who.origin):
        raise HTTPException(404, f"you have no token {name!r}")
    return Response(status_code=204)


@router.get("/audit", summary="What was done", response_model=Audit, responses=SAME)
def lines(
    request: Request,
    here: Here,
    who: ReadsAudit,
    user: Annotated[str | None, Query(max_length=64, description="what this one did")] = None,
    limit: Limit = 50,
    after: After = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The console's audit; that of an alert stands with the alert."""
    place = marked(request, after, int)
    found = audit(here.engine, limit + 1, before=place[0] if place else None, who=user)
    shown = found[:limit]
    more = mark(request, shown[-1].id) if len(found) > limit else None
    return answer(request, Audit(lines=shown, next=more))
