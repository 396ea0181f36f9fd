"""Whether a source is a copy of another, and which kind of copy, from what they have in common. Pure.

What tells a copy is that half of the smaller one's threads stand in the other under the same number, or by the same
author in the same minute. Titles alone do not: a seller posts one offer on many boards. What tells a phishing copy is
that contacts in the copied texts were exchanged: the share of such texts, and that one value stands for many.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

#: Threads in common by author and minute, and their share of the smaller source's, from which a source is a copy.
LEAST, SHARE = 5, 0.5
#: By number and title it takes more: many young boards begin with the same threads of the house under the same numbers.
LEAST_PLACES = 20
#: Texts with an exchanged contact, and their share of those that name one, from which a copy is a phishing copy.
LEAST_SWAPPED, SHARE_SWAPPED = 3, 0.3
#: One value stands for so many on the other side where contacts were exchanged wholesale.
_MANY = 2.0
_LONGEST = 60  # characters of a contact that are told


class Verdict(StrEnum):
    """What one source is to another."""

    DISTINCT = "distinct"
    MIRROR = "mirror"  # a copy whose address the board's own key signed
    COPY = "copy"
    PHISHING = "phishing copy"
    UNDECIDED = "cannot be decided"


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of one source: threads, of these with a place and with an act (``prints.py``)."""

    source: str
    threads: int
    placed: int
    acted: int


@dataclass(frozen=True, slots=True)
class Common:
    """What two sources have in common, in threads; ``swaps``: exchanged contacts as kind, value on ``one``, value on
    ``other``, of ``swapped`` texts among ``named`` that name contacts on both sides."""

    one: Figures
    other: Figures
    titles: int
    places: int
    acts: int
    named: int = 0
    swapped: int = 0
    swaps: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Signed:
    """What signed mirror lists say: sources that have one, and pairs (a source, another that its list names)."""

    lists: frozenset[str] = frozenset()
    named: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Judged:
    """What two sources are to each other. ``copies``: whether one is the other's copy; ``phishing``: the one that is a
    phishing copy; ``suspect``: contacts were exchanged, but on which side cannot be decided. ``says``: the evidence."""

    one: str
    other: str
    copies: bool
    undecided: bool
    phishing: str | None
    suspect: bool
    says: tuple[str, ...]


def judge(common: Common, signed: Signed = Signed()) -> Judged:
    """Decide on a pair."""
    one, other = common.one, common.other
    says: list[str] = []
    copies = False
    for count, here, there, needed, what in (
        (common.places, one.placed, other.placed, LEAST_PLACES, "under the same number and title"),
        (common.acts, one.acted, other.acted, LEAST, "by the same author in the same minute"),
    ):
        least = min(here, there)
        if count:
            says.append(f"{min(count, least):,} of {least:,} threads {what}")
        copies |= count >= needed and count >= SHARE * least
    if not copies:
        return _not_shown(common, says)
    phishing, suspect, why = _phishing(common, signed)
    return Judged(one.source, other.source, True, False, phishing, suspect, (*says, *why))


def _not_shown(common: Common, says: Sequence[str]) -> Judged:
    """No copy is shown: the same titles say nothing where authors and times differ, and leave it open where boards tell
    neither."""
    one, other = common.one, common.other
    least = min(one.threads, other.threads)
    alike = common.titles >= LEAST and common.titles >= SHARE * least
    comparable = min(one.acted, other.acted) >= LEAST and min(one.acted, other.acted) >= SHARE * least
    why = list(says)
    if alike:
        why.append(f"{min(common.titles, least):,} of {least:,} titles are the same")
        why.append(
            "authors and times differ: reposts"
            if comparable
            else "one of them tells no authors with exact times: a copy, or a feed that lists the same"
        )
    return Judged(one.source, other.source, False, alike and not comparable, None, False, tuple(why))


def _phishing(common: Common, signed: Signed) -> tuple[str | None, bool, list[str]]:
    one, other = common.one.source, common.other.source
    listed = {pair for pair in ((one, other), (other, one)) if pair in signed.named}
    if common.swapped < LEAST_SWAPPED or common.swapped < SHARE_SWAPPED * common.named:
        if common.named:
            return (
                None,
                False,
                [f"contacts are the same in {common.named - common.swapped} of {common.named} texts"],
            )
        return (
            None,
            False,
            ["no text names contacts on both sides: whether they were exchanged cannot be told"],
        )
    why = [f"contacts were exchanged in {common.swapped} of {common.named} texts that name some"]
    if common.swaps:
        kind, here, there = common.swaps[0]
        why.append(f"such as {kind} {here[:_LONGEST]} on {one}, {there[:_LONGEST]} on {other}")
    mine, theirs = (len({(swap[0], swap[at]) for swap in common.swaps}) for at in (1, 2))
    sides = f"{mine} different ones on {one}, {theirs} on {other}"
    if listed:
        return (
            None,
            True,
            [*why, "a signed list names the other: a board that changes what it says, or a stolen key"],
        )
    if theirs * _MANY <= mine:
        return other, False, [*why, f"{sides}: one stands for many"]
    if mine * _MANY <= theirs:
        return one, False, [*why, f"{sides}: one stands for many"]
    for source, against in ((other, one), (one, other)):
        if against in signed.lists and source not in signed.lists:
            return source, False, [*why, f"{source} is not on the mirror list that {against} signed"]
    return None, True, [*why, f"{sides}: which of both is the copy cannot be decided"]


@dataclass(frozen=True, slots=True)
class Member:
    """One copy in a group. ``says``: the evidence, for people."""

    source: str
    verdict: Verdict
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Sources that are one board: ``original`` and its copies."""

    original: str
    members: tuple[Member, ...]


def grouped(
    pairs: Sequence[Judged], first: Sequence[str], signed: Signed = Signed(), lesser: Collection[str] = ()
) -> list[Group]:
    """The groups of all sources that are copies of one another. ``first``: sources in the order in which they became
    known: the first that is no phishing copy is called the original, before it one whose signed list names another.
    ``lesser``: those that people called a copy, and are no original."""
    order = {source: at for at, source in enumerate(first)}
    groups: list[Group] = []
    for component in _components([pair for pair in pairs if pair.copies]):
        within = [pair for pair in pairs if pair.copies and pair.one in component]
        phishing = {pair.phishing for pair in within if pair.phishing}
        names_other = {one for one, other in signed.named if {one, other} <= component}
        original = min(
            component,
            key=lambda name: (
                name in lesser,
                name in phishing,
                name not in names_other,
                order.get(name, len(order)),
                name,
            ),
        )
        suspects = {
            name
            for pair in within
            if pair.suspect and original in (pair.one, pair.other)
            for name in (pair.one, pair.other)
        }
        members = [
            Member(
                name,
                _verdict(name, original, phishing, suspects, signed),
                _says(name, original, within, signed),
            )
            for name in sorted(component - {original})
        ]
        groups.append(Group(original, tuple(members)))
    return sorted(groups, key=lambda group: group.original)


def _verdict(
    name: str, original: str, phishing: Collection[str], suspects: Collection[str], signed: Signed
) -> Verdict:
    if name in phishing:
        return Verdict.PHISHING
    if (original, name) in signed.named:
        return Verdict.MIRROR
    if name in suspects:
        return Verdict.UNDECIDED
    return Verdict.COPY


def _says(name: str, original: str, pairs: Sequence[Judged], signed: Signed) -> tuple[str, ...]:
    """The evidence of the pair with the original, else of any."""
    about = [pair for pair in pairs if name in (pair.one, pair.other)]
    about.sort(key=lambda pair: (original not in (pair.one, pair.other), pair.phishing != name))
    pair = about[0]
    against = pair.other if pair.one == name else pair.one
    says = [f"with {against}: {pair.says[0]}", *pair.says[1:]] if pair.says else []
    if (original, name) in signed.named:
        says.append(f"on the mirror list that {original} signed")
    elif original in signed.lists:
        says.append(f"not on the mirror list that {original} signed")
    else:
        says.append("no signed list says whether it is the board's own mirror")
    return tuple(says)


def _components(pairs: Sequence[Judged]) -> list[set[str]]:
    """Sources that are joined by pairs."""
    found: list[set[str]] = []
    for pair in pairs:
        joined = {pair.one, pair.other}
        apart = []
        for component in found:
            if component & joined:
                joined |= component
            else:
                apart.append(component)
        found = [*apart, joined]
    return found
