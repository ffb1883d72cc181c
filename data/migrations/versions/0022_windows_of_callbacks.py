"""Callbacks for a time of the caller's choice, and at another number than they call from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "callbacks", sa.Column("caller", sa.String(length=16), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("callbacks", sa.Column("from_at", MOMENT, nullable=True))
    op.add_column("callbacks", sa.Column("overdue_at", MOMENT, nullable=True))


def downgrade() -> None:
    for name in ("overdue_at", "from_at", "caller"):
        op.drop_column("callbacks", name)
