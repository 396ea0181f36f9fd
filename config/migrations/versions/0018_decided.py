"""What operators decide about copies, and how the boards of each source date their posts."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "copy_override",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("original", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", time, nullable=False),
    )
    for name in ("read", "undated", "ahead", "absurd"):
        op.add_column("history_mark", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
