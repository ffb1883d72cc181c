"""Customer numbers with letters are found in whatever case they come (`data.exchange`), by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEX = "ix_customers_lower_customer_number"


def upgrade() -> None:
    op.create_index(INDEX, "customers", [sa.text("lower(customer_number)")])


def downgrade() -> None:
    op.drop_index(INDEX, "customers")
