"""Finds the alert of the same offer among all of an organisation, and keeps what it is found by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import get_args

import sqlalchemy as sa

from alerts.channel import Tlp
from alerts.claims import Claims
from alerts.likeness import ALIKE, Candidate, How, Joined, Sketch, likeness, same_offer
from alerts.tables import alert_table, bucket_table, clue_table, insert_new, sketch_table
from indexer.fact import Fact
from indexer.post import Post

#: Facts that name one very file, and those by which a seller is reached or paid.
SAMPLES = frozenset({"md5", "sha1", "sha256", "sha512", "magnet"})
CONTACTS = frozenset(
    {"telegram", "mail", "tox", "session", "jabber", "wickr", "matrix", "discord", "icq", "signal", "skype"}
    | {"threema", "qq", "wechat", "whatsapp", "keybase", "pgp", "wallet"}
)
_MOST_CLUES = 30  # of a listing
_MOST_SKETCHES = 20  # of an alert: its texts differ that much
_MOST_CANDIDATES = 200
_THE_SAME = 0.9  # a text that is so alike to one that is kept finds nothing that the other does not

Clue = tuple[str, str]

# made once: in a storm of posts, making these costs more than to run them
_NUMBERS = (
    sa.select(bucket_table.c.sketch)
    .where(
        bucket_table.c.organisation == sa.bindparam("organisation"),
        bucket_table.c.bucket.in_(sa.bindparam("buckets", expanding=True)),
    )
    .distinct()
    .order_by(bucket_table.c.sketch.desc())
    .limit(_MOST_CANDIDATES)
)
_IN_BUCKETS = sa.select(sketch_table.c.alert, sketch_table.c.signature).where(
    sketch_table.c.id.in_(_NUMBERS.scalar_subquery())
)
_SIGNATURES = sa.select(sketch_table.c.alert, sketch_table.c.signature).where(
    sketch_table.c.alert.in_(sa.bindparam("alerts", expanding=True))
)
_CLAIMS = sa.select(alert_table.c.id, alert_table.c.claims).where(
    alert_table.c.id.in_(sa.bindparam("alerts", expanding=True)),
    alert_table.c.tier.in_(sa.bindparam("tiers", expanding=True)),
    alert_table.c.tlp.in_(sa.bindparam("tlps", expanding=True)),
)
_SHARING = (
    sa.select(clue_table.c.alert)
    .join(alert_table, alert_table.c.id == clue_table.c.alert)
    .where(
        clue_table.c.organisation == sa.bindparam("organisation"),
        clue_table.c.kind == sa.bindparam("kind"),
        clue_table.c.value == sa.bindparam("value"),
    )
    .order_by(alert_table.c.created_at.desc())
    .limit(_MOST_CANDIDATES // 4)
)


def clues_of(post: Post, facts: Iterable[Fact]) -> tuple[Clue, ...]:
    """What gives a post's offer away beside its text, as kind and value."""
    found: dict[Clue, None] = {}
    if post.author.strip():
        found[How.SELLER.value, post.author.strip().casefold()] = None
    for fact in facts:
        kind = How.SAMPLE if fact.kind in SAMPLES else How.CONTACT if fact.kind in CONTACTS else None
        if kind:
            found[kind.value, f"{fact.kind}:{fact.value}"[:300]] = None
    return tuple(found)[:_MOST_CLUES]


def find_offer(
    connection: sa.Connection,
    organisation: str,
    sketch: Sketch | None,
    clues: tuple[Clue, ...],
    claims: Claims,
    tiers: Collection[str] = ("certain",),
    tlps: Collection[str] = get_args(Tlp),
) -> Joined | None:
    """The alert of this organisation that offers the same, if any; of one of these tiers and markings."""
    nearest: dict[str, float] = {}
    if sketch:
        for alert, signature in _in_buckets(connection, organisation, sketch):
            nearest[alert] = max(likeness(sketch.signature, signature), nearest.get(alert, 0.0))
    shared = _sharing(connection, organisation, clues)
    if sketch:
        others = shared.keys() - nearest.keys()
        for alert, signature in _signatures(connection, others):
            nearest[alert] = max(likeness(sketch.signature, signature), nearest.get(alert, 0.0))
    named = nearest.keys() | shared.keys()
    if not named:
        return None
    kept = connection.execute(_CLAIMS, {"alerts": sorted(named), "tiers": tiers, "tlps": tlps})
    return same_offer(
        claims,
        [
            Candidate(alert, nearest.get(alert, 0.0), frozenset(shared.get(alert, ())), Claims.of(claimed))
            for alert, claimed in kept
        ],
    )


def is_more(
    connection: sa.Connection, alert: str, sketch: Sketch | None, claims: Claims, known: Claims
) -> bool:
    """Whether a post says more than the texts of an alert: its text is like none of them, or it claims what they do
    not. ``known``: what they claim."""
    said = claims.beside(known)
    told = (said.sample and not known.sample, said.free and not known.free, said.sold and not known.sold)
    if said.prices or said.volume or said.count or any(told):
        return True
    if sketch is None:
        return False
    kept = _signatures(connection, {alert})
    return all(likeness(sketch.signature, each) < ALIKE for _, each in kept)


def keep(
    connection: sa.Connection,
    alert: str,
    organisation: str,
    sketch: Sketch | None,
    clues: tuple[Clue, ...],
) -> None:
    """Have later listings of the same offer find this alert."""
    rows = [
        {"organisation": organisation, "kind": kind, "value": value, "alert": alert} for kind, value in clues
    ]
    insert_new(connection, clue_table, rows)
    if sketch is None:
        return
    signatures = [signature for _, signature in _signatures(connection, {alert})]
    if len(signatures) >= _MOST_SKETCHES or any(
        likeness(sketch.signature, each) >= _THE_SAME for each in signatures
    ):
        return
    made = connection.execute(sa.insert(sketch_table).values(alert=alert, signature=sketch.signature))
    (number,) = made.inserted_primary_key or (None,)
    connection.execute(
        sa.insert(bucket_table),
        [
            {"organisation": organisation, "bucket": bucket, "sketch": number}
            for bucket in dict.fromkeys(sketch.buckets)
        ],
    )


def _in_buckets(connection: sa.Connection, organisation: str, sketch: Sketch) -> Iterable[tuple[str, bytes]]:
    """Alerts whose texts share a bucket; the newest where hostile texts fill one."""
    found = connection.execute(_IN_BUCKETS, {"organisation": organisation, "buckets": sketch.buckets})
    return [(alert, signature) for alert, signature in found]


def _signatures(connection: sa.Connection, alerts: Collection[str]) -> list[tuple[str, bytes]]:
    """The signatures of some alerts, with the alert of each."""
    if not alerts:
        return []
    found = connection.execute(_SIGNATURES, {"alerts": sorted(alerts)})
    return [(alert, signature) for alert, signature in found]


def _sharing(connection: sa.Connection, organisation: str, clues: tuple[Clue, ...]) -> dict[str, set[str]]:
    """Alerts that share a clue, each with the kinds of those that it shares; the newest where there are many."""
    shared: dict[str, set[str]] = defaultdict(set)
    for kind, value in clues:
        wanted = {"organisation": organisation, "kind": kind, "value": value}
        found = connection.scalars(_SHARING, wanted)
        for alert in found:
            shared[alert].add(kind)
    return shared
