"""Watches against the past: a hunt reads all history for some organisations and proposes alerts; people accept them.

A hunt is read in batches, each with its cursor in one transaction: killed at any point, it goes on where it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from alerts import cases
from alerts.handling import Actor
from alerts.history import NEWS
from alerts.intake import Intake
from alerts.likeness import Copies
from alerts.matching.port import Matcher
from alerts.message import matches_json
from alerts.reading import Reading, read
from alerts.reposts import find_offer
from alerts.severity import severity
from alerts.tables import hunt_table, insert_new, proposal_table
from alerts.watchlist import Organisation
from config.database import reading
from config.errors import StopError
from indexer.post import Change, ChangeKind, PostKey
from indexer.store import Store


class HuntUnknown(StopError):
    """There is no such hunt, or it cannot go on."""


class ProposalUnknown(StopError):
    """There is no such proposal, or it was decided upon."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """One reading of all history. ``version`` is that of the watches it looks for; ``revisions_total`` is how many the
    store held when it began. ``state`` is running, done or superseded. ``kind``: proposals, or history, which is read
    up to the cursor ``until`` by ``alerts/backtest.py``."""

    id: int
    organisations: tuple[str, ...]
    version: str
    cursor: str | None
    kind: str
    until: str | None
    state: str
    revisions_read: int
    revisions_total: int
    who: str
    started_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Proposed:
    """An alert that a hunt proposes; ``state`` is proposed, accepted, dismissed, or copy. ``alert``: what it became; of
    a copy the proposal of the same offer, with which it is accepted."""

    id: str
    hunt: int
    organisation: str
    source: str
    thread: str
    post: str
    title: str
    severity: str
    strength: float
    posted_at: datetime | None
    matches: list[dict[str, Any]]
    state: str
    found_at: datetime
    who: str
    decided_at: datetime | None
    alert: str | None


def begin_hunt(
    database: sa.Engine,
    store: Store,
    organisations: Sequence[Organisation],
    version: str,
    *,
    by: Actor,
    at: datetime,
) -> Hunt:
    """Begin a hunt for these organisations; ``version``: that of the matcher built from them alone."""
    values = {
        "organisations": sorted(organisation.id for organisation in organisations),
        "version": version,
        "state": "running",
        "revisions_read": 0,
        "revisions_total": store.stats().revisions,
        "who": by.who,
        "started_at": at,
        "updated_at": at,
    }
    with database.begin() as connection:
        made = connection.execute(sa.insert(hunt_table).values(values))
        return find_hunt(connection, int((made.inserted_primary_key or (0,))[0]))


def hunt_on(
    database: sa.Engine,
    store: Store,
    number: int,
    matcher: Matcher,
    organisations: Sequence[Organisation],
    clock: Callable[[], datetime],
    *,
    batch: int = 500,
    progress: Callable[[Hunt], None] = lambda _hunt: None,
) -> Hunt:
    """Read on until the end of history, telling after each batch. What has an alert is not proposed, nor what was
    proposed before, whatever became of it. Raises ``HuntUnknown`` when the watches are others by now."""
    copies: dict[str, Copies] = defaultdict(Copies)
    watched = {each.id: each for each in organisations}
    while True:
        with database.connect() as connection:
            hunt = find_hunt(connection, number)
        if hunt.state != "running":
            return hunt
        if hunt.kind != "proposals":
            raise HuntUnknown(
                f"hunt {number} is made by the watcher", cure="duskwatch watch run goes on with it"
            )
        if hunt.version != matcher.version:
            raise HuntUnknown(
                f"hunt {number} was begun with other watchlists", cure="begin a new one: duskwatch watch hunt"
            )
        page = store.changes(hunt.cursor, batch)
        readings = read(page.changes, matcher, (), watched)
        with database.begin() as connection:
            if find_hunt(connection, number, lock=True).cursor != hunt.cursor:
                continue  # somebody else read these
            now = clock()
            for reading in readings:
                _propose(connection, number, reading, copies, now)
            connection.execute(
                sa.update(hunt_table)
                .where(hunt_table.c.id == number)
                .values(
                    cursor=page.cursor,
                    revisions_read=hunt.revisions_read + len(page.changes),
                    state="running" if page.changes else "done",
                    updated_at=now,
                )
            )
            hunt = find_hunt(connection, number)
        progress(hunt)


def _propose(
    connection: sa.Connection, hunt: int, reading: Reading, copies: dict[str, Copies], now: datetime
) -> None:
    post = reading.change.stored.post
    if not reading.found:
        return
    there = cases.listings_at(connection, post.key.source, post.key.thread)
    for organisation, matches in reading.found.items():
        if organisation in there:
            continue
        if find_offer(connection, organisation, reading.sketch, reading.clues, reading.claims):
            continue  # a copy of what has an alert
        name = "p" + cases.alert_id(organisation, post.key.source, post.key.thread)[1:]
        first = copies[organisation].find(name, reading.sketch)
        copy = first is not None and first != name
        row = {
            "id": name,
            "hunt": hunt,
            "organisation": organisation,
            "source": post.key.source,
            "thread": post.key.thread,
            "post": post.id,
            "title": post.title,
            "severity": severity(matches[0].strength, post.kind).value,
            "strength": matches[0].strength,
            "posted_at": post.posted_at,
            "matches": matches_json(matches),
            "state": "copy" if copy else "proposed",
            "found_at": now,
            "who": "",
            "alert": first if copy else None,
        }
        insert_new(connection, proposal_table, [row])


def accept(
    database: sa.Engine,
    store: Store,
    intake: Intake,
    matcher: Matcher,
    name: str,
    *,
    by: Actor,
    at: datetime,
) -> str | None:
    """Make a proposal with its copies an alert, or put it to the alert of the same offer; that alert's id. None when
    its post no longer names the organisation, and it is dismissed. Raises ``ProposalUnknown``."""
    columns = proposal_table.c
    with database.connect() as connection:
        proposed = find_proposal(connection, name)
        query = sa.select(proposal_table).where(columns.state == "copy", columns.alert == proposed.id)
        copies = [Proposed(**row._mapping) for row in connection.execute(query.order_by(columns.id))]
    reading = _newest(store, matcher, intake, proposed)
    others = [(copy, _newest(store, matcher, intake, copy)) for copy in copies]
    with database.begin() as connection:
        proposed = find_proposal(connection, proposed.id, lock=True)
        if proposed.state != "proposed":
            raise ProposalUnknown(f"proposal {proposed.id} is {proposed.state} already")
        alert = None
        if reading is not None:
            alert = _take(connection, intake, proposed, reading, by, at)
            for copy, its in others:
                joined = _take(connection, intake, copy, its, by, at) if its else None
                _decide(connection, copy.id, "accepted" if joined else "dismissed", by, at, joined)
        _decide(connection, proposed.id, "accepted" if alert else "dismissed", by, at, alert)
    return alert


def _take(
    connection: sa.Connection, intake: Intake, proposed: Proposed, reading: Reading, by: Actor, at: datetime
) -> str:
    taken = intake.take(connection, reading, at, NEWS)
    listing = cases.listings_at(connection, proposed.source, proposed.thread)[proposed.organisation]
    what = "accepted from a hunt" if taken.new else "joined from a hunt"
    cases.note(connection, listing.alert, at, by.who, what, proposed.id, by.origin)
    return listing.alert


def dismiss(database: sa.Engine, name: str, *, by: Actor, at: datetime) -> Proposed:
    """Set a proposal aside for good. Raises ``ProposalUnknown``."""
    with database.begin() as connection:
        proposed = find_proposal(connection, name, lock=True)
        if proposed.state != "proposed":
            raise ProposalUnknown(f"proposal {proposed.id} is {proposed.state} already")
        _decide(connection, proposed.id, "dismissed", by, at, None)
        return find_proposal(connection, proposed.id)


def _newest(store: Store, matcher: Matcher, intake: Intake, proposed: Proposed) -> Reading | None:
    """The newest revision of a proposal's post that names its organisation."""
    key = PostKey.parse(proposed.post)
    for stored in reversed(store.revisions(key)):
        change = Change(ChangeKind.NEW, stored, stored.first_seen_at)
        (reading,) = read([change], matcher, (), intake.organisations)
        if proposed.organisation in reading.found:
            found = {proposed.organisation: reading.found[proposed.organisation]}
            return replace(reading, found=found)
    return None


def _decide(
    connection: sa.Connection, name: str, state: str, by: Actor, at: datetime, alert: str | None
) -> None:
    values = {"state": state, "who": by.who, "decided_at": at, "alert": alert}
    connection.execute(sa.update(proposal_table).where(proposal_table.c.id == name).values(values))


def find_hunt(connection: sa.Connection, number: int, *, lock: bool = False) -> Hunt:
    """A hunt by its number. Raises ``HuntUnknown``."""
    query = sa.select(hunt_table).where(hunt_table.c.id == number)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise HuntUnknown(f"there is no hunt {number}", cure="duskwatch watch hunts names them")
    return _hunt(row._mapping)


def list_hunts(database: sa.Engine) -> list[Hunt]:
    """Hunts, newest first."""
    with reading(database) as connection:
        rows = connection.execute(sa.select(hunt_table).order_by(hunt_table.c.id.desc())).all()
    return [_hunt(row._mapping) for row in rows]


def _hunt(row: sa.RowMapping) -> Hunt:
    return Hunt(**{**row, "organisations": tuple(row["organisations"])})


def find_proposal(connection: sa.Connection, name: str, *, lock: bool = False) -> Proposed:
    """A proposal by its id or the beginning of it. Raises ``ProposalUnknown``."""
    query = sa.select(proposal_table).where(proposal_table.c.id.startswith(name, autoescape=True)).limit(2)
    rows = connection.execute(query.with_for_update() if lock else query).all()
    if len(rows) != 1:
        many = "more than one proposal begins with" if rows else "no proposal begins with"
        raise ProposalUnknown(f"{many} {name!r}", cure="duskwatch watch proposals names them")
    return Proposed(**rows[0]._mapping)


def list_proposals(
    database: sa.Engine, *, state: str | None = "proposed", hunt: int | None = None, limit: int = 100
) -> list[Proposed]:
    """Proposals, the strongest first."""
    columns = proposal_table.c
    query = sa.select(proposal_table).order_by(columns.strength.desc(), columns.id).limit(limit)
    if state is not None:
        query = query.where(columns.state == state)
    if hunt is not None:
        query = query.where(columns.hunt == hunt)
    with reading(database) as connection:
        return [Proposed(**row._mapping) for row in connection.execute(query)]
