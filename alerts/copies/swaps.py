"""What a phishing copy changes in a text that it copied: the wallet, contact or link that a victim is sent to. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from alerts.reposts import CONTACTS
from indexer.fact import facts
from indexer.text import fold

_KINDS = CONTACTS | {"onion"}
_LONGEST = 20_000  # characters of a text that are compared
#: Words that two texts have in common, of all their words, from which they are one text but for what was changed.
_ONE_TEXT = 0.8


@dataclass(frozen=True, slots=True)
class Swap:
    """One kind of contact that stands otherwise in a copy of a text. Values are joined by a blank where a text names
    several."""

    kind: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Two texts held against one another. ``named``: both name a contact of the same kind."""

    named: bool
    swaps: tuple[Swap, ...]


def contacts(text: str, own: Collection[str] = ()) -> dict[str, frozenset[str]]:
    """How a text says that its author is reached or paid, by kind; ``own``: onion names of the board itself, which
    every mirror writes otherwise."""
    found: dict[str, set[str]] = defaultdict(set)
    for fact in facts("", text[:_LONGEST]):
        value = str(fact.value)
        if fact.kind in _KINDS and value not in own:
            found[fact.kind].add(value)
    return {kind: frozenset(values) for kind, values in found.items()}


def compare(mine: str, theirs: str, own: Collection[str] = ()) -> Compared:
    """Hold two texts against one another. A contact counts as swapped where the texts are one but for their contacts,
    and none of this kind is in both."""
    here, there = contacts(mine, own), contacts(theirs, own)
    kinds = sorted(here.keys() & there.keys())
    if not kinds:
        return Compared(False, ())
    differing = [kind for kind in kinds if not here[kind] & there[kind]]
    if not differing or not _one_text(mine, theirs, here, there):
        return Compared(True, ())
    swaps = tuple(
        Swap(kind, " ".join(sorted(here[kind])), " ".join(sorted(there[kind]))) for kind in differing
    )
    return Compared(True, swaps)


def _one_text(mine: str, theirs: str, *named: dict[str, frozenset[str]]) -> bool:
    """Whether the words of two texts are the same, their contacts left out."""
    left_out = {
        word for each in named for values in each.values() for value in values for word in fold(value).split()
    }
    one, other = (set(fold(text[:_LONGEST]).split()) - left_out for text in (mine, theirs))
    return not one | other or len(one & other) >= _ONE_TEXT * len(one | other)
