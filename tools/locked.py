"""What ``requirements.lock`` pins, and what is installed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).parents[1] / "requirements.lock"
PROJECT = LOCK.with_name("pyproject.toml")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of the lock: its version, and the SHA-256 of every file that may be installed for it."""

    version: str
    sha256: tuple[str, ...]


def pins(lock: Path) -> dict[str, Pin]:
    """Every package of a lock by its normal name."""
    found: dict[str, Pin] = {}
    for entry in re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").replace("\\\n", " ").strip()):
        stated = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", entry)
        if stated is None:
            raise ValueError(f"{lock}: no pinned package: {entry[:80]}")
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry))
        found[canonicalize_name(stated[1])] = Pin(stated[2], hashes)
    return found


def installed(folders: list[str] | None = None) -> dict[str, Distribution]:
    """Every package that is installed, or that is in these folders of packages, by its normal name."""
    there = Distribution.discover(path=folders) if folders else Distribution.discover()
    found: dict[str, Distribution] = {}
    for each in there:
        if each.metadata["Name"]:
            found.setdefault(canonicalize_name(each.metadata["Name"]), each)
    return found


def needs(package: Distribution, extras: frozenset[str] = frozenset()) -> Iterator[Requirement]:
    """What a package wants on this machine, with these of its extras."""
    for stated in package.requires or ():
        wanted = Requirement(stated)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": each}) for each in ("", *extras)):
            yield wanted


def of_project(extras: frozenset[str], project: Path = PROJECT) -> tuple[str, str, list[Requirement]]:
    """Name, version and what it needs with these extras, of the project itself: an editable installation remembers
    what it needed when it was made."""
    told = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    stated = [*told["dependencies"]]
    for extra in sorted(extras):
        stated += told["optional-dependencies"][extra]
    return told["name"], told["version"], [Requirement(each) for each in stated]


def closure(there: Mapping[str, Distribution], wanted: list[Requirement]) -> dict[str, tuple[str, ...]]:
    """All that these lead to, each with what it needs itself, by normal names. What is not installed is left out."""
    found: dict[str, tuple[str, ...]] = {}
    todo = [_asked(each) for each in wanted]
    seen: set[tuple[str, frozenset[str]]] = set()
    while todo:
        name, extras = todo.pop()
        if (name, extras) in seen or name not in there:
            continue
        seen.add((name, extras))
        below = [_asked(each) for each in needs(there[name], extras)]
        names = {each for each, _ in below if each in there}
        found[name] = tuple(sorted(names.union(found.get(name, ())) - {name}))
        todo += below
    return found


def _asked(wanted: Requirement) -> tuple[str, frozenset[str]]:
    return canonicalize_name(wanted.name), frozenset(wanted.extras)


def licence(package: Distribution) -> str:
    """What a package says of its licence: an SPDX expression, a name, or classifiers; "" where it says nothing."""
    said = package.metadata
    expression = said.get("License-Expression")
    if expression:
        return str(expression)
    prefix = "License :: "
    named = [
        each.rpartition(" :: ")[2] for each in said.get_all("Classifier") or () if each.startswith(prefix)
    ]
    short = (said.get("License") or "").strip()
    if short and "\n" not in short and len(short) < 100 and short.upper() != "UNKNOWN":
        return short
    return ", ".join(sorted(set(named) - {"OSI Approved"})) or (short.splitlines()[0][:100] if short else "")
