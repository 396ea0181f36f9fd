"""What people do with alerts, their listings elsewhere, material changes, mutes, digests, escalations and hunts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _alert(primary_key: bool = False) -> sa.Column[str]:
    return sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), nullable=False, primary_key=primary_key)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    for name in ("post", "kind", "author", "precision", "assignee"):
        op.add_column("alert", _text(name))
    op.add_column("alert", sa.Column("claims", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("alert", sa.Column("due_at", time))
    op.add_column("alert", sa.Column("acknowledged_at", time))
    op.add_column("alert", sa.Column("muted_by", sa.Integer))
    op.drop_index("alert_listing", "alert")  # its name is wanted for a table
    op.create_index("alert_source", "alert", ["source", "created_at"])
    op.create_index("alert_created", "alert", ["created_at"])
    op.create_index("alert_organisation", "alert", ["organisation", "created_at"])
    op.add_column("alert_post", sa.Column("claims", sa.JSON))
    op.add_column("alert_event", _text("origin"))
    op.create_table(
        "alert_listing",
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
        sa.Column("joined_at", time, nullable=False),
        sa.Column("removed_at", time),
    )
    op.create_index("alert_listing_thread", "alert_listing", ["source", "thread"])
    op.create_index("alert_listing_alert", "alert_listing", ["alert"])
    op.execute(
        "INSERT INTO alert_listing (organisation, source, thread, alert, url, title, author, post, how, likeness,"
        " claims, joined_at) SELECT organisation, source, thread, id, url, title, '', '', 'first', 1.0, '{}',"
        " created_at FROM alert"
    )
    op.create_table(
        "alert_sketch",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        _alert(),
        sa.Column("signature", sa.LargeBinary, nullable=False),
    )
    op.create_index("alert_sketch_alert", "alert_sketch", ["alert"])
    op.create_table(
        "alert_bucket",
        sa.Column("organisation", sa.Text, primary_key=True),
        sa.Column("bucket", sa.BigInteger, primary_key=True),
        sa.Column("sketch", sa.Integer, sa.ForeignKey("alert_sketch.id"), primary_key=True),
    )
    op.create_table(
        "alert_clue",
        sa.Column("organisation", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        _alert(primary_key=True),
    )
    op.create_table(
        "alert_change",
        _alert(primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("at", time, nullable=False),
    )
    op.create_table(
        "alert_mute",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("begins_at", time, nullable=False),
        sa.Column("ends_at", time, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        _text("origin"),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_index("alert_mute_ends", "alert_mute", ["ends_at"])
    op.add_column("delivery", sa.Column("event", sa.Text, nullable=False, server_default="new"))
    op.add_column("delivery", _text("lease"))
    op.create_index("delivery_alert", "delivery", ["alert"])
    op.create_table(
        "digest_entry",
        sa.Column("key", sa.Text, primary_key=True),
        _alert(),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("due_at", time, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("digest", sa.Text),
    )
    op.create_index("digest_entry_due", "digest_entry", ["digest", "due_at"])
    op.create_table(
        "escalation",
        _alert(primary_key=True),
        sa.Column("route", sa.Text, primary_key=True),
        sa.Column("due_at", time, nullable=False),
        sa.Column("channels", sa.JSON, nullable=False),
        sa.Column("done_at", time),
    )
    op.create_index("escalation_due", "escalation", ["done_at", "due_at"])
    op.create_table(
        "clock_mark",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("at", time, nullable=False),
    )
    op.create_table(
        "hunt",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("organisations", sa.JSON, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("cursor", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revisions_read", sa.Integer, nullable=False),
        sa.Column("revisions_total", sa.Integer, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("started_at", time, nullable=False),
        sa.Column("updated_at", time, nullable=False),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hunt", sa.Integer, sa.ForeignKey("hunt.id"), nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("strength", sa.Float, nullable=False),
        sa.Column("posted_at", time),
        sa.Column("matches", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("found_at", time, nullable=False),
        sa.Column("who", sa.Text, nullable=False, server_default=""),
        sa.Column("decided_at", time),
        sa.Column("alert", sa.Text),
    )
    op.create_index("proposal_state", "proposal", ["state", "found_at"])
