"""Who looks after an alert."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alerts", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))
    empty = sa.text("''")
    op.add_column(
        "alerts",
        sa.Column("acknowledged_by", sa.String(length=120), server_default=empty, nullable=False),
    )


def downgrade() -> None:
    op.drop_column("alerts", "acknowledged_by")
    op.drop_column("alerts", "acknowledged_at")
