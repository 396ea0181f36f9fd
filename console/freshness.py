"""Whether files that people write were changed since they were read: to look costs a thousandth of reading them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from alerts.laws import Law, load_laws

#: Each file and folder with when it was changed (nanoseconds), and its size (bytes).
Stamps = tuple[tuple[str, int, int], ...]


def stamps(places: Iterable[Path]) -> Stamps:
    """The files of these folders and of folders in them, and files named themselves; what is not there is left out."""
    found: list[tuple[str, int, int]] = []
    for place in places:
        with suppress(OSError):  # it may go at any moment
            told = place.stat()
            found.append((str(place), told.st_mtime_ns, told.st_size))
        for folder, _, names in os.walk(place):
            for name in names:
                path = os.path.join(folder, name)
                with suppress(OSError):
                    told = os.stat(path)
                    found.append((path, told.st_mtime_ns, told.st_size))
    return tuple(sorted(found))


def laws(folder: Path) -> dict[str, Law]:
    """Every law of a folder and those that come with Duskwatch, read again when one changed. Raises ``InputError``."""
    return dict(_laws(folder, stamps([folder])))


@lru_cache(maxsize=4)
def _laws(folder: Path, _stamps: Stamps) -> dict[str, Law]:
    return load_laws(folder)
