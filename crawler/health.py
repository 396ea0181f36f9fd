"""A crawl's figures, and the state of its source that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.adapter import Gate, GateKind
from crawler.gates import reaction


class State(StrEnum):
    """How a source stands after a crawl. Everything but ``OK`` wants to be seen by an operator."""

    RUNNING = "running"
    KILLED = "killed"  # its process ended before it could say how it stood; the next crawl goes on
    OK = "ok"
    PARTIAL = "partial"  # some pages failed, or the page budget ended first; the rest is there
    LAYOUT = "layout changed"  # its pages yield less than they did: kept unread, for duskwatch source reparse
    UNREADABLE = "unreadable"  # the pages arrive, but the adapter cannot read them
    GATED = "gated"  # a login, queue or ban stands before the boards
    DOWN = "down"  # no board could be fetched
    BUSY = "busy"  # another process crawls it
    TOR = "waiting for tor"  # Tor does not answer: nothing was fetched
    STORE = "waiting for the store"  # it is away and the spool is full: the crawl stopped, and lost nothing


#: States of a source that may be read at a later try.
LATER = frozenset({State.DOWN, State.TOR, State.GATED, State.BUSY, State.STORE})
#: Share of unreadable pages from which a source is called unreadable, and the least number of pages for it.
UNREADABLE_SHARE, UNREADABLE_LEAST = 0.2, 3
_LATE_AT_LEAST = timedelta(minutes=15)


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
    spooled: int = 0  # posts that wait for a store that is away
    store_gone: bool = False  # and there is no room for more of them
    layout: str = ""
    rescued: int = 0
    gate: Gate | None = None
    pause: float = 0.0
    detail: str = ""

    def met(self, gate: Gate, url: str, evidence: str, *, session: bool = False) -> None:
        """Count a gate; ``evidence`` names the kept page. ``session``: an operator has lent one, which a login shows to
        have ended."""
        self.gates += 1
        self.gate = gate
        asks = "; an operator must look" if reaction(gate).operator else ""
        if session and gate.kind in (GateKind.LOGIN, GateKind.FORBIDDEN):
            asks = "; the session that was supplied has ended: supply another"
        self.detail = f"{gate.kind.value} at {url[:200]}: {gate.says[:150]}; page kept as {evidence}{asks}"[
            :500
        ]

    def layout_changed(self, why: str, url: str, evidence: str) -> None:
        """Keep that a page does not look as the source's pages did; ``evidence`` names the kept page."""
        self.layout = self.layout or why
        self.detail = f"{self.layout} at {url[:200]}; page kept as {evidence}"[:500]

    def rest(self, gated_before: int) -> None:
        """Set ``pause``, the seconds for which a source is left alone behind whose gate no board was read.
        ``gated_before``: so many crawls in a row ended there before."""
        if self.gate and state_of(self) is State.GATED:
            self.pause = reaction(self.gate, gated_before + 1).pause.total_seconds()


def state_of(figures: Figures) -> State:
    """The state that a crawl's figures speak for, the gravest first."""
    if figures.store_gone:
        return State.STORE
    if figures.tor_gone:
        return State.TOR
    if figures.layout:
        return State.LAYOUT
    if figures.unreadable >= UNREADABLE_LEAST and figures.unreadable >= UNREADABLE_SHARE * figures.pages:
        return State.UNREADABLE
    if not figures.boards_read:
        return State.GATED if figures.gates else State.DOWN
    if figures.failed or figures.unreadable or figures.gates or figures.budget_ended:
        return State.PARTIAL
    return State.OK


#: What an operator can do about a source in each state.
CURES = {
    State.KILLED: "read its log; the next crawl goes on where it was",
    State.PARTIAL: "see its detail; raise politeness.pages if the page budget ended first",
    State.LAYOUT: "mend its adapter, or make a new profile with duskwatch source add; then duskwatch source reparse",
    State.UNREADABLE: "its layout changed, or another engine runs there: compare a kept page with its adapter",
    State.GATED: "see its detail for what stands in the way",
    State.DOWN: "try duskwatch source new-circuits, or another address",
    State.TOR: "start tor, or set tor.launch",
    State.STORE: "duskwatch doctor says what the store lacks; or raise spool.megabytes",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source stands by its crawls so far. ``read_at``: when its boards were last read; ``late``: that was too
    long ago for its schedule. ``figures``: what its newest ended crawl did."""

    state: State | None
    read_at: datetime | None
    ended_at: datetime | None
    detail: str
    figures: Mapping[str, int]

    def late(self, every: timedelta, now: datetime, *, quiet: timedelta = timedelta(0)) -> bool:
        """Whether a source that is read ``every`` so often, and not at all for ``quiet`` hours a day, should have been
        read since."""
        return self.read_at is not None and now - self.read_at > quiet + max(3 * every, _LATE_AT_LEAST)

    @property
    def well(self) -> bool:
        """Whether nobody has to look at it, save for being late."""
        return self.state in (None, State.OK, State.PARTIAL, State.RUNNING)
