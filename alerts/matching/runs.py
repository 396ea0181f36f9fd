"""Runs of one letter: a view is searched with each run as one letter, so that repetitions change nothing."""

from __future__ import annotations

import re

from alerts.matching.folding import IGNORED, MARKUP, Classes

_UNSEEN = bytes([IGNORED, MARKUP])
_REPEATED = re.compile(rb"(.)\1", re.DOTALL)
_TAGS = b"@$"


def lengths(letters: bytes) -> tuple[bytes, bytes]:
    """Letters with each run as one, and the lengths of the runs; no lengths when all are one."""
    if not _REPEATED.search(letters):
        return letters, b""
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
