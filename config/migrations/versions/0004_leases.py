"""Who crawls a source, and since when."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.add_column("crawl_source", sa.Column("started_at", time))
    op.add_column("crawl_source", sa.Column("lease_owner", sa.Text))
    op.add_column("crawl_source", sa.Column("lease_until", time))
    op.add_column("crawl_source", sa.Column("rest_until", time))
