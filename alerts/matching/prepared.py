"""What a matcher makes of one organisation. It is made once, and used again in every matcher that is built until the
organisation's entry changes."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from alerts.matching.terms import NAMES, Spelling, spellings, terms_of
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
    named = [term for term in terms if not term.cased and term.kind in (*NAMES, "domain")]
    return Prepared(
        organisation,
        tuple(spelling for term in terms for spelling in spellings(term)),
        tuple(name for term in named for name in name_of(term)),
        digest_of(organisation.model_dump_json()),
    )


def digest_of(text: str) -> int:
    """A number that stands for a text; 0 for none."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16]) if text else 0


def same(one: Organisation, other: Organisation) -> bool:
    """Whether two entries say the same; a third of the time that comparing them takes."""
    return one is other or one.__dict__ == other.__dict__


def version_of(digest: int, negative: Sequence[str]) -> str:
    """The version of a matcher of organisations whose digests have this sum (their order does not matter) and of a
    negative list."""
    return f"{(digest + digest_of(chr(10).join(sorted(negative)))) % (1 << 128):032x}"[:16]


@contextmanager
def much_made() -> Iterator[None]:
    """While very many objects are made that stay: Python would look through all of them again and again for what
    can be thrown away, for a second each time, and nobody else could do anything meanwhile."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
