"""Runs of one letter: a view is searched with each run as one letter, so that repetitions change nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from alerts.matching.folding import IGNORED, MARKUP, Classes, Places

_UNSEEN = bytes([IGNORED, MARKUP])
_TAGS = b"@$"


class Runs:
    """A view of a text, each run as one letter: ``letters``."""

    def __init__(self, view: bytes) -> None:
        codes = np.frombuffer(view, np.uint8)
        self._first = np.ones(len(codes), bool)
        np.not_equal(codes[1:], codes[:-1], out=self._first[1:])
        self.letters = codes[self._first].tobytes()
        self._heads: Places | None = None

    def groups(self, places: Places, start: int, end: int) -> list[list[int]]:
        """The places of the letters of each of the runs ``start`` to ``end`` (excluded)."""
        if self._heads is None:
            self._heads = np.append(np.flatnonzero(self._first), len(self._first))
        heads = self._heads[start : end + 1].tolist()
        within = places[heads[0] : heads[-1]].tolist()
        if len(within) == end - start:
            return [[place] for place in within]
        return [within[low - heads[0] : high - heads[0]] for low, high in pairwise(heads)]


def lengths(letters: bytes) -> tuple[bytes, bytes]:
    """Letters with each run as one, and the lengths of the runs; no lengths when all are one."""
    if not letters:
        return b"", b""
    found, counts = bytearray(letters[:1]), bytearray([1])
    for letter in letters[1:]:
        if letter != found[-1]:
            found.append(letter)
            counts.append(1)
        elif counts[-1] < 255:
            counts[-1] += 1
    return bytes(found), b"" if len(found) == len(letters) else bytes(counts)


def align(wanted: bytes, groups: list[list[int]], classes: Classes) -> tuple[list[int], list[int]] | None:
    """The places of a term's letters when its runs have these lengths, and those of repetitions. None when the
    text has fewer letters than the term."""
    if not wanted and all(len(group) == 1 for group in groups):
        return [group[0] for group in groups], []
    places: list[int] = []
    repeated: list[int] = []
    last = len(groups) - 1
    for at, group in enumerate(groups):
        count = wanted[at] if wanted else 1
        if at == 0:
            while (
                len(group) > count and classes[group[0]] in _TAGS
            ):  # the sign of "a@at.example" is no letter
                group = group[1:]
        if at == 0 and len(group) > count:
            group = _joined(classes, group[::-1], count)[::-1]
        if at == last and len(group) > count:
            group = _joined(classes, group, count)
        if len(group) < count:
            return None
        if at:
            places += [*group[: count - 1], group[-1]]
            repeated += group[count - 1 : -1]
        else:
            places += group[:count]
            repeated += group[count:]
    return places, repeated


def _joined(classes: Classes, group: list[int], least: int) -> list[int]:
    """The part of a run that stands together with its first letter, and no less than is wanted."""
    for at in range(1, len(group)):
        low, high = sorted(group[at - 1 : at + 1])
        if at >= least and classes[low + 1 : high].strip(_UNSEEN):
            return group[:at]
    return group
