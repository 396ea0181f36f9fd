"""What a matcher makes of one organisation. It is made once, and used again in every matcher that is built until the
organisation's entry changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from alerts.matching.terms import Spelling, spellings, terms_of
from alerts.matching.typos import Name, name_of
from alerts.watchlist import Organisation


@dataclass(frozen=True, slots=True)
class Prepared:
    """An organisation, all spellings of its terms, its names as they are looked for with mistakes, and a number
    that stands for its entry."""

    organisation: Organisation
    spellings: tuple[Spelling, ...]
    names: tuple[Name, ...]
    digest: int


def prepare(organisation: Organisation) -> Prepared:
    """What a matcher makes of an organisation."""
    terms = terms_of(organisation)
    named = [term for term in terms if not term.cased and term.kind in ("name", "alias", "domain")]
    return Prepared(
        organisation,
        tuple(spelling for term in terms for spelling in spellings(term)),
        tuple(name for term in named for name in name_of(term)),
        int.from_bytes(hashlib.sha256(organisation.model_dump_json().encode()).digest()[:16]),
    )


def version_of(digests: Iterable[int]) -> str:
    """The version of a matcher of the organisations with these digests, in whatever order."""
    return f"{sum(digests) % (1 << 128):032x}"[:16]
