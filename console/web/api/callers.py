"""Who calls: the holder of a token, with what it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import HTTPBearer

from console.accounts import Role
from console.tokens import NEEDS, Scope
from console.web.guard import Asker, Holder

#: Tells the document how to ask; ``holder`` looks at the token.
_scheme = HTTPBearer(
    scheme_name="token",
    bearerFormat="opaque",
    auto_error=False,
    description="made by `duskwatch user token` or on the account page, and shown there once",
)


def caller(who: Holder, _shown: Annotated[object, Depends(_scheme)]) -> Asker:
    """The holder of the token; 401 else."""
    if who is None:
        raise HTTPException(
            401, "send a token: Authorization: Bearer <token>; duskwatch user token makes one"
        )
    return who


Anybody = Annotated[Asker, Depends(caller)]


def may(scope: Scope) -> Callable[..., Asker]:
    """A dependency: the caller, whose token is for this and whose role allows it; 403 else."""
    role = NEEDS.get(scope, Role.VIEWER)

    def check(who: Anybody) -> Asker:
        if not who.user.role.may(role):
            raise HTTPException(403, f"this needs the role {role.value}")
        if who.scopes and scope.value not in who.scopes:
            raise HTTPException(403, f"the token is not for {scope.value}")
        return who

    check.role = role  # type: ignore[attr-defined]  # what the tests read off each route
    check.scope = scope  # type: ignore[attr-defined]
    return check


ReadsAlerts = Annotated[Asker, Depends(may(Scope.ALERTS_READ))]
WorksOnAlerts = Annotated[Asker, Depends(may(Scope.ALERTS_WRITE))]
TakesEvidence = Annotated[Asker, Depends(may(Scope.EVIDENCE))]
ReadsPosts = Annotated[Asker, Depends(may(Scope.POSTS))]
ReadsWatches = Annotated[Asker, Depends(may(Scope.WATCHES))]
TunesWatches = Annotated[Asker, Depends(may(Scope.WATCHES_WRITE))]
ReadsSources = Annotated[Asker, Depends(may(Scope.SOURCES))]
TunesSources = Annotated[Asker, Depends(may(Scope.SOURCES_WRITE))]
ReadsFigures = Annotated[Asker, Depends(may(Scope.FIGURES))]
ReadsAudit = Annotated[Asker, Depends(may(Scope.AUDIT))]
KeepsTokens = Annotated[Asker, Depends(may(Scope.TOKENS))]
