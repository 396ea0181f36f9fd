"""How to come from one address to a source that can be read: which engine, which boards, and, where no adapter knows
the engine, by which profile. Asks for pages through ``fetch`` and for nothing else."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from config.errors import PageUnreadable
from crawler.adapter import Adapter, BoardLink, BoardPage, Gate, Page, ThreadRow
from crawler.adapters import load_adapter
from crawler.adapters.profile import ByProfile, read_board
from crawler.deny import denied, denied_url
from crawler.detection import detect
from crawler.gates import find_gate
from crawler.induction import Hint, complete, induce_board
from crawler.links import family, form_of, key_of
from crawler.markup import absolute, inline, parse
from crawler.profile import BoardLayout, Profile

Fetch = Callable[[str], Awaitable[Page]]
NO_HINT = Hint()
_MOST_FAMILIES, _MOST_BOARDS, _MOST_LOOKS = 6, 60, 12
_NEVER = re.compile(
    r"log-?(in|out|on)|regist|sign-?(up|in)|search|help|faq|rules|privacy|terms|contact|passw|rss|calendar|online"
    r"|memberlist|action=(?!forum)|whats-?new|donate|captcha|javascript:|mailto:|\.(png|jpe?g|gif|zip|css|js)$",
    re.I,
)
_BOARDS = re.compile(r"forum|board|\bfid=|categor|section|/[cfrb]/|razdel|area|list|subforum|foro", re.I)
_PEOPLE = re.compile(r"user|member|profile|uid=|/u/|/@", re.I)


@dataclass(frozen=True, slots=True)
class Looked:
    """One page that was looked at: ``start``, ``board`` or ``thread``, and what its board said of the thread."""

    what: str
    page: Page
    hint: Hint = NO_HINT


@dataclass(frozen=True, slots=True)
class Found:
    """What an address turned out to be. ``adapter`` is empty when nothing could be read; ``gate`` is then what stands
    in the way, if anything does."""

    adapter: str = ""
    profile: Profile | None = None
    boards: tuple[BoardLink, ...] = ()
    looked: tuple[Looked, ...] = ()
    gate: Gate | None = None


@dataclass(slots=True)
class _Search:
    fetch: Fetch
    looked: list[Looked] = field(default_factory=list)
    pages: dict[str, Page] = field(default_factory=dict)

    async def get(self, url: str, what: str, hint: Hint = NO_HINT) -> Page | None:
        """A page, fetched once; None when it cannot be had."""
        if url not in self.pages:
            try:
                self.pages[url] = await self.fetch(url)
            except PageUnreadable:
                return None
        page = self.pages[url]
        self.looked.append(Looked(what, page, hint))
        return page


async def explore(url: str, fetch: Fetch, adapter: str | None = None) -> Found:
    """Find out how to read the board at an address. ``adapter``: its engine, where an operator knows it; "profile" has
    it induced. Raises what ``fetch`` raises for the first page."""
    start = await fetch(url)
    search = _Search(fetch, [Looked("start", start)], {url: start, start.url: start})
    names = [adapter] if adapter else [each.adapter for each in detect(start)][:2]
    for name in names:
        if name != "profile" and (found := await _by_adapter(name, start, search)):
            return found
    if adapter in (None, "profile"):
        for way in (_as_board, _as_index):
            if found := await way(start, search):
                return found
    return Found(looked=tuple(search.looked), gate=find_gate(start, ByProfile()))


# --- an engine that is known


async def _by_adapter(name: str, start: Page, search: _Search) -> Found | None:
    adapter = load_adapter(name)
    with suppress(PageUnreadable):
        first = adapter.board(start)
        boards = list(first.boards)
        listed = [(start, first)] if first.threads else []
        if first.threads:
            boards.insert(0, BoardLink("", inline(parse(start.text).css_first("h1, title")), start.url))
        for link in first.boards[:4]:
            if listed:
                break
            page = await search.get(link.url, "board")
            with suppress(PageUnreadable):
                board = adapter.board(page) if page else None
                if page and board and board.threads:
                    listed.append((page, board))
        for page, board in listed:
            if await _thread_is_read(adapter, board, search):
                search.looked.append(Looked("board", page))
                return Found(name, None, tuple(boards), tuple(search.looked))
    return None


async def _thread_is_read(adapter: Adapter, board: BoardPage, search: _Search) -> bool:
    for row in _fullest(board.threads, 3):
        page = await search.get(row.url, "thread", Hint(row.title, row.author))
        with suppress(PageUnreadable):
            if page and adapter.thread(page).posts:
                return True
    return False


def _fullest(rows: Sequence[ThreadRow], most: int) -> list[ThreadRow]:
    return sorted((row for row in rows if not row.moved), key=lambda row: -(row.replies or 0))[:most]


# --- one that is not


async def _as_board(start: Page, search: _Search) -> Found | None:
    """The address is that of a board; others that are read alike may be linked from it."""
    induced = _board([start])
    if induced is None:
        return None
    profile = await _profile(induced, [start], search)
    if profile is None:
        return None
    boards = [BoardLink("", inline(parse(start.text).css_first("h1, h2, title")), start.url)]
    for links in _families(start)[:4]:
        others = [link for link in links if not key_of(profile.board.thread, link.url)]
        alike = await _read_alike(profile.board, others[:2], search)
        if len(alike) == len(others[:2]) > 0:
            boards += others
            break
    search.looked.append(Looked("board", start))
    return Found("profile", profile, tuple(boards[:_MOST_BOARDS]), tuple(search.looked))


async def _as_index(start: Page, search: _Search) -> Found | None:
    """The address is that of a page that links to boards."""
    for links in _families(start)[:_MOST_FAMILIES]:
        mixed = len({family(link.url) for link in links}) > 1
        seen = [
            (link, page)
            for link in links[: 6 if mixed else 2]
            if (page := await search.get(link.url, "look"))
        ]
        pages = [page for _, page in seen if not mixed or _board([page])][:2]
        induced = _board(pages) or (_board(pages[:1]) if len(pages) > 1 else None)
        if induced is None or any(key_of(induced.thread, page.url) for page in pages):
            continue
        profile = await _profile(induced, pages, search)
        if profile is None:
            continue
        boards = await _read_alike(profile.board, links, search) if mixed else links[:_MOST_BOARDS]
        search.looked += [Looked("board", page) for page in pages]
        form = form_of([link.url for link in boards])
        whole = profile.model_copy(update={"boards": form})
        return Found("profile", whole, tuple(boards), tuple(search.looked))
    return None


async def _read_alike(layout: BoardLayout, links: Sequence[BoardLink], search: _Search) -> list[BoardLink]:
    """Those of links of several kinds whose pages list threads."""
    found = []
    for link in links[:_MOST_LOOKS]:
        page = await search.get(link.url, "look")
        with suppress(PageUnreadable):
            if page and read_board(layout, page).threads:
                found.append(link)
    return found


def _board(pages: Sequence[Page]) -> BoardLayout | None:
    with suppress(PageUnreadable):
        induced = induce_board(pages) if pages else None
        return induced.layout if induced else None
    return None


async def _profile(layout: BoardLayout, boards: Sequence[Page], search: _Search) -> Profile | None:
    """A profile, when threads that the layout lists show posts that can be read."""
    threads: list[tuple[Page, Hint]] = []
    for page in boards:
        rows = read_board(layout, page).threads
        for row in _fullest(rows, 2 if len(boards) > 1 else 3):
            hint = Hint(row.title, row.author)
            got = await search.get(row.url, "thread", hint)
            if got:
                threads.append((got, hint))
    with suppress(PageUnreadable):
        return complete(layout, boards, threads) if threads else None
    return None


def _families(page: Page) -> list[list[BoardLink]]:
    """The links of a page by kind, those first that look like links to boards."""
    host = urlsplit(page.url).netloc
    kinds: dict[str, dict[str, BoardLink]] = {}
    order: dict[str, int] = {}
    for link in parse(page.text).css("a[href]"):
        url = absolute(page.url, link)
        title = inline(link)
        if not url or not title or urlsplit(url).netloc != host or _NEVER.search(url):
            continue
        if denied(title) or denied_url(url):
            continue
        url = url.split("#")[0]
        if url.rstrip("/") == page.url.rstrip("/") or (
            urlsplit(url).path in ("", "/") and not urlsplit(url).query
        ):
            continue
        kinds.setdefault(family(url), {}).setdefault(url, BoardLink("", title, url))
        order.setdefault(url, len(order))

    alone: dict[str, dict[str, BoardLink]] = {}
    for kind in [kind for kind in kinds if "?" not in kind and (kind.endswith("*") or len(kinds[kind]) == 1)]:
        # /databases and /access-and-shells may well be of one kind
        *above, last = kind.split("/")
        alike = "/".join(["*" for _ in above] + [last if "." in last else "*"])
        alone.setdefault(alike, {}).update(kinds.pop(kind))
    for kind, links in alone.items():
        kinds.setdefault(kind, {}).update(links)

    def worth(kind: str) -> float:
        links = kinds[kind]
        return 3 * bool(_BOARDS.search(kind)) - 3 * bool(_PEOPLE.search(kind)) + min(len(links), 10) / 5

    ranked = sorted(kinds, key=lambda kind: (-worth(kind), kind))
    return [sorted(kinds[kind].values(), key=lambda link: order[link.url]) for kind in ranked]
