"""A tier of its own for alerts of listings that name nobody, and what speaks for and against each."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("alert", sa.Column("tier", sa.Text, nullable=False, server_default="certain"))
    op.add_column("alert", sa.Column("possible", sa.JSON, nullable=True))
    op.create_index("alert_tier", "alert", ["tier", "organisation", "created_at"])
