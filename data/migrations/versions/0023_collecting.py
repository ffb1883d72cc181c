"""Holds of collections, numbers at which others answer, and answers to polls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
BLANK = sa.text("''")


def upgrade() -> None:
    op.create_table(
        "collection_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.Column("lifted_by", sa.String(length=120), server_default=BLANK, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_collection_holds_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_holds")),
    )
    op.create_index("ix_collection_holds_customer_id", "collection_holds", ["customer_id"])
    op.create_table(
        "poll_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("poll", sa.String(length=60), nullable=False),
        sa.Column("question", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_answers")),
    )
    op.create_index("ix_poll_answers_poll_at", "poll_answers", ["poll", "at"])
    op.add_column("phone_numbers", sa.Column("retired_at", MOMENT, nullable=True))
    op.add_column(
        "phone_numbers", sa.Column("retired_why", sa.String(length=200), server_default=BLANK, nullable=False)
    )


def downgrade() -> None:
    for name in ("retired_why", "retired_at"):
        op.drop_column("phone_numbers", name)
    op.drop_table("poll_answers")
    op.drop_table("collection_holds")
