"""What an organisation's data look like, as an operator writes it in a watchlist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Self

import re2
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from config.inputs import nearest
from indexer.text import words

_Words = Annotated[tuple[str, ...], Field(max_length=2000)]
#: Fields of words that are looked for in a listing.
WORDED: Final = ("columns", "files", "products", "places", "serves")
#: Of these one must stand in a listing, and tell the organisation apart.
TELLING: Final = ("columns", "files", "products")
_LONGEST = 100

_QUIET = re2.Options()
_QUIET.log_errors = False  # what is wrong is told as an error


class DataProfile(BaseModel):
    """What an organisation's data look like, for listings that do not name it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    countries: Annotated[
        tuple[str, ...], Field(max_length=50, description="codes of two letters (ISO 3166-1), such as ID")
    ] = ()
    sectors: Annotated[
        tuple[str, ...], Field(max_length=10, description="as facts name them, such as health")
    ] = ()
    people: Annotated[
        int | None, Field(ge=1, le=10**11, description="of how many people it holds data, about")
    ] = None
    data: Annotated[
        tuple[str, ...],
        Field(max_length=20, description="kinds of data that it holds, as facts name them, such as identity"),
    ] = ()
    columns: Annotated[_Words, Field(description="names of its tables and columns, in any spelling")] = ()
    files: Annotated[_Words, Field(description="names of its files and exports")] = ()
    identifiers: Annotated[
        tuple[str, ...],
        Field(max_length=50, description="formats of its numbers, as regular expressions (RE2)"),
    ] = ()
    products: Annotated[_Words, Field(description="its products, services and systems")] = ()
    places: Annotated[_Words, Field(description="where it works: provinces, cities, branches")] = ()
    serves: Annotated[_Words, Field(description="words for the people whom it serves, such as peserta")] = ()

    @field_validator("countries", "sectors", "data")
    @classmethod
    def _are_facts(cls, given: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        # country names of nine languages, which most watchlists do not need
        from indexer.facts import countries, data, sectors

        tags = {"countries": countries, "sectors": sectors, "data": data}[info.field_name or ""].WORDS
        known = {tag.partition("/")[0] for tag in tags}
        for word in given:
            if word not in known:
                cure = "such as ID, SG or US" if info.field_name == "countries" else nearest(word, known)
                raise ValueError(f"{word!r} is no value that a listing's facts have; {cure}")
        return given

    @field_validator(*WORDED)
    @classmethod
    def _can_be_looked_for(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for word in given:
            if not words(word):
                raise ValueError(f"{word!r} has no letter or digit to look for")
            if len(word) > _LONGEST:
                raise ValueError(f"{word[:20]!r}... is longer than {_LONGEST} characters")
        return given

    @field_validator("identifiers")
    @classmethod
    def _are_patterns(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in given:
            try:
                matches_nothing = re2.compile(pattern, _QUIET).fullmatch("") is not None
            except re2.error as error:
                fault = error.args[0].decode(errors="replace") if error.args else ""
                raise ValueError(f"{pattern!r} is no regular expression: {fault}") from None
            if matches_nothing:
                raise ValueError(f"{pattern!r} matches where nothing stands")
        return given

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any(getattr(self, field) for field in TELLING):
            raise ValueError(
                f"has none of {', '.join(TELLING)}: without a word of its own no listing can be told to be its; "
                "duskwatch watch profile reads them from a DDL file or a CSV header"
            )
        return self

    def worded(self) -> Iterator[tuple[str, str]]:
        """Every word that is looked for, with its field."""
        for field in WORDED:
            for word in getattr(self, field):
                yield field, word
