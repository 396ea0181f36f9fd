"""Exactness of the facts by kind, on texts checked by hand (``facts.yaml``). A part of ``make quality``.

A text is exact in a kind when the values found in it are those expected, no more and no fewer.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import yaml

from indexer.fact import facts
from indexer.language import language

#: Kinds for which a text that names none is judged to have none.
ALWAYS = (
    *(
        "quantity",
        "volume",
        "price",
        "revenue",
        "theft date",
        "wallet",
        "telegram",
        "mail",
        "jabber",
        "tox",
        "session",
    ),
    *("onion", "ip", "domain", "cve", "md5", "sha1", "sha256", "url", "pgp"),
)
GOAL = 0.98
TUNED, HELD_OUT, UNSEEN = "facts.yaml", "facts_held_out.yaml", "facts_unseen.yaml"


@dataclass(frozen=True, slots=True)
class Judged:
    """One text in one kind: what was expected and what was found."""

    kind: str
    language: str
    text: str
    wanted: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def exact(self) -> bool:
        return self.wanted == self.found


def texts(name: str = TUNED) -> list[dict[str, Any]]:
    """The texts with their expected facts."""
    return list(yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8")))


def judged(name: str = TUNED) -> Iterator[Judged]:
    """Every text in every kind that it is judged for."""
    for entry in texts(name):
        text, told = entry["t"], entry["l"]
        by_kind = defaultdict(list)
        for fact in facts("", text):
            by_kind[fact.kind].append(f"{fact.value} {fact.unit}".strip())
        for kind in dict.fromkeys((*ALWAYS, *(key for key in entry if key not in ("t", "l")))):
            wanted = tuple(sorted(map(str, entry.get(kind, ()))))
            yield Judged(kind, told or "none", text, wanted, tuple(sorted(by_kind[kind])))
        if told:
            yield Judged("language", told, text, (told,), (language(text) or "none",))


def _line(name: str, group: list[Judged]) -> str:
    right = sum(each.exact for each in group)
    return f"{name:20}{right:5} of {len(group):4} {right / len(group):8.3f}"


def report(name: str) -> None:
    """Print exactness by kind of one set."""
    every = list(judged(name))
    groups: dict[str, list[Judged]] = defaultdict(list)
    for each in every:
        if each.wanted or each.found or each.kind not in ALWAYS:
            groups[each.kind].append(each)
    print(f"facts, {name}: {len(texts(name))} texts checked by hand; exact (goal {GOAL})")
    for kind, group in sorted(groups.items()):
        print(_line(kind, group))
    print(
        _line("all facts", [each for group in groups.values() for each in group if each.kind != "language"])
    )
    print(_line("rightly none", [each for each in every if each.kind in ALWAYS and not each.wanted]))
    if "-v" in sys.argv:
        for each in every:
            if not each.exact:
                print(
                    f"{each.kind} [{each.language}] {each.text!r}: wanted {each.wanted}, found {each.found}"
                )


def main() -> None:
    for name in (TUNED, HELD_OUT, UNSEEN):
        report(name)


if __name__ == "__main__":
    main()
