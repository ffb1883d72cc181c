"""Published flows; what a turn needs to be counted and played again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A migration stands alone: it must make the same tables for ever, whatever becomes of the models.
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Added and not rebuilt: `turns` may have millions of rows.
    op.add_column("calls", sa.Column("release", sa.Integer(), nullable=True))
    op.add_column("calls", sa.Column("caller_facts", sa.Text(), server_default="{}", nullable=False))
    op.add_column("turns", sa.Column("flow", sa.String(length=120), server_default="", nullable=False))
    op.add_column("turns", sa.Column("language", sa.String(length=16), server_default="", nullable=False))
    op.add_column("turns", sa.Column("result", sa.String(length=20), server_default="", nullable=False))
    op.add_column("turns", sa.Column("detail", sa.Text(), server_default="{}", nullable=False))
    _releases()
    _switches()


def downgrade() -> None:
    for table in ("flow_switches", "flow_release_files", "flow_releases", "flow_files"):
        op.drop_table(table)
    for table, columns in {
        "turns": ("detail", "result", "language", "flow"),
        "calls": ("caller_facts", "release"),
    }.items():
        for column in columns:
            op.drop_column(table, column)


def _releases() -> None:
    op.create_table(
        "flow_files",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_flow_files")),
    )
    op.create_table(
        "flow_releases",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_flow_releases")),
    )
    op.create_table(
        "flow_release_files",
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["release"],
            ["flow_releases.number"],
            name=op.f("fk_flow_release_files_release_flow_releases"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["flow_files.sha256"], name=op.f("fk_flow_release_files_sha256_flow_files")
        ),
        sa.PrimaryKeyConstraint("release", "path", name=op.f("pk_flow_release_files")),
    )


def _switches() -> None:
    op.create_table(
        "flow_switches",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("effective_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["release"], ["flow_releases.number"], name=op.f("fk_flow_switches_release_flow_releases")
        ),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_flow_switches")),
    )
