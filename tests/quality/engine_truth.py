"""What adapters read of running engines' pages, beside what the engines' databases say."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from captures import minute, plain

from crawler.adapter import Adapter, Page

#: Fields by ``thread`` or ``post`` and key. None: not stated.
Values = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(slots=True)
class Score:
    """Values read right, values read, values in the truth."""

    right: int = 0
    stated: int = 0
    wanted: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.stated if self.stated else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 1.0


@dataclass(slots=True)
class Figures:
    """An engine's scores by field, and some of the faults."""

    engine: str
    fields: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    faults: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def all(self) -> Score:
        scores = list(self.fields.values())
        return Score(
            *(sum(getattr(score, name) for score in scores) for name in ("right", "stated", "wanted"))
        )


def compare(engine: str, read: Values, true: Values) -> Figures:
    """Every field of every record that the truth or the page has."""
    figures = Figures(engine)
    for record in dict.fromkeys((*true, *read)):
        got, want = read.get(record, {}), true.get(record, {})
        for name in dict.fromkeys((*want, *(got if not want else ()))):
            score = figures.fields[f"{record[0]} {name}"]
            value, wanted = got.get(name), want.get(name)
            score.stated += value is not None
            score.wanted += wanted is not None
            score.right += value is not None and value == wanted
            if value != wanted:
                figures.faults.append((record, name, value, wanted))
    return figures


def read_site(adapter: Adapter, first: Iterable[str], fetch: Callable[[str], Page | None]) -> Values:
    """All threads and posts that are reached from the boards' first pages, by the adapter's own links."""
    read: dict[tuple[str, str], dict[str, Any]] = {}
    threads: dict[str, str] = {}
    for address in first:
        following: str | None = address
        while following and (page := fetch(following)):
            board = adapter.board(page)
            for row in board.threads:
                if row.moved:
                    continue
                threads[row.key] = row.url
                read["thread", row.key] = {
                    "title": row.title,
                    "author": row.author,
                    "created": minute(row.created.at),
                    "activity": minute(row.last_activity.at),
                    "replies": row.replies,
                    "sticky": row.sticky,
                    "locked": row.locked,
                }
            following = board.next_url
    for key, url in threads.items():
        following = url
        while following and (page := fetch(following)):
            thread = adapter.thread(page)
            read["thread", key]["opened title"] = thread.title
            for item in thread.posts:
                if item.position == 1 and read["thread", key]["created"] is None:
                    read["thread", key]["created"] = minute(item.posted.at)  # SMF's boards do not tell it
                read["post", item.key] = {
                    "thread": thread.key,
                    "author": item.author,
                    "posted": minute(item.posted.at),
                    "text": plain(item.text),
                    "edited": item.edited is not None,
                    "position": item.position,
                }
            following = thread.next_url
    return read


def truth_of_capture(folder: Path) -> Values:
    """A capture's database: ``truth.json``."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    true: dict[tuple[str, str], dict[str, Any]] = {}
    newest: dict[int, int] = {}
    positions: dict[int, int] = defaultdict(int)
    for post in sorted(truth["posts"], key=lambda each: (each["thread"], each["id"])):
        positions[post["thread"]] += 1
        newest[post["thread"]] = max(newest.get(post["thread"], 0), post["created"])
        true["post", str(post["id"])] = {
            "thread": str(post["thread"]),
            "author": post["author"],
            "posted": post["created"] // 60,
            "text": plain(post["source_markup"]),
            "edited": bool(post["edited"]),
            "position": positions[post["thread"]],
        }
    for thread in truth["threads"]:
        true["thread", str(thread["id"])] = {
            "title": thread["title"],
            "opened title": thread["title"],
            "author": thread["author"],
            "created": thread["created"] // 60,
            "activity": newest[thread["id"]] // 60,
            "replies": thread["replies"],
            "sticky": bool(thread["sticky"]),
            "locked": thread["locked"] not in ("", 0, "0"),
        }
    return true


def truth_of_machina(posts: Iterable[Mapping[str, Any]]) -> Values:
    """The database of a django-machina forum, as ``console.demo.board`` gives it."""
    true: dict[tuple[str, str], dict[str, Any]] = {}
    for post in posts:
        at = int(post["created"]) // 60
        thread = true.setdefault(
            ("thread", post["thread"]),
            {
                "title": post["title"],
                "opened title": post["title"],
                "author": post["author"],
                "replies": -1,
                "locked": post["locked"],
            },
        )
        thread["replies"] += 1
        thread["activity"] = at
        true["post", post["post"]] = {
            "thread": post["thread"],
            "author": post["author"],
            "posted": at,
            "text": plain(_typed(post["text"])),
        }
    return true


def _typed(markdown: str) -> str:
    return re.sub(r"\*\*|^- ", "", markdown, flags=re.MULTILINE)
