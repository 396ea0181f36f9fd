"""What a watchlist is: the YAML file that an operator writes for the organisations to be found."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated, Self

import re2
from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.severity import Severity
from alerts.unnamed.profile import DataProfile
from indexer.post import Kind
from indexer.text import words

_Words = Annotated[tuple[str, ...], Field(max_length=2000)]
_WORDED = ("aliases", "brands", "acronyms", "domains", "mail_domains", "exclusions", "negatives", "context")

_QUIET = re2.Options()
_QUIET.log_errors = False  # what is wrong is told as an error


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scope(_Strict):
    """Which posts an organisation is looked for in. What is empty limits nothing; a post whose language is not known is
    in every language's scope."""

    sources: Annotated[tuple[str, ...], Field(max_length=1000, description="ids of sources")] = ()
    kinds: Annotated[
        tuple[Kind, ...], Field(description="kinds of post: listing, reply, product, victim, paste")
    ] = ()
    languages: Annotated[tuple[str, ...], Field(max_length=100, description="codes such as id or en")] = ()


class Contact(_Strict):
    """Somebody to be told: the organisation's own CSIRT, the national one, the regulator."""

    role: Annotated[str, Field(min_length=1, max_length=200, description="what they are")]
    name: Annotated[str, Field(min_length=1, max_length=200, description="who they are")]
    reach: Annotated[str, Field(min_length=1, max_length=300, description="how to reach them")]


class TermNote(_Strict):
    """What the team should know of one term."""

    term: Annotated[str, Field(min_length=2, max_length=300, description="as it stands in one of the lists")]
    reason: Annotated[str, Field(max_length=2000, description="why it is looked for")] = ""
    owner: Annotated[str, Field(max_length=200, description="who answers for it")] = ""
    review: Annotated[
        date | None, Field(description="day by which somebody looks at it again, e.g. 2027-01-31")
    ] = None


class SeverityRules(_Strict):
    """An organisation's own rules for the severity of its alerts."""

    least: Annotated[Severity, Field(description="no alert is less grave")] = Severity.INFORMATIONAL
    most: Annotated[Severity, Field(description="no alert is graver")] = Severity.CRITICAL
    raise_for: Annotated[
        _Words,
        Field(
            description="kinds of data, purposes and sectors that make an alert graver by two points: health,"
            " credentials, access, ransom and the like"
        ),
    ] = ()
    lower_for: Annotated[_Words, Field(description="those that make it less grave by two points")] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        order = list(Severity)
        if order.index(self.least) > order.index(self.most):
            raise ValueError(f"least: {self.least.value} is graver than most: {self.most.value}")
        return self


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
    brands: Annotated[_Words, Field(description="products and services that stand for it")] = ()
    acronyms: Annotated[
        _Words, Field(description="short names, matched as whole words in this very case")
    ] = ()
    domains: Annotated[
        _Words, Field(description="internet domains; their subdomains and mail addresses count")
    ] = ()
    mail_domains: Annotated[
        _Words, Field(description="domains of its people's mail; they count in a mail address only")
    ] = ()
    exclusions: Annotated[_Words, Field(description="phrases that hold a term but mean somebody else")] = ()
    negatives: Annotated[
        _Words, Field(description="known false texts: a post that holds one never counts")
    ] = ()
    context: Annotated[
        _Words,
        Field(
            description="words of which one must stand in a post for an acronym to count; where none is given, "
            "acronyms of up to three letters and ordinary words count only beside a word of its names"
        ),
    ] = ()
    patterns: Annotated[
        tuple[str, ...],
        Field(max_length=200, description="regular expressions (RE2), for account numbers and the like"),
    ] = ()
    rules: Annotated[
        tuple[str, ...],
        Field(
            max_length=200,
            description="YARA rules: names of files in the folder rules beside the watchlists, or rules themselves",
        ),
    ] = ()
    profile: Annotated[
        DataProfile | None,
        Field(description="what its data look like: a listing that names nobody makes a possible alert"),
    ] = None
    scope: Annotated[Scope, Field(description="which posts it is looked for in")] = Scope()
    severity: Annotated[SeverityRules, Field(description="rules for the severity of its alerts")] = (
        SeverityRules()
    )
    channels: Annotated[
        tuple[str, ...], Field(description="channels that its alerts go to; none given: every channel")
    ] = ()
    laws: Annotated[
        tuple[str, ...],
        Field(
            max_length=20,
            description="laws whose clocks begin when a breach is confirmed: names in config/laws",
        ),
    ] = ()
    contacts: Annotated[
        tuple[Contact, ...], Field(max_length=50, description="whom a brief says to tell, in order")
    ] = ()
    terms: Annotated[
        tuple[TermNote, ...],
        Field(max_length=2000, description="reason, owner and day of review of single terms"),
    ] = ()
    note: Annotated[str, Field(max_length=2000, description="anything the team should know")] = ""
    reason: Annotated[str, Field(max_length=2000, description="why it is watched")] = ""
    owner: Annotated[str, Field(max_length=200, description="who answers for this entry")] = ""
    review: Annotated[
        date | None, Field(description="day by which somebody looks at it again, e.g. 2027-01-31")
    ] = None

    @model_validator(mode="after")
    def _words_are_usable(self) -> Self:
        for field in _WORDED:
            for word in getattr(self, field):
                if not words(word):
                    raise ValueError(f"{field}: {word!r} has no letter or digit to look for")
                if len(word.strip()) < 2:
                    raise ValueError(f"{field}: {word!r} is too short to mean anything")
        for field in ("domains", "mail_domains"):
            for domain in getattr(self, field):
                if "." not in domain or "/" in domain or "@" in domain:
                    raise ValueError(f"{field}: {domain!r} is not a domain such as example.org")
        written = {self.name, *self.patterns, *(word for field in _WORDED for word in getattr(self, field))}
        for each in self.terms:
            if each.term not in written:
                raise ValueError(f"terms: {each.term!r} stands in no list of this organisation")
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
        counts = Counter(organisation.id for organisation in self.organisations)
        for twice in sorted(name for name, count in counts.items() if count > 1):
            raise ValueError(f"organisation {twice!r} stands here twice")
        return self
