"""Users of the console, their sessions and tokens, and the audit of what they do."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "console_user",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("organisations", sa.JSON, nullable=False),
        sa.Column("tlp", sa.Text, nullable=False),
        sa.Column("totp", sa.Text, nullable=False),
        sa.Column("totp_used", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("locked_until", time),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created_at", time, nullable=False),
    )
    op.create_table(
        "console_session",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("user", sa.Text, sa.ForeignKey("console_user.name"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("seen_at", time, nullable=False),
        sa.Column("expires_at", time, nullable=False),
    )
    op.create_index("console_session_user", "console_session", ["user"])
    op.create_table(
        "console_audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", time, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
    )
