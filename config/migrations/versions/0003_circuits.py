"""Which circuits and which address of a source are in use."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "crawl_source",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("address", sa.Text),
    )
    op.execute("UPDATE crawl_thread SET signature = '' WHERE removed_at IS NOT NULL")
