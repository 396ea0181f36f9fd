"""The tables of alerts in the state database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from config.database import UtcDateTime, metadata


def _text(name: str) -> sa.Column[str]:
    """Text that is empty in rows of before there was such a column."""
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _alert(primary_key: bool = False) -> sa.Column[str]:
    return sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), nullable=False, primary_key=primary_key)


#: One alert. ``post`` is the id of the post that raised it, ``kind`` and ``author`` are that post's, ``precision`` how
#: exactly its board told ``posted_at``. ``claims`` is what is claimed by now (``alerts/claims.py``). ``tier`` is
#: certain, or possible where its listings name nobody; ``possible`` says what speaks for and against it.
alert_table = sa.Table(
    "alert",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("thread", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tlp", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("posted_at", UtcDateTime),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    sa.Column("stored_at", UtcDateTime, nullable=False),
    sa.Column("matches", sa.JSON, nullable=False),
    _text("post"),
    _text("kind"),
    _text("author"),
    _text("precision"),
    sa.Column("claims", sa.JSON, nullable=False, server_default="{}"),
    _text("assignee"),
    sa.Column("due_at", UtcDateTime),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Column("muted_by", sa.Integer),
    sa.Column("tier", sa.Text, nullable=False, server_default="certain"),
    sa.Column("possible", sa.JSON(none_as_null=True)),
)

#: A post's revision that belongs to an alert; ``claims`` where it is its seller's.
post_table = sa.Table(
    "alert_post",
    metadata,
    _alert(primary_key=True),
    sa.Column("post", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("change", sa.Text, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("claims", sa.JSON(none_as_null=True)),
)

#: The audit: who did what, when, and from where (``origin``: "command line", an address; empty for Duskwatch itself).
event_table = sa.Table(
    "alert_event",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    _alert(),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    _text("origin"),
)

#: The listings of an alert: the one that raised it, and those that offer the same elsewhere. ``how`` it came to the
#: alert (first, copy, text, sample, contact, seller), with the estimated likeness of the texts; ``claims`` are its own.
listing_table = sa.Table(
    "alert_listing",
    metadata,
    sa.Column("organisation", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("thread", sa.Text, primary_key=True),
    _alert(),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    _text("author"),
    sa.Column("post", sa.Text, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("likeness", sa.Float, nullable=False),
    sa.Column("claims", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("joined_at", UtcDateTime, nullable=False),
    sa.Column("removed_at", UtcDateTime),
)

#: The MinHash of a text of an alert, and the buckets in which texts like it are looked for.
sketch_table = sa.Table(
    "alert_sketch",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    _alert(),
    sa.Column("signature", sa.LargeBinary, nullable=False),
)
bucket_table = sa.Table(
    "alert_bucket",
    metadata,
    sa.Column("organisation", sa.Text, primary_key=True),
    sa.Column("bucket", sa.BigInteger, primary_key=True),
    sa.Column("sketch", sa.Integer, sa.ForeignKey("alert_sketch.id"), primary_key=True),
)

#: What gives the same offer away beside its text: its seller, contacts and samples.
clue_table = sa.Table(
    "alert_clue",
    metadata,
    sa.Column("organisation", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    _alert(primary_key=True),
)

#: The material changes of an alert; ``key`` names a change so that it is told once.
change_table = sa.Table(
    "alert_change",
    metadata,
    _alert(primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("post", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

#: Rules that keep alerts from being delivered for a time; ``scope`` is watch, source or seller.
mute_table = sa.Table(
    "alert_mute",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("begins_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    _text("origin"),
    sa.Column("why", sa.Text, nullable=False),
)

#: What waits for the next digest of a route to a channel; ``digest`` is the key of the delivery that it left in.
digest_table = sa.Table(
    "digest_entry",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    _alert(),
    sa.Column("route", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("digest", sa.Text),
)

#: Who is to be told when nobody has acknowledged an alert by ``due_at``; ``channels`` are names.
escalation_table = sa.Table(
    "escalation",
    metadata,
    _alert(primary_key=True),
    sa.Column("route", sa.Text, primary_key=True),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("channels", sa.JSON, nullable=False),
    sa.Column("done_at", UtcDateTime),
)

#: One reading of all history for some organisations; ``state`` is running, done, superseded or given up. ``kind`` is
#: proposals, or history (``alerts/backtest.py``), which ends at the cursor ``until``.
hunt_table = sa.Table(
    "hunt",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("organisations", sa.JSON, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("cursor", sa.Text),
    sa.Column("kind", sa.Text, nullable=False, server_default="proposals"),
    sa.Column("until", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("revisions_read", sa.Integer, nullable=False),
    sa.Column("revisions_total", sa.Integer, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

#: An alert that a hunt proposes; ``state`` is proposed, accepted, dismissed or copy (``alert``: of which proposal).
proposal_table = sa.Table(
    "proposal",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("hunt", sa.Integer, sa.ForeignKey("hunt.id"), nullable=False),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("thread", sa.Text, nullable=False),
    sa.Column("post", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("strength", sa.Float, nullable=False),
    sa.Column("posted_at", UtcDateTime),
    sa.Column("matches", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("found_at", UtcDateTime, nullable=False),
    _text("who"),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("alert", sa.Text),
)

#: The last time that was seen by a job, to tell when a clock was set back.
mark_table = sa.Table(
    "clock_mark",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write those rows whose primary key is not there yet; how many."""
    if not rows:
        return 0
    return len(connection.execute(_insert_new(table, connection.dialect.name), [*map(dict, rows)]).all())


@cache
def _insert_new(table: sa.Table, dialect: str) -> sa.Executable:
    """Made once: making a statement costs more than to run it."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing().returning(*table.primary_key.columns)
