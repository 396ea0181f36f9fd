"""History beside the alarm, versions of watches, and how often each of their terms was found."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "baseline_entry",
        sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), primary_key=True),
        sa.Column("post", sa.Text, primary_key=True),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("posted_at", time),
        sa.Column("strength", sa.Float, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("hunt", sa.Integer),
        sa.Column("report", sa.Text),
    )
    op.create_index("baseline_entry_report", "baseline_entry", ["report", "source"])
    op.create_table(
        "baseline_report",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("hunt", sa.Integer),
        sa.Column("listings", sa.Integer, nullable=False),
        sa.Column("made_at", time, nullable=False),
    )
    op.create_table(
        "history_mark",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("threads", sa.BigInteger),
        sa.Column("posts", sa.BigInteger),
    )
    op.create_table(
        "history_doubt",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("alert", sa.Text, nullable=False),
        sa.Column("at", time, nullable=False),
    )
    op.create_index("history_doubt_source", "history_doubt", ["source", "at"])
    op.create_table(
        "watch_version",
        sa.Column("organisation", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("at", time, nullable=False),
    )
    op.add_column("hunt", sa.Column("kind", sa.Text, nullable=False, server_default="proposals"))
    op.add_column("hunt", sa.Column("until", sa.Text))
    op.create_table(
        "term_hit",
        sa.Column("organisation", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("term", sa.Text, primary_key=True),
        sa.Column("posts", sa.Integer, nullable=False),
        sa.Column("past", sa.Integer, nullable=False),
        sa.Column("first_at", time, nullable=False),
        sa.Column("last_at", time, nullable=False),
        sa.Column("last_post", sa.Text, nullable=False),
    )
