"""Laws that ask for a notice when data are breached, as data: one YAML file each."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.errors import InputError, Problem
from config.inputs import nearest, read_folder

SHIPPED = Path(__file__).parents[1] / "config" / "laws"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Strict):
    """A text in English, Indonesian, or both."""

    en: Annotated[str, Field(max_length=2000, description="English")] = ""
    id: Annotated[str, Field(max_length=2000, description="Indonesian")] = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.en and not self.id:
            raise ValueError("write it in en or id")
        return self

    def said(self, language: str) -> str:
        """The text in a language, or in the other one where it is missing."""
        return (self.id or self.en) if language == "id" else (self.en or self.id)


class Duty(_Strict):
    """A notice that a law asks for, and by when. Without hours, days and months: without delay, and no clock runs."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="a name within the law")]
    hours: Annotated[int, Field(ge=0, le=10_000, description="hours until it is due")] = 0
    days: Annotated[int, Field(ge=0, le=1000, description="days of 24 hours until it is due")] = 0
    months: Annotated[int, Field(ge=0, le=60, description="calendar months until it is due")] = 0
    after: Annotated[
        str | None, Field(description="a duty whose end it counts from; else from the confirmation")
    ] = None
    to: Annotated[Words, Field(description="whom to tell")]
    what: Annotated[Words, Field(description="what to tell them")]

    @property
    def timed(self) -> bool:
        """Whether a clock runs for it."""
        return bool(self.hours or self.days or self.months)

    def due(self, start: datetime) -> datetime:
        """When it is due, counted from ``start``. A month later is the same day, or the month's last where it has no
        such day."""
        month = start.month - 1 + self.months
        year, month = start.year + month // 12, month % 12 + 1
        day = min(start.day, calendar.monthrange(year, month)[1])
        return start.replace(year=year, month=month, day=day) + timedelta(days=self.days, hours=self.hours)


class Law(_Strict):
    """One law file."""

    name: Annotated[Words, Field(description="how people call it")]
    source: Annotated[str, Field(min_length=1, max_length=500, description="where it stands")]
    applies: Annotated[Words, Field(description="to whom, and from when time counts")]
    duties: Annotated[tuple[Duty, ...], Field(min_length=1, max_length=20, description="what it asks for")]

    @model_validator(mode="after")
    def _duties_follow_one_another(self) -> Self:
        known: set[str] = set()
        for duty in self.duties:
            if duty.id in known:
                raise ValueError(f"duty {duty.id!r} stands here twice")
            if duty.after is not None and duty.after not in known:
                raise ValueError(
                    f"duty {duty.id!r} counts from {duty.after!r}, which does not stand before it"
                )
            known.add(duty.id)
        return self

    def deadlines(self, start: datetime) -> dict[str, datetime]:
        """When each duty that has a clock is due, by its id. Every one that counts from another counts from when that
        one is due."""
        ends: dict[str, datetime] = {}
        for duty in self.duties:
            ends[duty.id] = duty.due(ends[duty.after] if duty.after else start)
        return {duty.id: ends[duty.id] for duty in self.duties if duty.timed}


def load_laws(folder: Path | None = None) -> dict[str, Law]:
    """The laws that come with Duskwatch and those of ``folder``, which stand before them, by their files' names. Raises
    ``InputError``."""
    laws = {path.stem: law for path, law in read_folder(SHIPPED, Law).items()}
    if folder is not None and folder != SHIPPED:
        laws |= {path.stem: law for path, law in read_folder(folder, Law).items()}
    return laws


def laws_named(names: tuple[str, ...], laws: dict[str, Law], where: str) -> dict[str, Law]:
    """Those of the names. Raises ``InputError`` for one that is not known; ``where``: the file that names it."""
    problems = [
        Problem(where, None, "laws", f"no law {name!r}", nearest(name, laws))
        for name in names
        if name not in laws
    ]
    if problems:
        raise InputError(problems)
    return {name: laws[name] for name in names}
