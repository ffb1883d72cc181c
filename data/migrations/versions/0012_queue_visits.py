"""What happens in queues is kept, and coordinators give out work."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
BLANK = sa.text("''")


def upgrade() -> None:
    _visits()
    op.create_table(
        "missed_offers",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("agent", sa.String(length=60), nullable=False),
        sa.Column("queue", sa.String(length=60), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("visit_id", "at", name=op.f("pk_missed_offers")),
    )
    op.create_index(op.f("ix_missed_offers_at"), "missed_offers", ["at"], unique=False)
    op.create_table(
        "agent_statuses",
        sa.Column("agent", sa.String(length=60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("agent", "at", name=op.f("pk_agent_statuses")),
    )
    _work_items()


def _visits() -> None:
    op.create_table(
        "queue_visits",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("switch", sa.String(length=120), server_default=BLANK, nullable=False),
        sa.Column("queue", sa.String(length=60), nullable=False),
        sa.Column("leg", sa.String(length=120), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("told_wait", sa.Integer(), nullable=True),
        sa.Column("kept_since", MOMENT, nullable=True),
        sa.Column("offered_at", MOMENT, nullable=True),
        sa.Column("agent", sa.String(length=60), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("talk_ended_at", MOMENT, nullable=True),
        sa.Column("held_ms", sa.Integer(), nullable=True),
        sa.Column("wrapped_up_at", MOMENT, nullable=True),
        sa.Column("left_at", MOMENT, nullable=True),
        sa.Column("left_by", sa.String(length=20), nullable=True),
        sa.Column("left_for", sa.String(length=120), server_default=BLANK, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_visits")),
    )
    there: dict[str, Any] = {
        "sqlite_where": sa.text("left_at IS NULL"),
        "postgresql_where": sa.text("left_at IS NULL"),
    }
    op.create_index(op.f("ix_queue_visits_joined_at"), "queue_visits", ["joined_at"], unique=False)
    op.create_index(op.f("ix_queue_visits_leg"), "queue_visits", ["leg"], unique=False)
    op.create_index(
        "ix_queue_visits_agent_answered_at", "queue_visits", ["agent", "answered_at"], unique=False
    )
    op.create_index("ix_queue_visits_there", "queue_visits", ["switch"], unique=False, **there)


def _work_items() -> None:
    op.create_table(
        "work_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("holder", sa.String(length=60), nullable=True),
        sa.Column("assigned_at", MOMENT, nullable=True),
        sa.Column("assigned_by", sa.String(length=60), nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("done_by", sa.String(length=60), nullable=True),
        sa.Column("result", sa.String(length=20), server_default=BLANK, nullable=False),
        sa.Column("note", sa.Text(), server_default=BLANK, nullable=False),
        sa.Column("scores", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_items")),
    )
    todo: dict[str, Any] = {
        "sqlite_where": sa.text("done_at IS NULL"),
        "postgresql_where": sa.text("done_at IS NULL"),
    }
    op.create_index("uq_work_items_kind_about", "work_items", ["kind", "about"], unique=True, **todo)
    op.create_index("ix_work_items_holder", "work_items", ["holder"], unique=False, **todo)
    op.create_index(op.f("ix_work_items_done_at"), "work_items", ["done_at"], unique=False)


def downgrade() -> None:
    for table in ("work_items", "agent_statuses", "missed_offers", "queue_visits"):
        op.drop_table(table)
