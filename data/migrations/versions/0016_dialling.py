"""The dialler: whom a campaign has to call, each attempt to, the pace of trunks, and who started what."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
BLANK = sa.text("''")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    with op.batch_alter_table("campaigns") as campaigns:
        campaigns.add_column(sa.Column("sample_id", sa.Uuid(), nullable=True))
        campaigns.add_column(sa.Column("changed_at", MOMENT, nullable=True))
        campaigns.add_column(
            sa.Column("changed_by", sa.String(length=120), server_default=BLANK, nullable=False)
        )
    _entries()
    _attempts()
    op.create_table(
        "trunks",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rests_until", MOMENT, nullable=True),
        sa.Column("pause", sa.Float(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_trunks")),
    )


def _entries() -> None:
    op.create_table(
        "dial_entries",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("turn", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("rank", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("claimed_by", sa.String(length=120), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("result", sa.String(length=20), server_default=BLANK, nullable=False),
        sa.Column("why", sa.String(length=120), server_default=BLANK, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_dial_entries_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"],
            ["samples.id"],
            name=op.f("fk_dial_entries_sample_id_samples"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sample_id", "customer_id", name=op.f("pk_dial_entries")),
    )
    op.create_index(op.f("ix_dial_entries_customer_id"), "dial_entries", ["customer_id"], unique=False)
    due, leased = _where("due_at IS NOT NULL"), _where("lease_until IS NOT NULL")
    op.create_index(
        "ix_dial_entries_due", "dial_entries", ["sample_id", "turn", "due_at"], unique=False, **due
    )
    op.create_index("ix_dial_entries_leased", "dial_entries", ["lease_until"], unique=False, **leased)
    op.create_index(
        "ix_dial_entries_standing", "dial_entries", ["sample_id", "state", "result"], unique=False
    )


def _attempts() -> None:
    op.create_table(
        "dial_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("trunk", sa.String(length=60), nullable=False),
        sa.Column("caller_id", sa.String(length=16), server_default=BLANK, nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("claimed_by", sa.String(length=120), nullable=False),
        sa.Column("dialled_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("result", sa.String(length=20), server_default=BLANK, nullable=False),
        sa.Column("cause", sa.String(length=60), server_default=BLANK, nullable=False),
        sa.Column("outcome", sa.String(length=120), server_default=BLANK, nullable=False),
        sa.Column("agent", sa.String(length=60), server_default=BLANK, nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dial_attempts")),
    )
    going = _where("ended_at IS NULL")
    op.create_index("uq_dial_attempts_person", "dial_attempts", ["person"], unique=True, **going)
    op.create_index("uq_dial_attempts_number", "dial_attempts", ["number"], unique=True, **going)
    op.create_index("ix_dial_attempts_trunk", "dial_attempts", ["trunk"], unique=False, **going)
    for columns in (["customer_id", "sample_id"], ["campaign_id", "dialled_at"], ["dialled_at"]):
        name = f"ix_dial_attempts_{'_'.join(columns)}"
        op.create_index(name, "dial_attempts", columns, unique=False)


def downgrade() -> None:
    op.drop_table("trunks")
    op.drop_table("dial_attempts")
    op.drop_table("dial_entries")
    with op.batch_alter_table("campaigns") as campaigns:
        campaigns.drop_column("changed_by")
        campaigns.drop_column("changed_at")
        campaigns.drop_column("sample_id")
