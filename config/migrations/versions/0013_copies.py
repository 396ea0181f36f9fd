"""Boards that are copies of one another: what their threads are compared by, and what they have in common."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "copy_thread",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("thread", sa.Text, primary_key=True),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("title", sa.BigInteger),
        sa.Column("place", sa.BigInteger),
        sa.Column("act", sa.BigInteger),
    )
    for name in ("title", "place", "act"):
        op.create_index(f"copy_thread_{name}", "copy_thread", [name])
    op.create_table(
        "copy_source",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("threads", sa.Integer, nullable=False),
        sa.Column("placed", sa.Integer, nullable=False),
        sa.Column("acted", sa.Integer, nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "copy_pair",
        sa.Column("one", sa.Text, primary_key=True),
        sa.Column("other", sa.Text, primary_key=True),
        sa.Column("titles", sa.Integer, nullable=False),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("acts", sa.Integer, nullable=False),
        sa.Column("compared", sa.Integer, nullable=False),
        sa.Column("named", sa.Integer, nullable=False),
    )
    op.create_table(
        "copy_swap",
        sa.Column("one", sa.Text, primary_key=True),
        sa.Column("other", sa.Text, primary_key=True),
        sa.Column("thread", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("mine", sa.Text, nullable=False),
        sa.Column("theirs", sa.Text, nullable=False),
    )
