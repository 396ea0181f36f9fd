"""Sources for programs: how each stands, what of it is covered, and what an operator can have it do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request, Response

from console.web.api.answers import SAME, IfNoneMatch, Model, answer
from console.web.api.callers import ReadsSources, TunesSources
from console.web.context import Context
from console.web.guard import Here, write_down
from console.wiring import ailing, late
from crawler.coverage import Coverage
from crawler.health import Standing
from crawler.leases import Leases
from crawler.source import Source
from crawler.state import CrawlState, coverage_of, standings
from crawler.tor.control import close_circuits

router = APIRouter(prefix="/sources", tags=["sources"])
_Name = Annotated[str, Path(max_length=63)]


class SourceState(Model):
    """A source, without addresses and secrets. `ailing` says why it is not read as it should be and what to do about
    it; `standing` is null before its first crawl."""

    id: str
    name: str
    kind: str
    adapter: str
    tlp: str
    reliability: str
    enabled: bool
    every_seconds: float
    late: bool
    ailing: str | None
    standing: Standing | None


class Sources(Model):
    """Every source that the token's user may see, by id."""

    sources: list[SourceState]


class Covered(Model):
    """What of a source is covered: its boards, pages that were missed by why, and new posts expected and seen."""

    coverage: Coverage


class Done(Model):
    """What was asked of a source."""

    source: str
    asked: str


@router.get("", summary="Sources and how they stand", response_model=Sources, responses=SAME)
def sources(request: Request, here: Here, who: ReadsSources, if_none_match: IfNoneMatch = None) -> Response:
    """Every source, without addresses and secrets."""
    theirs = here.inputs.sources
    known, sick = standings(here.engine), ailing(theirs, here.engine)
    rows = [_state(source, known.get(name), sick.get(name)) for name, source in sorted(theirs.items())]
    return answer(request, Sources(sources=rows))


@router.get("/{name}", summary="One source", response_model=SourceState, responses=SAME)
def source(
    request: Request, here: Here, who: ReadsSources, name: _Name, if_none_match: IfNoneMatch = None
) -> Response:
    """One source and how it stands."""
    found = _theirs(here, name)
    sick = ailing({name: found}, here.engine)
    return answer(request, _state(found, standings(here.engine).get(name), sick.get(name)))


@router.get("/{name}/coverage", summary="What is covered", response_model=Covered, responses=SAME)
def coverage(
    request: Request, here: Here, who: ReadsSources, name: _Name, if_none_match: IfNoneMatch = None
) -> Response:
    """What of a source is read, and what is missed."""
    boards = [board.key for board in _theirs(here, name).boards]
    return answer(request, Covered(coverage=coverage_of(here.engine, name, boards, here.now())))


@router.post("/{name}/run", summary="Crawl now", response_model=Done, status_code=202)
def run(request: Request, here: Here, who: TunesSources, name: _Name) -> Response:
    """Have the next crawl of a source begin at once, where the service runs."""
    _theirs(here, name)
    Leases(here.engine, here.settings.crawl.lease).wake([name])
    write_down(here, who, "crawl now", name)
    return answer(request, Done(source=name, asked="crawl now"), 202)


@router.post("/{name}/circuits", summary="New circuits", response_model=Done, status_code=202)
def circuits(request: Request, here: Here, who: TunesSources, name: _Name) -> Response:
    """Have a source read through new circuits; those of other sources stay."""
    _theirs(here, name)
    CrawlState(here.engine, name).new_circuits()
    close_circuits(here.settings.tor, name)
    write_down(here, who, "new circuits", name)
    return answer(request, Done(source=name, asked="new circuits"), 202)


def _theirs(here: Context, name: str) -> Source:
    found = here.inputs.sources.get(name)
    if found is None:
        raise HTTPException(404, f"there is no source {name!r}")
    return found


def _state(source: Source, standing: Standing | None, sick: str | None) -> SourceState:
    return SourceState(
        id=source.id,
        name=source.name,
        kind=source.kind,
        adapter=source.adapter,
        tlp=source.tlp.value,
        reliability=source.reliability,
        enabled=source.schedule.enabled,
        every_seconds=source.schedule.every.total_seconds(),
        late=bool(standing and late(source, standing)),
        ailing=sick,
        standing=standing,
    )
