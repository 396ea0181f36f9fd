"""What the console keeps for each user: saved searches, and which alerts they have read."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "console_search",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("user", sa.Text, sa.ForeignKey("console_user.name"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("created_at", time, nullable=False),
    )
    op.create_index("console_search_user", "console_search", ["user"])
    op.create_table(
        "console_read",
        sa.Column("user", sa.Text, sa.ForeignKey("console_user.name"), primary_key=True),
        sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), primary_key=True),
        sa.Column("at", time, nullable=False),
    )
