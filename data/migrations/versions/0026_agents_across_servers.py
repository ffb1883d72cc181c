"""Whose turn it is to call for a queue's agents, what its calls are, and what agents look at beforehand."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
BLANK = sa.text("''")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    queue = sa.Column("queue", sa.String(length=60), server_default=BLANK, nullable=False)
    op.add_column("dial_attempts", queue)
    op.create_index("ix_dial_attempts_queue", "dial_attempts", ["queue"], **_where("ended_at IS NULL"))
    op.create_index(
        "ix_dial_attempts_campaign_id_ended_at", "dial_attempts", ["campaign_id", "ended_at"], unique=False
    )
    op.create_table(
        "pacing_turns",
        sa.Column("queue", sa.String(length=60), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_pacing_turns")),
    )
    op.create_table(
        "previews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("agent", sa.String(length=60), nullable=False),
        sa.Column("shown_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("decision", sa.String(length=12), server_default=BLANK, nullable=False),
        sa.Column("reason", sa.String(length=120), server_default=BLANK, nullable=False),
        sa.Column("rank", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_previews_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["samples.id"], name=op.f("fk_previews_sample_id_samples"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_previews")),
    )
    op.create_index(op.f("ix_previews_customer_id"), "previews", ["customer_id"], unique=False)
    op.create_index("uq_previews_agent", "previews", ["agent"], unique=True, **_where("ended_at IS NULL"))
    op.create_index(
        "ix_previews_sample_id_customer_id", "previews", ["sample_id", "customer_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("previews")
    op.drop_table("pacing_turns")
    op.drop_index("ix_dial_attempts_campaign_id_ended_at", table_name="dial_attempts")
    op.drop_index("ix_dial_attempts_queue", table_name="dial_attempts")
    op.drop_column("dial_attempts", "queue")
