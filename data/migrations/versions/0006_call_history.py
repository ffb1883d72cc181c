"""A caller's history is counted from the index alone (`data.callers`)."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NARROW = "ix_calls_caller_number_started_at"
WIDE = "ix_calls_history"


def upgrade() -> None:
    op.create_index(WIDE, "calls", ["caller_number", "started_at", "direction", "outcome"])
    op.drop_index(NARROW, "calls")


def downgrade() -> None:
    op.create_index(NARROW, "calls", ["caller_number", "started_at"])
    op.drop_index(WIDE, "calls")
