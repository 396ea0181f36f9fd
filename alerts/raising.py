"""An alert of a listing that names an organisation, or may be of one: made, kept and told of. Writes within the
caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from alerts import cases
from alerts.cases import Alert, AlertState, Listing
from alerts.claims import Claims
from alerts.history import Verdict
from alerts.likeness import How, Joined
from alerts.matching.port import Match
from alerts.message import matches_json
from alerts.mutes import muting
from alerts.reading import Reading
from alerts.reposts import keep
from alerts.telling import Telling
from alerts.unnamed import tier
from alerts.unnamed.scoring import Possible
from indexer.post import Kind


def raise_alert(
    telling: Telling,
    connection: sa.Connection,
    organisation: str,
    reading: Reading,
    matches: Sequence[Match],
    now: datetime,
    verdict: Verdict,
    possible: Possible | None = None,
    daily: int = tier.DAILY,
) -> Listing:
    """Raise an alert of a listing, as news or as a case of history. ``daily``: possible alerts told of an organisation
    in a day."""
    change = reading.change
    stored, post = change.stored, change.stored.post
    name = cases.alert_id(organisation, post.key.source, post.key.thread)
    name = tier.possible_id(name) if possible else name
    own = reading.claims if post.kind is not Kind.REPLY else Claims()
    graded = telling.graded(organisation, reading, matches)
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
        tlp=telling.marking(post.key.source),
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
    listing = listing_of(Joined(name, How.FIRST, 1.0), organisation, reading, now)
    listing = replace(listing, claims=own)
    cases.insert_listing(connection, listing)
    keep(connection, name, organisation, reading.sketch, reading.clues)
    what = "alert" if verdict.news else AlertState.BASELINE.value
    why = f"may be of {organisation}, which is not named" if possible else f"{organisation} named"
    said = f"{why} in {post.id}; {graded}"
    if verdict.doubtful or not verdict.news:
        said += f"; {verdict}"
    cases.note(connection, name, now, cases.US, what, said)
    if not verdict.news:
        return listing
    payload = telling.message(alert, reading, matches, now, graded.parts)
    payload |= telling.copy_of(post.key.source)
    over = None
    if possible:
        payload = tier.told(payload, possible)
        if (more := tier.over_limit(connection, organisation, daily, now)) and mute is None:
            over = (tier.OVER, tier.digest_time(now))
            said = f"{more} more than the {daily} a day that are told; digest of {over[1]:%Y-%m-%d %H:%M}Z"
            cases.note(connection, name, now, cases.US, "over the limit", said)
    if mute is None:
        own_channels = telling.own_channels(organisation)
        telling.dispatch.tell(connection, alert, "new", payload, now, own_channels, remind=True, collect=over)
    else:
        cases.note(connection, name, now, cases.US, "muted", f"mute {mute}: kept, not delivered")
    return listing


def listing_of(joined: Joined, organisation: str, reading: Reading, now: datetime) -> Listing:
    """The listing of a reading, as part of an alert."""
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
