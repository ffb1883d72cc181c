"""Agents check in and out, have customers in hand and close them; alerts, and repairs of the switch."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
EMPTY = sa.text("''")
STANDING = "cleared_at IS NULL"
IN_HAND = "result = 'answered' AND closed_at IS NULL"


def upgrade() -> None:
    _presence()
    _contacts()
    _alerts()
    _repairs()


def _text(name: str, length: int, *, empty: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), server_default=EMPTY if empty else None, nullable=False)


def _presence() -> None:
    op.create_table(
        "agent_presence",
        _text("agent", 20, empty=False),
        _text("state", 10, empty=False),
        _text("reason", 60),
        _text("telephone", 120),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_agent_presence")),
    )
    op.create_table(
        "agent_state_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("agent", 20, empty=False),
        sa.Column("at", MOMENT, nullable=False),
        _text("state", 10, empty=False),
        _text("reason", 60),
        sa.Column("counts_as_work", sa.Boolean(), nullable=False),
        _text("who", 120, empty=False),
        _text("source", 20, empty=False),
        _text("note", 200),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_state_changes")),
    )
    op.create_index("ix_agent_state_changes_agent_at", "agent_state_changes", ["agent", "at"], unique=False)


def _contacts() -> None:
    op.create_table(
        "agent_contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("key", 120, empty=False),
        _text("agent", 20),
        _text("queue", 60, empty=False),
        _text("leg", 120, empty=False),
        _text("agent_leg", 120),
        _text("result", 10, empty=False),
        _text("cause", 60),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("wrap_up_until", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        _text("closed_by", 120),
        _text("strategy", 60),
        _text("outcome", 60),
        sa.Column("fields", sa.Text(), server_default="{}", nullable=False),
        _text("form", 60),
        sa.Column("answers", sa.Text(), server_default="{}", nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_contacts")),
        sa.UniqueConstraint("key", name=op.f("uq_agent_contacts_key")),
    )
    for name, columns in {
        "ix_agent_contacts_agent_at": ["agent", "at"],
        "ix_agent_contacts_queue_at": ["queue", "at", "result"],
        "ix_agent_contacts_leg": ["leg"],
        "ix_agent_contacts_customer_id": ["customer_id"],
    }.items():
        op.create_index(name, "agent_contacts", columns, unique=False)
    where: dict[str, Any] = {"sqlite_where": sa.text(IN_HAND), "postgresql_where": sa.text(IN_HAND)}
    op.create_index("ix_agent_contacts_in_hand", "agent_contacts", ["agent"], unique=False, **where)


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("rule", 60, empty=False),
        _text("queue", 60, empty=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("cleared_at", MOMENT, nullable=True),
        sa.Column("cleared_value", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    where: dict[str, Any] = {"sqlite_where": sa.text(STANDING), "postgresql_where": sa.text(STANDING)}
    op.create_index("uq_alerts_rule_queue", "alerts", ["rule", "queue"], unique=True, **where)
    op.create_index(op.f("ix_alerts_raised_at"), "alerts", ["raised_at"], unique=False)


def _repairs() -> None:
    op.create_table(
        "switch_repairs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _text("kind", 40, empty=False),
        _text("queue", 60),
        _text("agent", 20),
        _text("leg", 120),
        _text("detail", 300, empty=False),
        sa.Column("repaired", sa.Boolean(), nullable=False),
        _text("node", 120, empty=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_switch_repairs")),
    )
    op.create_index(op.f("ix_switch_repairs_at"), "switch_repairs", ["at"], unique=False)


def downgrade() -> None:
    for table in ("switch_repairs", "alerts", "agent_contacts", "agent_state_changes", "agent_presence"):
        op.drop_table(table)
