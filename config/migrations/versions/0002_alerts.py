"""Alerts, their audit, the outbox and the watcher's cursor."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "alert",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tlp", sa.Text, nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("updated_at", time, nullable=False),
        sa.Column("posted_at", time),
        sa.Column("first_seen_at", time, nullable=False),
        sa.Column("stored_at", time, nullable=False),
        sa.Column("matches", sa.JSON, nullable=False),
    )
    op.create_index("alert_listing", "alert", ["source", "thread"])
    op.create_table(
        "alert_post",
        sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), primary_key=True),
        sa.Column("post", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("change", sa.Text, primary_key=True),
        sa.Column("at", time, nullable=False),
    )
    op.create_table(
        "alert_event",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("alert_event_alert", "alert_event", ["alert", "id"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", time, nullable=False),
        sa.Column("leased_until", time),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("sent_at", time),
    )
    op.create_index("delivery_due", "delivery", ["state", "next_at"])
    op.create_table(
        "watch_cursor",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("cursor", sa.Text, nullable=False),
        sa.Column("at", time, nullable=False),
    )
