"""What a reading does to alerts: raises one, joins it to one, or raises one again. Decides by pure functions and writes
within the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from alerts import cases, echoes
from alerts.baseline import Historian, admit, enter, first_posted, wake
from alerts.cases import Alert, AlertState, Listing
from alerts.claims import Claims
from alerts.copies.groups import fellows, verdicts
from alerts.copies.keeping import twins
from alerts.copies.verdict import Group
from alerts.copies.verdict import Verdict as CopyVerdict
from alerts.decision import Case, Changed, Decision, Heard, Material, decide
from alerts.dispatch import Dispatch, tell_holders
from alerts.history import Verdict
from alerts.likeness import How, Joined
from alerts.matching.port import Match
from alerts.message import again, matches_json, message
from alerts.mutes import muting
from alerts.reading import Reading
from alerts.reposts import find_offer, is_more, keep
from alerts.severity import Graded, Severity, grade
from alerts.tables import alert_table, change_table, listing_table
from alerts.unnamed import tier
from alerts.unnamed.scoring import Possible
from alerts.watchlist import Organisation
from indexer.post import ChangeKind, Kind, Post

_log = structlog.get_logger()
_US = "duskwatch"
#: What of an old listing is no alarm.
_COMES_AND_GOES = frozenset({Material.REMOVED, Material.BACK})


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
    """Takes readings. ``organisations``: all that are watched, by id. ``tlps``: the marking of each source; a source
    that is not named is amber. ``reliabilities``: by the Admiralty code; a source that is not named is F.
    ``historian``: tells news from history. ``daily``: possible alerts told of an organisation in a day."""

    def __init__(
        self,
        organisations: Sequence[Organisation],
        dispatch: Dispatch,
        tlps: Mapping[str, str],
        reliabilities: Mapping[str, str],
        historian: Historian | None = None,
        daily: int = tier.DAILY,
    ) -> None:
        self._historian = historian or Historian()
        self.organisations = {organisation.id: organisation for organisation in organisations}
        self._dispatch = dispatch
        self._tlps = tlps
        self._reliabilities = reliabilities
        self._daily = daily
        self._fellows: Mapping[str, frozenset[str]] = {}
        self._verdicts: Mapping[str, tuple[CopyVerdict, str]] = {}

    def know_copies(self, groups: Sequence[Group]) -> None:
        """Take it from here on that these sources are copies of one another."""
        self._fellows, self._verdicts = fellows(groups), verdicts(groups)

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
                same = self._copied(connection, organisation, post) or find_offer(
                    connection, organisation, reading.sketch, reading.clues, reading.claims
                )
                if same is not None:
                    copies[organisation] = _listing(same, organisation, reading, now)
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
                cases.note(connection, listing.alert, now, _US, what, post.id)
            joined += 1
            copy = organisation in copies
            if copy and not verdict.news and organisation in reading.found:
                found = reading.found[organisation]
                enter(connection, listing, post, "copy", found[0].strength, verdict, now, hunt)
            again_ += self._join(connection, listing, reading, speaks, copy, now, verdict)
        return Taken(
            sum(map(len, reading.found.values())),
            len(raised - possible) - history,
            joined,
            again_,
            history,
            len(possible) if verdict.news else 0,
        )

    def _copied(
        self, connection: sa.Connection, organisation: str, post: Post, *, unnamed: bool = False
    ) -> Joined | None:
        """The alert of the same thread on a copy of its board, if there is one; ``unnamed``: a possible one as well."""
        key = post.key
        for source, thread in twins(connection, key.source, key.thread, self._fellows.get(key.source, ())):
            listing = cases.listings_at(connection, source, thread).get(organisation)
            if listing is not None and (unnamed or not tier.waiting(connection, {organisation: listing})):
                return Joined(listing.alert, How.COPY, 1.0)
        return None

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
                connection, organisation, reading.sketch, reading.clues, reading.claims, (tier.POSSIBLE,)
            )
            old = same.alert if same else None
        if old is not None:
            tier.step_aside(connection, old, key.source, key.thread)
        history = False
        if organisation not in copies:
            name = cases.alert_id(organisation, key.source, key.thread)
            admitted = admit(connection, key.source, name, verdict, now)
            made = self._raise(connection, organisation, reading, matches, now, admitted)
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
        post = reading.change.stored.post
        for organisation, possible in reading.possible.items():
            if organisation in there:
                continue
            tiers = ("certain", tier.POSSIBLE)
            same = self._copied(connection, organisation, post, unnamed=True) or find_offer(
                connection, organisation, reading.sketch, reading.clues, reading.claims, tiers
            )
            if same is not None:
                copies[organisation] = _listing(same, organisation, reading, now)
                continue
            there[organisation] = self._raise(
                connection, organisation, reading, possible.matches, now, verdict, possible
            )
            raised.add(organisation)
        return raised

    def _copy_of(self, source: str) -> dict[str, str]:
        """What a message says of a source that is a copy: ``a phishing copy of forum``."""
        if source not in self._verdicts:
            return {}
        verdict, original = self._verdicts[source]
        of = CopyVerdict.COPY if verdict is CopyVerdict.UNDECIDED else verdict
        return {"copy_of": f"a {of.value} of {original}"}

    def _raise(
        self,
        connection: sa.Connection,
        organisation: str,
        reading: Reading,
        matches: Sequence[Match],
        now: datetime,
        verdict: Verdict,
        possible: Possible | None = None,
    ) -> Listing:
        change = reading.change
        stored, post = change.stored, change.stored.post
        name = cases.alert_id(organisation, post.key.source, post.key.thread)
        name = tier.possible_id(name) if possible else name
        own = reading.claims if post.kind is not Kind.REPLY else Claims()
        graded = self._graded(organisation, reading, matches)
        mute = muting(connection, organisation, post.key.source, post.author, now)
        alert = Alert(
            id=name,
            organisation=organisation,
            source=post.key.source,
            thread=post.key.thread,
            title=post.title,
            url=post.url,
            severity=graded.severity.value,
            state=(AlertState.NEW if verdict.news else AlertState.BASELINE).value,
            tlp=self._tlps.get(post.key.source, "amber"),
            created_at=now,
            updated_at=now,
            posted_at=post.posted_at,
            first_seen_at=stored.first_seen_at,
            stored_at=change.stored_at,
            matches=matches_json(matches),
            post=post.id,
            kind=post.kind.value,
            author=post.author,
            precision=post.precision.value,
            claims=own.json(),
            muted_by=mute,
            tier=tier.POSSIBLE if possible else "certain",
            possible=possible.json() if possible else None,
        )
        cases.insert_alert(connection, {name: getattr(alert, name) for name in Alert.__slots__})
        listing = _listing(Joined(name, How.FIRST, 1.0), organisation, reading, now)
        listing = replace(listing, claims=own)
        cases.insert_listing(connection, listing)
        keep(connection, name, organisation, reading.sketch, reading.clues)
        what = "alert" if verdict.news else AlertState.BASELINE.value
        why = f"may be of {organisation}, which is not named" if possible else f"{organisation} named"
        said = f"{why} in {post.id}; {graded}"
        if verdict.doubtful or not verdict.news:
            said += f"; {verdict}"
        cases.note(connection, name, now, _US, what, said)
        if not verdict.news:
            return listing
        payload = message(
            name,
            organisation,
            stored,
            matches,
            reading.facts,
            alert.severity,
            alert.tlp,
            change.stored_at,
            now,
            graded.parts,
            name=self._name(organisation),
            reliability=self._reliability(post),
        )
        payload |= self._copy_of(post.key.source)
        over = None
        if possible:
            payload = tier.told(payload, possible)
            if (more := tier.over_limit(connection, organisation, self._daily, now)) and mute is None:
                over = (tier.OVER, tier.digest_time(now))
                said = f"{more} more than the {self._daily} a day that are told; digest of {over[1]:%Y-%m-%d %H:%M}Z"
                cases.note(connection, name, now, _US, "over the limit", said)
        if mute is None:
            own_channels = self.own_channels(organisation)
            self._dispatch.tell(
                connection, alert, "new", payload, now, own_channels, remind=True, collect=over
            )
        else:
            cases.note(connection, name, now, _US, "muted", f"mute {mute}: kept, not delivered")
        return listing

    def _join(
        self,
        connection: sa.Connection,
        listing: Listing,
        reading: Reading,
        speaks: bool,
        copy: bool,
        now: datetime,
        verdict: Verdict,
    ) -> bool:
        """Put a reading to the alert of a listing; whether the alert was raised again. ``copy``: the listing is new
        to the alert."""
        alert = cases.locked_alert(connection, listing.alert)
        post = reading.change.stored.post
        matches = reading.found.get(listing.organisation, [])
        heard = Heard(
            post.id,
            reading.change.stored.revision,
            claims=reading.claims if speaks else None,
            reply=post.kind is Kind.REPLY,
            severity=self._graded(listing.organisation, reading, matches).severity if matches else None,
            removed=reading.change.kind is ChangeKind.REMOVED and post.kind is not Kind.REPLY,
            stands=reading.change.kind is not ChangeKind.REMOVED and post.kind is not Kind.REPLY,
        )
        was_gone = listing.removed_at is not None
        earlier = None
        if speaks and heard.revision > 1:
            earlier = cases.claims_before(connection, alert.id, post.id, heard.revision)
        case = Case(
            severity=Severity(alert.severity),
            claims=Claims.of(alert.claims or {}),
            listing=None if copy else listing.claims,
            post=earlier,
            standing=cases.standing_elsewhere(connection, listing) if was_gone or heard.removed else 0,
            removed=was_gone,
            told=(),
        )
        decision = decide(case, heard)
        if decision.changes:  # few readings have any; only then it matters what was told
            decision = decide(replace(case, told=_told(connection, alert.id)), heard)
        gone = (listing.removed_at or now) if decision.removed else None
        author = listing.author or (post.author if post.kind is not Kind.REPLY else "")
        after = replace(listing, claims=decision.listing, removed_at=gone, author=author)
        if copy:
            cases.insert_listing(connection, after)
            keep(connection, alert.id, listing.organisation, reading.sketch, reading.clues)
            said = f"{listing.how}, likeness {listing.likeness:.2f}"
            cases.note(connection, alert.id, now, _US, "the same offer elsewhere", f"{post.id} ({said})")
        elif after != listing:
            _update(connection, after)
        connection.execute(
            sa.update(alert_table)
            .where(alert_table.c.id == alert.id)
            .values(claims=decision.claims.json(), severity=decision.severity.value, updated_at=now)
        )
        named_again = alert.state == AlertState.BASELINE and self._says_more(connection, alert, reading, copy)
        elsewhere = copy and after.source != alert.source and not decision.changes
        if elsewhere and alert.state == AlertState.BASELINE and verdict.news:
            self._tell_copy(connection, alert, reading, matches, now)
            return False
        if not decision.changes and not (named_again and verdict.news):
            return False
        return self._again(connection, alert, reading, matches, decision, now, verdict)

    def _says_more(self, connection: sa.Connection, alert: Alert, reading: Reading, copy: bool) -> bool:
        """Whether a post that names an organisation again is more than a bump of its old listing."""
        post, found = reading.change.stored.post, reading.found.get(alert.organisation, [])
        if copy or reading.change.kind is not ChangeKind.NEW:
            return False
        if not any(
            span.field == "text" or post.kind is not Kind.REPLY for match in found for span in match.spans
        ):
            return False  # a thread's title stands above every bump
        return is_more(connection, alert.id, reading.sketch, reading.claims, Claims.of(alert.claims or {}))

    def _tell_copy(
        self,
        connection: sa.Connection,
        alert: Alert,
        reading: Reading,
        matches: Sequence[Match],
        now: datetime,
    ) -> None:
        """Tell of a new copy of an old listing on another source, once for each source."""
        post = reading.change.stored.post
        first = first_posted(connection, alert.id)
        since = f"first posted {first:%Y-%m-%d} on {alert.source}" if first else f"of {alert.source}, undated"
        payload = self._message(alert, reading, matches, now)
        payload = again(payload, "copied", f"Copy of an old listing ({since})")
        own_channels = self.own_channels(alert.organisation)
        self._dispatch.tell(connection, alert, f"copied:{post.key.source}", payload, now, own_channels)

    def _message(
        self, alert: Alert, reading: Reading, matches: Sequence[Match], now: datetime
    ) -> dict[str, Any]:
        return message(
            alert.id,
            alert.organisation,
            reading.change.stored,
            matches,
            reading.facts,
            alert.severity,
            alert.tlp,
            reading.change.stored_at,
            now,
            name=self._name(alert.organisation),
            reliability=self._reliability(reading.change.stored.post),
        )

    def _again(
        self,
        connection: sa.Connection,
        alert: Alert,
        reading: Reading,
        matches: Sequence[Match],
        decision: Decision,
        now: datetime,
        verdict: Verdict,
    ) -> bool:
        stored = reading.change.stored
        for change in decision.changes:
            connection.execute(
                sa.insert(change_table).values(
                    alert=alert.id,
                    key=change.key,
                    kind=change.kind.value,
                    before=change.before,
                    after=change.after,
                    post=stored.post.id,
                    at=now,
                )
            )
        said = "; ".join(map(worded, decision.changes)) or "named again, with something new"
        cases.note(connection, alert.id, now, _US, "changed", f"{said} ({stored.post.id})")
        if alert.state == AlertState.FALSE_POSITIVE or not verdict.news:
            return False
        asleep = alert.state == AlertState.BASELINE
        if asleep:
            if decision.changes and all(each.kind in _COMES_AND_GOES for each in decision.changes):
                return False
            admitted = admit(connection, stored.post.key.source, alert.id, verdict, now)
            if not admitted.news:
                cases.note(connection, alert.id, now, _US, "not told", str(admitted))
                return False
            wake(connection, alert.id, said, now)
        alert = replace(alert, severity=decision.severity.value)
        reopened = alert.state == AlertState.RESOLVED
        if reopened:
            alert = replace(alert, state=AlertState.NEW.value)
            opening = sa.update(alert_table).where(alert_table.c.id == alert.id)
            connection.execute(opening.values(state=AlertState.NEW.value))
            cases.note(connection, alert.id, now, _US, "resolved -> new", said)
        post = stored.post
        mute = muting(connection, alert.organisation, post.key.source, post.author, now)
        if mute is not None:
            cases.note(connection, alert.id, now, _US, "muted", f"mute {mute}: not delivered")
            return False
        payload = self._message(alert, reading, matches, now)
        listed = [
            {"kind": each.kind.value, "before": each.before, "after": each.after} for each in decision.changes
        ]
        if asleep:  # nobody was told of it before
            first = first_posted(connection, alert.id)
            said += f" (old listing, first posted {first:%Y-%m-%d})" if first else " (old listing, undated)"
            payload = again(payload, "new", said, changes=listed)
            own_channels = self.own_channels(alert.organisation)
            self._dispatch.tell(connection, alert, "new", payload, now, own_channels, remind=True)
            return True
        removed = all(change.kind is Material.REMOVED for change in decision.changes)
        event = "removed" if removed else "changed"
        payload = again(payload, event, said, changes=listed, **self._copy_of(post.key.source))
        key = f"{event}:{min(change.key for change in decision.changes)}"
        if removed:  # whoever has the alert must hear that its listing is gone
            times = self._dispatch.times(alert, now)
            tell_holders(connection, alert.id, key, payload, now, times)
        else:
            own_channels = self.own_channels(alert.organisation)
            self._dispatch.tell(connection, alert, key, payload, now, own_channels, remind=reopened)
        return True

    def _graded(self, organisation: str, reading: Reading, matches: Sequence[Match]) -> Graded:
        """How grave it is that a post names an organisation."""
        post = reading.change.stored.post
        known = self.organisations.get(organisation)
        rules = known.severity if known else None
        return grade(matches[0].strength, post.kind, reading.facts, self._reliability(post), rules)

    def _reliability(self, post: Post) -> str:
        return self._reliabilities.get(post.key.source, "F")

    def _name(self, organisation: str) -> str:
        known = self.organisations.get(organisation)
        return known.name if known else organisation

    def own_channels(self, organisation: str) -> tuple[str, ...]:
        """The channels that an organisation names; none: every channel."""
        known = self.organisations.get(organisation)
        return known.channels if known else ()


def worded(change: Changed) -> str:
    """A change in words: ``price 5,000 USD -> 4,000 USD``."""
    if change.before and change.after:
        return f"{change.kind.value} {change.before} -> {change.after}"
    return f"{change.kind.value} {change.after}".strip()


def _of_seller(post: Post, listing: Listing) -> bool:
    """Whether a post speaks for the offer: the listing itself, or a reply by who wrote it."""
    return post.kind is not Kind.REPLY or (bool(listing.author) and post.author == listing.author)


def _listing(joined: Joined, organisation: str, reading: Reading, now: datetime) -> Listing:
    post = reading.change.stored.post
    return Listing(
        alert=joined.alert,
        organisation=organisation,
        source=post.key.source,
        thread=post.key.thread,
        url=post.url,
        title=post.title,
        author=post.author if post.kind is not Kind.REPLY else "",
        post=post.id,
        how=joined.how.value,
        likeness=joined.likeness,
        claims=Claims(),
        joined_at=now,
        removed_at=reading.change.stored.removed_at,
    )


def _update(connection: sa.Connection, listing: Listing) -> None:
    columns = listing_table.c
    connection.execute(
        sa.update(listing_table)
        .where(
            columns.organisation == listing.organisation,
            columns.source == listing.source,
            columns.thread == listing.thread,
        )
        .values(claims=listing.claims.json(), removed_at=listing.removed_at, author=listing.author)
    )


def _told(connection: sa.Connection, alert: str) -> set[str]:
    return set(connection.scalars(sa.select(change_table.c.key).where(change_table.c.alert == alert)))
