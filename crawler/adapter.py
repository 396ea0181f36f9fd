"""The law of adapters: how a page of one forum engine becomes records.

An adapter is a pure parser. It sees one page and nothing else: no network, no clock, no settings. It reads
what the page says and never guesses; what is missing stays None. Whatever a board sends is hostile text.
Implementations stand in ``adapters/``, one file an engine, each with a module-level ``ADAPTER``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from indexer.post import Kind, Precision

UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched page.

    ``fetched_at`` (aware) is "now" for relative times; ``zone`` is the board's own time zone.
    """

    url: str
    text: str
    fetched_at: datetime
    zone: ZoneInfo = UTC_ZONE
    status: int = 200


@dataclass(frozen=True, slots=True)
class Instant:
    """A time in UTC as exactly as the board stated it; ``at`` is None when it stated none."""

    at: datetime | None = None
    precision: Precision = Precision.UNKNOWN

    def __post_init__(self) -> None:
        if self.at is not None and self.at.utcoffset() != UTC.utcoffset(None):
            raise ValueError(f"an Instant is in UTC, not {self.at!r}")


@dataclass(frozen=True, slots=True)
class BoardLink:
    """A board that the index page lists."""

    key: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """One thread as a board page lists it. ``url`` is absolute and opens the thread's first page; it is empty for
    a thread that has no page to read: then ``post`` is all of it.

    ``last_activity`` is the time of its newest post as the board page states it. ``moved`` marks a stub that
    only points to a thread on another board. ``post`` is what the board page itself shows of the thread: a
    victim's card, a channel's message, a feed's entry. ``says`` is what else the row states that matters, such as
    a price: when it changes, the thread is read anew. ``product`` is what a market's row states of a listing.
    """

    key: str
    url: str
    title: str
    author: str | None = None
    created: Instant = Instant()
    last_activity: Instant = Instant()
    last_author: str | None = None
    replies: int | None = None
    views: int | None = None
    sticky: bool = False
    locked: bool = False
    moved: bool = False
    poll: bool = False
    says: str = ""
    post: PostItem | None = None
    product: Product | None = None


@dataclass(frozen=True, slots=True)
class BoardPage:
    """A page of a board's thread list, in the order shown.

    Pages count from 1. An engine that addresses its pages by their first row counts rows instead: the first
    page is 1, and ``page`` and ``pages`` are what its ``board_url`` and ``thread_url`` take. ``newest_only``: the
    page shows the newest threads and no page shows the others, as a feed does; what is missing may still stand.
    """

    threads: tuple[ThreadRow, ...]
    boards: tuple[BoardLink, ...] = ()
    page: int = 1
    pages: int = 1
    next_url: str | None = None
    newest_only: bool = False


@dataclass(frozen=True, slots=True)
class Victim:
    """What a leak site states of a victim. ``claimed_size`` is in its own words ("1.2 TB"). ``deadline`` is when it
    threatens to publish, and may lie ahead. ``published``: whether it says that the data is out."""

    domain: str | None = None
    deadline: Instant = Instant()
    claimed_size: str | None = None
    published: bool | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """What a market states of a listing, in its own words: ``price`` with its currency, ``stock`` left, ``feedback``
    as a share, grade or count."""

    price: str | None = None
    ships_from: str | None = None
    ships_to: str | None = None
    category: str | None = None
    stock: str | None = None
    feedback: str | None = None


@dataclass(frozen=True, slots=True)
class PostItem:
    """One post as a thread page shows it.

    ``text`` is the visible text: block elements on lines of their own, quotes as lines that begin with
    ``> ``, code as typed on lines that begin with four blanks, no signature, no "edited by" note, no buttons.
    ``position`` counts from 1 in the thread where the page tells it, else None. ``ticks`` are lines of ``text``
    that move on their own, such as a count of views: a post where only their numbers changed is the same.
    ``victim`` and ``product`` hold what ``text`` says as well.
    """

    key: str
    author: str
    text: str
    url: str
    posted: Instant = Instant()
    edited: Instant | None = None
    position: int | None = None
    author_url: str | None = None
    signature: str = ""
    kind: Kind | None = None
    ticks: tuple[str, ...] = ()
    victim: Victim | None = None
    product: Product | None = None


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """A page of a thread. Pages count as on a ``BoardPage``; ``pages`` is the last one's number. ``locked`` is
    None on an engine that tells it on its board pages only."""

    key: str
    title: str
    posts: tuple[PostItem, ...]
    page: int = 1
    pages: int = 1
    next_url: str | None = None
    locked: bool | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign by which an engine's pages are known: an element that the selector ``css`` finds and whose text
    holds the pattern ``says`` ("": any text). ``css`` is a key's name for an engine that answers in JSON.

    ``weight``: 3 for what only this engine writes, 2 for what hardly another does, 1 for a hint.
    """

    css: str
    says: str = ""
    weight: int = 3

    def __str__(self) -> str:
        return f"{self.css} says {self.says}" if self.says else self.css


class GateKind(StrEnum):
    """Why a page shows no content."""

    MISSING = "missing"  # the thread or board is not there (any more)
    FORBIDDEN = "forbidden"  # it is there, and not for this visitor
    EMPTY = "empty"  # the board has no threads yet
    LOGIN = "login"
    WAIT = "wait"  # queue or DDoS check
    CAPTCHA = "captcha"
    BANNED = "banned"
    MAINTENANCE = "maintenance"
    SEIZED = "seized"  # a notice of law enforcement
    CLOSED = "closed"  # its owners say goodbye, or left with the money


@dataclass(frozen=True, slots=True)
class Gate:
    """A page that stands where content was expected.

    ``says`` is the board's own words that showed it, shortened. ``wait`` is the time that the page names, in
    seconds; None when it names none. ``confidence`` runs from 0 to 1.
    """

    kind: GateKind
    says: str = field(default="")
    wait: float | None = None
    confidence: float = 1.0


class Adapter(Protocol):
    """Reads the pages of one engine. Every method may raise ``PageUnreadable`` and nothing else."""

    name: str

    def detect(self, page: Page) -> tuple[Mark, ...]:
        """The engine's marks that this page bears; none when another engine made it. Gates bear them too."""

    def gate(self, page: Page) -> Gate | None:
        """What stands in the way, or None when the page shows content."""

    def board(self, page: Page) -> BoardPage:
        """Read a board page. A board without threads is an empty page, not an error."""

    def thread(self, page: Page) -> ThreadPage:
        """Read a thread page; it has at least one post, else ``PageUnreadable``."""

    def board_url(self, url: str, page: int) -> str:
        """The address of page ``page`` of the board whose first page is ``url``; ``url`` may be any page's."""

    def thread_url(self, url: str, page: int) -> str:
        """The address of page ``page`` of the thread whose first page is ``url``."""
