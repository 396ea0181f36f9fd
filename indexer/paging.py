"""Where a page of hits ended, as text that the next request brings back."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import astuple, dataclass

from config.errors import QueryError

#: So many listings can be paged through; who wants more, narrows the query.
MOST_LISTINGS = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which hit to go on: its values in the order of hits, and what must stay the same for all pages: what
    each term counts, and the store's view of one moment where it keeps one. ``passed``: hits on the pages before."""

    values: tuple[float | str, ...]
    passed: int
    weights: tuple[int, ...] = ()
    view: str | None = None

    def written(self) -> str:
        """As text for an address."""
        return base64.urlsafe_b64encode(json.dumps(astuple(self)).encode()).decode()


def read_place(after: str, query: str, *, values: int, weights: int) -> Place:
    """Read ``Place.written`` back. ``values`` and ``weights``: how many of them this query has.

    Raises ``QueryError`` for anything else.
    """
    try:
        found, passed, counts, view = json.loads(base64.urlsafe_b64decode(after))
        *numbers, name = found
        if (
            all(isinstance(number, int | float) for number in [*numbers, passed, *counts])
            and isinstance(name, str)
            and isinstance(view, str | None)
            and (len(found), len(counts)) == (values, weights)
        ):
            return Place(tuple(found), passed, tuple(counts), view)
    except (binascii.Error, ValueError, TypeError):
        pass
    raise QueryError(
        f"{after!r} is not where a page of this query ended",
        query=query,
        position=0,
        cure="start from the first page",
    )


def check_depth(passed: int, limit: int, query: str) -> None:
    """Raises ``QueryError`` where a page of listings would lie too deep."""
    if passed + limit > MOST_LISTINGS:
        raise QueryError(
            f"listings behind the first {MOST_LISTINGS:,} cannot be paged to",
            query=query,
            position=0,
            cure="narrow the query, or its time",
        )
