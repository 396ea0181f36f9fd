"""What crawls remember: boards, threads and runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "crawl_board",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("board", sa.Text, primary_key=True),
        sa.Column("watermark", time),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("crawled_at", time, nullable=False),
    )
    op.create_table(
        "crawl_thread",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("thread", sa.Text, primary_key=True),
        sa.Column("board", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("last_page", sa.Integer, nullable=False, server_default="1"),
        sa.Column("posts", sa.Integer, nullable=False),
        sa.Column("locked", sa.Boolean, nullable=False),
        sa.Column("created_at", time),
        sa.Column("last_activity", time),
        sa.Column("visited_at", time, nullable=False),
        sa.Column("next_visit_at", time, nullable=False),
        sa.Column("hot", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("removed_at", time),
    )
    op.create_index("crawl_thread_due", "crawl_thread", ["source", "next_visit_at"])
    op.create_table(
        "crawl_run",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("started_at", time, nullable=False),
        sa.Column("ended_at", time),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("new", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("removed", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("crawl_run_latest", "crawl_run", ["source", "id"])
