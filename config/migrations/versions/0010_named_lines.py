"""Lines that named an organisation in an alert: quotes and signatures raise nothing again."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "named_line",
        sa.Column("organisation", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("thread", sa.Text, primary_key=True),
    )
