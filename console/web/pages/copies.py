"""What an operator decides about copies of boards."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Response
from fastapi.responses import RedirectResponse

from console.copies import WORDS, decide_on
from console.web.guard import Here, Operator, own_form, write_down

router = APIRouter(include_in_schema=False)


@router.post("/source/copies", dependencies=[Depends(own_form)])
def judge(
    here: Here,
    who: Operator,
    source: Annotated[str, Form(max_length=200)],
    original: Annotated[str, Form(max_length=200)],
    verdict: Annotated[str, Form(pattern=f"^({'|'.join(WORDS)})$")],
    why: Annotated[str, Form(max_length=2000)],
) -> Response:
    """Decide what a source is to another; both must be theirs to see."""
    sources = here.inputs.sources
    if source not in sources or original not in sources:
        raise HTTPException(404, "there is no such source")
    decide_on(here.engine, sources, source, verdict, original, by=who.actor, why=why, at=here.now())
    write_down(here, who, "copy decided", f"{source}: {verdict} of {original}: {why}")
    return RedirectResponse("/sources#copies", 303)
