"""What the self-service flows tell: payments, parcels, and what a ticket is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    topic = sa.Column("topic", sa.String(length=20), server_default="other", nullable=False)
    # Added and not rebuilt: PostgreSQL does not let go of a table that others refer to.
    op.add_column("tickets", topic)
    _payments()
    _shipments()


def downgrade() -> None:
    op.drop_table("shipments")
    op.drop_table("payments")
    with op.batch_alter_table("tickets") as tickets:
        tickets.drop_column("topic")


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_payments_iso_currency")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_payments_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
    )
    op.create_index(
        op.f("ix_payments_account_id_received_on"), "payments", ["account_id", "received_on"], unique=False
    )


def _shipments() -> None:
    op.create_table(
        "shipments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("carrier", sa.String(length=60), nullable=False),
        sa.Column("tracking_number", sa.String(length=60), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("shipped_at", MOMENT, nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.Column("left_with", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_shipments_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.UniqueConstraint("order_id", "n", name=op.f("uq_shipments_order_id_n")),
    )
    op.create_index(op.f("ix_shipments_tracking_number"), "shipments", ["tracking_number"], unique=False)
