"""What a change of the store says: whom it names, what it claims, and what it can be found again by. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING

import structlog

from alerts.claims import Claims, claims_of
from alerts.likeness import Sketch, sketch
from alerts.matching.port import Match, Matcher, telling
from alerts.reposts import Clue, clues_of
from alerts.scope import in_scope, out_of_scope
from alerts.watchlist import Organisation
from indexer.fact import Fact, facts, facts_many
from indexer.post import Change, ChangeKind, Kind

if TYPE_CHECKING:
    from alerts.unnamed.gate import Hearing
    from alerts.unnamed.index import Profiles
    from alerts.unnamed.scoring import Possible

_log = structlog.get_logger()

Thread = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """A change with the matches of each organisation, strongest first; and, of a post that names one or stands in a
    thread that did, what it claims. ``possible``: of a listing that names nobody, whose data it may be, best first."""

    change: Change
    found: Mapping[str, list[Match]]
    facts: tuple[Fact, ...] = ()
    claims: Claims = field(default_factory=Claims)
    sketch: Sketch | None = None
    clues: tuple[Clue, ...] = ()
    failed: bool = False
    possible: Mapping[str, Possible] = field(default_factory=dict)


def read(
    changes: Sequence[Change],
    matcher: Matcher,
    known: Collection[Thread],
    organisations: Mapping[str, Organisation],
    profiles: Profiles | None = None,
) -> list[Reading]:
    """Read changes. ``organisations``: those that the matcher knows, by id. ``known``: threads, as source and key,
    that an alert is about: what is said in them is read too. ``profiles``: what data look like, for listings that name
    nobody; None: these are not looked at.

    A text that cannot be read is told in the log, and does not keep the next ones from being read.
    """
    hearing = profiles.hearing() if profiles else None
    readings, heard = _named(changes, matcher, organisations, hearing)
    if profiles:
        readings = _unnamed(readings, profiles, organisations, heard)
    threads = {_thread(each.change) for each in readings if each.found or each.possible} | set(known)
    return _claimed(readings, threads)


def _thread(change: Change) -> Thread:
    key = change.stored.post.key
    return key.source, key.thread


def _named(
    changes: Sequence[Change],
    matcher: Matcher,
    organisations: Mapping[str, Organisation],
    hearing: Hearing | None,
) -> tuple[list[Reading], Collection[int]]:
    """Whom each change names: all texts at once, and one by one where one of them cannot be read. Second: the numbers
    of those that may be of a profile."""
    spoken = [number for number, change in enumerate(changes) if change.kind is not ChangeKind.REMOVED]
    posts = [changes[number].stored.post for number in spoken]
    try:
        all_at_once = iter(matcher.match_many([(post.title, post.text) for post in posts], hearing))
        heard: Collection[int] = {spoken[number] for number in hearing.passed} if hearing else ()
    except Exception:  # noqa: BLE001 - the text at fault is found, told and counted below
        all_at_once, heard = None, spoken
    readings = []
    for change in changes:
        post = change.stored.post
        found: dict[str, list[Match]] = defaultdict(list)
        if change.kind is not ChangeKind.REMOVED:
            try:
                matches = next(all_at_once) if all_at_once else matcher.match(post.title, post.text)
            except Exception as error:  # noqa: BLE001 - told, counted, and the next post is read
                readings.append(_unread(Reading(change, {}), error))
                continue
            for match in telling(in_scope(matches, post, organisations)):
                found[match.organisation].append(match)
        readings.append(Reading(change, dict(found)))
    return readings, heard


def _unnamed(
    readings: Sequence[Reading],
    profiles: Profiles,
    organisations: Mapping[str, Organisation],
    heard: Collection[int],
) -> list[Reading]:
    """The readings, those of listings that name nobody with whose data they may be. ``heard``: the numbers of those in
    which a word stands that tells an organisation apart."""
    asked = [
        number
        for number, each in enumerate(readings)
        if _names_nobody(each)
        and (
            number in heard
            or profiles.needs_looking(each.change.stored.post.title, each.change.stored.post.text)
        )
    ]
    posts = [readings[number].change.stored.post for number in asked]
    made = list(readings)
    claimed = [cache(partial(facts, post.title, post.text)) for post in posts]
    try:
        scored = profiles.possible_many([(post.title, post.text) for post in posts], claimed)
    except Exception as error:  # noqa: BLE001 - told; what names somebody is alerted all the same
        _log.error("listings cannot be scored", reason=f"{type(error).__name__}: {error}")
        return made
    for number, post, found, claims in zip(asked, posts, scored, claimed, strict=True):
        wanted = [each for each in found if not out_of_scope(organisations[each.organisation], post)]
        if wanted:
            possible = {each.organisation: each for each in wanted}
            made[number] = replace(made[number], possible=possible, facts=claims())
    return made


def _names_nobody(reading: Reading) -> bool:
    change = reading.change
    told = reading.found or reading.failed or change.kind is ChangeKind.REMOVED
    return not told and change.stored.post.kind is not Kind.REPLY


def _claimed(readings: Sequence[Reading], threads: Collection[Thread]) -> list[Reading]:
    """The readings, those of some threads with what they claim: all texts at once, and one by one where one of them
    cannot be read."""
    made = list(readings)
    asked = [
        number
        for number, each in enumerate(readings)
        if _thread(each.change) in threads and not each.failed and each.change.kind is not ChangeKind.REMOVED
    ]
    posts = [readings[number].change.stored.post for number in asked if not readings[number].facts]
    try:
        all_at_once = iter(list(facts_many((post.title, post.text) for post in posts)))
    except Exception:  # noqa: BLE001 - the text at fault is found, told and counted below
        all_at_once = None
    for number in asked:
        made[number] = _with_claims(readings[number], all_at_once)
    return made


def _with_claims(reading: Reading, all_at_once: Iterator[tuple[Fact, ...]] | None) -> Reading:
    post = reading.change.stored.post
    try:
        claimed = reading.facts or (next(all_at_once) if all_at_once else facts(post.title, post.text))
        return replace(
            reading,
            facts=claimed,
            claims=claims_of(post.title, post.text, claimed),
            sketch=sketch(post.title, post.text) if reading.found or reading.possible else None,
            clues=clues_of(post, claimed) if reading.found or reading.possible else (),
        )
    except Exception as error:  # noqa: BLE001 - as above
        return _unread(reading, error)


def _unread(reading: Reading, error: Exception) -> Reading:
    post = reading.change.stored.post
    _log.error("post cannot be read", post=post.id, reason=f"{type(error).__name__}: {error}")
    return replace(reading, found={}, failed=True, possible={})
