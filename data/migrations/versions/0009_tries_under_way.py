"""A try to prove who one is counts as wrong only once it was judged, or nobody will judge it any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("under_way_until", sa.DateTime(timezone=True), nullable=True)
    op.add_column("verification_tries", column)


def downgrade() -> None:
    op.drop_column("verification_tries", "under_way_until")
