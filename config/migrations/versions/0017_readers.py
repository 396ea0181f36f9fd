"""What each source is read by, and since when: a mended adapter reads old posts in another way."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("crawl_source", sa.Column("reader", sa.Text, nullable=False, server_default=""))
    op.add_column("crawl_source", sa.Column("mended_at", sa.DateTime(timezone=True)))
