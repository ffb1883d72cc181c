"""The Call-ID of a call's INVITE, and on which switch an agent has somebody in hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "calls", sa.Column("sip_call_id", sa.String(length=200), server_default=sa.text("''"), nullable=False)
    )
    op.create_index("ix_calls_sip_call_id", "calls", ["sip_call_id"])
    op.add_column(
        "agent_contacts",
        sa.Column("switch", sa.String(length=120), server_default=sa.text("''"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("agent_contacts", "switch")
    op.drop_index("ix_calls_sip_call_id", "calls")
    op.drop_column("calls", "sip_call_id")
