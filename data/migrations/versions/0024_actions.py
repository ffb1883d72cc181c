"""What campaigns do by outcome and by promise, and from which campaign a promise came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
BLANK = sa.text("''")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "actions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("promise_id", sa.Uuid(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("occasion", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("declared", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("until_at", MOMENT, nullable=True),
        sa.Column("claimed_by", sa.String(length=120), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("result", sa.String(length=20), server_default=BLANK, nullable=False),
        sa.Column("why", sa.String(length=200), server_default=BLANK, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_actions_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
        sa.UniqueConstraint("key", name=op.f("uq_actions_key")),
    )
    op.create_index("ix_actions_due", "actions", ["due_at"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.create_index("ix_actions_customer_id", "actions", ["customer_id"])
    op.create_index("ix_actions_promise_id", "actions", ["promise_id"])
    op.create_index("ix_actions_campaign_id_created_at", "actions", ["campaign_id", "created_at"])
    op.create_index("ix_actions_created_at", "actions", ["created_at"])
    op.add_column("promises", sa.Column("campaign_id", sa.Uuid(), nullable=True))
    op.create_index("ix_promises_call_id", "promises", ["call_id"])
    op.create_index("ix_promises_campaign_id_made_at", "promises", ["campaign_id", "made_at"])


def downgrade() -> None:
    op.drop_index("ix_promises_campaign_id_made_at", "promises")
    op.drop_index("ix_promises_call_id", "promises")
    op.drop_column("promises", "campaign_id")
    op.drop_table("actions")
