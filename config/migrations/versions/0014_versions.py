"""Versions of what people write, with who and why; and addresses that are looked at to become sources."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "written_version",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
    )
    op.create_index("written_version_name", "written_version", ["kind", "name", "id"])
    op.create_table(
        "source_probe",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("adapter", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("says", sa.Text, nullable=False),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("told", sa.JSON),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("updated_at", time, nullable=False),
    )
