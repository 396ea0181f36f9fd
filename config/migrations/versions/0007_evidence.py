"""Legal holds on the evidence of alerts, and the clocks of laws that began for them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "evidence_hold",
        sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), primary_key=True),
        sa.Column("at", time, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.create_table(
        "legal_clock",
        sa.Column("alert", sa.Text, sa.ForeignKey("alert.id"), primary_key=True),
        sa.Column("law", sa.Text, primary_key=True),
        sa.Column("duty", sa.Text, primary_key=True),
        sa.Column("started_at", time, nullable=False),
        sa.Column("due_at", time, nullable=False),
        sa.Column("warned_at", time),
        sa.Column("met_at", time),
        sa.Column("who", sa.Text, nullable=False),
    )
    op.create_index("legal_clock_due", "legal_clock", ["met_at", "due_at"])
