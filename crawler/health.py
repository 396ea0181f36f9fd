"""A crawl's figures, and the state of its source that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a source stands after a crawl. Everything but ``OK`` wants to be seen by an operator."""

    RUNNING = "running"
    KILLED = "killed"  # its process ended before it could say how it stood; the next crawl goes on
    OK = "ok"
    PARTIAL = "partial"  # some pages failed, or the page budget ended first; the rest is there
    UNREADABLE = "unreadable"  # the pages arrive, but the adapter cannot read them
    GATED = "gated"  # a login, queue or ban stands before the boards
    DOWN = "down"  # no board could be fetched
    TOR = "waiting for tor"  # Tor does not answer: nothing was fetched


#: States of a source that may be read at a later try.
LATER = frozenset({State.DOWN, State.TOR, State.GATED})
#: Share of unreadable pages from which a source is called unreadable, and the least number of pages for it.
UNREADABLE_SHARE, UNREADABLE_LEAST = 0.2, 3


@dataclass(slots=True)
class Figures:
    """What one crawl did. Pages and posts are counts."""

    pages: int = 0
    new: int = 0
    changed: int = 0
    removed: int = 0
    failed: int = 0
    unreadable: int = 0
    gates: int = 0
    boards_read: int = 0
    budget_ended: bool = False
    tor_gone: bool = False
    detail: str = ""


def state_of(figures: Figures) -> State:
    """The state that a crawl's figures speak for, the gravest first."""
    if figures.tor_gone:
        return State.TOR
    if figures.unreadable >= UNREADABLE_LEAST and figures.unreadable >= UNREADABLE_SHARE * figures.pages:
        return State.UNREADABLE
    if not figures.boards_read:
        return State.GATED if figures.gates else State.DOWN
    if figures.failed or figures.unreadable or figures.gates or figures.budget_ended:
        return State.PARTIAL
    return State.OK
