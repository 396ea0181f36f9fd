"""What a watchlist is: the YAML file that an operator writes for the organisations to be found."""

from __future__ import annotations

from typing import Annotated, Self

import re2
from pydantic import BaseModel, ConfigDict, Field, model_validator

from indexer.text import words

_Words = Annotated[tuple[str, ...], Field(max_length=2000)]


_QUIET = re2.Options()
_QUIET.log_errors = False  # what is wrong is told as an error


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Organisation(_Strict):
    """One organisation and the words that give it away."""

    id: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="name in commands and records; never changed"
        ),
    ]
    name: Annotated[str, Field(min_length=2, max_length=300, description="its full name; matched too")]
    aliases: Annotated[
        _Words, Field(description="other names, in every language in which a seller may write it")
    ] = ()
    acronyms: Annotated[
        _Words, Field(description="short names, matched as whole words in this very case")
    ] = ()
    domains: Annotated[
        _Words, Field(description="internet domains; their subdomains and mail addresses count")
    ] = ()
    exclusions: Annotated[_Words, Field(description="phrases that hold a term but mean somebody else")] = ()
    context: Annotated[
        _Words, Field(description="words of which one must stand in a post for an acronym to count")
    ] = ()
    patterns: Annotated[
        tuple[str, ...],
        Field(max_length=200, description="regular expressions (RE2), for account numbers and the like"),
    ] = ()
    channels: Annotated[
        tuple[str, ...], Field(description="channels that its alerts go to; none given: every channel")
    ] = ()
    note: Annotated[str, Field(max_length=2000, description="anything the team should know")] = ""

    @model_validator(mode="after")
    def _words_are_usable(self) -> Self:
        for field in ("aliases", "acronyms", "domains", "exclusions", "context"):
            for word in getattr(self, field):
                if not words(word):
                    raise ValueError(f"{field}: {word!r} has no letter or digit to look for")
                if len(word.strip()) < 2:
                    raise ValueError(f"{field}: {word!r} is too short to mean anything")
        for domain in self.domains:
            if "." not in domain or "/" in domain or "@" in domain:
                raise ValueError(f"domains: {domain!r} is not a domain such as example.org")
        for pattern in self.patterns:
            try:
                matches_nothing = re2.compile(pattern, _QUIET).fullmatch("") is not None
            except re2.error as error:
                fault = error.args[0].decode(errors="replace") if error.args else ""
                raise ValueError(f"patterns: {pattern!r} is no regular expression: {fault}") from None
            if matches_nothing:
                raise ValueError(f"patterns: {pattern!r} matches where nothing stands")
        return self


class Watchlist(_Strict):
    """One watchlist file."""

    organisations: Annotated[tuple[Organisation, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [organisation.id for organisation in self.organisations]
        for twice in sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"organisation {twice!r} stands here twice")
        return self
