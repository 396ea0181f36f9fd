"""What was true when: written down line by line while a run goes on, and read back as records for the checker."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Shown:
    """One revision of one post as the forum showed it, surely from ``begun`` to ``ended`` (Unix seconds; None: to the
    end of the run). ``number`` and ``revision`` are those of its mark; ``offer`` is the same for a listing and its
    re-listings; ``last``: no later revision replaced it."""

    number: int
    revision: int
    thread: str
    post: str
    listing: bool
    text: str
    organisations: tuple[str, ...]
    offer: int
    begun: float
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """One page that the forum gave, and the marks on it."""

    at: float
    path: str
    marks: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Struck:
    """One fault as it was done: from when to when everything was mended, and whether it hit anything."""

    kind: str
    begun: float
    ended: float
    hit: bool


class Ledger:
    """The file ``ledger.jsonl``; every line is there before the next thing happens."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def write(self, **fields: Any) -> None:
        self._file.write(json.dumps({"at": time.time(), **fields}) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def lines(path: Path) -> list[dict[str, Any]]:
    """Every line of a file of JSON lines; none where there is no file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def revisions(written: Iterable[Mapping[str, Any]]) -> list[Shown]:
    """The life of every revision, from the lines of a ledger."""
    done: list[Shown] = []
    standing: dict[int, Shown] = {}
    for line in written:
        if line["kind"] != "change":
            continue
        what, post = line["what"], line["number"]
        if what in ("open", "relist", "reply", "edit"):
            before = standing.get(post)
            if before:
                done.append(replace(before, ended=line["begun"]))
            standing[post] = Shown(
                number=post,
                revision=line["revision"],
                thread=line["thread"],
                post=line["post"],
                listing=before.listing if before else what != "reply",
                text=line["text"],
                organisations=tuple(line["organisations"]),
                offer=line["offer"],
                begun=line["done"],
            )
            continue
        for number, each in list(standing.items()):
            if (what == "delete post" and number == post) or (
                what == "delete thread" and each.thread == line["thread"]
            ):
                done.append(replace(standing.pop(number), ended=line["begun"]))
    return [*done, *standing.values()]
