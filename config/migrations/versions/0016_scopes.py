"""Tokens for some things only, users of an identity provider, and log-ins that are under way there."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.add_column("console_session", sa.Column("scopes", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("console_session", sa.Column("id_token", sa.Text, nullable=False, server_default=""))
    op.add_column("console_user", sa.Column("subject", sa.Text, nullable=False, server_default=""))
    op.create_index("console_user_subject", "console_user", ["subject"])
    op.create_index("console_audit_who", "console_audit", ["who"])
    op.create_index(
        "alert_triage",
        "alert",
        ["severity", "created_at", "id", "state", "organisation", "source", "tlp", "assignee"],
    )
    op.create_table(
        "console_sign_in",
        sa.Column("state", sa.Text, primary_key=True),
        sa.Column("browser", sa.Text, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("verifier", sa.Text, nullable=False),
        sa.Column("next", sa.Text, nullable=False),
        sa.Column("expires_at", time, nullable=False),
    )
