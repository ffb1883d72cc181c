"""Agents' states have one table, and callers who left one: what stood in two is brought together."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = {"Logged Out": "out", "On Break": "paused"}

statuses = sa.table(
    "agent_statuses", sa.column("agent", sa.String), sa.column("at", MOMENT), sa.column("status", sa.String)
)
changes = sa.table(
    "agent_state_changes",
    sa.column("id", sa.Uuid),
    sa.column("agent", sa.String),
    sa.column("at", MOMENT),
    sa.column("state", sa.String),
    sa.column("counts_as_work", sa.Boolean),
    sa.column("who", sa.String),
    sa.column("source", sa.String),
)


def upgrade() -> None:
    """Statuses of whoever has no history of ours become one; of the others ours says the same."""
    connection = op.get_bind()
    ours = sa.select(changes.c.agent).distinct()
    rows = connection.execute(sa.select(statuses).where(statuses.c.agent.not_in(ours))).all()
    found = [
        {
            "id": uuid4(),
            "agent": agent[:20],
            "at": at,
            "state": STATES.get(status, "in"),
            "counts_as_work": status not in STATES,
            "who": "switch",
            "source": "switch",
        }
        for agent, at, status in rows
    ]
    if found:
        op.bulk_insert(changes, found)
    op.drop_table("agent_statuses")
    op.execute("DELETE FROM agent_contacts WHERE result = 'lost'")


def downgrade() -> None:
    op.create_table(
        "agent_statuses",
        sa.Column("agent", sa.String(length=60), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("agent", "at", name=op.f("pk_agent_statuses")),
    )
    words = sa.case(
        {"out": "Logged Out", "paused": "On Break"}, value=sa.func.max(changes.c.state), else_="Available"
    )
    one_each = sa.select(changes.c.agent, changes.c.at, words).group_by(changes.c.agent, changes.c.at)
    op.get_bind().execute(statuses.insert().from_select(["agent", "at", "status"], one_each))
