"""The API for programs, version 1: the console's own functions behind tokens."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from console.web.api import acts, alerts, figures, own, posts, sources, watches
from console.web.api.answers import ALWAYS, PREFIX
from console.web.api.callers import caller

router = APIRouter(prefix=PREFIX, responses=ALWAYS, dependencies=[Depends(caller)])
for _part in (alerts, acts, posts, watches, sources, figures, own):
    router.include_router(_part.router)
