"""How well a post fits a query, in whole numbers: every store that can find a word can give the same.

Each term of the query counts once for each field that it stands in: most in the title, least in the text. How often
it is repeated there counts nothing, as sellers repeat words to be found. The rarer a term is beside the commonest one
of the query, the more it counts. Hits that fit equally well stand in order of time, newest first.
"""

from __future__ import annotations

from collections.abc import Sequence

from indexer.query import Near, Node, Wild, Words, positive

Term = Words | Wild | Near
FIELD_WEIGHTS = {"title": 4, "author": 2, "text": 1}


def terms(tree: Node) -> list[Term]:
    """The terms that count, each once, in the query's order."""
    return list(dict.fromkeys(positive(tree)))


def rarities(having: Sequence[int]) -> tuple[int, ...]:
    """What each term counts, from the number of posts that have it in one of its fields: 1 for the commonest, and
    four more each time that a term is half as common."""
    most = max(having, default=0) + 1
    return tuple(max((most**4 // (count + 1) ** 4).bit_length(), 1) for count in having)
