"""A reading that belongs to an alert: what of it is material, and whether the alert is told of again. Decides by pure
functions and writes within the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from alerts import cases
from alerts.baseline import admit, first_posted, wake
from alerts.cases import Alert, AlertState, Listing
from alerts.claims import Claims
from alerts.decision import Case, Changed, Decision, Heard, Material, decide
from alerts.dispatch import tell_holders
from alerts.history import Verdict
from alerts.matching.port import Match
from alerts.message import again
from alerts.mutes import muting
from alerts.reading import Reading
from alerts.reposts import is_more, keep
from alerts.severity import Severity
from alerts.tables import alert_table, change_table, listing_table
from alerts.telling import Telling
from indexer.post import ChangeKind, Kind

#: What of an old listing is no alarm.
_COMES_AND_GOES = frozenset({Material.REMOVED, Material.BACK})


def join(
    telling: Telling,
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
        severity=telling.graded(listing.organisation, reading, matches).severity if matches else None,
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
        cases.note(connection, alert.id, now, cases.US, "the same offer elsewhere", f"{post.id} ({said})")
    elif after != listing:
        _update(connection, after)
    connection.execute(
        sa.update(alert_table)
        .where(alert_table.c.id == alert.id)
        .values(claims=decision.claims.json(), severity=decision.severity.value, updated_at=now)
    )
    named_again = alert.state == AlertState.BASELINE and _says_more(connection, alert, reading, copy)
    elsewhere = copy and after.source != alert.source and not decision.changes
    if elsewhere and alert.state == AlertState.BASELINE and verdict.news:
        _tell_copy(telling, connection, alert, reading, matches, now)
        return False
    if not decision.changes and not (named_again and verdict.news):
        return False
    return _again(telling, connection, alert, reading, matches, decision, now, verdict)


def _says_more(connection: sa.Connection, alert: Alert, reading: Reading, copy: bool) -> bool:
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
    telling: Telling,
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
    payload = telling.message(alert, reading, matches, now)
    payload = again(payload, "copied", f"Copy of an old listing ({since})")
    own_channels = telling.own_channels(alert.organisation)
    telling.dispatch.tell(connection, alert, f"copied:{post.key.source}", payload, now, own_channels)


def _again(
    telling: Telling,
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
    said = "; ".join(map(_worded, decision.changes)) or "named again, with something new"
    cases.note(connection, alert.id, now, cases.US, "changed", f"{said} ({stored.post.id})")
    if alert.state == AlertState.FALSE_POSITIVE or not verdict.news:
        return False
    asleep = alert.state == AlertState.BASELINE
    if asleep:
        if decision.changes and all(each.kind in _COMES_AND_GOES for each in decision.changes):
            return False
        admitted = admit(connection, stored.post.key.source, alert.id, verdict, now)
        if not admitted.news:
            cases.note(connection, alert.id, now, cases.US, "not told", str(admitted))
            return False
        wake(connection, alert.id, said, now)
    alert = replace(alert, severity=decision.severity.value)
    reopened = alert.state == AlertState.RESOLVED
    if reopened:
        alert = replace(alert, state=AlertState.NEW.value)
        opening = sa.update(alert_table).where(alert_table.c.id == alert.id)
        connection.execute(opening.values(state=AlertState.NEW.value))
        cases.note(connection, alert.id, now, cases.US, "resolved -> new", said)
    post = stored.post
    mute = muting(connection, alert.organisation, post.key.source, post.author, now)
    if mute is not None:
        cases.note(connection, alert.id, now, cases.US, "muted", f"mute {mute}: not delivered")
        return False
    payload = telling.message(alert, reading, matches, now)
    listed = [
        {"kind": each.kind.value, "before": each.before, "after": each.after} for each in decision.changes
    ]
    if asleep:  # nobody was told of it before
        first = first_posted(connection, alert.id)
        said += f" (old listing, first posted {first:%Y-%m-%d})" if first else " (old listing, undated)"
        payload = again(payload, "new", said, changes=listed)
        own_channels = telling.own_channels(alert.organisation)
        telling.dispatch.tell(connection, alert, "new", payload, now, own_channels, remind=True)
        return True
    removed = all(change.kind is Material.REMOVED for change in decision.changes)
    event = "removed" if removed else "changed"
    payload = again(payload, event, said, changes=listed, **telling.copy_of(post.key.source))
    key = f"{event}:{min(change.key for change in decision.changes)}"
    if removed:  # whoever has the alert must hear that its listing is gone
        times = telling.dispatch.times(alert, now)
        tell_holders(connection, alert.id, key, payload, now, times)
    else:
        own_channels = telling.own_channels(alert.organisation)
        telling.dispatch.tell(connection, alert, key, payload, now, own_channels, remind=reopened)
    return True


def _worded(change: Changed) -> str:
    """A change in words: ``price 5,000 USD -> 4,000 USD``."""
    if change.before and change.after:
        return f"{change.kind.value} {change.before} -> {change.after}"
    return f"{change.kind.value} {change.after}".strip()


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
