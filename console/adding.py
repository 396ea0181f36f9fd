"""From an address to a source's file: asks the prober, shows what it read, and writes what the operator accepts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from pydantic import ValidationError

from config.errors import PageUnreadable, StopError
from config.inputs import problems_of
from config.settings import Settings, load_settings
from console.wiring import crawl_environment
from crawler.adapter import Adapter, BoardLink, BoardPage, Instant, Page, ThreadPage
from crawler.adapters import load_adapter
from crawler.adapters.profile import ByProfile
from crawler.deny import denied, denied_url
from crawler.evidence import page_of, read_kept
from crawler.induction import Hint, complete, induce_board, induce_thread
from crawler.profile import Profile
from crawler.source import Source
from crawler.tor.process import OwnTor

#: Fields of a profile that a person can point at, by the page that they stand on.
BOARD_FIELDS = ("title", "author", "created", "last_activity", "replies", "views")
THREAD_FIELDS = ("post_author", "posted", "text")


class SourceNotFound(StopError):
    """Nothing that can be read was found at the address."""


class AddressRefused(StopError):
    """The address can be no source's."""


@dataclass(frozen=True, slots=True)
class Read:
    """What stands on the pages that were looked at, as an adapter reads them."""

    board: BoardPage | None
    thread: ThreadPage | None


@dataclass(frozen=True)
class Proposal:
    """A source as it would be written, with the pages that it was told from."""

    source: Source
    boards: Sequence[Page]
    threads: Sequence[tuple[Page, Hint]]
    pages: int

    @property
    def adapter(self) -> Adapter:
        """What reads it."""
        return ByProfile(self.source.profile) if self.source.profile else load_adapter(self.source.adapter)

    def read(self) -> Read:
        """The first board and the longest thread, read."""
        return read_pages(self.adapter, self.boards, [page for page, _ in self.threads])


def read_pages(adapter: Adapter, boards: Sequence[Page], threads: Sequence[Page]) -> Read:
    """The fullest board page and the fullest thread page."""
    board: BoardPage | None = None
    thread: ThreadPage | None = None
    for page in boards:
        with suppress(PageUnreadable):
            got = adapter.board(page)
            board = got if board is None or len(got.threads) > len(board.threads) else board
    for page in threads:
        with suppress(PageUnreadable):
            read = adapter.thread(page)
            thread = read if thread is None or len(read.posts) > len(thread.posts) else thread
    return Read(board, thread)


def figures(read: Read) -> dict[str, Any]:
    """How much of what was read has each field, 0 to 1."""
    rows = read.board.threads if read.board else ()
    posts = read.thread.posts if read.thread else ()
    return {
        "threads": len(rows),
        "with": {name: _share(getattr(row, name) for row in rows) for name in BOARD_FIELDS},
        "posts": len(posts),
        "posts_with": {
            name: _share(getattr(post, name) for post in posts) for name in ("author", "posted", "text")
        },
    }


def _share(values: Iterable[Any]) -> float:
    said = [
        value.at is not None if isinstance(value, Instant) else value not in (None, "") for value in values
    ]
    return round(sum(said) / len(said), 2) if said else 0.0


def propose(
    url: str, config: Path | None, *, name: str | None = None, adapter: str | None = None
) -> Proposal:
    """Look at an address through Tor and propose a source. Raises ``AddressRefused``, ``SourceNotFound`` with what
    stands in the way, or ``ProbeFailed``."""
    asked = asked_for(url, name, adapter)
    return proposed(asked, probe(asked.as_json(), config), load_settings(config))


@dataclass(frozen=True)
class Asked:
    """An address that is to be looked at: what the source would be so far, and the path to begin at."""

    url: str
    source: dict[str, Any]
    start: str
    adapter: str | None

    @property
    def name(self) -> str:
        """The source's id."""
        return str(self.source["id"])

    def as_json(self) -> dict[str, Any]:
        """As the prober wants it."""
        return {"source": self.source, "start": self.start, "adapter": self.adapter}


def asked_for(url: str, name: str | None = None, adapter: str | None = None) -> Asked:
    """What to ask the prober about an address. Raises ``AddressRefused``."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    address = f"{parts.scheme}://{parts.netloc}"
    start = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Asked(url, _provisional(address, start, name), start, adapter)


def proposed(asked: Asked, told: Mapping[str, Any], settings: Settings) -> Proposal:
    """The source that the prober's report speaks for. Raises ``SourceNotFound`` with what stands in the way."""
    if not told["adapter"]:
        raise SourceNotFound(f"{asked.url}: {_why(told)}", cure=_cure(told))
    source = asked.source
    looked = [(each, _page(settings, each["evidence"])) for each in told["looked"] if each["evidence"]]
    boards = _paths([BoardLink(**each) for each in told["boards"]])
    made = source | {"adapter": told["adapter"], "boards": boards}
    if told["profile"]:
        made["profile"] = {"version": 1, **told["profile"]}
    return Proposal(
        Source.model_validate(made),
        [page for each, page in looked if each["what"] == "board"],
        [(page, Hint(each["title"], each["author"])) for each, page in looked if each["what"] == "thread"],
        told["pages"],
    )


def probe(
    asked: Mapping[str, Any],
    config: Path | None,
    *,
    heard: Callable[[int, str], None] = lambda _pages, _url: None,
    started: Callable[[subprocess.Popen[str]], None] = lambda _process: None,
) -> dict[str, Any]:
    """Run the prober; its report. ``heard``: how many pages it has asked for, and the newest; ``started``: its process.
    Raises ``ProbeFailed`` with its own words when it ends without a report."""
    report: dict[str, Any] = {}
    with OwnTor() as tor, tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as faults:
        tor.keep(load_settings(config))
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler.probe"],
            env=crawl_environment(config),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=faults,
            text=True,
        )
        started(process)
        assert process.stdin is not None
        assert process.stdout is not None
        with process, suppress(BrokenPipeError):
            process.stdin.write(json.dumps(asked))
            process.stdin.close()
            for line in process.stdout:
                report = json.loads(line)
                if "asks" in report:
                    heard(report["pages"], report["asks"])
        faults.seek(0)
        said = faults.read().strip()
    if process.returncode or "adapter" not in report:
        raise ProbeFailed(said.splitlines()[-1] if said else "it said nothing")
    return report


class ProbeFailed(StopError):
    """The process that looks at an address ended without a report."""


def _why(told: Mapping[str, Any]) -> str:
    if told["failed"]:
        return str(told["failed"])
    gate = told["gate"]
    if gate:
        return f"{gate['kind']}: {gate['says']}"
    return f"no board of a known engine, and nothing on {told['pages']} pages repeats like threads and posts"


def _cure(told: Mapping[str, Any]) -> str:
    if told["gate"]:
        return "supply a session of yours, or try later"
    return "give the address of a page that lists threads, or --adapter where you know the engine"


def _provisional(address: str, start: str, name: str | None) -> dict[str, Any]:
    host = (urlsplit(address).hostname or "").removesuffix(".onion")
    given = name or re.sub(r"[^a-z0-9]+", "-", host[:16].lower()).strip("-") or "source"
    made: dict[str, Any] = {
        "id": given,
        "name": given,
        "adapter": "machina",  # stands for none until one is found; nothing is read by it
        "addresses": [address],
        "boards": [{"key": "start", "path": start}],
    }
    try:
        Source.model_validate(made)
    except ValidationError as error:
        said = problems_of(error, Source, address)
        raise AddressRefused("; ".join(f"{each.fault}" for each in said)) from None
    return made


def _paths(links: Sequence[BoardLink]) -> list[dict[str, str]]:
    """Boards as a source's file names them: short keys that differ, paths below the address."""
    made: dict[str, dict[str, str]] = {}
    for link in links:
        parts = urlsplit(link.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        key = re.sub(r"\W+", "-", link.title.lower()).strip("-")[:60] or "board"
        if any(each["path"] == path for each in made.values()) or denied(link.title) or denied_url(link.url):
            continue
        number, free = 2, key
        while free in made:
            free, number = f"{key}-{number}", number + 1
        made[free] = {"key": free, "path": path}
    return list(made.values())


def _page(settings: Settings, reference: str) -> Page:
    return page_of(read_kept(settings.data_dir / "evidence", reference))


# --- a person points at a column


def columns(proposal: Proposal) -> dict[str, list[tuple[str, list[str]]]]:
    """The columns that a person can point at, of boards and threads: selector and some of its texts."""
    board = induce_board(proposal.boards)
    longest = sorted(proposal.threads, key=lambda each: -len(each[0].text))[:3]
    thread = induce_thread([page for page, _ in longest], [hint for _, hint in longest])
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for what, induced in (("board", board), ("thread", thread)):
        slots = induced.slots if induced else ()
        listed: dict[str, tuple[str, list[str]]] = {}
        for slot in slots:
            said = [text[:60] for text in slot.texts if text][:3]
            if said and not slot.own:
                listed.setdefault(json.dumps(said), (slot.css, said))
        found[what] = list(listed.values())
    return found


def corrected(proposal: Proposal, pointed: Mapping[str, int]) -> Proposal:
    """The proposal with fields read from the columns that a person pointed at, by number from 1. Raises
    ``ColumnUnknown`` for one that is not there."""
    known = columns(proposal)
    forced: dict[str, dict[str, str]] = {"board": {}, "thread": {}}
    for name, number in pointed.items():
        where = "board" if name in BOARD_FIELDS else "thread"
        if name not in (*BOARD_FIELDS, *THREAD_FIELDS) or not 1 <= number <= len(known[where]):
            raise ColumnUnknown(
                f"no column {name}={number}",
                cure=f"fields are {', '.join((*BOARD_FIELDS, *THREAD_FIELDS))}; see the numbers shown",
            )
        forced[where][name.removeprefix("post_")] = known[where][number - 1][0]
    board = induce_board(proposal.boards, forced["board"])
    profile = complete(board.layout, proposal.boards, proposal.threads, forced["thread"]) if board else None
    if profile is None:
        raise SourceNotFound("with these columns no posts are read", cure="point at others")
    boards = proposal.source.profile.boards if proposal.source.profile else None
    kept = profile.model_copy(update={"boards": boards})
    return Proposal(
        proposal.source.model_copy(update={"profile": kept, "adapter": "profile"}),
        proposal.boards,
        proposal.threads,
        proposal.pages,
    )


class ColumnUnknown(StopError):
    """There is no such column to point at."""


# --- the file


def free(name: str, settings: Settings) -> Path:
    """The file of a new source. Raises ``SourceTaken`` when it is there already."""
    path = settings.sources_dir / f"{name}.yaml"
    if path.exists():
        raise SourceTaken(f"{path} is there already", cure="choose another --id, or remove it")
    return path


def write(proposal: Proposal, settings: Settings) -> Path:
    """Write the source's file, which must not be there. Raises ``SourceTaken``."""
    path = free(proposal.source.id, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(as_yaml(proposal.source))
    return path


class SourceTaken(StopError):
    """There is a source of that name already."""


def as_yaml(source: Source) -> str:
    """A source's file: what an operator may want to change is written out, with the defaults."""
    value: dict[str, Any] = {
        "id": source.id,
        "name": source.name,
        "adapter": source.adapter,
        "addresses": list(source.addresses),
        "boards": [{"key": board.key, "path": board.path} for board in source.boards],
        "schedule": {"every": "PT10M"},
        "politeness": {"delay": source.politeness.delay, "pages": source.politeness.pages},
        "timezone": source.timezone,
        "tlp": source.tlp.value,
        "reliability": source.reliability,
    }
    if source.profile:
        profile: Profile = source.profile
        value["profile"] = {
            "version": profile.version,
            **profile.model_dump(mode="json", exclude_defaults=True),
        }
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)
