"""What a reading does to alerts: whether it raises one, joins one, or does nothing. Writes within the caller's
transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
import structlog

from alerts import cases, echoes
from alerts.baseline import Historian, admit, enter
from alerts.cases import Listing
from alerts.copies.groups import fellows, verdicts
from alerts.copies.keeping import twins
from alerts.copies.verdict import Group
from alerts.dispatch import Dispatch
from alerts.history import Verdict
from alerts.joining import join
from alerts.likeness import How, Joined
from alerts.matching.port import Match
from alerts.raising import listing_of, raise_alert
from alerts.reading import Reading
from alerts.reposts import find_offer
from alerts.telling import Telling
from alerts.unnamed import tier
from alerts.watchlist import Organisation
from indexer.post import ChangeKind, Kind, Post

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Taken:
    """What one reading did: matches found, alerts raised, alerts that it joined, alerts raised again, cases of history
    made, and possible alerts raised."""

    matches: int
    new: int
    joined: int
    again: int
    history: int = 0
    possible: int = 0


class Intake:
    """Takes readings. ``organisations``: all that are watched. ``tlps``: the marking of each source; a source that is
    not named is amber. ``reliabilities``: by the Admiralty code; a source that is not named is F. ``historian``: tells
    news from history. ``daily``: possible alerts told of an organisation in a day."""

    def __init__(
        self,
        organisations: Sequence[Organisation],
        dispatch: Dispatch,
        tlps: Mapping[str, str],
        reliabilities: Mapping[str, str],
        historian: Historian | None = None,
        daily: int = tier.DAILY,
    ) -> None:
        self.organisations = {organisation.id: organisation for organisation in organisations}
        self._historian = historian or Historian()
        self._telling = Telling(self.organisations, dispatch, tlps, reliabilities)
        self._daily = daily
        self._fellows: Mapping[str, frozenset[str]] = {}

    def know_copies(self, groups: Sequence[Group]) -> None:
        """Take it from here on that these sources are copies of one another."""
        self._fellows = fellows(groups)
        self._telling = replace(self._telling, copies=verdicts(groups))

    def own_channels(self, organisation: str) -> tuple[str, ...]:
        """The channels that an organisation names; none: every channel."""
        return self._telling.own_channels(organisation)

    def take(
        self,
        connection: sa.Connection,
        reading: Reading,
        now: datetime,
        verdict: Verdict | None = None,
        hunt: int | None = None,
        only: Collection[str] | None = None,
    ) -> Taken:
        """Write down what a reading means; the same reading again means nothing. ``verdict``: whether it is news, where
        that is known. ``hunt``: the one that reads; ``only``: the organisations that it looks for."""
        post = reading.change.stored.post
        there = cases.listings_at(connection, post.key.source, post.key.thread)
        if only is not None:
            there = {name: listing for name, listing in there.items() if name in only}
        if not there and not reading.found and not reading.possible:
            return Taken(0, 0, 0, 0)
        verdict = verdict or self._historian.verdict(connection, reading.change)
        unnamed = tier.waiting(connection, there)
        certain = there.keys() - unnamed.keys()
        raised: set[str] = set()
        history = 0
        copies: dict[str, Listing] = {}
        told: dict[str, list[Match]] = {}
        for organisation, found in reading.found.items():
            matches, asides = echoes.sort(connection, organisation, post, found)
            for aside in asides:
                _log.info("set aside", post=post.id, organisation=organisation, reason=aside.reason)
            if not matches and all(aside.reason == echoes.QUOTED for aside in asides):
                continue
            if organisation not in certain:  # a copy joins even where its lines stand under everything
                same = self._same(connection, organisation, reading)
                if same is not None:
                    copies[organisation] = listing_of(same, organisation, reading, now)
            if matches or organisation in copies:
                told[organisation] = matches or found
            if not matches:
                continue
            echoes.remember(connection, organisation, post, matches)
            if organisation in certain:
                continue
            history += self._named(
                connection, organisation, reading, matches, there, copies, raised, now, verdict, hunt
            )
        possible = self._possible(connection, reading, there, copies, now, verdict) if not certain else set()
        raised |= possible
        reading = replace(reading, found=told)
        joined = again_ = 0
        for organisation, listing in (there | copies).items():
            speaks = _of_seller(post, listing) and reading.change.kind is not ChangeKind.REMOVED
            if not cases.join_post(
                connection,
                listing.alert,
                post.id,
                reading.change.stored.revision,
                reading.change.kind.value,
                now,
                reading.claims if speaks else None,
            ):
                continue
            if organisation in raised:
                continue
            if organisation not in copies:
                what = f"post {reading.change.kind.value}"
                cases.note(connection, listing.alert, now, cases.US, what, post.id)
            joined += 1
            copy = organisation in copies
            if copy and not verdict.news and organisation in reading.found:
                found = reading.found[organisation]
                enter(connection, listing, post, "copy", found[0].strength, verdict, now, hunt)
            again_ += join(self._telling, connection, listing, reading, speaks, copy, now, verdict)
        return Taken(
            sum(map(len, reading.found.values())),
            len(raised - possible) - history,
            joined,
            again_,
            history,
            len(possible) if verdict.news else 0,
        )

    def _same(
        self, connection: sa.Connection, organisation: str, reading: Reading, *, unnamed: bool = False
    ) -> Joined | None:
        """The alert of the same offer, if there is one: of the same thread on a copy of the board, or of a like text;
        ``unnamed``: a possible one as well. An alert holds what has its own marking: of a listing marked higher more
        would hear than may, of one marked lower fewer than should."""
        key = reading.change.stored.post.key
        marking = self._telling.marking(key.source)
        for source, thread in twins(connection, key.source, key.thread, self._fellows.get(key.source, ())):
            listing = cases.listings_at(connection, source, thread).get(organisation)
            if listing is None or (not unnamed and tier.waiting(connection, {organisation: listing})):
                continue
            if cases.marking_of(connection, listing.alert) == marking:
                return Joined(listing.alert, How.COPY, 1.0)
        tiers = ("certain", tier.POSSIBLE) if unnamed else ("certain",)
        return find_offer(
            connection, organisation, reading.sketch, reading.clues, reading.claims, tiers, (marking,)
        )

    def _named(
        self,
        connection: sa.Connection,
        organisation: str,
        reading: Reading,
        matches: Sequence[Match],
        there: dict[str, Listing],
        copies: Mapping[str, Listing],
        raised: set[str],
        now: datetime,
        verdict: Verdict,
        hunt: int | None,
    ) -> bool:
        """A listing names an organisation for the first time: raise an alert, unless it is a copy of one; whether it is
        a case of history. A possible alert of this listing, or of the same offer elsewhere, becomes part of it."""
        post = reading.change.stored.post
        key = post.key
        listing = there.pop(organisation, None)
        old = listing.alert if listing else None
        if old is None:
            same = find_offer(
                connection,
                organisation,
                reading.sketch,
                reading.clues,
                reading.claims,
                (tier.POSSIBLE,),
                (self._telling.marking(key.source),),
            )
            old = same.alert if same else None
        if old is not None:
            tier.step_aside(connection, old, key.source, key.thread)
        history = False
        if organisation not in copies:
            name = cases.alert_id(organisation, key.source, key.thread)
            admitted = admit(connection, key.source, name, verdict, now)
            made = raise_alert(self._telling, connection, organisation, reading, matches, now, admitted)
            there[organisation] = made
            raised.add(organisation)
            if not admitted.news:
                history = True
                enter(connection, made, post, "listing", matches[0].strength, admitted, now, hunt)
        if old is not None:
            new = copies[organisation] if organisation in copies else there[organisation]
            tier.hand_over(connection, old, new.alert, now)
        return history

    def _possible(
        self,
        connection: sa.Connection,
        reading: Reading,
        there: dict[str, Listing],
        copies: dict[str, Listing],
        now: datetime,
        verdict: Verdict,
    ) -> set[str]:
        """Raise possible alerts of a listing that names nobody; a copy joins whatever alert there is. What history
        tells is kept as a possible case of history, and stands in no report: these are of what is certain."""
        raised = set()
        for organisation, possible in reading.possible.items():
            if organisation in there:
                continue
            same = self._same(connection, organisation, reading, unnamed=True)
            if same is not None:
                copies[organisation] = listing_of(same, organisation, reading, now)
                continue
            there[organisation] = raise_alert(
                self._telling,
                connection,
                organisation,
                reading,
                possible.matches,
                now,
                verdict,
                possible,
                self._daily,
            )
            raised.add(organisation)
        return raised


def _of_seller(post: Post, listing: Listing) -> bool:
    """Whether a post speaks for the offer: the listing itself, or a reply by who wrote it."""
    return post.kind is not Kind.REPLY or (bool(listing.author) and post.author == listing.author)
