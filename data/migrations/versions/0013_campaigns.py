"""Outbound work: the ledger of contacts, customer bases, campaigns, samples; promises with an end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _contacts()
    _campaigns()
    _samples()
    _promises()
    op.execute("UPDATE promises SET status = 'cancelled' WHERE status = 'withdrawn'")


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("debt_id", sa.Uuid(), nullable=True),
        sa.Column("conversation", sa.Boolean(), nullable=True),
        sa.Column("result", sa.String(length=60), server_default=sa.text("''"), nullable=False),
        sa.Column("asked_for", sa.String(length=120), server_default=sa.text("''"), nullable=False),
        sa.Column("rules", sa.String(length=300), server_default=sa.text("''"), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index("ix_contacts_address_at", "contacts", ["address", "at"], unique=False)
    op.create_index("ix_contacts_at", "contacts", ["at"], unique=False)
    op.create_index("ix_contacts_customer_id_at", "contacts", ["customer_id", "at"], unique=False)
    op.create_table(
        "customer_bases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("strategy", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("loaded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_bases")),
        sa.UniqueConstraint("strategy", "name", name=op.f("uq_customer_bases_strategy_name")),
    )
    op.create_table(
        "registry_lookups",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("e164", sa.String(length=16), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", "e164", name=op.f("pk_registry_lookups")),
    )


def _campaigns() -> None:
    op.create_table(
        "base_members",
        sa.Column("base_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id"],
            ["customer_bases.id"],
            name=op.f("fk_base_members_base_id_customer_bases"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_base_members_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("base_id", "customer_id", name=op.f("pk_base_members")),
    )
    op.create_index(op.f("ix_base_members_customer_id"), "base_members", ["customer_id"], unique=False)
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("strategy", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("declared", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id"],
            ["customer_bases.id"],
            name=op.f("fk_campaigns_base_id_customer_bases"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("strategy", "name", name=op.f("uq_campaigns_strategy_name")),
    )


def _samples() -> None:
    op.create_table(
        "samples",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("rules_version", sa.String(length=20), nullable=False),
        sa.Column("cut_at", MOMENT, nullable=False),
        sa.Column("cut_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_samples_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samples")),
        sa.UniqueConstraint("campaign_id", "name", name=op.f("uq_samples_campaign_id_name")),
    )
    op.create_index(op.f("ix_samples_campaign_id"), "samples", ["campaign_id"], unique=False)
    op.create_table(
        "sample_members",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("excluded", sa.String(length=20), server_default=sa.text("''"), nullable=False),
        sa.Column("rule", sa.String(length=60), server_default=sa.text("''"), nullable=False),
        sa.Column("why", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_sample_members_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"],
            ["samples.id"],
            name=op.f("fk_sample_members_sample_id_samples"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sample_id", "customer_id", name=op.f("pk_sample_members")),
    )
    op.create_index(op.f("ix_sample_members_customer_id"), "sample_members", ["customer_id"], unique=False)
    op.create_index(
        "ix_sample_members_sample_id_excluded", "sample_members", ["sample_id", "excluded"], unique=False
    )
    op.create_table(
        "sample_numbers",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("e164", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_sample_numbers_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"],
            ["samples.id"],
            name=op.f("fk_sample_numbers_sample_id_samples"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sample_id", "customer_id", "rank", name=op.f("pk_sample_numbers")),
    )
    op.create_index(op.f("ix_sample_numbers_customer_id"), "sample_numbers", ["customer_id"], unique=False)
    op.create_index("ix_sample_numbers_e164", "sample_numbers", ["e164"], unique=False)


def _promises() -> None:
    op.add_column("payments", sa.Column("reference", sa.String(length=60), nullable=True))
    op.create_index("uq_payments_reference", "payments", ["reference"], unique=True)
    op.add_column("promises", sa.Column("debt_id", sa.Uuid(), nullable=True))
    op.add_column(
        "promises", sa.Column("channel", sa.String(length=12), server_default="call", nullable=False)
    )
    op.add_column(
        "promises",
        sa.Column("confirmed_by", sa.String(length=20), server_default=sa.text("''"), nullable=False),
    )
    op.add_column(
        "promises",
        sa.Column("verified_by", sa.String(length=40), server_default=sa.text("''"), nullable=False),
    )
    op.add_column("promises", sa.Column("grace_days", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column(
        "promises", sa.Column("least_share", sa.SmallInteger(), server_default="100", nullable=False)
    )
    op.add_column("promises", sa.Column("paid_cents", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("promises", sa.Column("closed_at", MOMENT, nullable=True))
    op.add_column("promises", sa.Column("superseded_by", sa.Uuid(), nullable=True))
    op.add_column("promises", sa.Column("reminded_at", MOMENT, nullable=True))
    op.create_index("ix_promises_status_promised_for", "promises", ["status", "promised_for"], unique=False)


def downgrade() -> None:
    op.execute("UPDATE promises SET status = 'withdrawn' WHERE status IN ('cancelled', 'superseded')")
    op.execute("UPDATE promises SET status = 'broken' WHERE status = 'partial'")
    op.drop_index("ix_promises_status_promised_for", table_name="promises")
    op.drop_column("promises", "reminded_at")
    op.drop_column("promises", "superseded_by")
    op.drop_column("promises", "closed_at")
    op.drop_column("promises", "paid_cents")
    op.drop_column("promises", "least_share")
    op.drop_column("promises", "grace_days")
    op.drop_column("promises", "verified_by")
    op.drop_column("promises", "confirmed_by")
    op.drop_column("promises", "channel")
    op.drop_column("promises", "debt_id")
    op.drop_index("uq_payments_reference", table_name="payments")
    op.drop_column("payments", "reference")
    op.drop_index("ix_sample_numbers_e164", table_name="sample_numbers")
    op.drop_index(op.f("ix_sample_numbers_customer_id"), table_name="sample_numbers")
    op.drop_table("sample_numbers")
    op.drop_index("ix_sample_members_sample_id_excluded", table_name="sample_members")
    op.drop_index(op.f("ix_sample_members_customer_id"), table_name="sample_members")
    op.drop_table("sample_members")
    op.drop_index(op.f("ix_samples_campaign_id"), table_name="samples")
    op.drop_table("samples")
    op.drop_table("campaigns")
    op.drop_index(op.f("ix_base_members_customer_id"), table_name="base_members")
    op.drop_table("base_members")
    op.drop_table("registry_lookups")
    op.drop_table("customer_bases")
    op.drop_index("ix_contacts_customer_id_at", table_name="contacts")
    op.drop_index("ix_contacts_at", table_name="contacts")
    op.drop_index("ix_contacts_address_at", table_name="contacts")
    op.drop_table("contacts")
