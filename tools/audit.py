"""Whether what is installed is what the lock names, untouched since, licensed, and free of advisories that are at hand.

No network is used. What it cannot know: an advisory that is in no file given to it, whether a version was yanked since,
and what a package does. A file that stands in no package's list and compiled copies of files (``.pyc``) are told of and
not judged. Ends with status 1 at any fault.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from locked import LOCK, Pin, installed, licence, needs, pins
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

#: What pip and the environment itself bring, and the project as it is edited.
_OWN = frozenset({"pip", "duskwatch"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a package. ``kind``: lock, needs, files, licence or advisory."""

    kind: str
    package: str
    says: str


def against_lock(there: Mapping[str, Distribution], locked: Mapping[str, Pin]) -> Iterator[Fault]:
    """Packages in another version than the lock's, or that it does not have."""
    for name, package in sorted(there.items()):
        pin = locked.get(name)
        if name in _OWN or (pin and pin.version == package.version):
            continue
        says = f"{package.version} is installed, the lock has {pin.version if pin else 'none'}"
        yield Fault("lock", name, says)


def unmet(there: Mapping[str, Distribution]) -> Iterator[Fault]:
    """What installed packages need and do not find, as ``pip check`` tells it."""
    for name, package in sorted(there.items()):
        for wanted in needs(package):
            found = there.get(canonicalize_name(wanted.name))
            if found is None:
                yield Fault("needs", name, f"needs {wanted}, which is not installed")
            elif not wanted.specifier.contains(found.version, prereleases=True):
                yield Fault("needs", name, f"needs {wanted}, {found.version} is installed")


def changed(there: Mapping[str, Distribution]) -> Iterator[Fault]:
    """Files that are not as the package's own list has them since it was installed."""
    for name, package in sorted(there.items()):
        files = package.files
        if files is None:
            yield Fault("files", name, "has no list of its files")
            continue
        for file in files:
            if file.hash is None:
                continue
            path = Path(str(file.locate()))
            if not path.is_file():
                yield Fault("files", name, f"{file} is gone")
            elif _digest(path, file.hash.mode) != file.hash.value:
                yield Fault("files", name, f"{file} was changed")


def unlicensed(there: Mapping[str, Distribution]) -> Iterator[Fault]:
    """Packages that say nothing of their licence."""
    for name, package in sorted(there.items()):
        if not licence(package):
            yield Fault("licence", name, f"{package.version} names no licence")


def strangers(there: Mapping[str, Distribution], folder: Path) -> list[str]:
    """Files of a folder of packages that stand in no package's list."""
    listed = {
        Path(str(file.locate())).resolve() for package in there.values() for file in package.files or ()
    }
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and path.resolve() not in listed:
            found.append(path.relative_to(folder).as_posix())
    return found


def advised(there: Mapping[str, Distribution], advisories: Path) -> tuple[int, list[Fault]]:
    """How many advisories (OSV records, JSON, one a file) were read, and those that hold for what is installed. Raises
    ``ValueError`` for a folder without any, or a file that is none."""
    files = [advisories] if advisories.is_file() else sorted(advisories.rglob("*.json"))
    if not files:
        raise ValueError(f"{advisories} holds no OSV record")
    found = []
    for file in files:
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            number = str(told["id"])
            if told.get("withdrawn"):
                continue
            for affected in told.get("affected", ()):
                found += _holds(there, number, told, affected)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{file}: no OSV record: {error}") from error
    return len(files), sorted(found, key=lambda one: (one.package, one.says))


def _holds(
    there: Mapping[str, Distribution], number: str, told: Mapping[str, Any], affected: Mapping[str, Any]
) -> Iterator[Fault]:
    package = affected.get("package", {})
    name = canonicalize_name(str(package.get("name", "")))
    if package.get("ecosystem") != "PyPI" or name not in there:
        return
    have = Version(there[name].version)
    ranges = [each for each in affected.get("ranges", ()) if each.get("type") == "ECOSYSTEM"]
    listed = any(_version(each) == have for each in affected.get("versions", ()))
    if not listed and not any(_within(have, each["events"]) for each in ranges):
        return
    later = [_version(event["fixed"]) for each in ranges for event in each["events"] if "fixed" in event]
    mended = sorted(each for each in later if each and each > have)
    also = ", ".join([number, *told.get("aliases", ())])
    cure = f"mended in {mended[0]}" if mended else "no version mends it yet"
    yield Fault("advisory", name, f"{have}: {also}: {str(told.get('summary', ''))[:200]} ({cure})")


def _within(have: Version, events: list[Mapping[str, str]]) -> bool:
    """Whether a version lies in a range of OSV: its events in the order of their versions."""
    order = {"introduced": 0, "fixed": 1, "last_affected": 2}
    steps = []
    for event in events:
        for kind, at in event.items():
            if kind in order:
                version = Version("0.dev0") if at == "0" else _version(at)
                if version is not None:
                    steps.append((version, order[kind]))
    inside = False
    for version, kind in sorted(steps):
        if kind == 0 and have >= version:
            inside = True
        elif (kind == 1 and have >= version) or (kind == 2 and have > version):
            inside = False
    return inside


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _digest(path: Path, kind: str) -> str:
    raw = hashlib.new(kind, path.read_bytes(), usedforsecurity=True).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--lock", type=Path, default=LOCK)
    asked.add_argument("--folder", type=Path, help="a folder of packages; else those of this Python")
    asked.add_argument("--advisories", type=Path, help="an OSV record, or a folder of them, JSON")
    given = asked.parse_args()
    there = installed([str(given.folder)] if given.folder else None)
    locked = pins(given.lock)
    faults = [*against_lock(there, locked), *unmet(there), *changed(there), *unlicensed(there)]
    if given.advisories:
        try:
            count, found = advised(there, given.advisories)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
        faults += found
        known = f"{count} advisories"
    else:
        known = "no advisories: none were given (--advisories)"
    for each in faults:
        print(f"{each.kind:8} {each.package}: {each.says}")
    for folder in sorted({str(Path(str(package.locate_file(""))).resolve()) for package in there.values()}):
        if folder.endswith("-packages") or given.folder:
            for name in strangers(there, Path(folder)):
                print(f"{'unlisted':8} {name}")
    print(f"{len(there)} packages held against {len(locked)} pins, {known}: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
