"""The law of matching: text in, organisations out, each match with its spans and its reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from alerts.matching.hashing import Hashes
    from alerts.matching.lines import Lines


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters ``start`` to ``end`` (end excluded) of the original text of ``field`` ("title" or "text")."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """One term of one organisation found in one post.

    ``term`` is as the watchlist writes it, ``kind`` what it is there (name, alias, acronym, domain, pattern),
    ``view`` where it was seen (words, compact, sound, domain, typo, order, pattern). ``strength`` is 0 to 1, the
    product of ``parts``. ``spans`` are sorted and never empty.
    """

    organisation: str
    term: str
    kind: str
    view: str
    spans: tuple[Span, ...]
    strength: float
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A term that stands in a post and is no match there, and why."""

    organisation: str
    term: str
    kind: str
    spans: tuple[Span, ...]
    reason: str


def telling(matches: Sequence[Match]) -> list[Match]:
    """Matches without those that tell nothing more: all that they found was found by a stronger one of the same
    organisation. ``matches``: strongest first."""
    kept: list[Match] = []
    for match in matches:
        covering = [
            span for other in kept if other.organisation == match.organisation for span in other.spans
        ]
        if not all(any(_within(span, other) for other in covering) for span in match.spans):
            kept.append(match)
    return kept


def _within(span: Span, other: Span) -> bool:
    return span.field == other.field and other.start <= span.start and span.end <= other.end


class Listener(Protocol):
    """Is told of the words of posts when these are folded, so that nobody need fold them again."""

    def __call__(self, numbers: Sequence[int], lines: Lines, hashes: Hashes) -> None:
        """``numbers``: of the posts, one for each text of ``lines``; ``hashes``: of the words of these (``hashes_of``).
        A text is the title, three line ends and the text."""


class Matcher(Protocol):
    """Finds every watched organisation in a text. Immutable once built, safe in threads, deterministic."""

    version: str  #: changes exactly when the watchlists that it was built from change

    def match(self, title: str, text: str) -> Sequence[Match]:
        """All matches, strongest first, then by organisation, term and first span. Never raises on any text."""

    def match_many(
        self, posts: Sequence[tuple[str, str]], listener: Listener | None = None
    ) -> Sequence[Sequence[Match]]:
        """``match`` of each title and text, in their order; faster than one by one. ``listener``: is told of the words
        of all posts, of each once."""

    def unmatched(self, title: str, text: str) -> Sequence[Unmatched]:
        """What stands there and was not counted, by organisation, term and first span."""
